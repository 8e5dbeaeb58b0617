"""Taking values apart, with jq's error texts: what generated code calls where a value is not of the plain kind."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Final, NoReturn, cast

from ocpiq.errors import RunError
from ocpiq.values.arithmetic import is_finite
from ocpiq.values.blank import Blank, refuse, refuse_inside
from ocpiq.values.json.codec import excerpt
from ocpiq.values.numbers import NUMBERS
from ocpiq.values.order import equal
from ocpiq.values.types import Value, type_name

MOST_DIGITS: Final = 18  # of a count
NO_SLICE: Final = "Array/string slice indices must be integers"


def field(value: Value, name: str) -> Value:
    """Return `.name`; below a blank is blank."""
    if type(value) is dict:
        return value.get(name)
    if value is None or type(value) is Blank:
        return value
    return no_index(value, name)


def item(value: Value, key: Value) -> Value:
    """Return `.[key]`."""
    kind, of = type(value), type(key)
    if of is Blank or of is list or of is dict:
        refuse_inside(key)
    if kind is list and of in NUMBERS:
        return _at(cast("list[Value]", value), cast(float, key))
    if kind is dict and of is str:
        return cast("dict[str, Value]", value).get(cast(str, key))
    if kind is Blank:
        return value
    if value is None and of in (*NUMBERS, str, dict):
        return None
    if of is dict and kind in (list, str):
        return _slice_object(value, cast("dict[str, Value]", key))
    if kind is list and of is list:
        return _indices(cast("list[Value]", value), cast("list[Value]", key))
    return no_index(value, key)


def _at(items: list[Value], index: float) -> Value:
    if index != index:  # noqa: PLR0124 - NaN
        return None
    place = int(index) if is_finite(index) else len(items)  # cut towards zero, as in C
    if place < 0:
        place += len(items)
    return items[place] if 0 <= place < len(items) else None


def _indices(items: list[Value], wanted: list[Value]) -> Value:
    """Return where `wanted` begins in `items`."""
    refuse_inside(items)
    if not wanted:
        return []
    width = len(wanted)
    return [
        start
        for start in range(len(items) - width + 1)
        if all(equal(items[start + offset], wanted[offset]) for offset in range(width))
    ]


def cut(value: Value, start: Value, end: Value) -> Value:
    """Return `.[start:end]`."""
    for bound in (start, end):
        if type(bound) is Blank:
            refuse(bound)
    if value is None or type(value) is Blank:
        return value
    if type(value) not in (list, str):
        no_index(value, {"start": start, "end": end})
    first, last = slice_bounds(len(cast("list[Value]", value)), start, end)
    return cast("list[Value]", value)[first:last]


def slice_bounds(length: int, start: Value, end: Value) -> tuple[int, int]:
    """Return the places of a slice in something of `length`: the start rounded down, the end up, both kept inside."""
    for bound in (start, end):
        if bound is not None and type(bound) not in NUMBERS:
            raise RunError(NO_SLICE)
    first = _bound(length, cast("float | None", start), 0, math.floor)
    last = _bound(length, cast("float | None", end), length, math.ceil)
    return first, max(first, last)


def _bound(length: int, bound: float | None, missing: int, rounded: object) -> int:
    if bound is None or bound != bound:  # noqa: PLR0124 - NaN
        return missing
    if bound < 0:
        bound += length
    if not is_finite(bound):
        return length if bound > 0 else 0
    return max(0, min(length, math.floor(bound) if rounded is math.floor else math.ceil(bound)))


def _slice_object(value: Value, key: dict[str, Value]) -> Value:
    return cut(value, *slice_ends(key))


def slice_ends(key: dict[str, Value]) -> tuple[Value, Value]:
    """Return start and end of a slice that is written as an object, as in paths."""
    if "start" not in key or "end" not in key:
        raise RunError(NO_SLICE)
    return key["start"], key["end"]


def each(value: Value) -> list[Value]:
    """Return the values of `.[]`."""
    if type(value) is list:
        return value
    if type(value) is dict:
        return list(value.values())
    if type(value) is Blank:
        refuse(value)
    raise RunError(f"Cannot iterate over {type_name(value)} ({excerpt(value)})")


def truth(value: Value) -> bool:
    """Return jq's truth of a value; a blank has none."""
    if type(value) is Blank:
        refuse(value)
    return value is not None and value is not False


