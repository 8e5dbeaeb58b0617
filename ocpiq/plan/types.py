"""The types of values in a plan: a place in a source, or the shape of a computed value.

A value inside a source is followed along literal paths, so the gate delivers no more than those. `use` marks a value
that the query reads in any other way: the gate delivers it whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Literal

from msgspec import Struct

from ocpiq.errors import PrivacyError, Span
from ocpiq.plan.blanks import Blanks
from ocpiq.privacy.demand import Demand
from ocpiq.privacy.view import ViewNode
from ocpiq.values.blank import refuse

ScalarKind = Literal["null", "boolean", "number", "string"]


class OpaqueType(Struct, frozen=True):
    """An unknown type; `clean` if no blank can be in it."""

    clean: bool = False


class ScalarType(Struct, frozen=True):
    """null, a boolean, a number or a string that is not a blank."""

    name: ScalarKind


class ObjectType(Struct, frozen=True):
    """An object made by the query with these keys."""

    fields: dict[str, Type]


class ListType(Struct, frozen=True):
    """An array made by the query, with items of one type."""

    item: Type


class UnionType(Struct, frozen=True):
    """One of several."""

    options: tuple[Type, ...]


class SourceType(Struct, frozen=True):
    """The value at a literal path of a source's objects.

    Where the view has a list, `items` is False for the list itself and True for one of its items. Not `certain` where
    a value of a wrong shape may have led elsewhere.
    """

    source: int
    path: tuple[str, ...]
    view: ViewNode
    demand: Demand
    items: bool = False
    certain: bool = True

    @property
    def is_list(self) -> bool:
        """Tell whether this is a list of the source itself, not an item."""
        return self.view.many and not self.items


class NoInput(Struct, frozen=True):
    """There is no input here: `reason` and `hint` are the error for an expression that reads it."""

    reason: str
    hint: str


Type = OpaqueType | ScalarType | ObjectType | ListType | UnionType | SourceType | NoInput

NULL = ScalarType("null")
BOOLEAN = ScalarType("boolean")
NUMBER = ScalarType("number")
STRING = ScalarType("string")


def use(type_: Type) -> None:
    """Add the whole value to the demand of its source."""
    match type_:
        case SourceType(demand=demand):
            demand.whole = True
        case ObjectType(fields=fields):
            for value in fields.values():
                use(value)
        case ListType(item=item):
            use(item)
        case UnionType(options=options):
            for option in options:
                use(option)


def consume(type_: Type, span: Span, blanks: Blanks = Blanks.REFUSES) -> None:
    """Use the value in an operation; raise PrivacyError if it is known to be a blank that the operation refuses."""
    use(type_)
    check_blanks(type_, span, blanks)


def check_blanks(type_: Type, span: Span, blanks: Blanks = Blanks.OUTSIDE) -> None:
    """Raise PrivacyError if the value is known to be or hold a blank that the operation refuses."""
    if blanks is Blanks.MOVES:
        return
    match type_:
        case SourceType(view=view) if view.visibility == "blank":
            try:
                refuse(view.blank)
            except PrivacyError as error:
                error.span = span
                raise
        case UnionType(options=options):
            for option in options:
                check_blanks(option, span, blanks)
        case ListType(item=item) if blanks in DEEPER:
            check_blanks(item, span, DEEPER[blanks])
        case ObjectType(fields=fields) if blanks in DEEPER:
            for value in fields.values():
                check_blanks(value, span, DEEPER[blanks])


DEEPER: Final = {Blanks.REFUSES: Blanks.REFUSES, Blanks.ITEMS: Blanks.OUTSIDE}
"""What an operation does with blanks one level deeper."""


def is_clean(type_: Type) -> bool:
    """Tell whether the value can neither be nor hold a blank."""
    match type_:
        case OpaqueType(clean=flag):
            return flag
        case ObjectType(fields=fields):
            return all(map(is_clean, fields.values()))
        case ListType(item=item):
            return is_clean(item)
        case UnionType(options=options):
            return all(map(is_clean, options))
        case SourceType(view=view, items=items, certain=sure):
            # a list that passes by default holds scalars, or is a blank itself
            scalar = items and view.many and view.visibility == "plain"
            return sure and (scalar or view.visibility == "shown")
    return True


def formatted_type(types: Sequence[Type]) -> Type:
    """Return the type of text made of these values: a blank if one of them is known to be or hold one."""
    blank = next((inner for type_ in types for inner in blanks_in(type_)), None)
    if blank is not None:
        return blank
    return STRING if all(map(is_clean, types)) else OpaqueType()


def blanks_in(type_: Type) -> Iterator[Type]:
    """Yield the blanks that a value is known to be or to hold."""
    match type_:
        case SourceType(view=view) if view.visibility == "blank":
            yield type_
        case ObjectType(fields=fields):
            for value in fields.values():
                yield from blanks_in(value)
        case ListType(item=item):
            yield from blanks_in(item)


def union_of(types: list[Type]) -> Type:
    """Return the type of a value that has one of these types."""
    flat: list[Type] = []
    for type_ in types:
        for option in type_.options if isinstance(type_, UnionType) else (type_,):
            if option not in flat:
                flat.append(option)
    return flat[0] if len(flat) == 1 else UnionType(tuple(flat))
