"""Access to fields, items and slices, with jq's error texts; generated code calls it outside its fast paths."""

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

MAX_DIGITS: Final = 18  # of a count
SLICE_ERROR: Final = "Array/string slice indices must be integers"


def field(value: Value, name: str) -> Value:
    """Return `.name`; a field of a blank is the blank."""
    if type(value) is dict:
        return value.get(name)
    if value is None or type(value) is Blank:
        return value
    return fail_index(value, name)


def item(value: Value, key: Value) -> Value:
    """Return `.[key]`."""
    value_type, key_type = type(value), type(key)
    if key_type is Blank or key_type is list or key_type is dict:
        refuse_inside(key)
    if value_type is list and key_type in NUMBERS:
        return _item_at(cast("list[Value]", value), cast(float, key))
    if value_type is dict and key_type is str:
        return cast("dict[str, Value]", value).get(cast(str, key))
    if value_type is Blank:
        return value
    if value is None and key_type in (*NUMBERS, str, dict):
        return None
    if key_type is dict and value_type in (list, str):
        return _slice_object(value, cast("dict[str, Value]", key))
    if value_type is list and key_type is list:
        return _indices(cast("list[Value]", value), cast("list[Value]", key))
    return fail_index(value, key)


def _item_at(items: list[Value], index: float) -> Value:
    if index != index:  # noqa: PLR0124 - NaN
        return None
    position = int(index) if is_finite(index) else len(items)  # truncated towards zero, as in C
    if position < 0:
        position += len(items)
    return items[position] if 0 <= position < len(items) else None


def _indices(items: list[Value], sequence: list[Value]) -> Value:
    """Return the indices at which `sequence` starts in `items`."""
    refuse_inside(items)
    if not sequence:
        return []
    width = len(sequence)
    return [
        start
        for start in range(len(items) - width + 1)
        if all(equal(items[start + offset], sequence[offset]) for offset in range(width))
    ]


def slice_value(value: Value, start: Value, end: Value) -> Value:
    """Return `.[start:end]`."""
    for bound in (start, end):
        if type(bound) is Blank:
            refuse(bound)
    if value is None or type(value) is Blank:
        return value
    if type(value) not in (list, str):
        fail_index(value, {"start": start, "end": end})
    first, last = slice_bounds(len(cast("list[Value]", value)), start, end)
    return cast("list[Value]", value)[first:last]


def slice_bounds(length: int, start: Value, end: Value) -> tuple[int, int]:
    """Return the bounds of a slice of a value of `length`: the start rounded down, the end up, both clamped."""
    for bound in (start, end):
        if bound is not None and type(bound) not in NUMBERS:
            raise RunError(SLICE_ERROR)
    first = _bound(length, cast("float | None", start), 0, math.floor)
    last = _bound(length, cast("float | None", end), length, math.ceil)
    return first, max(first, last)


def _bound(length: int, bound: float | None, default: int, rounding: object) -> int:
    if bound is None or bound != bound:  # noqa: PLR0124 - NaN
        return default
    if bound < 0:
        bound += length
    if not is_finite(bound):
        return length if bound > 0 else 0
    return max(0, min(length, math.floor(bound) if rounding is math.floor else math.ceil(bound)))


def _slice_object(value: Value, key: dict[str, Value]) -> Value:
    return slice_value(value, *slice_ends(key))


def slice_ends(key: dict[str, Value]) -> tuple[Value, Value]:
    """Return start and end of a slice written as an object, as in paths."""
    if "start" not in key or "end" not in key:
        raise RunError(SLICE_ERROR)
    return key["start"], key["end"]


def iterate(value: Value) -> list[Value]:
    """Return the values of `.[]`."""
    if type(value) is list:
        return value
    if type(value) is dict:
        return list(value.values())
    if type(value) is Blank:
        refuse(value)
    raise RunError(f"Cannot iterate over {type_name(value)} ({excerpt(value)})")


