"""What the analysis knows of a value: where in a source it stands, or how it was made.

A value inside a source is followed as long as the query only takes literal paths, so that the gate has to deliver no
more than those. `use` says that a value is wanted as an ordinary one; from there on the gate delivers it whole.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from ocpiq.analysis.needs import Need
from ocpiq.analysis.views import ViewNode
from ocpiq.errors import PrivacyError, Span
from ocpiq.values.blank import refuse

ScalarKind = Literal["null", "boolean", "number", "string"]


class Opaque(Struct, frozen=True):
    """Nothing is known, but whether a blank may be in it."""

    clean: bool = False


class Scalar(Struct, frozen=True):
    """null, a boolean, a number or a string that is no blank."""

    kind: ScalarKind


class Record(Struct, frozen=True):
    """An object made by the query with these keys."""

    fields: dict[str, Type]


class Listing(Struct, frozen=True):
    """An array made by the query, of such items."""

    item: Type


class Either(Struct, frozen=True):
    """One of several."""

    options: tuple[Type, ...]


class InSource(Struct, frozen=True):
    """The value at a literal path of a source's objects.

    `items` is False for the list itself where the view has a list here, and True for one of its items.
    """

    source: int
    path: tuple[str, ...]
    view: ViewNode
    need: Need
    items: bool = False

    @property
    def is_list(self) -> bool:
        """Tell a list of a source from its items and from all else."""
        return self.view.many and not self.items

    @property
    def is_object(self) -> bool:
        """Tell an object whose fields are known."""
        return bool(self.view.children) and not self.is_list


class Nothing(Struct, frozen=True):
    """No value is here: `reason` is the error for who asks for one."""

    reason: str
    hint: str


Type = Opaque | Scalar | Record | Listing | Either | InSource | Nothing

NULL = Scalar("null")
BOOLEAN = Scalar("boolean")
NUMBER = Scalar("number")
STRING = Scalar("string")


def use(kind: Type) -> None:
    """Note that the value is wanted whole, as an ordinary value."""
    match kind:
        case InSource(need=need):
            need.whole = True
        case Record(fields=fields):
            for value in fields.values():
                use(value)
        case Listing(item=item):
            use(item)
        case Either(options=options):
            for option in options:
                use(option)


def consume(kind: Type, span: Span) -> None:
    """Use the value in an operation that refuses blanks: refuse now where it is known to be one."""
    use(kind)
    look_at(kind, span)


def look_at(kind: Type, span: Span) -> None:
    """Refuse a value that is known to be a blank, in an operation that looks at its outside only."""
    match kind:
        case InSource(view=view) if view.treatment == "blank":
            try:
                refuse(view.blank)
            except PrivacyError as error:
                error.span = span
                raise
        case Either(options=options):
            for option in options:
                look_at(option, span)


def clean(kind: Type) -> bool:
    """Tell whether the value can neither be nor hold a blank."""
    match kind:
        case Opaque(clean=flag):
            return flag
        case Record(fields=fields):
            return all(map(clean, fields.values()))
        case Listing(item=item):
            return clean(item)
        case Either(options=options):
            return all(map(clean, options))
        case InSource(view=view):
            return view.treatment == "shown"
    return True


def either(kinds: list[Type]) -> Type:
    """Return the type of a value that is one of `kinds`."""
    flat: list[Type] = []
    for kind in kinds:
        for option in kind.options if isinstance(kind, Either) else (kind,):
            if option not in flat:
                flat.append(option)
    return flat[0] if len(flat) == 1 else Either(tuple(flat))
