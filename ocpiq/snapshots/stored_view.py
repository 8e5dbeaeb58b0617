"""The view of a module as a snapshot stores it, and whether it has what a query asks for."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from ocpiq.errors import MessagePart, UserText, say
from ocpiq.privacy.demand import Demand
from ocpiq.privacy.treatments import AGGREGATE, Treatment
from ocpiq.privacy.view import ViewNode, Visibility

CLEAR: Final = ("plain", "shown")
OBJECTS: Final = ("container", "open", "shown")
EVERYTHING: Final = Demand(whole=True)


class StoredField(Struct, frozen=True, omit_defaults=True):
    """How a field is stored: as the view of the pull showed it. The names are those of `ViewNode`."""

    visibility: Visibility
    type: str = ""
    many: bool = False
    scalars: bool = False
    treatment: Treatment | None = None
    children: dict[str, StoredField] = {}

    def child(self, name: str) -> StoredField | None:
        """Return how a field below is stored; None if it is not."""
        if name in self.children:
            return self.children[name]
        return StoredField("shown") if self.visibility in ("shown", "open") else None


def stored_view(node: ViewNode) -> StoredField:
    """Return a view as it stands in a manifest."""
    return StoredField(
        node.visibility,
        node.field.type if node.field is not None else "",
        node.many,
        node.scalars,
        node.treatment,
        {name: stored_view(child) for name, child in node.children.items()},
    )


def for_aggregates_only(node: ViewNode, path: str = "") -> Iterator[str]:
    """Yield the fields that a view has for aggregates only, which a snapshot would hold in the clear."""
    if node.treatment is not None and node.treatment.name == AGGREGATE:
        yield path
    for name, child in node.children.items():
        yield from for_aggregates_only(child, f"{path}.{name}".lstrip("."))


def blank_paths(node: ViewNode) -> Iterator[str]:
    """Yield the paths of the fields that a view blanks."""
    if node.visibility == "blank":
        yield node.blank.path
    for child in node.children.values():
        yield from blank_paths(child)


def shown_paths(node: ViewNode) -> Iterator[str]:
    """Yield the paths of the fields of a view that are not blanked; that of the root is empty."""
    if node.visibility != "blank":
        yield node.blank.path
    for child in node.children.values():
        yield from shown_paths(child)


class ViewOfLines:
    """The view with which a gate reads stored objects, so that a query sees what it asks for and no more.

    `problems` are the reasons why it cannot: fields that are not stored, or stored with another treatment. Those that
    the pull need only have passed are `missing`, as a query passes them. `inexact` fields have values that were blanked
    for their form, which a query may not blank; None if any field may be one.
    """

    def __init__(
        self, asked: ViewNode, demand: Demand, stored: StoredField, inexact: Collection[str] | None = ()
    ) -> None:
        self.problems: list[MessagePart] = []
        self.missing: list[MessagePart] = []
        self._inexact = inexact
        self.view = replace(self._node(asked, demand, stored, ""), nested=None)

    def _node(self, asked: ViewNode, demand: Demand, stored: StoredField | None, path: str) -> ViewNode:
        """Return how a gate reads a field from the lines of a snapshot."""
        if asked.treatment is not None and asked.treatment.name == AGGREGATE:
            return self._problem(asked, say("{path} for aggregates only", path=UserText(path)))
        if stored is not None and asked.visibility == "blank":
            if is_presence(stored):  # stored too if it was not sent
                return self._problem(asked, say("{path} other than as present", path=UserText(path)))
            return asked
        if stored is None or stored.visibility == "blank":
            return self._missing(asked, path)
        if asked.visibility == "treated":
            return self._treated(asked, stored, path)
        if (self._inexact is None or path in self._inexact) and not blanks_alike(asked, demand, stored):
            return self._blanked_for_form(asked, stored, path)
        if asked.visibility in CLEAR and stored.visibility in CLEAR and not asked.children:
            return asked
        if stored.visibility == "shown":
            self._object(asked, demand, stored, path)  # for its problems
            return asked
        if asked.visibility not in OBJECTS or stored.visibility not in OBJECTS:
            return self._problem(asked, say("{path} in the clear", path=UserText(path)))
        if asked.visibility != "container" and demand.whole and not self._is_open_alike(asked, stored):
            return self._problem(asked, say("{path} as a whole", path=_name(path)))
        return self._object(asked, demand, stored, path)

    def _object(self, asked: ViewNode, demand: Demand, stored: StoredField, path: str) -> ViewNode:
        """Return how a gate reads an object of which some fields are stored."""
        children = dict(asked.children)
        for name in asked.children if demand.whole else demand.fields:
            child = asked.child(name)
            if child is not None:
                below = EVERYTHING if demand.whole else demand.fields[name]
                children[name] = self._node(
                    child, below, stored.child(name), f"{path}.{name}" if path else name
                )
        visibility: Visibility = "open" if asked.visibility == "open" and demand.whole else "container"
        scalars = asked.scalars and stored.scalars
        return replace(asked, visibility=visibility, children=children, scalars=scalars)

    def _is_open_alike(self, asked: ViewNode, stored: StoredField) -> bool:
        """Tell whether an object is stored as it is asked for: open, with the same fields treated."""
        both = asked.visibility == stored.visibility == "open"
        return both and asked.children.keys() == stored.children.keys()

    def _treated(self, asked: ViewNode, stored: StoredField, path: str) -> ViewNode:
        """Return how a gate reads a field that a query passes with a treatment."""
        if stored.visibility == "treated" and stored.treatment == asked.treatment:
            return as_stored(asked)
        if stored.visibility in CLEAR:
            return asked
        return self._problem(
            asked, say("{path} as {treatment}", path=UserText(path), treatment=UserText(asked.treatment))
        )

    def _blanked_for_form(self, asked: ViewNode, stored: StoredField, path: str) -> ViewNode:
        """Return the problem of a field with values that the pull has blanked for their form."""
        if path and asked.visibility == "shown" and stored.visibility != "shown":
            self.missing.append(_name(path))
        return self._problem(asked, say("{path} in any form", path=_name(path)))

    def _missing(self, asked: ViewNode, path: str) -> ViewNode:
        field: MessagePart = UserText(path)
        if asked.treatment is not None:
            field = say("{path} as {treatment}", path=field, treatment=UserText(asked.treatment))
        self.missing.append(field)
        return self._problem(asked, field)

    def _problem(self, asked: ViewNode, message: MessagePart) -> ViewNode:
        self.problems.append(message)
        return asked


def blanks_alike(asked: ViewNode, demand: Demand, stored: StoredField) -> bool:
    """Tell whether a field is asked for so that at least those values are blanked that were blanked when it was stored.

    That is so of plain fields: they show a scalar, whatever they are stored as, and blank what could not be read. An
    object that could not be read as a whole may be readable in the part that a query demands.
    """
    if asked.visibility == "plain":
        return True
    if asked.visibility in ("open", "shown") and not demand.whole:
        return False
    if asked.visibility == "open":
        return stored_view(asked) == stored
    return (asked.visibility, asked.scalars) == (stored.visibility, stored.scalars)


def is_presence(stored: StoredField) -> bool:
    """Tell whether of a field only the presence is stored."""
    return stored.treatment is not None and stored.treatment.name == "present"


def as_stored(node: ViewNode) -> ViewNode:
    """Return a node that shows what is stored of a field: a scalar, a list of scalars, or the blank."""
    return replace(node, visibility="plain", children={}, scalars=True, treatment=None)


def _name(path: str) -> MessagePart:
    """Return the name of a field; that of the root is that of an object."""
    return UserText(path) if path else say("the object")
