"""Values as streams of events, `[path, leaf]` and `[path]` at the end of a container (jq manual, "Streaming")."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import Any, Final, cast

from ocpiq.errors import RunError
from ocpiq.runtime.access import item
from ocpiq.runtime.builtins.objects import length
from ocpiq.values.types import Value, type_name


def to_stream(value: Value) -> Iterator[Value]:
    """`tostream`"""
    if not _has_items(value):
        yield [[], value]
        return
    path: list[Value] = [None]
    levels: list[Iterator[tuple[Value, Value]]] = [_items(value)]
    while levels:
        for path[-1], element in levels[-1]:
            if _has_items(element):
                path.append(None)
                levels.append(_items(element))
                break
            yield [path.copy(), element]
        else:
            yield [path.copy()]
            path.pop()
            levels.pop()


def _has_items(value: Value) -> bool:
    return (type(value) is list or type(value) is dict) and bool(value)


def _items(value: Value) -> Iterator[tuple[Value, Value]]:
    pairs: Iterable[tuple[Value, Value]]
    pairs = value.items() if type(value) is dict else enumerate(cast("list[Value]", value))
    return iter(pairs)


class Assembly:
    """The state of `fromstream`: the value that is being put together, and the one that is ready."""

    __slots__ = ("ready", "value")

    def __init__(self) -> None:
        self.value: Value = None
        self.ready: tuple[Value, ...] = ()


def assemble(state: Assembly, event: Value) -> Assembly:
    """Take an event into `state`, which is changed in place: nothing else holds it."""
    size = length(event)
    path = item(event, 0)
    depth = length(path)
    state.ready = ()
    if size == 2:
        leaf = _copy(item(event, 1))
        if depth == 0:
            state.ready = (leaf,)
        else:
            _set_leaf(state, _path(path), leaf)
    elif depth == 1:
        state.ready = (state.value,)
        state.value = None
    return state


def _path(path: Value) -> list[Value]:
    if type(path) is not list:
        raise RunError(f"the path of an event must be an array, not {type_name(path)}")
    return path


def _copy(leaf: Value) -> Value:
    """Return a leaf that later events may change: an empty container, or whatever a program made up."""
    if type(leaf) is list:
        return [_copy(element) for element in leaf]
    if type(leaf) is dict:
        return {name: _copy(element) for name, element in leaf.items()}
    return leaf


def _set_leaf(state: Assembly, path: list[Value], leaf: Value) -> None:
    """Put a leaf at its path; containers on the way are the assembly's own."""
    if state.value is None:
        state.value = _container(path[0])
    current = state.value
    for key, next_key in pairwise(path):
        child = item(current, key)
        if child is None:
            child = _container(next_key)
            _set_item(current, key, child)
        current = child
    _set_item(current, path[-1], leaf)


def _container(key: Value) -> Value:
    return {} if type(key) is str else []


def _set_item(container: Value, key: Value, value: Value) -> None:
    if type(container) is dict and type(key) is str:
        container[key] = value
    elif type(container) is list and type(key) is int and key >= 0:
        if key >= len(container):
            container.extend([None] * (key - len(container) + 1))
        container[key] = value
    else:
        item(container, key)  # raises where the key does not fit
        raise RunError(f"Cannot put an event's value into {type_name(container)} at a {type_name(key)}")


NATIVES: Final[dict[str, Callable[..., Any]]] = {
    "tostream": to_stream,
    "_assembly": Assembly,
    "_assemble": assemble,
    "_assembled": lambda state: state.ready,
}
