"""Views, needs and objects for the tests of the gate, in short notation."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from unittest.mock import patch

from msgspec import structs

from ocpiq import schema
from ocpiq.errors import Span
from ocpiq.gate import Row
from ocpiq.language import tree
from ocpiq.privacy.demand import Demand
from ocpiq.privacy.recipient import Recipient
from ocpiq.privacy.view import ViewNode, view
from ocpiq.schema import SchemaField
from ocpiq.values.blank import Blank
from ocpiq.values.json import fragments
from ocpiq.values.json.codec import number_text

NOWHERE = Span(0, 0)


RECIPIENT = Recipient("utrecht", bytes(range(32)), "630dcd29")
"""A recipient with a key that is always the same."""


def path(text: str) -> tree.FieldPath:
    """Return a clause's path: dotted, `.`, or in quotes; with `as` and a treatment if it has one."""
    if " as " in text:
        name, treatment = text.split(" as ")
        written = re.fullmatch(r"(\w+)(?:\((.*)\))?", treatment)
        assert written is not None
        return structs.replace(path(name), treatment=tree.Treatment(written[1], written[2], span=NOWHERE))
    if text.startswith('"'):
        return tree.FieldPath(span=NOWHERE, names=(text.strip('"'),), quoted=True)
    return tree.FieldPath(span=NOWHERE, names=tuple(name for name in text.split(".") if name))


def clauses(passed: Iterable[str] = (), only: Iterable[str] | None = None) -> list[tree.Clause]:
    """Return `pass` and `only` clauses."""
    found: list[tree.Clause] = [tree.Pass(span=NOWHERE, paths=tuple(map(path, passed)))] if passed else []
    if only is not None:
        found.append(tree.Only(span=NOWHERE, paths=tuple(map(path, only))))
    return found


def seen(
    module: str, passed: Iterable[str] = (), only: Iterable[str] | None = None, version: str = "2.2.1"
) -> ViewNode:
    """Return the view of a source with these clauses."""
    return view(schema.module(module, version), clauses(passed, only), any_version=True)


def needs(*paths: str) -> Demand:
    """Return the need of reading these paths; `.` reads the whole object."""
    root = Demand()
    for each in paths:
        need = root
        for name in filter(None, each.split(".")):
            need = need.at(name)
        need.whole = True
    return root


def plain(value: object) -> list[object]:
    """Return a value or row, flat, so that it can be compared at any depth: types, order of keys, blanks by path."""
    flat: list[object] = []
    todo = [value]
    while todo:
        item = todo.pop()
        if isinstance(item, Row):
            item = {name: getattr(item, name) for name in item.__struct_fields__}
            flat.append("row")
        if isinstance(item, dict | list):
            flat.append((type(item).__name__, list(item) if isinstance(item, dict) else len(item)))
            todo += reversed(list(item.values() if isinstance(item, dict) else item))
        elif isinstance(item, Blank):
            flat.append(("blank", item.module, item.path))
        elif isinstance(item, float):
            flat.append(("float", "nan" if math.isnan(item) else number_text(item)))
        else:
            flat.append((type(item).__name__, item))
    return flat


def leaves(field: SchemaField) -> list[SchemaField]:
    """Return the leaves below a field."""
    if field.leaf:
        return [field]
    return [leaf for child in field.children.values() for leaf in leaves(child)]


class Refusing:
    """A decoder that can read nothing."""

    def decode(self, raw: bytes) -> object:
        raise ValueError

    decode_lines = decode


@contextmanager
def careful_only() -> Iterator[None]:
    """Let msgspec read nothing, so that all is left to the careful way."""
    with (
        patch.object(fragments, "FIELDS", Refusing()),
        patch.object(fragments, "ITEMS", Refusing()),
        patch.object(fragments, "decode_exactly", Refusing().decode),
        patch("ocpiq.gate.slices.Decoder", lambda *_: Refusing()),
        patch("ocpiq.gate.records.decoder", lambda *_: Refusing()),
        patch("ocpiq.gate.nested.decoder", lambda *_: Refusing()),
        patch("ocpiq.gate.gate.decoder", lambda *_: Refusing()),
        patch("ocpiq.gate.slices.DATED", Refusing()),
    ):
        yield
