"""Walks over the nodes of a plan."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from ocpiq.plan.types import Type


def descendants(part: object) -> Iterator[object]:
    """Yield a node and everything below it."""
    todo = [part]
    while todo:
        node = todo.pop()
        yield node
        todo.extend(children(node, types=False))


def children(part: object, *, types: bool = True) -> Iterator[object]:
    """Yield the structs directly below a node; without `types`, not the types of values."""
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
