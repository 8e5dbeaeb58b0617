"""The columns of a table of results, with their types, as far as the plan knows them before there are results."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from typing import Final, Literal

from msgspec import Struct

from ocpiq.plan.types import NULL, ListType, ObjectType, OpaqueType, ScalarType, SourceType, Type, UnionType
from ocpiq.privacy.treatments import Treatment
from ocpiq.privacy.view import ViewNode
from ocpiq.schema import SchemaField
from ocpiq.schema.types import base

ColumnType = Literal["string", "DateTime", "decimal", "number", "int", "boolean", "list", "object", "unknown"]
"""The type of the values in a column, as OCPI specifies or the query computes it; null and blanks are always possible.

`DateTime` and `decimal` are text: a time as the platform writes it, a decimal number (coordinates). `int` is a number
that OCPI specifies as an integer, or a count. A `list` or `object` is one cell. Of an `unknown` column only the values
tell the type. A platform may send a value of another type than OCPI specifies.
"""

SINGLE_COLUMN: Final = "value"
"""The name of the column for values that are not objects."""

SCALARS: Final[dict[str, ColumnType]] = {"number": "number", "string": "string", "boolean": "boolean"}


class Column(Struct, frozen=True):
    """One column: its name, with dots for nested fields, and the type of its values.

    `path` is the schema path of the field that it shows (`cdrs.cdr_token.uid`), "" if the query computes it. With
    `blank`, the field is blanked: the values are blanks.
    """

    name: str
    type: ColumnType = "unknown"
    path: str = ""
    blank: bool = False


class Columns(Struct, frozen=True):
    """The columns of a value: one, or those of its fields.

    If they are `open`, the first value decides: it may have further fields, and without known fields it may be
    anything. `type`, `path` and `blank` are those of the one column; `items` are the columns of a list's items.
    """

    fields: dict[str, Columns] = {}
    open: bool = False
    type: ColumnType = "unknown"
    path: str = ""
    blank: bool = False
    items: Columns | None = None

    @property
    def closed(self) -> bool:
        """Whether no value can add a column."""
        return not self.open and all(inner.closed for inner in self.fields.values())

    def leaves(self, *, sort_keys: bool = False) -> list[Column]:
        """Return the single columns, in order or sorted by name."""
        return list(_leaves(self, (), sort_keys=sort_keys)) if self.fields else [_leaf(self, SINGLE_COLUMN)]


ONE: Final = Columns()
UNKNOWN: Final = Columns(open=True)


def _leaves(columns: Columns, path: tuple[str, ...], *, sort_keys: bool) -> Iterator[Column]:
    if not columns.fields:
        yield _leaf(columns, ".".join(path))
    for name in sorted(columns.fields) if sort_keys else columns.fields:
        yield from _leaves(columns.fields[name], (*path, name), sort_keys=sort_keys)


def _leaf(columns: Columns, name: str) -> Column:
    return Column(name, columns.type, columns.path, columns.blank)


def columns(type_: Type, *versions: str) -> Columns:
    """Return the columns of results of this type, on platforms of these OCPI `versions`.

    An object of a source has the fields of these versions, in schema order, and those that the query names. Fields that
    only other versions have, and a vendor's fields if everything passes, are left to the first object.
    """
    match type_:
        case ScalarType(whole=True):
            return Columns(type="int")
        case ScalarType(name=name):
            return Columns(type=SCALARS.get(name, "unknown"))
        case OpaqueType(name="array"):
            return Columns(type="list")
        case OpaqueType(name=str(name)) if name in SCALARS:
            return Columns(type=SCALARS[name])
        case ListType(item=item):
            return Columns(type="list", items=columns(item, *versions))
        case ObjectType(fields=fields):
            return Columns({name: columns(value, *versions) for name, value in fields.items()})
        case UnionType(options=options):
            alternatives = [columns(option, *versions) for option in options if option != NULL]
            return reduce(_either, alternatives) if alternatives else ONE
        case SourceType(items=items, view=view):
            return _viewed(view, versions, items=items)
    return UNKNOWN


def _either(one: Columns, other: Columns) -> Columns:
    """Return the columns of values that are one or the other."""
    if one == other:
        return one
    if not one.fields and not other.fields and not one.open and not other.open:
        path = one.path if one.path == other.path else ""
        return Columns(type=_common(one.type, other.type), path=path, blank=one.blank or other.blank)
    if not one.fields or not other.fields:
        return UNKNOWN
    merged = dict(one.fields)
    for name, inner in other.fields.items():
        merged[name] = _either(merged[name], inner) if name in merged else inner
    return Columns(merged, one.open or other.open)


def _common(one: ColumnType, other: ColumnType) -> ColumnType:
    """Return the type of values of either type."""
    if one == other:
        return one
    for types in (("int", "number"), ("decimal", "DateTime", "string")):
        if one in types and other in types:
            return types[-1]
    return "unknown"


def _viewed(view: ViewNode, versions: tuple[str, ...], *, items: bool) -> Columns:
    """Return the columns of a field of a source, or of an item of its list."""
    if view.many and not items:
        inner = _viewed(view, versions, items=True)
        return Columns(type="list", path=_path(view), blank=view.visibility == "blank", items=inner)
    if view.treatment is not None:
        return Columns(type=treated_type(view.treatment, view.field), path=_path(view))
    if not view.children:
        if view.field is None and view.visibility == "shown":
            return UNKNOWN
        return Columns(type=field_type(view.field), path=_path(view), blank=view.visibility == "blank")
    shown = view.visibility in ("shown", "open")
    fields = {
        name: _viewed(child, versions, items=False)
        for name, child in view.children.items()
        if child.field is None
        or not set(versions).isdisjoint(child.field.versions)
        or (not shown and _named(child))
    }
    return Columns(fields, shown or len(fields) < len(view.children))


def field_type(field: SchemaField | None) -> ColumnType:
    """Return the type of a field of the schema, or of an item of its list; unknown for a vendor's field."""
    if field is None:
        return "unknown"
    if field.mark == "decimal":
        return "decimal"
    if field.json == "object":
        return "object"
    name = base(field.type)
    return "int" if name == "int" else "DateTime" if name == "DateTime" else SCALARS[field.json]


def treated_type(treatment: Treatment, field: SchemaField | None) -> ColumnType:
    """Return the type of the treated values of a field."""
    if treatment.name == "rounded":
        return "unknown" if field is None else "decimal" if field.mark == "decimal" else "number"
    return "boolean" if treatment.name == "present" else "string"


def _path(view: ViewNode) -> str:
    return f"{view.blank.module}.{view.blank.path}".rstrip(".")


def _named(view: ViewNode) -> bool:
    """Tell whether a clause of the query names the field, or one below it."""
    return view.visibility in ("shown", "open", "treated") or any(map(_named, view.children.values()))
