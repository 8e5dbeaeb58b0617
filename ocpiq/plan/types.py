"""The types of values in a plan: a place in a source, or the shape of a computed value.

A value inside a source is followed along literal paths, so the gate delivers no more than those. `use` marks a value
that the query reads in any other way: the gate delivers it whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Literal

from msgspec import Struct, structs

from ocpiq.errors import PrivacyError, Span
from ocpiq.plan.blanks import Blanks
from ocpiq.privacy.demand import Demand
from ocpiq.privacy.sealed import SealedFieldError, is_sealed
from ocpiq.privacy.treatments import result_type
from ocpiq.privacy.view import ViewNode
from ocpiq.values.blank import refuse

TypeName = Literal["null", "boolean", "number", "string", "array", "object"]


class OpaqueType(Struct, frozen=True):
    """A type that is not known for certain; `clean` if no blank can be in it.

    `name` is jq's name of the type that a value is expected to have if it is neither null nor a blank.
    """

    clean: bool = False
    name: TypeName | None = None


class ScalarType(Struct, frozen=True):
    """null, a boolean, a number or a string that is not a blank.

    A number is `whole` if it counts something, `written` if it may have been written in the query or in text, and so
    has digits of its own.
    """

    name: TypeName
    whole: bool = False
    written: bool = False


class ObjectType(Struct, frozen=True):
    """An object made by the query with these keys.

    `maker` is what makes objects with exactly these fields (`slots`, `aggregate`), so that another field is a mistake;
    "" for an object that the query writes out.
    """

    fields: dict[str, Type]
    maker: str = ""


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
INTEGER = ScalarType("number", whole=True)
WRITTEN_NUMBER = ScalarType("number", written=True)
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
        case SourceType(view=view) if is_sealed(view):
            raise SealedFieldError(view, span=span)
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


def refuse_sealed(type_: Type, span: Span) -> None:
    """Raise SealedFieldError if the value is known to be or hold a sealed field."""
    match type_:
        case SourceType(view=view) if is_sealed(view):
            raise SealedFieldError(view, span=span)
        case UnionType(options=options):
            for option in options:
                refuse_sealed(option, span)
        case ListType(item=item):
            refuse_sealed(item, span)
        case ObjectType(fields=fields):
            for value in fields.values():
                refuse_sealed(value, span)


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
    return STRING if all(map(is_clean, types)) else OpaqueType(name="string")


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


def union_of(types: Iterable[Type]) -> Type:
    """Return the type of a value that has one of these types."""
    flat: list[Type] = []
    for type_ in types:
        for option in type_.options if isinstance(type_, UnionType) else (type_,):
            if option not in flat:
                flat.append(option)
    if WRITTEN_NUMBER in flat:
        flat = [option for option in flat if option != NUMBER]
    return flat[0] if len(flat) == 1 else UnionType(tuple(flat))


def or_null(type_: Type) -> Type:
    """Return the type of a value that may also be null."""
    return union_of([type_, NULL])


def without_null(type_: Type) -> Type:
    """Return the type of a value once it is not null; null itself stays null."""
    if not isinstance(type_, UnionType):
        return type_
    return union_of([option for option in type_.options if option != NULL])


def type_name(type_: Type) -> TypeName | None:
    """Return jq's name of the type of a value; None if it is not known, or if it may have several.

    A field of a source has the type that OCPI specifies, which a platform may ignore.
    """
    match type_:
        case ScalarType(name=name) | OpaqueType(name=name):
            return name
        case ObjectType():
            return "object"
        case ListType():
            return "array"
        case UnionType(options=options):
            names = {type_name(option) for option in options if option != NULL}
            return names.pop() if len(names) == 1 else None
        case SourceType(view=view) if view.treatment is not None and not type_.is_list:
            return result_type(view.treatment, view.field)
        case SourceType(view=view) if view.field is not None:
            return "array" if type_.is_list else view.field.json
    return None


def is_number(type_: Type) -> bool:
    """Tell whether the value is a number for certain."""
    return isinstance(type_, ScalarType) and type_.name == "number"


def is_computed(type_: Type) -> bool:
    """Tell whether the value, if it is not null, is for certain a number that was computed."""
    options = type_.options if isinstance(type_, UnionType) else (type_,)
    return all(option == NULL or (is_number(option) and option != WRITTEN_NUMBER) for option in options)


def item_of(type_: Type) -> Type:
    """Return the type of the items of an array, or of the values of an object, once it is an ordinary value."""
    match type_:
        case ListType(item=item):
            return item
        case ObjectType(fields=fields) if fields:
            return union_of(fields.values())
        case SourceType(is_list=True):
            sure = type_.certain and (not type_.view.children or type_.view.visibility == "shown")
            return structs.replace(type_, items=True, certain=sure)
        case UnionType():
            return item_of(without_null(type_)) if NULL in type_.options else OpaqueType(is_clean(type_))
    return OpaqueType(is_clean(type_))
