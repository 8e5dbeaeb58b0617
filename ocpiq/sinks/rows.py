"""Values as rows: nested fields joined with dots, under columns that stay fixed."""

from __future__ import annotations

from collections import Counter

from msgspec import structs

from ocpiq.errors import FormatError
from ocpiq.plan.columns import UNKNOWN, Column, Columns
from ocpiq.sinks.sink import FormatSettings
from ocpiq.values.blank import Blank
from ocpiq.values.types import Value, type_name

COLUMNS_HINT = "name the columns at the end of the query: | {id, …}"
MAX_LABEL = 60


class RowBuilder:
    """Turns values into rows of cells.

    The first value decides what `known` leaves open. A missing field is null; a later value with a field that has no
    column, or of another shape, is a FormatError. Once the columns are fixed, `leaves` has each with its type,
    `names` their names, and `decimal` tells which hold decimal numbers as text. `unit` is what errors count.
    """

    def __init__(self, known: Columns = UNKNOWN, *, sort_keys: bool = False, unit: str = "result") -> None:
        self.known = known
        self.unit = unit
        self.sort_keys = sort_keys
        self.columns: Columns | None = None
        self.leaves: tuple[Column, ...] = ()
        self.names: tuple[str, ...] = ()
        self.decimal: tuple[bool, ...] = ()
        self.count = 0

    def cells(self, value: Value) -> list[Value]:
        """Return the cells of the next value. Raises FormatError."""
        self.count += 1
        if type(value) is list:
            raise self._misfit(
                "is an array, which is not a row", "write its items with .[], or name them: {a: .[0], …}"
            )
        columns = self._fix(value) if self.columns is None else self.columns
        if columns.fields and type(value) is not dict:
            raise self._misfit(f"is a value of type {type_name(value)}, not an object")
        cells: list[Value] = []
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
                raise FormatError(f"two columns are named {column_label(name)}", hint="rename one of them")
        self.columns, self.leaves, self.names = columns, leaves, names
        self.decimal = tuple(column.type == "decimal" for column in leaves)
        return columns

    def _fill(self, value: Value, columns: Columns, path: tuple[str, ...], cells: list[Value]) -> None:
        """Add the cells of `value`; null or a blank instead of an object fills each of its columns."""
        if not columns.fields:
            if type(value) is dict and value:
                problem = f"has an object in {column_label('.'.join(path))}, which is a single column"
                raise self._misfit(problem if path else "is an object, but the first result was not")
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
                raise self._misfit(f"has {column_label('.'.join((*path, extra)))}, which has no column")
        elif value is None or type(value) is Blank:
            cells.extend([value] * len(columns.leaves()))
        else:
            raise self._misfit(
                f"has a value of type {type_name(value)} in {column_label('.'.join(path))}, not an object"
            )

    def _misfit(self, problem: str, hint: str = COLUMNS_HINT) -> FormatError:
        return FormatError(f"{self.unit} {self.count} {problem}", hint=hint)


def row_builder(columns: Columns, settings: FormatSettings) -> RowBuilder:
    """Return the builder of rows for the settings of a format."""
    unit = "row" if settings.explode else "result"
    return RowBuilder(columns, sort_keys=settings.sort_keys, unit=unit)


def resolve(known: Columns, value: Value) -> Columns:
    """Return the columns with nothing left open; `value` is the first value."""
    fields = value if isinstance(value, dict) else {}
    columns = {name: resolve(inner, fields.get(name)) for name, inner in known.fields.items()}
    if known.open:
        columns |= {name: resolve(UNKNOWN, item) for name, item in fields.items() if name not in columns}
    return structs.replace(known, fields=columns, open=False)


def column_label(name: str) -> str:
    """Return the name of a column for an error message: cut, and in quotes unless it is plain."""
    plain = name.replace(".", "_").isidentifier() and name.isascii()
    text = name if plain else ascii(name)
    return text if len(text) <= MAX_LABEL else text[: MAX_LABEL - 1] + "…"
