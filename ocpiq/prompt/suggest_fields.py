"""Suggestions for fields, each with its type and its state: shown, blanked or passed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ocpiq.plan.types import ListType, ObjectType, OpaqueType, ScalarType, SourceType, Type, UnionType
from ocpiq.privacy.sealed import is_sealed
from ocpiq.privacy.view import ViewNode
from ocpiq.prompt.suggestion import Suggestion, rank_matches
from ocpiq.schema import SchemaField, SchemaModule
from ocpiq.schema.version_fields import only_in_other_versions

STATES: Final = {
    "shown": "passed",
    "open": "",
    "treated": "treated",
    "plain": "shown",
    "blank": "blanked",
    "container": "",
}


def fields(
    type_: Type | None, word: str, version: str, *, first: bool, replaces: int | None = None
) -> Iterator[Suggestion]:
    """Yield the path steps of a value of type `kind` that match `word`, a dot and the start of a name.

    The steps of a list go through its items: `[].name`, or `.[].name` at the start of a path (`first`).
    """
    size = len(word) if replaces is None else replaces
    seen = {(dots, name): (about, state) for dots, name, about, state in _steps(type_, version)}
    for dots, name in rank_matches(seen, word[1:], lambda step: step[1]):
        about, state = seen[dots, name]
        step = f"{dots}.{name}" if name else dots
        yield Suggestion(f".{step}" if dots and first else step, size, "field", about, state=state)


def clause_fields(module: SchemaModule, word: str) -> Iterator[Suggestion]:
    """Yield the matching paths for `pass` or `only`, which do not mark arrays."""
    parent, _, name = word.rpartition(".")
    field = module.root
    for step in parent.lstrip(".").split(".") if parent.strip(".") else ():
        if step not in field.children:
            return
        field = field.children[step]
    children = [child for child in field.children.values() if module.version in child.versions]
    for child in rank_matches(children, name, lambda child: child.name):
        text = f"{parent}.{child.name}" if "." in word else child.name
        state = "" if not child.leaf else "shown" if child.shown else "blanked"
        yield Suggestion(text, len(word), "field", _field_type(child), state=state)


def is_whole(type_: Type | None) -> bool:
    """Tell whether a value is an object of a module, or one that the query made, and no part of one."""
    return isinstance(type_, ObjectType) or (isinstance(type_, SourceType) and not type_.path)


def enum_of(type_: Type | None) -> tuple[str, ...]:
    """Return the values that OCPI lists for a value of this type."""
    match type_:
        case SourceType(view=ViewNode(field=SchemaField(enum=values))):
            return values
        case UnionType(options=options):
            return tuple(value for option in options for value in enum_of(option))
    return ()


def _steps(type_: Type | None, version: str) -> Iterator[tuple[str, str, str, str]]:
    """Yield for each step its brackets, name, type and state."""
    match type_:
        case SourceType(is_list=True) if type_.view.children:
            yield "[]", "", "each item", ""
            for name, node in _nodes(type_.view, version):
                yield "[]", name, _field_type(node.field), _state(node)
        case SourceType(is_list=True) | ListType(item=ScalarType() | OpaqueType()):
            yield "[]", "", "each item", ""
        case SourceType(view=view):
            for name, node in _nodes(view, version):
                yield "", name, _field_type(node.field), _state(node)
        case ObjectType(fields=members):
            for name, value in members.items():
                yield "", name, *_type_and_state(value)
        case ListType(item=item):
            yield "[]", "", "each item", ""
            yield from (
                (f"[]{dots}", name, about, state) for dots, name, about, state in _steps(item, version)
            )
        case UnionType(options=options):
            for option in options:
                yield from _steps(option, version)


def _state(view: ViewNode) -> str:
    """Return how a field is shown, in one word."""
    return "for totals" if is_sealed(view) else STATES[view.visibility]


def _type_and_state(type_: Type) -> tuple[str, str]:
    """Return the type and state of a value that the query computes."""
    match type_:
        case SourceType(view=view):
            return _field_type(view.field), _state(view)
        case ScalarType(name=name):
            return name, ""
        case ObjectType():
            return "object", ""
        case ListType():
            return "array", ""
    return "", ""


def _nodes(view: ViewNode, version: str) -> Iterator[tuple[str, ViewNode]]:
    """Yield the fields of an object that the version has, and those that the query names in quotes."""
    for name, node in view.children.items():
        if node.quoted or not only_in_other_versions(view.field, node.field, version):
            yield name, node


def _field_type(field: SchemaField | None) -> str:
    """Return the type of a field."""
    if field is None:
        return "platform-specific"
    return f"{field.type}[]" if field.many else field.type
