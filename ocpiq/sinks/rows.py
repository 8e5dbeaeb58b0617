"""Values as the rows of a table: objects flattened with dots, under columns that never change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ocpiq.errors import FormatError
from ocpiq.plan.columns import UNKNOWN, Columns
from ocpiq.values.blank import Blank
from ocpiq.values.types import Value, type_name

ALONE = "value"
"""The column of values that are not objects."""

HINT = "name the columns at the end of the query: | {id, …}"
SHOWN = 60


class RowBuilder:
    """Gives the cells of each value.

    What `known` leaves open the first value decides. A missing field gives null; FormatError where a later value
    has a field without a column, or is of another shape. Once the columns are fixed, `names` has their names, and
    `decimal` tells which hold decimal numbers as text.
    """

    def __init__(self, known: Columns = UNKNOWN, *, sort_keys: bool = False) -> None:
        self.known = known
        self.sort_keys = sort_keys
        self.columns: Columns | None = None
        self.names: tuple[str, ...] = ()
        self.decimal: tuple[bool, ...] = ()
        self.count = 0

    def cells(self, value: Value) -> list[Value]:
        """Return the cells of the next value. Raises FormatError."""
        self.count += 1
        if type(value) is list:
            raise self._misfit(
                "is an array, which is not a row", "write out its items with .[], or name its parts"
            )
        columns = self._fix(value) if self.columns is None else self.columns
        if columns.fields and type(value) is not dict:
            raise self._misfit(f"is not an object but a value of type {type_name(value)}")
        cells: list[Value] = []
        self._fill(value, columns, (), cells)
        return cells

    def settle(self) -> bool:
        """Fix the columns where there was no value; tell whether they are known."""
        if self.columns is None and self.known != UNKNOWN:
            self._fix(None)
        return self.columns is not None

    def _fix(self, value: Value) -> Columns:
        columns = decided(self.known, value)
        found = [*_leaves(columns, (), sort_keys=self.sort_keys)]
        names = tuple(name for name, _ in found) if columns.fields else (ALONE,)
        for name, count in Counter(names).items():
            if count > 1:
                raise FormatError(
                    f"there are two columns {shown(name)}", hint="give one of them another name"
                )
        self.columns, self.names = columns, names
        self.decimal = tuple(leaf.decimal for _, leaf in found)
        return columns

    def _fill(self, value: Value, columns: Columns, path: tuple[str, ...], cells: list[Value]) -> None:
        """Add the cells of `value`; null or a blank in the place of an object stands in each of its columns."""
        if not columns.fields:
            if type(value) is dict and value:
                where = f"has an object in {shown('.'.join(path))}, which is one column"
                raise self._misfit(where if path else "is an object, where the first was none")
            cells.append(value)
        elif type(value) is dict:
            found = 0
            for name in sorted(columns.fields) if self.sort_keys else columns.fields:
                item = value.get(name)
                found += item is not None or name in value
                inner = columns.fields[name]
                if inner.fields or type(item) is dict:
                    self._fill(item, inner, (*path, name), cells)
                else:
                    cells.append(item)
            if found < len(value):
                more = next(name for name in value if name not in columns.fields)
                raise self._misfit(f"has {shown('.'.join((*path, more)))}, for which there is no column")
        elif value is None or type(value) is Blank:
            cells.extend([value] * len(list(_leaves(columns, (), sort_keys=False))))
        else:
            raise self._misfit(
                f"has no object in {shown('.'.join(path))}, but a value of type {type_name(value)}"
            )

    def _misfit(self, what: str, hint: str = HINT) -> FormatError:
        return FormatError(f"result {self.count} {what}", hint=hint)


def decided(known: Columns, value: Value) -> Columns:
    """Return the columns with nothing left open: `value` is the first."""
    fields = value if isinstance(value, dict) else {}
    found = {name: decided(inner, fields.get(name)) for name, inner in known.fields.items()}
    if known.open:
        found |= {name: decided(UNKNOWN, item) for name, item in fields.items() if name not in found}
    return Columns(found, decimal=known.decimal)


def shown(name: str) -> str:
    """Return the name of a column as an error may show it: cut, and in quotes if it is not plain."""
    plain = name.replace(".", "_").isidentifier() and name.isascii()
    text = name if plain else ascii(name)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def _leaves(columns: Columns, path: tuple[str, ...], *, sort_keys: bool) -> Iterator[tuple[str, Columns]]:
    """Yield the name of each column, and what is known of it."""
    if not columns.fields:
        yield ".".join(path), columns
    for name in sorted(columns.fields) if sort_keys else columns.fields:
        yield from _leaves(columns.fields[name], (*path, name), sort_keys=sort_keys)
