"""The untyped decoder: applies the view to the slices of an object, whatever shape its fields have.

It defines what the view means: the typed decoder returns the same for every object that it can read.
"""

from __future__ import annotations

from typing import cast

from ocpiq.gate.layout import Cell, Record, is_numeric
from ocpiq.gate.treated import TreatedNode, reads_presence
from ocpiq.privacy.view import ViewNode
from ocpiq.values.json.fragments import LIST, NULL, OBJECT, fields, items, value
from ocpiq.values.json.reader import BrokenError
from ocpiq.values.json.scanner import Items
from ocpiq.values.numbers import NEGATIVE_ZERO


def root_row(cell: Cell, parts: dict[str, bytes]) -> object:
    """Return the row of an object, from the slices of its fields."""
    if cell.record is not None:
        return record_row(cell.record, parts)
    return object_fields(cell.node, parts)


def object_fields(node: ViewNode, parts: dict[str, bytes]) -> dict[str, object]:
    """Return every field of an object that is shown whole, or `open` (with treated fields below), in its order."""
    visible = {
        key: visible_value(child, raw) for key, raw in parts.items() if (child := node.child(key)) is not None
    }
    absent = (key for key, child in node.children.items() if key not in parts and reads_presence(child))
    return visible | dict.fromkeys(absent, False)


def record_row(record: Record, parts: dict[str, bytes]) -> object:
    """Return an object as an instance of the record's class, or as a dict."""
    members = [member for member in record.members if member.key in parts or reads_presence(member.cell.node)]
    if record.whole:
        return {member.key: visible_value(member.cell.node, parts.get(member.key)) for member in members}
    return record.cls(
        **{member.attribute: field_value(member.cell, parts.get(member.key)) for member in members}
    )


def field_value(cell: Cell, raw: bytes | None) -> object:
    """Return the value of a field in a row: a nested row for an object, else the visible value."""
    node, record = cell.node, cell.record
    if record is None or record.whole or raw is None:
        return visible_value(node, raw)
    try:
        if raw[:1] == OBJECT and not node.many:
            return record_row(record, fields(raw))
        if raw[:1] == LIST and node.many:
            return [item_value(node, record, item) for item in items(raw)]
    except BrokenError:
        return node.blank
    return visible_value(node, raw)


def item_value(node: ViewNode, record: Record, item: bytes | Items) -> object:
    """Return an item of a field that is a list by the specification."""
    if isinstance(item, list):
        return container_items(node, item)
    if item[:1] != OBJECT:
        return visible_value(node, item)
    try:
        return record_row(record, fields(item))
    except BrokenError:
        return node.blank


def visible_value(node: ViewNode, raw: bytes | None) -> object:
    """Return what the view shows of a value: the blank if the value cannot be read.

    Only where presence is shown, `raw` may be None for a field that was not sent.
    """
    if node.visibility == "blank":
        return node.blank
    if isinstance(node, TreatedNode) and reads_presence(node):
        return node.convert(raw)
    assert raw is not None
    try:
        if isinstance(node, TreatedNode):
            plain = plain_value(node, raw)
            return plain if plain is None or plain is node.blank else node.convert(plain)
        if node.visibility == "shown":
            return value(raw)
        if node.visibility == "plain":
            return plain_value(node, raw)
        return container_value(node, raw)
    except BrokenError:
        return node.blank


def plain_value(node: ViewNode, raw: bytes) -> object:
    """Return a scalar or a list of scalars; the blank for any other shape."""
    if raw[:1] == OBJECT:
        return node.blank
    if raw[:1] != LIST:
        return scalar(node, raw)
    slices = items(raw)
    if any(isinstance(item, list) or item[:1] == OBJECT for item in slices):
        return node.blank
    return [scalar(node, cast(bytes, item)) for item in slices]


def scalar(node: ViewNode, raw: bytes) -> object:
    """Return a scalar; in a field that is text by the specification, zero has no sign."""
    decoded = value(raw)
    return 0 if decoded is NEGATIVE_ZERO and not is_numeric(node) else decoded


def container_value(node: ViewNode, raw: bytes) -> object:
    """Return what the view shows of a container."""
    if raw[:1] == OBJECT:
        parts = fields(raw)
        if node.visibility == "open":
            return object_fields(node, parts)
        return {
            key: visible_value(child, parts.get(key))
            for key, child in node.children.items()
            if key in parts or reads_presence(child)
        }
    if raw[:1] == LIST:
        return container_items(node, items(raw))
    if raw == NULL:
        return None
    return value(raw) if node.scalars else node.blank


def container_items(node: ViewNode, slices: Items) -> list[object]:
    """Return a list where the view has a container: each item is the container again, at any depth of lists."""
    shown: list[object] = []
    todo = [(shown, slices)]
    while todo:
        target, source = todo.pop()
        for item in source:
            if isinstance(item, list):
                inner: list[object] = []
                target.append(inner)
                todo.append((inner, item))
            else:
                target.append(visible_value(node, item))
    return shown
