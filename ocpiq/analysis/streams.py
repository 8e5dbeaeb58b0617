"""What a plan's values are made of: the sources whose objects they come from, the fields that a part reads."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from ocpiq.plan.nodes import (
    Aggregate,
    Bind,
    Comma,
    Field,
    Foreach,
    Function,
    If,
    Join,
    Label,
    MakeArray,
    Native,
    Operand,
    Outputs,
    Pipe,
    Plan,
    Scan,
    Sort,
    Take,
    Try,
)
from ocpiq.plan.types import SourceType, Type, UnionType

Place = tuple[int, tuple[str, ...]]
"""A field of a source: the source's number and the path."""


def stream_origins(plan: Plan) -> Iterator[Scan | Aggregate]:
    """Yield where the outputs of a plan come from: sources, and aggregates of which there are several results.

    What `distinct by` lets through stands for its key, so it comes from nowhere.
    """
    match plan:
        case Scan() | Aggregate():
            yield plan
        case Pipe(parts=parts):
            yield from stream_origins(parts[0])
        case Bind(source=source, body=body):
            yield from stream_origins(source if source.outputs is Outputs.MANY else body)
        case Comma(parts=parts):
            for part in parts:
                yield from stream_origins(part)
        case If(then=then, otherwise=otherwise):
            yield from stream_origins(then)
            yield from stream_origins(otherwise)
        case Foreach(source=source):
            yield from stream_origins(source)
        case Sort() | Take() | Join() | Try() | Label() | Function() | MakeArray():
            yield from stream_origins(plan.body)


def fields_read(part: object) -> set[Place]:
    """Return the fields of sources that a part or an operand reads, each by its longest path."""
    found = set(_read(part))
    longer = {(number, path[:length]) for number, path in found for length in range(len(path))}
    return {place for place in found - longer if place[1]}


def _read(part: object) -> Iterator[Place]:
    for inner in children(part, types=False):
        yield from _read(inner)
    match part:
        case Operand(kind=kind) | Native(input=kind):
            yield from source_fields(kind)
        case Field(kind=kind, name=name):
            yield from ((number, (*path, name)) for number, path in source_fields(kind))


def source_fields(kind: Type) -> Iterator[Place]:
    """Yield where in sources a value stands."""
    match kind:
        case SourceType(source=source, path=path):
            yield source, path
        case UnionType(options=options):
            for option in options:
                yield from source_fields(option)


def descendants(part: object) -> Iterator[object]:
    """Yield a part and everything in it."""
    todo = [part]
    while todo:
        found = todo.pop()
        yield found
        todo.extend(children(found, types=False))


def children(part: object, *, types: bool = True) -> Iterator[object]:
    """Yield what a part of a plan is made of; without `types`, no types of values."""
    if isinstance(part, tuple):
        for item in part:
            yield from children(item, types=types) if isinstance(item, tuple) else (item,)
    elif isinstance(part, Struct) and not isinstance(part, Type):
        for name in part.__struct_fields__:
            value = getattr(part, name)
            if isinstance(value, tuple):
                yield from children(value, types=types)
            elif isinstance(value, Struct) and (types or not isinstance(value, Type)):
                yield value
