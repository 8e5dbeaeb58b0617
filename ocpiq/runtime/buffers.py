"""Buffers of stages: values to be sorted, and the index of a join."""

from __future__ import annotations

from operator import itemgetter
from typing import Any, Final

from ocpiq.errors import RunError
from ocpiq.values.json.codec import number_text
from ocpiq.values.order import group_key
from ocpiq.values.types import Value

SPARE: Final = 1000  # values that `top` buffers beyond twice its count
NO_DATA: Final = "#na"  # OCPI section "No data available": the identifier of nothing

Row = tuple[Any, ...]  # the sort keys, the value, the variables that belong to it


class SortBuffer:
    """Values with their keys; with `keep`, no more than the first so many, and some to spare, are held at a time."""

    def __init__(self, descending: tuple[bool, ...], limit: int | None = None) -> None:
        self._descending = descending
        self._limit = limit
        self._capacity = None if limit is None else 2 * limit + SPARE
        self._rows: list[Row] = []

    def add(self, row: Row) -> None:
        """Add a row."""
        self._rows.append(row)
        if self._capacity is not None and len(self._rows) > self._capacity:
            self.sorted_rows()

    def sorted_rows(self) -> list[Row]:
        """Return all rows in the order of their keys; the sort is stable."""
        for index in reversed(range(len(self._descending))):
            self._rows.sort(key=itemgetter(index), reverse=self._descending[index])
        del self._rows[len(self._rows) if self._limit is None else self._limit :]
        return self._rows


class _Matches(list[object]):
    """Rows with the same keys."""


class JoinIndex:
    """The right side of a join by its keys; a row with a null key matches nothing."""

    def __init__(self) -> None:
        self._rows: dict[tuple[object, ...], object] = {}

    def add(self, row: object, *keys: object) -> None:
        """Add a row."""
        if None in keys:
            return
        existing = self._rows.setdefault(keys, row)
        if existing is row:
            return
        if type(existing) is not _Matches:
            self._rows[keys] = _Matches([existing, row])
        elif existing[-1] is not row:
            existing.append(row)

    def match(self, *keys: object) -> object:
        """Return the one match or None; raise if there are more."""
        match = None if None in keys else self._rows.get(keys)
        if type(match) is _Matches:
            raise RunError(
                f"{len(match)} values match one",
                hint="write `join each` to get them all, or add an equality to `on`",
            )
        return match

    def add_matches(self, matches: list[object], *keys: object) -> None:
        """Add the matches that `matches` does not contain yet."""
        match = None if None in keys else self._rows.get(keys)
        rows = match if type(match) is _Matches else [] if match is None else [match]
        for row in rows:
            if not any(row is known for known in matches):
                matches.append(row)


def join_key(value: Value) -> object:
    """Return a key that is the same for equal values."""
    return None if value is None else group_key(value)


def id_key(value: Value) -> object:
    """Return a key that is the same for equal identifiers: OCPI ignores case; some platforms send numbers."""
    if type(value) is int:
        return number_text(value)
    if type(value) is not str:
        return join_key(value)
    folded = value.casefold()
    return None if folded == NO_DATA else folded


NAMES: Final[dict[str, object]] = {
    "SortBuffer": SortBuffer,
    "JoinIndex": JoinIndex,
    "join_key": join_key,
    "id_key": id_key,
}
