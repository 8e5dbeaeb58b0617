"""Views, needs and objects for the tests of the gate, in short notation."""

from __future__ import annotations

import math
from collections.abc import Iterable

from ocpiq import schema
from ocpiq.analysis.needs import Need
from ocpiq.analysis.views import ViewNode, view
from ocpiq.errors import Span
from ocpiq.language import tree
from ocpiq.privacy import Row
from ocpiq.schema import Field
from ocpiq.values.blank import Blank

NOWHERE = Span(0, 0)


def path(text: str) -> tree.FieldPath:
    """Return a clause's path: dotted, `.`, or in quotes."""
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
    return view(schema.module(module, version), clauses(passed, only))


def needs(*paths: str) -> Need:
    """Return the need of reading these paths; `.` reads the whole object."""
    root = Need()
    for each in paths:
        need = root
        for name in filter(None, each.split(".")):
            need = need.at(name)
        need.whole = True
    return root


def plain(value: object) -> object:
    """Return a row as something that can be compared: its fields in order, numbers with their types, blanks by path."""
    if isinstance(value, Row):
        return ("row", [(name, plain(getattr(value, name))) for name in value.__struct_fields__])
    if isinstance(value, dict):
        return ("object", [(key, plain(item)) for key, item in value.items()])
    if isinstance(value, list):
        return ("list", [plain(item) for item in value])
    if isinstance(value, Blank):
        return ("blank", value.module, value.path)
    if isinstance(value, float):
        return ("float", "nan" if math.isnan(value) else repr(value))
    return (type(value).__name__, value)


def leaves(field: Field) -> list[Field]:
    """Return the leaves below a field."""
    if field.leaf:
        return [field]
    return [leaf for child in field.children.values() for leaf in leaves(child)]
