"""Applies treatments: a treated field leaves the gate only as the result of its function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Raw
from msgspec.structs import asdict

from ocpiq.privacy.recipient import Recipient
from ocpiq.privacy.view import ViewNode
from ocpiq.values.json.fragments import NULL

Treat = Callable[[Any], Any]


class TreatedNode(ViewNode, frozen=True, kw_only=True):
    """A treated node with its function, which takes a decoded value that is not null: a list if `many`."""

    convert: Treat


def reads_presence(node: ViewNode) -> bool:
    """Tell whether only the presence of a value is read: `convert` takes its slice, or None if it was not sent."""
    return node.treatment is not None and node.treatment.name == "present"


def with_treatments(node: ViewNode, recipient: Recipient | None) -> ViewNode:
    """Return a view whose treated nodes have their functions."""
    if node.visibility == "treated":
        return TreatedNode(**asdict(node), convert=converter_of(node, recipient))
    if not node.children:
        return node
    children = {name: with_treatments(child, recipient) for name, child in node.children.items()}
    fields = asdict(node) | {"children": children}
    return ViewNode(**fields)


def converter_of(node: ViewNode, recipient: Recipient | None) -> Treat:
    """Return the function that treats a decoded value of a node that is not null."""
    assert node.treatment is not None
    if node.treatment.name == "present":
        return is_present
    from ocpiq.gate.treatment_functions import treatment_function  # noqa: PLC0415 - few queries have treatments

    treat, blank = treatment_function(node.treatment, recipient, node.blank), node.blank
    if not node.many:
        return treat

    def treat_items(value: object) -> object:
        if not isinstance(value, list):
            return blank
        items = [None if item is None else treat(item) for item in value]
        return blank if any(item is blank for item in items) else items

    return treat_items


def is_present(raw: Raw | bytes | None) -> bool:
    """Tell whether a field was sent and is not null, from its slice."""
    return raw is not None and bytes(raw) != NULL


def open_function(node: ViewNode) -> Treat:
    """Return the function that treats the fields inside a decoded value of an open node, in place."""
    functions: dict[str, Treat] = {}
    for name, child in node.children.items():
        if isinstance(child, TreatedNode):
            functions[name] = scalar_function(child)
        elif child.visibility == "open":
            functions[name] = open_function(child)
        elif child.visibility == "blank":
            functions[name] = blank_function(child)
    absent = [name for name, child in node.children.items() if reads_presence(child)]

    def treat(value: object) -> object:
        if isinstance(value, dict):
            for name, function in functions.items():
                if name in value:
                    value[name] = function(value[name])
            for name in absent:
                value.setdefault(name, False)
            return value
        if isinstance(value, list):
            return [treat(item) for item in value]
        return None if value is None else node.blank

    return treat


def blank_function(node: ViewNode) -> Treat:
    """Return the function that blanks any decoded value of a node."""
    return lambda _: node.blank


def scalar_function(node: TreatedNode) -> Treat:
    """Return the function that treats any decoded value of a treated node: the blank for the wrong shapes."""
    if reads_presence(node):
        return lambda value: value is not None

    def treat(value: object) -> object:
        if type(value) is str:
            return node.convert(value)
        if value is None:
            return None
        if isinstance(value, dict) or (
            isinstance(value, list) and any(isinstance(item, list | dict) for item in value)
        ):
            return node.blank
        return node.convert(value)

    return treat
