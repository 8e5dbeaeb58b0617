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


def streamed(plan: Plan) -> Iterator[Scan | Aggregate]:
    """Yield where the outputs of a plan come from: sources, and aggregates of which there are several results.

    What `distinct by` lets through stands for its key, so it comes from nowhere.
    """
    match plan:
        case Scan() | Aggregate():
            yield plan
        case Pipe(parts=parts):
            yield from streamed(parts[0])
        case Bind(source=source, body=body):
            yield from streamed(source if source.outputs is Outputs.MANY else body)
        case Comma(parts=parts):
            for part in parts:
                yield from streamed(part)
        case If(then=then, otherwise=otherwise):
            yield from streamed(then)
            yield from streamed(otherwise)
        case Foreach(source=source):
            yield from streamed(source)
        case Sort() | Take() | Join() | Try() | Label() | Function() | MakeArray():
            yield from streamed(plan.body)


def fields(part: object) -> set[Place]:
    """Return the fields of sources that a part or an operand reads, each by its longest path."""
    found = set(_read(part))
    longer = {(number, path[:length]) for number, path in found for length in range(len(path))}
    return {place for place in found - longer if place[1]}


def _read(part: object) -> Iterator[Place]:
    for inner in inside(part, types=False):
        yield from _read(inner)
    match part:
        case Operand(kind=kind) | Native(input=kind):
            yield from places(kind)
        case Field(kind=kind, name=name):
            yield from ((number, (*path, name)) for number, path in places(kind))


def places(kind: Type) -> Iterator[Place]:
    """Yield where in sources a value stands."""
    match kind:
        case SourceType(source=source, path=path):
            yield source, path
        case UnionType(options=options):
            for option in options:
                yield from places(option)


def parts_of(part: object) -> Iterator[object]:
    """Yield a part and everything in it."""
    todo = [part]
    while todo:
        found = todo.pop()
        yield found
        todo.extend(inside(found, types=False))


def inside(part: object, *, types: bool = True) -> Iterator[object]:
    """Yield what a part of a plan is made of; without `types`, no types of values."""
    if isinstance(part, tuple):
        for item in part:
            yield from inside(item, types=types) if isinstance(item, tuple) else (item,)
    elif isinstance(part, Struct) and not isinstance(part, Type):
        for name in part.__struct_fields__:
            value = getattr(part, name)
            if isinstance(value, tuple):
                yield from inside(value, types=types)
            elif isinstance(value, Struct) and (types or not isinstance(value, Type)):
                yield value
