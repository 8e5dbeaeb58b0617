"""The tolerant way: follows the view over the slices of an object, whatever shape its fields have.

What it returns is what the narrow way returns wherever that can read the object; here is what the view means.
"""

from __future__ import annotations

from typing import cast

from ocpiq.gate.layout import Cell, Record
from ocpiq.privacy.view import ViewNode
from ocpiq.values.json.fragments import LIST, NULL, OBJECT, fields, items, value
from ocpiq.values.json.reader import BrokenError
from ocpiq.values.json.scanner import Items


def root(cell: Cell, parts: dict[str, bytes]) -> object:
    """Return the row of an object, given as the slices of its fields."""
    if cell.record is not None:
        return row(cell.record, parts)
    return {
        key: visible(node, raw) for key, raw in parts.items() if (node := cell.node.child(key)) is not None
    }


def row(record: Record, parts: dict[str, bytes]) -> object:
    """Return an object as a record has it."""
    sent = [member for member in record.members if member.key in parts]
    if record.whole:
        return {member.key: visible(member.cell.node, parts[member.key]) for member in sent}
    return record.cls(**{member.attribute: deliver(member.cell, parts[member.key]) for member in sent})


def deliver(cell: Cell, raw: bytes) -> object:
    """Return a value as a row holds it: taken apart where an object stands in its place, else as visible."""
    node, record = cell.node, cell.record
    if record is None or record.whole:
        return visible(node, raw)
    try:
        if raw[:1] == OBJECT and not node.many:
            return row(record, fields(raw))
        if raw[:1] == LIST and node.many:
            return [deliver_item(node, record, item) for item in items(raw)]
    except BrokenError:
        return node.blank
    return visible(node, raw)


def deliver_item(node: ViewNode, record: Record, item: bytes | Items) -> object:
    """Return an item of a list in its right place."""
    if isinstance(item, list):
        return listed(node, item)
    if item[:1] != OBJECT:
        return visible(node, item)
    try:
        return row(record, fields(item))
    except BrokenError:
        return node.blank


def visible(node: ViewNode, raw: bytes) -> object:
    """Return what the view shows of a value. What cannot be read is the blank."""
    if node.treatment == "blank":
        return node.blank
    try:
        if node.treatment == "shown":
            return value(raw)
        if node.treatment == "plain":
            return plain(node, raw)
        return contained(node, raw)
    except BrokenError:
        return node.blank


def plain(node: ViewNode, raw: bytes) -> object:
    """Return a scalar or a list of scalars, or the blank for any other shape."""
    if raw[:1] == OBJECT:
        return node.blank
    if raw[:1] != LIST:
        return value(raw)
    found = items(raw)
    if any(isinstance(item, list) or item[:1] == OBJECT for item in found):
        return node.blank
    return [value(cast(bytes, item)) for item in found]


def contained(node: ViewNode, raw: bytes) -> object:
    """Return what the view shows of a container."""
    if raw[:1] == OBJECT:
        parts = fields(raw)
        return {key: visible(child, parts[key]) for key, child in node.children.items() if key in parts}
    if raw[:1] == LIST:
        return listed(node, items(raw))
    if raw == NULL:
        return None
    return value(raw) if node.scalars else node.blank


def listed(node: ViewNode, found: Items) -> list[object]:
    """Return a list in a container's place: each item is the container again, and so is each item of a list in it."""
    shown: list[object] = []
    todo = [(shown, found)]
    while todo:
        target, source = todo.pop()
        for item in source:
            if isinstance(item, list):
                inner: list[object] = []
                target.append(inner)
                todo.append((inner, item))
            else:
                target.append(visible(node, item))
    return shown
