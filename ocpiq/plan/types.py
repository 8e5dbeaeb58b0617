"""What the analysis knows of a value: where in a source it stands, or how it was made.

A value inside a source is followed as long as the query only takes literal paths, so that the gate has to deliver no
more than those. `use` says that a value is wanted as an ordinary one; from there on the gate delivers it whole.
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
    """Nothing is known, but whether a blank may be in it."""

    clean: bool = False


class ScalarType(Struct, frozen=True):
    """null, a boolean, a number or a string that is not a blank."""

    name: ScalarKind


class ObjectType(Struct, frozen=True):
    """An object made by the query with these keys."""

    fields: dict[str, Type]


class ListType(Struct, frozen=True):
    """An array made by the query, of such items."""

    item: Type


class UnionType(Struct, frozen=True):
    """One of several."""

    options: tuple[Type, ...]


class SourceType(Struct, frozen=True):
    """The value at a literal path of a source's objects.

    `items` is False for the list itself where the view has a list here, and True for one of its items. Where a wrong
    shape that was sent may have led somewhere else, it is not `sure`.
    """

    source: int
    path: tuple[str, ...]
    view: ViewNode
    demand: Demand
    items: bool = False
    certain: bool = True

    @property
    def is_list(self) -> bool:
        """Tell a list of a source from its items and from all else."""
        return self.view.many and not self.items


class NoInput(Struct, frozen=True):
    """No value is here: `reason` is the error for who asks for one."""

    reason: str
    hint: str


Type = OpaqueType | ScalarType | ObjectType | ListType | UnionType | SourceType | NoInput

NULL = ScalarType("null")
BOOLEAN = ScalarType("boolean")
NUMBER = ScalarType("number")
STRING = ScalarType("string")


def use(type_: Type) -> None:
    """Note that the value is wanted whole, as an ordinary value."""
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
    """Use the value in an operation; refuse now where it is known to be what the operation refuses."""
    use(type_)
    check_blanks(type_, span, blanks)


def check_blanks(type_: Type, span: Span, blanks: Blanks = Blanks.OUTSIDE) -> None:
    """Refuse a value that is known to be a blank, or to hold one, as far as the operation looks."""
    if blanks is Blanks.MOVES:
        return
    match type_:
        case SourceType(view=view) if view.treatment == "blank":
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
"""How an operation looks at what an array or object holds."""


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
            scalar = items and view.many and view.treatment == "plain"
            return sure and (scalar or view.treatment == "shown")
    return True


def formatted_type(types: Sequence[Type]) -> Type:
    """Return the type of the text that is made of such values: a blank where one of them is known to be or hold one."""
    blank = next((found for type_ in types for found in blanks_in(type_)), None)
    if blank is not None:
        return blank
    return STRING if all(map(is_clean, types)) else OpaqueType()


def blanks_in(type_: Type) -> Iterator[Type]:
    """Yield the blanks that a value is known to be or to hold."""
    match type_:
        case SourceType(view=view) if view.treatment == "blank":
            yield type_
        case ObjectType(fields=fields):
            for value in fields.values():
                yield from blanks_in(value)
        case ListType(item=item):
            yield from blanks_in(item)


def union_of(types: list[Type]) -> Type:
    """Return the type of a value that is one of `kinds`."""
    flat: list[Type] = []
    for type_ in types:
        for option in type_.options if isinstance(type_, UnionType) else (type_,):
            if option not in flat:
                flat.append(option)
    return flat[0] if len(flat) == 1 else UnionType(tuple(flat))
