"""Arrays (jq manual, `sort` to `transpose`)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import chain, groupby, product, zip_longest
from typing import Any, Final, cast

from ocpiq.errors import RunError
from ocpiq.runtime.access import item, iterate, slice_value
from ocpiq.runtime.builtins.objects import length
from ocpiq.values.arithmetic import add, fail_operation, subtract
from ocpiq.values.blank import Blank
from ocpiq.values.json.codec import excerpt, tostring
from ocpiq.values.order import SortKey, equal, less, sort_key
from ocpiq.values.types import Value, type_name


def _array(value: Value, verb: str) -> list[Value]:
    if type(value) is list:
        return value
    raise RunError(f"{type_name(value)} ({excerpt(value)}) cannot be {verb}, as it is not an array")


def sort(value: Value) -> Value:
    """`sort`"""
    return sorted(_array(value, "sorted"), key=sort_key)


def unique(value: Value) -> Value:
    """`unique`"""
    items = sorted(_array(value, "sorted"), key=sort_key)
    return [next(group) for _, group in groupby(items, key=sort_key)]


def _sorted_pairs(value: Value, keys: Value) -> list[tuple[SortKey, Value]]:
    """Return pairs of key and item, sorted; `keys` may come from an object's values as well."""
    if type(value) is not list:
        operands = f"{type_name(value)} ({excerpt(value)}) and array ({excerpt(keys)})"
        raise RunError(f"{operands} cannot be sorted, as they are not both arrays")
    items = value
    assert isinstance(keys, list)
    return sorted(zip(map(sort_key, keys), items, strict=True), key=lambda pair: pair[0])


def sort_by(value: Value, keys: Value) -> Value:
    """`sort_by(f)`; `keys` holds the outputs of f for each item."""
    return [element for _, element in _sorted_pairs(value, keys)]


def group_by(value: Value, keys: Value) -> Value:
    """`group_by(f)`"""
    groups = groupby(_sorted_pairs(value, keys), key=lambda pair: pair[0])
    return [[element for _, element in group] for _, group in groups]


def unique_by(value: Value, keys: Value) -> Value:
    """`unique_by(f)`"""
    groups = groupby(_sorted_pairs(value, keys), key=lambda pair: pair[0])
    return [next(group)[1] for _, group in groups]


def minimum(value: Value) -> Value:
    """`min`; the first of equals."""
    return min(_items(value), key=sort_key, default=None)


def maximum(value: Value) -> Value:
    """`max`; the last of equals."""
    return max(reversed(_items(value)), key=sort_key, default=None)


def _items(value: Value) -> list[Value]:
    return value if type(value) is list else fail_operation(value, value, "iterated over")


def minimum_by(value: Value, keys: Value) -> Value:
    """`min_by(f)`"""
    pairs = _pairs(value, keys)
    return min(pairs, key=lambda pair: pair[0])[1] if pairs else None


def maximum_by(value: Value, keys: Value) -> Value:
    """`max_by(f)`"""
    pairs = _pairs(value, keys)[::-1]
    return max(pairs, key=lambda pair: pair[0])[1] if pairs else None


def _pairs(value: Value, keys: Value) -> list[tuple[SortKey, Value]]:
    assert isinstance(keys, list)
    items = value if type(value) is list else fail_operation(value, keys, "iterated over")
    return list(zip(map(sort_key, keys), items, strict=True))


def add_all(value: Value) -> Value:
    """`add`; strings and arrays at once."""
    items = iterate(value)
    types = set(map(type, items))
    if types == {str}:
        return "".join(cast("list[str]", items))
    if types == {list}:
        return list(chain.from_iterable(cast("list[list[Value]]", items)))
    result: Value = None
    for element in items:
        result = add(result, element)
    return result


def reverse(value: Value) -> Value:
    """`reverse`"""
    if type(value) is list:
        return value[::-1]
    size = length(value)
    return item(value, size - 1) if size else []  # type: ignore[operator]


def flatten(value: Value, depth: Value = math.inf) -> Value:
    """`flatten`, `flatten(depth)`; a fractional depth never reaches zero."""
    if less(depth, 0):
        raise RunError("flatten depth must not be negative")
    flat: list[Value] = []
    pending: list[tuple[Value, Value]] = [(element, depth) for element in reversed(iterate(value))]
    while pending:
        element, depth_left = pending.pop()
        if type(element) is list and depth_left != 0:
            depth_left = subtract(depth_left, 1)
            pending.extend((inner, depth_left) for inner in reversed(element))
        else:
            flat.append(element)
    return flat


