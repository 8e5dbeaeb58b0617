"""How many rows of a table stand alone: the smallest group and the unique rows over every choice of columns."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from math import comb
from typing import Final

from msgspec import Struct

from ocpiq.errors import Message, SourceError, UserText, join, say

MOST_COLUMNS: Final = 3  # of a combination
MOST_COMBINATIONS: Final = 5_000
LARGEST: Final = 1 << 62  # greater numbers take more memory and time
Codes = Sequence[int]


class Risk(Struct, frozen=True):
    """The rows grouped by `columns`: number of groups, rows of the smallest, rows that are a group of their own."""

    columns: tuple[str, ...]
    rows: int
    groups: int
    smallest: int
    unique: int

    @property
    def percent(self) -> float:
        """The share of unique rows, rounded down to a tenth so that 100 means all and 0 none above a thousandth."""
        return self.unique * 1000 // self.rows / 10 if self.rows else 0.0


class CodedTable:
    """A table in which each distinct value of a column is a number. A row that lacks a column has null there."""

    def __init__(self, rows: Iterable[Mapping[str, object]] = ()) -> None:
        self.columns: dict[str, array[int]] = {}
        self.rows = 0
        self._values: dict[str, dict[object, int]] = {}
        for row in rows:
            self.add(row)

    def add(self, row: Mapping[str, object]) -> None:
        """Add a row."""
        for name, value in row.items():
            if name not in self.columns:
                self._values[name] = {None: 0}
                self.columns[name] = array("l", bytes(self.rows * array("l").itemsize))
            known = self._values[name]
            self.columns[name].append(known.setdefault(value, len(known)))
        self.rows += 1
        if len(row) < len(self.columns):
            for codes in self.columns.values():
                if len(codes) < self.rows:
                    codes.append(0)

    @property
    def combinations(self) -> int:
        """The number of combinations of up to three columns that do not have the same value in every row."""
        varying = sum(len(set(codes)) > 1 for codes in self.columns.values())
        return sum(comb(varying, size) for size in range(1, MOST_COLUMNS + 1))

    def names(self, wanted: Sequence[str]) -> list[str]:
        """Return the columns that a list names: `city` is also `location.city` below it. Raises UsageError."""
        found: list[str] = []
        for name in wanted:
            matches = [column for column in self.columns if column == name or column.startswith(f"{name}.")]
            if not matches:
                text = say("--columns names a column that does not exist")
                raise SourceError(text, hint=_available(self.columns))
            found += matches
        return list(dict.fromkeys(found))


def risk_of(table: CodedTable, columns: Sequence[str]) -> Risk:
    """Return the groups of a table by all of `columns`."""
    codes: Codes = [0] * table.rows
    for name in columns:
        codes = _combined(codes, table.columns[name])
    return _risk(tuple(columns), codes)


def risks(table: CodedTable) -> Iterator[Risk]:
    """Yield the risk of each combination of up to three columns, those of fewer columns first.

    A combination is left out if a part of it already makes every row unique, or if one of its columns has the same
    value in every row. Raises UsageError for too many.
    """
    varying = [name for name, codes in table.columns.items() if len(set(codes)) > 1]
    count = table.combinations
    if count > MOST_COMBINATIONS:
        text = say("{columns} columns have {count:,} combinations", columns=len(varying), count=count)
        raise SourceError(text, hint=say("choose some with --columns LIST"))
    identifying: list[frozenset[str]] = []
    coded: dict[tuple[str, ...], Codes] = {(): [0] * table.rows}
    for size in range(1, MOST_COLUMNS + 1):
        for names in combinations(varying, size):
            if any(part <= set(names) for part in identifying):
                continue
            codes = _combined(coded[names[:-1]], table.columns[names[-1]])
            if size < MOST_COLUMNS:
                coded[names] = codes
            risk = _risk(names, codes)
            if risk.unique == risk.rows:
                identifying.append(frozenset(names))
            yield risk


def worst_first(table: CodedTable) -> list[Risk]:
    """Return the risks of a table, the most unique rows first. Raises UsageError for too many."""
    return sorted(risks(table), key=lambda risk: (-risk.unique, len(risk.columns)))


def sentences(found: Sequence[Risk], rows: int) -> list[str]:
    """Return what the worst of the risks of a table mean, in plain sentences."""
    if not found:
        return [
            "there is one row, and it stands alone"
            if rows == 1
            else f"all {rows:,} rows have the same values"
        ]
    alone = [risk.columns[0] for risk in found if len(risk.columns) == 1 and risk.unique == risk.rows]
    rest = [risk for risk in found if not (len(risk.columns) == 1 and risk.columns[0] in alone)]
    said = []
    if alone:
        verb = "differs" if len(alone) == 1 else "differ"
        said.append(f"{_listed(alone)} {verb} in every row: whoever can look up the value finds the row")
    if rest:
        worst = max(rest, key=lambda risk: (risk.unique, -len(risk.columns)))
        said.append(_sentence(worst))
    return said


def _sentence(risk: Risk) -> str:
    names = _listed(risk.columns)
    if not risk.unique:
        return f"no row is the only one with its {names}; the smallest group has {risk.smallest} rows"
    if risk.unique == risk.rows:
        return f"every row is the only one with its {names}: whoever knows these finds the row"
    share = f"{risk.percent:g} %" if risk.percent else "less than 0.1 %"
    return f"{share} of the rows are the only ones with their {names}: whoever knows these finds the row"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _available(columns: Iterable[str]) -> Message:
    return say("available: {columns}", columns=join(map(UserText, columns)))


def _risk(columns: tuple[str, ...], codes: Codes) -> Risk:
    sizes = Counter(Counter(codes).values())
    groups = sum(sizes.values())
    return Risk(columns, len(codes), groups, min(sizes, default=0), sizes[1])


def _combined(first: Codes, second: Codes) -> Codes:
    """Return a number for each pair of numbers, the same for the same pair."""
    width = max(second, default=0) + 1
    codes = [one * width + other for one, other in zip(first, second, strict=True)]
    return codes if max(codes, default=0) < LARGEST else _renumbered(codes)


def _renumbered(codes: Codes) -> Codes:
    numbers: dict[int, int] = {}
    return [numbers.setdefault(code, len(numbers)) for code in codes]
