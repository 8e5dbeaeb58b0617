"""Slices of JSON: what an object's fields, a list's items and a value are, the fast way first, else carefully."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from ocpiq.values.json import scanner
from ocpiq.values.json.codec import decode_exactly
from ocpiq.values.json.reader import BrokenError, parse_bytes
from ocpiq.values.json.scanner import Items

REFUSED: Final = (ValueError, RecursionError)
"""What msgspec raises: ill-formed and mistyped JSON, bytes that are not UTF-8, nesting beyond the
interpreter's stack."""

FIELDS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
ITEMS: Final = msgspec.json.Decoder(list[msgspec.Raw])
OBJECTS: Final = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])

OBJECT, LIST, NULL = b"{", b"[", b"null"


def fields(raw: bytes) -> dict[str, bytes]:
    """Return the slices of an object's fields. BrokenError where `raw` is none."""
    try:
        return {name: bytes(value) for name, value in FIELDS.decode(raw).items()}
    except REFUSED:
        pass  # not in here: the error would be kept with the next one, and it may hold the bytes
    return scanner.fields(raw)


def items(raw: bytes) -> Items:
    """Return the slices of a list's items, those of an inner list as a list again. BrokenError where `raw` is none."""
    try:
        found: Items = [bytes(item) for item in ITEMS.decode(raw)]
        if not any(item[:1] == LIST for item in found):
            return found
    except REFUSED:
        pass
    return scanner.items(raw)


def value(raw: bytes) -> object:
    """Return the value of a slice, with all that is in it. BrokenError where it is none."""
    try:
        return decode_exactly(raw)
    except REFUSED:
        pass
    return parse_bytes(raw, lenient=True)


def objects(raw: bytes) -> list[dict[str, bytes]]:
    """Return the slices of the fields of the object, or of all objects in the list of any depth, that `raw` is."""
    todo: Items = [raw]
    found = []
    while todo:
        item = todo.pop()
        try:
            if isinstance(item, list):
                todo += reversed(item)
            elif item[:1] == OBJECT:
                found.append(fields(item))
            elif item[:1] == LIST:
                todo += reversed(items(item))
        except BrokenError:
            continue
    return found


def uncopied_objects(raw: bytes | msgspec.Raw) -> Sequence[Mapping[str, bytes | msgspec.Raw]]:
    """Return what `objects` does, if possible without copies of the slices."""
    start = memoryview(raw)[:1]
    try:
        if start == OBJECT:
            return (FIELDS.decode(raw),)
        if start == LIST:
            return OBJECTS.decode(raw)
    except REFUSED:
        pass
    return objects(bytes(raw))