def truth(value: Value) -> bool:
    """Return whether jq takes a value as true; a blank is refused."""
    if type(value) is Blank:
        refuse(value)
    return value is not None and value is not False


def object_key(value: Value) -> str:
    """Return a key of a constructed object; it must be a string."""
    if type(value) is str:
        return value
    if type(value) is Blank:
        refuse(value)
    raise RunError(f"Cannot use {type_name(value)} ({excerpt(value)}) as object key")


def whole_number(value: Value) -> int:
    """Return the count of `limit`: a whole number, not below zero."""
    if type(value) is str and value.isdecimal() and len(value) <= MAX_DIGITS:
        return int(value)
    if type(value) is not int or value < 0:
        raise RunError(f"limit needs a whole number, not {excerpt(value)}")
    return value


def refuse_blank(value: Value) -> Value:
    """Return a value; refuse a blank."""
    if type(value) is Blank:
        refuse(value)
    return value


def refuse_blank_item(value: Value) -> Value:
    """Return a value; refuse a blank, and a container with a blank as an item."""
    if type(value) is list:
        for element in value:
            refuse_blank(element)
    elif type(value) is dict:
        for element in value.values():
            refuse_blank(element)
    return refuse_blank(value)


def refuse_blank_inside(value: Value) -> Value:
    """Return a value; refuse one that is or contains a blank."""
    value_type = type(value)
    if value_type is Blank or value_type is list or value_type is dict:
        refuse_inside(value)
    return value


def fail_index(value: Value, key: Value) -> NoReturn:
    """Raise jq's error for a key that a value does not support."""
    for operand in (value, key):
        if type(operand) is Blank:
            refuse(operand)
    raise RunError(f"Cannot index {type_name(value)} with {type_name(key)} ({excerpt(key)})")


def path_iterate(stored: Value, value: Value) -> None:
    """Raise if a path iterates over a computed value."""
    if stored is not value:
        raise RunError(f"Invalid path expression near attempt to iterate through {excerpt(value)}")


def path_items(stored: Value, value: Value) -> list[tuple[Value, Value]]:
    """Return keys and values of `.[]` on a traced path."""
    path_iterate(stored, value)
    items = iterate(value)
    keys: Iterable[Value] = value if type(value) is dict else range(len(items))
    return list(zip(keys, items, strict=True))


def path_step(key: Value, stored: Value, value: Value) -> None:
    """Raise if a path continues from a computed value."""
    if stored is not value:
        raise RunError(
            f"Invalid path expression near attempt to access element {excerpt(key)} of {excerpt(value)}"
        )


NO_PATH: Final = object()


def path_of_computed(stored: Value, value: Value) -> Value | object:
    """Return the value stored at the path of a computed value, but never for a number or a string.

    Python uses one object for many equal numbers and strings, so identity proves nothing there.
    """
    return NO_PATH if type(value) is str or type(value) in NUMBERS else stored


def path_end(path: tuple[Value, ...], stored: Value, value: Value) -> tuple[Value, ...]:
    """Return a path traced to its end; raise if it ends in a computed value."""
    if stored is not value:
        raise RunError(f"Invalid path expression with result {excerpt(value)}")
    return path


def descend(value: Value) -> Iterator[Value]:
    """Yield a value and all values in it, `..`; without recursion, so that depth has no limit."""
    pending = [value]
    while pending:
        element = pending.pop()
        yield element
        if type(element) is list:
            pending.extend(reversed(element))
        elif type(element) is dict:
            pending.extend(reversed(element.values()))


def path_descend(
    path: tuple[Value, ...], stored: Value, value: Value
) -> Iterator[tuple[tuple[Value, ...], Value]]:
    """Yield the values of `descend`, each with its path."""
    path_iterate(stored, value)
    pending = [(path, value)]
    while pending:
        path_, element = pending.pop()
        yield path_, element
        if type(element) is list:
            pending.extend(((*path_, index), element[index]) for index in range(len(element) - 1, -1, -1))
        elif type(element) is dict:
            pending.extend(((*path_, name), inner) for name, inner in reversed(element.items()))
