"""The typed decoder: replaces the private fields of records that msgspec decoded; does nothing if there are none."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any, Final

from msgspec import UNSET, Struct

from ocpiq.gate.layout import Cell, Record
from ocpiq.gate.treated import TreatedNode, open_function, reads_presence
from ocpiq.values.numbers import LiteralNumber

Converter = Callable[[Any], Any]

SCALARS: Final = frozenset((str, int, float, LiteralNumber, bool, type(None)))


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

    It is a function that is written for the record: a loop over its fields takes three times as long. Its text has
    nothing but names of this module's own and the keys of the view.
    """
    names: dict[str, Any] = {"unset": UNSET, "scalars": SCALARS}
    lines = ["def as_dict(row):", "    shown = {}"]
    for member in record.members:
        key, name, cell = repr(member.key), member.attribute, member.cell
        lines.append(f"    value = row.{name}")
        convert = converter(cell)
        if cell.node.visibility == "blank":
            names[name], value = cell.node.blank, name
        elif convert is None:
            value = "value"
        else:
            names[name] = convert
            passes = "value.__class__ in scalars" if cell.is_written_number else "value is None"
            value = f"value if {passes} else {name}(value)"
        lines.append(f"    if value is not unset: shown[{key}] = {value}")
        if reads_presence(cell.node):
            lines.append(f"    else: shown[{key}] = False")
    exec("\n".join([*lines, "    return shown"]), names)  # noqa: S102 - no text of the query or of a platform
    as_dict: Converter = names["as_dict"]
    return as_dict
