"""What the nodes of a plan read: the sources of their outputs, and the fields."""

from __future__ import annotations

from collections.abc import Iterator

from ocpiq.plan import nodes as plan
from ocpiq.plan.nodes import Operand, Plan
from ocpiq.plan.outputs import Outputs
from ocpiq.plan.types import SourceType, Type, UnionType
from ocpiq.plan.walk import children

Place = tuple[int, tuple[str, ...]]
"""A field of a source: the source's number and the path."""


def stream_origins(plan_node: Plan) -> Iterator[plan.Scan | plan.Aggregate]:
    """Yield the sources and aggregates whose outputs a plan streams.

    The outputs of `distinct by` stand for their keys, so they have no origin.
    """
    match plan_node:
        case plan.Scan() | plan.Aggregate():
            yield plan_node
        case plan.Pipe(parts=parts):
            yield from stream_origins(parts[0])
        case plan.Bind(source=source, body=body):
            yield from stream_origins(source if source.outputs is Outputs.MANY else body)
        case plan.Comma(parts=parts):
            for part in parts:
                yield from stream_origins(part)
        case plan.If(then=then, otherwise=otherwise):
            yield from stream_origins(then)
            yield from stream_origins(otherwise)
        case plan.Foreach(source=source):
            yield from stream_origins(source)
        case (
            plan.Sort()
            | plan.Take()
            | plan.Join()
            | plan.Try()
            | plan.Label()
            | plan.Function()
            | plan.MakeArray()
        ):
            yield from stream_origins(plan_node.body)


def fields_read(part: object) -> set[Place]:
    """Return the source fields that a node or an operand reads, each by its longest path."""
    read = set(_read(part))
    longer = {(number, path[:length]) for number, path in read for length in range(len(path))}
    return {place for place in read - longer if place[1]}


def _read(part: object) -> Iterator[Place]:
    for inner in children(part, types=False):
        yield from _read(inner)
    match part:
        case Operand(type=type_) | plan.Native(input=type_):
            yield from source_fields(type_)
        case plan.Field(input=type_, name=name):
            yield from ((number, (*path, name)) for number, path in source_fields(type_))


def source_fields(type_: Type) -> Iterator[Place]:
    """Yield the source fields that a value may be."""
    match type_:
        case SourceType(source=source, path=path):
            yield source, path
        case UnionType(options=options):
            for option in options:
                yield from source_fields(option)
