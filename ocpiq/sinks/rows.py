"""Values as rows: nested fields joined with dots, under columns that stay fixed."""

from __future__ import annotations

from collections import Counter
from typing import Self

from msgspec import structs

from ocpiq.errors import FormatError, Message, MessagePart, say
from ocpiq.plan.columns import UNKNOWN, Column, Columns
from ocpiq.sinks.sink import FormatSettings
from ocpiq.values.blank import Blank
from ocpiq.values.types import Value, type_name

RESULT = say("result")
COLUMNS_HINT = say("name the columns at the end of the query: | {{id, …}}")
MAX_LABEL = 60


class RowBuilder:
    """Turns values into rows of cells.

    The first value decides what `known` leaves open. A missing field is null; a later value with a field that has no
    column, or of another shape, is a FormatError. Once the columns are fixed, `leaves` has each with its type,
    `names` their names, and `decimal` tells which hold decimal numbers as text. `unit` is what errors count.
    """

    def __init__(self, known: Columns = UNKNOWN, *, sort_keys: bool = False, unit: Message = RESULT) -> None:
        self.known = known
        self.unit = unit
        self.sort_keys = sort_keys
        self.columns: Columns | None = None
        self.leaves: tuple[Column, ...] = ()
        self.names: tuple[str, ...] = ()
        self._flat = False
        self.decimal: tuple[bool, ...] = ()
        self.count = 0

    def cells(self, value: Value) -> list[Value]:
        """Return the cells of the next value. Raises FormatError."""
        self.count += 1
        if type(value) is list:
            raise self._misfit(
                say("is an array, which is not a row"),
                say("write its items with .[], or name them: {{a: .[0], …}}"),
            )
        columns = self._fix(value) if self.columns is None else self.columns
        if columns.fields and type(value) is not dict:
            raise self._misfit(say("is a value of type {type}, not an object", type=TypeName(value)))
        if (
            type(value) is dict and self._flat and tuple(value) == self.names
        ):  # the usual row, and the fastest
            cells = list(value.values())
            if not any(type(cell) is dict for cell in cells):
                return cells
        cells = []
        self._fill(value, columns, (), cells)
        return cells

    def settle(self) -> bool:
        """Fix the columns if there was no value; tell whether they are known."""
        if self.columns is None and self.known != UNKNOWN:
            self._fix(None)
        return self.columns is not None

    def _fix(self, value: Value) -> Columns:
        columns = resolve(self.known, value)
        leaves = tuple(columns.leaves(sort_keys=self.sort_keys))
        names = tuple(column.name for column in leaves)
        for name, count in Counter(names).items():
            if count > 1:
                raise FormatError(
                    say("two columns are named {column}", column=ColumnLabel(name)),
                    hint=say("rename one of them"),
                )
        self.columns, self.leaves, self.names = columns, leaves, names
        self.decimal = tuple(column.type == "decimal" for column in leaves)
        self._flat = not any(inner.fields for inner in columns.fields.values())
        return columns

    def _fill(self, value: Value, columns: Columns, path: tuple[str, ...], cells: list[Value]) -> None:
        """Add the cells of `value`; null or a blank instead of an object fills each of its columns."""
        if not columns.fields:
            if type(value) is dict and value:
                problem = say(
                    "has an object in {column}, which is a single column", column=ColumnLabel(".".join(path))
                )
                raise self._misfit(problem if path else say("is an object, but the first result was not"))
            cells.append(value)
        elif type(value) is dict:
            count = 0
            for name in sorted(columns.fields) if self.sort_keys else columns.fields:
                item = value.get(name)
                count += item is not None or name in value
                inner = columns.fields[name]
                if inner.fields or type(item) is dict:
                    self._fill(item, inner, (*path, name), cells)
                else:
                    cells.append(item)
            if count < len(value):
                extra = next(name for name in value if name not in columns.fields)
                raise self._misfit(
                    say("has {column}, which has no column", column=ColumnLabel(".".join((*path, extra))))
                )
        elif value is None or type(value) is Blank:
            cells.extend([value] * len(columns.leaves()))
        else:
            raise self._misfit(
                say(
                    "has a value of type {type} in {column}, not an object",
                    type=TypeName(value),
                    column=ColumnLabel(".".join(path)),
                )
            )

    def _misfit(self, problem: Message, hint: Message = COLUMNS_HINT) -> FormatError:
        return FormatError(
            say("{unit} {count} {problem}", unit=self.unit, count=self.count, problem=problem), hint=hint
        )


def row_builder(columns: Columns, settings: FormatSettings) -> RowBuilder:
    """Return the builder of rows for the settings of a format."""
    unit = say("row") if settings.explode else RESULT
    return RowBuilder(columns, sort_keys=settings.sort_keys, unit=unit)


def resolve(known: Columns, value: Value) -> Columns:
    """Return the columns with nothing left open; `value` is the first value."""
    fields = value if isinstance(value, dict) else {}
    columns = {name: resolve(inner, fields.get(name)) for name, inner in known.fields.items()}
    if known.open:
        columns |= {name: resolve(UNKNOWN, item) for name, item in fields.items() if name not in columns}
    return structs.replace(known, fields=columns, open=False)


class ColumnLabel(MessagePart):
    """The name of a column in a message: cut, and escaped unless it is plain."""

    __slots__ = ()

    def __new__(cls, name: str) -> Self:
        """Return the label."""
        plain = name.replace(".", "_").isidentifier() and name.isascii()
        text = name if plain else ascii(name)
        return super().__new__(cls, text if len(text) <= MAX_LABEL else text[: MAX_LABEL - 1] + "…")


class TypeName(MessagePart):
    """The name of a value's type in a message."""

    __slots__ = ()

    def __new__(cls, value: Value) -> Self:
        """Return jq's name of the type."""
        return super().__new__(cls, type_name(value))
