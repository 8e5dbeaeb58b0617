"""What a query sees of objects of another OCPI version, by the names that they have there."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from ocpiq.privacy.demand import Demand
from ocpiq.privacy.view import ViewNode, Visibility
from ocpiq.schema import SchemaField, module
from ocpiq.schema.counterparts import counterparts
from ocpiq.schema.fields import Counterpart
from ocpiq.values.blank import Blank

Path = tuple[str, ...]


class Names(Struct):
    """A field of the platform's form, with the node that shows its counterpart, if it is one, and those below."""

    node: ViewNode | None = None
    children: dict[str, Names] = field(default_factory=dict)

    def at(self, path: Path) -> Names:
        """Return the names at a path below, adding them if they are new."""
        names = self
        for name in path:
            names = names.children.setdefault(name, Names())
        return names


def own_view(view: ViewNode, version: str, own: str) -> ViewNode:
    """Return a view of objects of OCPI `own` that tells which of their fields a query sees in the form of `version`.

    It has no values to show: the gate looks up names in it.
    """
    name, names = view.blank.module, Names()
    _collect(view, (), (), counterparts(name, version, own), names)
    return _node(names, module(name, own).root, (), view)


def _collect(
    view: ViewNode, path: Path, context: Path, found: Mapping[str, Counterpart], names: Names
) -> None:
    for name, node in view.children.items():
        inner = (*path, name)
        counterpart = found.get(".".join(inner))
        if node.field is None:
            names.at((*context, name)).node = node
        elif counterpart is not None:
            if counterpart.path is not None:
                is_passed_here = view.visibility != "shown"
                names.at(counterpart.path).node = node if is_passed_here else None
            _collect(node, inner, counterpart.path or context, found, names)


def _node(names: Names, known: SchemaField | None, path: Path, root: ViewNode) -> ViewNode:
    children = {
        name: _node(inner, known.children.get(name) if known else None, (*path, name), root)
        for name, inner in names.children.items()
    }
    node, blank = names.node, Blank(root.blank.module, ".".join(path))
    nested = None if path else root.nested
    if children or node is None:
        visibility: Visibility = "container" if children or not path else "plain"
        return ViewNode(visibility, False, children, blank, known, nested=nested)
    return ViewNode(
        node.visibility, node.many, {}, blank, known, treatment=node.treatment, quoted=node.quoted
    )


def own_demand(view: ViewNode, demand: Demand, version: str, own: str) -> Demand:
    """Return the fields of OCPI `own` that a query reads as those of `version`."""
    read = Demand(whole=demand.whole)
    _demand(view, demand, (), (), counterparts(view.blank.module, version, own), read)
    return read


def _demand(
    view: ViewNode, demand: Demand, path: Path, context: Path, found: Mapping[str, Counterpart], read: Demand
) -> None:
    for name, inner in demand.fields.items():
        node, below = view.child(name), (*path, name)
        counterpart = found.get(".".join(below))
        is_vendor = node is not None and node.field is None
        place = (*context, name) if is_vendor else counterpart.path if counterpart else None
        if place is not None:
            target = read
            for step in place:
                target = target.at(step)
            target.whole = target.whole or inner.whole
            target.optional = inner.optional
        if node is not None and counterpart is not None:
            _demand(node, inner, below, place or context, found, read)
