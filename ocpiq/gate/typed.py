"""The typed decoder: replaces the private fields of records that msgspec decoded; does nothing if there are none."""

from __future__ import annotations

from collections.abc import Callable
from itertools import repeat
from operator import attrgetter, is_
from typing import Any, Final

from msgspec import UNSET, Struct
from msgspec.structs import astuple

from ocpiq.gate.layout import Cell, Record
from ocpiq.gate.treated import TreatedNode, open_function, reads_presence
from ocpiq.values.numbers import LiteralNumber

Converter = Callable[[Any], Any]

SCALARS: Final = frozenset((str, int, float, LiteralNumber, bool, type(None)))
PATTERNS: Final = 1000  # combinations of received fields that are remembered for each record class


def converter(cell: Cell) -> Converter | None:
    """Return the function that converts a received value to its visible form; None if that is the same."""
    if cell.node.visibility == "blank":
        blank = cell.node.blank
        return lambda _: blank
    if isinstance(cell.node, TreatedNode):
        return cell.node.convert
    if cell.is_written_number:
        return scalar_converter(cell.node.blank)
    if cell.record is None:
        return open_function(cell.node) if cell.node.visibility == "open" else None
    if cell.node.many and not cell.record.whole:
        return rows_converter(cell.record)
    convert = record_converter(cell.record)
    return list_converter(convert) if convert and cell.node.many else convert


def scalar_converter(blank: object) -> Converter:
    """Return the function that lets scalars and lists of scalars pass, and nothing else."""

    def convert(value: object) -> object:
        if type(value) in SCALARS:
            return value
        return value if type(value) is list and SCALARS.issuperset(map(type, value)) else blank

    return convert


def list_converter(convert: Converter) -> Converter:
    """Return the converter of a list whose items `convert` converts."""
    return lambda items: [None if item is None else convert(item) for item in items]


def rows_converter(record: Record) -> Converter | None:
    """Return the converter of a list of records, which are changed in place."""
    convert_batch = batch_converter(record)
    if convert_batch is None:
        return None

    def convert(rows: list[Any]) -> list[Any]:
        convert_batch([row for row in rows if row is not None])
        return rows

    return convert


def record_converter(record: Record) -> Converter | None:
    """Return the converter of a record: it changes the record itself, or makes a dict of it."""
    if record.whole:
        return dict_converter(record)
    convert_batch = batch_converter(record)
    if convert_batch is None:
        return None

    def convert(row: Struct) -> Struct:
        convert_batch([row])
        return row

    return convert


def batch_converter(record: Record) -> Callable[[list[Any]], None] | None:
    """Return the converter of all records of a page: it changes them field by field, without a call for each row."""
    blanked = [
        (member.attribute, member.cell.node.blank)
        for member in record.members
        if member.cell.node.visibility == "blank"
    ]
    converters = [(member.attribute, converter(member.cell)) for member in record.members]
    numbers = {
        member.attribute: attrgetter(member.attribute)
        for member in record.members
        if member.cell.is_written_number
    }
    nested = [(name, convert) for name, convert in converters if convert and name not in dict(blanked)]
    absent = {member.attribute for member in record.members if reads_presence(member.cell.node)}
    if not blanked and not nested:
        return None

    def convert_batch(rows: list[Any]) -> None:
        for attribute, blank in blanked:
            for row in rows:
                if getattr(row, attribute) is not None:
                    setattr(row, attribute, blank)
        for attribute, convert in nested:
            if attribute in numbers and SCALARS.issuperset(map(type, map(numbers[attribute], rows))):
                continue
            for row in rows:
                value = getattr(row, attribute)
                if value is not None or attribute in absent:
                    setattr(row, attribute, convert(value))

    return convert_batch


def dict_converter(record: Record) -> Converter:
    """Return the converter of a record to a dict: its received fields in schema order, private ones blanked.

    Objects of a list mostly have the same fields, so each combination of fields has a template dict to copy.
    """
    patterns: dict[tuple[bool, ...], tuple[dict[str, Any], list[tuple[int, str, Converter | None]]]] = {}
    columns = [(member.key, member.cell, converter(member.cell)) for member in record.members]
    unset = repeat(UNSET)

    def pattern(absent: tuple[bool, ...]) -> tuple[dict[str, Any], list[tuple[int, str, Converter | None]]]:
        template: dict[str, Any] = {}
        rest = []
        for number, (key, cell, convert) in enumerate(columns):
            if reads_presence(cell.node):
                template[key] = False
            if not absent[number]:
                template[key] = cell.node.blank
                if cell.node.visibility != "blank":
                    rest.append((number, key, convert))
        if len(patterns) >= PATTERNS:
            patterns.clear()
        patterns[absent] = template, rest
        return template, rest

    def as_dict(row: Struct) -> dict[str, Any]:
        values = astuple(row)
        absent = tuple(map(is_, values, unset))
        template, rest = patterns.get(absent) or pattern(absent)
        shown = template.copy()
        for number, key, convert in rest:
            value = values[number]
            shown[key] = value if convert is None or value is None else convert(value)
        return shown

    return as_dict