def object_key(value: Value) -> str:
    """Return a key of an object that is made; it must be a string."""
    if type(value) is str:
        return value
    if type(value) is Blank:
        refuse(value)
    raise RunError(f"Cannot use {type_name(value)} ({excerpt(value)}) as object key")


def whole_number(value: Value) -> int:
    """Return the count of `limit`: a whole number, not below zero."""
    if type(value) is str and value.isdecimal() and len(value) <= MOST_DIGITS:
        return int(value)
    if type(value) is not int or value < 0:
        raise RunError(f"limit needs a whole number, not {excerpt(value)}")
    return value


def no_blank(value: Value) -> Value:
    """Return a value that is no blank."""
    if type(value) is Blank:
        refuse(value)
    return value


def no_blank_item(value: Value) -> Value:
    """Return a value that neither is a blank nor has one as an item."""
    if type(value) is list:
        for found in value:
            no_blank(found)
    elif type(value) is dict:
        for found in value.values():
            no_blank(found)
    return no_blank(value)


def no_blank_inside(value: Value) -> Value:
    """Return a value that neither is nor holds a blank."""
    kind = type(value)
    if kind is Blank or kind is list or kind is dict:
        refuse_inside(value)
    return value


def no_index(value: Value, key: Value) -> NoReturn:
    """Raise jq's error for a key that a value does not take."""
    for part in (value, key):
        if type(part) is Blank:
            refuse(part)
    raise RunError(f"Cannot index {type_name(value)} with {type_name(key)} ({excerpt(key)})")


def path_iterate(at: Value, value: Value) -> None:
    """Raise where a path iterates through a value that was computed."""
    if at is not value:
        raise RunError(f"Invalid path expression near attempt to iterate through {excerpt(value)}")


def path_each(at: Value, value: Value) -> list[tuple[Value, Value]]:
    """Return keys and values of `.[]` where paths are followed."""
    path_iterate(at, value)
    items = each(value)
    keys: Iterable[Value] = value if type(value) is dict else range(len(items))
    return list(zip(keys, items, strict=True))


def path_step(key: Value, at: Value, value: Value) -> None:
    """Raise where a path goes on from a value that was computed."""
    if at is not value:
        raise RunError(
            f"Invalid path expression near attempt to access element {excerpt(key)} of {excerpt(value)}"
        )


NOWHERE: Final = object()


def path_of_computed(at: Value, value: Value) -> Value | object:
    """Return what stands at the path of a value that was computed: never a number or a text, even an equal one.

    Python keeps one object for many equal numbers and texts, so identity does not tell here.
    """
    return NOWHERE if type(value) is str or type(value) in NUMBERS else at


def path_end(path: tuple[Value, ...], at: Value, value: Value) -> tuple[Value, ...]:
    """Return a path that is followed to its end; raise where it ends in a value that was computed."""
    if at is not value:
        raise RunError(f"Invalid path expression with result {excerpt(value)}")
    return path


def descend(value: Value) -> Iterator[Value]:
    """Yield a value and all that is in it, `..`; without recursion, so that no depth is too deep."""
    todo = [value]
    while todo:
        found = todo.pop()
        yield found
        if type(found) is list:
            todo.extend(reversed(found))
        elif type(found) is dict:
            todo.extend(reversed(found.values()))


def path_descend(
    path: tuple[Value, ...], at: Value, value: Value
) -> Iterator[tuple[tuple[Value, ...], Value]]:
    """Yield what `descend` yields where paths are followed, each with its path."""
    path_iterate(at, value)
    todo = [(path, value)]
    while todo:
        here, found = todo.pop()
        yield here, found
        if type(found) is list:
            todo.extend(((*here, place), found[place]) for place in range(len(found) - 1, -1, -1))
        elif type(found) is dict:
            todo.extend(((*here, name), inner) for name, inner in reversed(found.items()))
