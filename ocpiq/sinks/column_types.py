"""The columns of a typed format: their types come from options, from the plan, else from the first rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import Struct

from ocpiq.errors import Message, SourceError, did_you_mean, say
from ocpiq.plan.columns import Column, ColumnType
from ocpiq.sinks.rows import ColumnLabel
from ocpiq.sinks.sink import ColumnOption, StoredType
from ocpiq.values.blank import Blank
from ocpiq.values.numbers import NUMBERS, LiteralNumber
from ocpiq.values.types import Value

NESTED_NAMES: Final = say("nested fields are joined with dots: cdr_token.uid")
INT64: Final = 1 << 63
EXACT: Final = 1 << 53
"""Doubles hold every integer up to this one."""

PREVIEW_ROWS: Final = 1000
"""Rows that decide the types that the plan does not know."""

OF_PLAN: Final[dict[ColumnType, StoredType]] = {
    "string": "text",
    "decimal": "text",
    "DateTime": "time",
    "number": "number",
    "int": "integer",
    "boolean": "boolean",
    "list": "json",
    "object": "json",
}

CONTENTS: Final[dict[StoredType, Message]] = {
    "boolean": say("true and false"),
    "integer": say("integers of 64 bits"),
    "number": say("numbers of double precision"),
    "decimal": say("numbers of fixed precision"),
    "time": say("times"),
    "text": say("text"),
    "json": say("JSON"),
}
"""What the cells of a column are, for messages."""


class TypedColumn(Struct, frozen=True):
    """A column of a typed format.

    `path` is the schema path of the field that it shows, "" if the query computes it; `blank` tells that the query
    blanks it. A `decimal` column has `precision` digits, of which `scale` follow the decimal point.
    """

    name: str
    type: StoredType
    path: str = ""
    blank: bool = False
    precision: int = 0
    scale: int = 0


def typed_columns(
    leaves: Sequence[Column], options: Sequence[ColumnOption], rows: Sequence[Sequence[Value]]
) -> tuple[TypedColumn, ...]:
    """Return the columns with their types; `rows` are the first. Raises UsageError for an option without a column."""
    by_name = {option.name: option for option in options}
    names = [leaf.name for leaf in leaves]
    for name in by_name:
        if name not in names:
            text = say("there is no column {column}", column=ColumnLabel(name))
            raise SourceError(text, hint=did_you_mean(name, names) or NESTED_NAMES)
    return tuple(
        _typed(leaf, by_name.get(leaf.name), [row[index] for row in rows])
        for index, leaf in enumerate(leaves)
    )


def _typed(leaf: Column, option: ColumnOption | None, cells: Iterable[Value]) -> TypedColumn:
    if option is not None:
        return TypedColumn(
            leaf.name, option.type, leaf.path, leaf.blank, precision=option.precision, scale=option.scale
        )
    stored = OF_PLAN.get(leaf.type) or type_of_cells(cells)
    return TypedColumn(leaf.name, stored, leaf.path, leaf.blank)


def type_of_cells(cells: Iterable[Value]) -> StoredType:
    """Return the narrowest type that holds every cell: boolean, integer, number, JSON, else text."""
    values = [cell for cell in cells if cell is not None and type(cell) is not Blank]
    types = set(map(type, values))
    if not values:
        return "text"
    if types == {bool}:
        return "boolean"
    if types == {int} and all(-INT64 <= value < INT64 for value in values):  # type: ignore[operator]
        return "integer"
    if types.issubset(NUMBERS) and all(map(_is_double, values)):
        return "number"
    return "json" if types <= {list, dict} else "text"


def _is_double(value: Value) -> bool:
    if isinstance(value, LiteralNumber):
        return not value or not value.text.lstrip("-").isdigit()  # an integer of thousands of digits
    return type(value) is float or (type(value) is int and -EXACT <= value <= EXACT)
