"""The results that the prompt keeps for `$_`, `$_1`, … and `:output`: as they were shown, in memory only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct, field

from ocpiq.app.handout import Handout
from ocpiq.prompt.suggestion import KEPT
from ocpiq.query import Query
from ocpiq.sources import Source
from ocpiq.values.blank import BLANK, NA
from ocpiq.values.json.codec import decode, encode
from ocpiq.values.types import Value

MAX_RESULTS: Final = 10
MAX_BYTES: Final = 64 << 20  # of JSON text, of all results together
USED: Final = re.compile(r"\$\s*(_[0-9]*)(?!\w)")  # also in comments and texts, which does no harm


class KeptResult(Struct):
    """A result: its rows as JSON text, in which a blank is `"#NA"`, and the runs that it comes from.

    Without the blanked values there is nothing in it that was not shown. `handouts` are those of its own query and of
    the results that this query used; whoever writes the result has to be allowed what each of them shows. `complete`
    tells that the query came to its end, `is_too_large` that the rows were not kept.
    """

    query: Query
    sources: Mapping[str, Source]
    handouts: tuple[Handout, ...]
    rows: list[bytes] = field(default_factory=list)
    size: int = 0
    complete: bool = False
    is_too_large: bool = False

    def add(self, value: Value) -> None:
        """Keep a row as it is shown."""
        if self.is_too_large:
            return
        row = encode(value)
        self.size += len(row)
        self.rows.append(row)
        if self.size > MAX_BYTES:
            self.rows, self.size, self.is_too_large = [], 0, True

    def values(self) -> list[Value]:
        """Return the rows as plain values."""
        return [decode(row) for row in self.rows]


class KeptResults:
    """The last results of an open prompt, the newest first."""

    def __init__(self) -> None:
        self._results: list[KeptResult] = []

    @property
    def last(self) -> KeptResult | None:
        """The last result, if there is one."""
        return self._results[0] if self._results else None

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the variables."""
        return tuple(KEPT + (str(number) if number else "") for number in range(len(self._results)))

    def keep(self, result: KeptResult) -> None:
        """Keep a result, and let go of the oldest ones beyond the limits."""
        self._results.insert(0, result)
        total = 0
        for number, kept in enumerate(self._results):
            total += kept.size
            if number >= MAX_RESULTS or total > MAX_BYTES:
                del self._results[number:]
                return

    def forget(self, result: KeptResult | None) -> None:
        """Let go of a result."""
        self._results = [kept for kept in self._results if kept is not result]

    def used(self, text: str) -> dict[str, KeptResult]:
        """Return the results that a query uses, by the names of their variables."""
        found = set(USED.findall(text))
        return {name: kept for name, kept in zip(self.names, self._results, strict=True) if name in found}


def handouts_of(own: Handout, used: Iterable[KeptResult]) -> tuple[Handout, ...]:
    """Return the handouts of a result whose query used others, each once."""
    handouts = [own]
    for kept in used:
        handouts += [handout for handout in kept.handouts if not any(handout is other for other in handouts)]
    return tuple(handouts)


def with_blanks(value: Value) -> Value:
    """Return a value with a blank for each `"#NA"`, which formats with typed columns write as null."""
    if isinstance(value, dict):
        return {name: with_blanks(item) for name, item in value.items()}
    if isinstance(value, list):
        return [with_blanks(item) for item in value]
    return BLANK if value == NA else value
