"""The narrow way: what msgspec decoded into records is made visible, with no work where nothing is withheld."""

from __future__ import annotations

from collections.abc import Callable
from itertools import repeat
from operator import is_
from typing import Any, Final

from msgspec import UNSET, Struct
from msgspec.structs import astuple

from ocpiq.gate.layout import Cell, Record

Change = Callable[[Any], Any]

PATTERNS: Final = 1000  # of fields that were sent, kept for each record


def change(cell: Cell) -> Change | None:
    """Return what makes a decoded value visible, for one that was sent; None where it is so already."""
    if cell.node.treatment == "blank":
        blank = cell.node.blank
        return lambda _: blank
    if cell.record is None:
        return None
    one = row_change(cell.record)
    return each(one) if one and cell.node.many else one


def each(one: Change) -> Change:
    """Return a change of all items of a list."""
    return lambda items: [None if item is None else one(item) for item in items]


def row_change(record: Record) -> Change | None:
    """Return what makes a decoded record visible: in its place, or as a dict."""
    if record.whole:
        return dict_change(record)
    together = rows_change(record)
    if together is None:
        return None

    def in_place(row: Struct) -> Struct:
        together([row])
        return row

    return in_place


def rows_change(record: Record) -> Callable[[list[Any]], None] | None:
    """Return what makes all records of a page visible, in their place: a field at a time, without a call a row."""
    withheld = [
        (member.attribute, member.cell.node.blank)
        for member in record.members
        if member.cell.node.treatment == "blank"
    ]
    others = [(member.attribute, change(member.cell)) for member in record.members]
    nested = [(name, how) for name, how in others if how and name not in dict(withheld)]
    if not withheld and not nested:
        return None

    def in_place(rows: list[Any]) -> None:
        for attribute, blank in withheld:
            for row in rows:
                if getattr(row, attribute) is not None:
                    setattr(row, attribute, blank)
        for attribute, how in nested:
            for row in rows:
                value = getattr(row, attribute)
                if value is not None:
                    setattr(row, attribute, how(value))

    return in_place


def dict_change(record: Record) -> Change:
    """Return what makes a dict of a decoded record: the fields that were sent, in schema order, with blanks.

    Objects of a list mostly have the same fields, so for each pattern of fields there is a dict to start from.
    """
    patterns: dict[tuple[bool, ...], tuple[dict[str, Any], list[tuple[int, str, Change | None]]]] = {}
    columns = [(member.key, member.cell, change(member.cell)) for member in record.members]
    unset = repeat(UNSET)

    def pattern(absent: tuple[bool, ...]) -> tuple[dict[str, Any], list[tuple[int, str, Change | None]]]:
        start: dict[str, Any] = {}
        rest = []
        for number, (key, cell, how) in enumerate(columns):
            if not absent[number]:
                start[key] = cell.node.blank
                if cell.node.treatment != "blank":
                    rest.append((number, key, how))
        if len(patterns) >= PATTERNS:
            patterns.clear()
        patterns[absent] = start, rest
        return start, rest

    def as_dict(row: Struct) -> dict[str, Any]:
        values = astuple(row)
        absent = tuple(map(is_, values, unset))
        start, rest = patterns.get(absent) or pattern(absent)
        found = start.copy()
        for number, key, how in rest:
            value = values[number]
            found[key] = value if how is None or value is None else how(value)
        return found

    return as_dict
