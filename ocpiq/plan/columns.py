"""The columns of a table of results, as far as the plan knows them before there are any."""

from __future__ import annotations

from functools import reduce
from typing import Final

from msgspec import Struct

from ocpiq.plan.types import NULL, ListType, ObjectType, ScalarType, SourceType, Type, UnionType
from ocpiq.privacy.view import ViewNode


class Columns(Struct, frozen=True):
    """The columns that a value takes: one, or those of its fields.

    Where they are `open`, the first value decides: it may have further fields, and one without known fields may be
    anything. In a `decimal` column, text that is a decimal number is written as numbers are.
    """

    fields: dict[str, Columns] = {}
    open: bool = False
    decimal: bool = False


ONE: Final = Columns()
DECIMAL: Final = Columns(decimal=True)
UNKNOWN: Final = Columns(open=True)


def columns(type_: Type, version: str) -> Columns:
    """Return the columns of results of this type, on a platform of an OCPI `version`.

    An object of a source has those of its version, in schema order, and what the query names. Fields that only other
    versions have, and a vendor's where all is passed, are left to the first object.
    """
    match type_:
        case ScalarType() | ListType():
            return ONE
        case ObjectType(fields=fields):
            return Columns({name: columns(value, version) for name, value in fields.items()})
        case UnionType(options=options):
            found = [columns(option, version) for option in options if option != NULL]
            return reduce(_either, found) if found else ONE
        case SourceType(is_list=True):
            return ONE
        case SourceType(view=view):
            return _object(view, version)
    return UNKNOWN


def _either(one: Columns, other: Columns) -> Columns:
    """Return the columns of values that are one or the other."""
    if one == other:
        return one
    if one in (ONE, DECIMAL) and other in (ONE, DECIMAL):
        return ONE
    if not one.fields or not other.fields:
        return UNKNOWN
    merged = dict(one.fields)
    for name, found in other.fields.items():
        merged[name] = _either(merged[name], found) if name in merged else found
    return Columns(merged, one.open or other.open)


def _viewed(view: ViewNode, version: str) -> Columns:
    return ONE if view.many else _object(view, version)


def _object(view: ViewNode, version: str) -> Columns:
    if not view.children:
        if view.field is None:
            return UNKNOWN if view.visibility == "shown" else ONE
        return DECIMAL if view.field.mark == "decimal" else ONE
    shown = view.visibility == "shown"
    fields = {
        name: _viewed(child, version)
        for name, child in view.children.items()
        if child.field is None or version in child.field.versions or (not shown and _named(child))
    }
    return Columns(fields, shown or len(fields) < len(view.children))


def _named(view: ViewNode) -> bool:
    """Tell whether the query's clauses name the field, or one below it."""
    return view.visibility == "shown" or any(map(_named, view.children.values()))