def transpose(value: Value) -> Value:
    """`transpose`"""
    rows = iterate(value)
    if not all(type(row) is list for row in rows):
        sizes = [length(row) for row in rows]
        if not any(sizes):
            return []
        for row in rows:
            item(row, 0)  # raises for what is neither an array nor null
    return [list(column) for column in zip_longest(*(cast("list[Value]", row or ()) for row in rows))]


def combinations(value: Value) -> Iterator[Value]:
    """`combinations`; rows are read in order, up to the first empty one."""
    if length(value) == 0:
        yield []
        return
    if type(value) is not list:
        item(value, 0)
        return
    rows: list[list[Value]] = []
    for row in value:
        rows.append(iterate(row))
        if not rows[-1]:
            return
    yield from map(list, product(*rows))


def _all_indices(value: Value, target: Value) -> list[int] | None:
    """Return every place of a string in a string, of an item or a run of items in an array; None in null."""
    if type(value) is str and type(target) is str:
        indices: list[int] = []
        index = value.find(target) if target else -1
        while index >= 0:
            indices.append(index)
            index = value.find(target, index + 1)
        return indices
    if type(value) is list and type(target) is not list:
        value_type = type(target)
        if value_type is str or target is None:
            return [index for index, element in enumerate(value) if element == target]
        return [index for index, element in enumerate(value) if equal(element, target)]
    if type(value) is list and not target:
        return []
    return item(value, target)  # type: ignore[return-value]


def indices(value: Value, target: Value) -> Value:
    """`indices(wanted)`"""
    return _all_indices(value, target)  # type: ignore[return-value]


def index(value: Value, target: Value) -> Value:
    """`index(wanted)`: the first place"""
    if type(value) is str and type(target) is str:
        index = value.find(target) if target else -1
        return None if index < 0 else index
    return item(_all_indices(value, target), 0)  # type: ignore[arg-type]


def last_index(value: Value, target: Value) -> Value:
    """`rindex(wanted)`: the last place"""
    if type(value) is str and type(target) is str:
        index = value.rfind(target) if target else -1
        return None if index < 0 else index
    return item(slice_value(_all_indices(value, target), -1, None), 0)  # type: ignore[arg-type]


def binary_search(value: Value, target: Value) -> Value:
    """`bsearch(wanted)`: its place in a sorted array, or -1 - the place where it would stand"""
    if type(value) is not list:
        raise RunError(f"{type_name(value)} ({excerpt(value)}) cannot be searched from")
    key = sort_key(target)
    start, end = 0, len(value)
    while start < end:
        middle = (start + end) // 2
        element = sort_key(value[middle])
        if element == key:
            return middle
        if element < key:
            start = middle + 1
        else:
            end = middle
    return -1 - start


def join(value: Value, separator: Value) -> Value:
    """`join(separator)`; a blank among the items makes a blank that prints the joined text."""
    items = iterate(value)
    if type(separator) is str and all(type(element) is str for element in items):
        return separator.join(cast("list[str]", items))
    between = "" if separator is None else separator
    pieces: list[str] = []
    blank: Blank | None = separator if type(separator) is Blank else None
    for element in items:
        if type(element) is Blank:
            blank = element
        if pieces:
            if type(between) not in (str, Blank):
                fail_operation("".join(pieces), between, "added")
            pieces.append(tostring(between))
        if type(element) in (list, dict):
            fail_operation("".join(pieces), element, "added")
        pieces.append("" if element is None else tostring(element))
    text = "".join(pieces)
    return text if blank is None else blank.formatted(text)


NATIVES: Final[dict[str, Callable[..., Any]]] = {
    "sort": sort,
    "unique": unique,
    "min": minimum,
    "max": maximum,
    "_sort_by": sort_by,
    "_group_by": group_by,
    "_unique_by": unique_by,
    "_min_by": minimum_by,
    "_max_by": maximum_by,
    "add": add_all,
    "reverse": reverse,
    "flatten": flatten,
    "transpose": transpose,
    "combinations": combinations,
    "indices": indices,
    "index": index,
    "rindex": last_index,
    "bsearch": binary_search,
    "join": join,
}
