"""Arrays (jq manual, `sort` to `transpose`)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import chain, groupby, product, zip_longest
from typing import Any, Final, cast

from ocpiq.errors import RunError
from ocpiq.runtime.access import cut, each, item
from ocpiq.runtime.builtins.objects import length
from ocpiq.values.arithmetic import add, subtract, undefined
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
    return [next(same) for _, same in groupby(items, key=sort_key)]


def _pairs(value: Value, keys: Value) -> list[tuple[SortKey, Value]]:
    """Return the items behind their keys, sorted; keys were made of an object's values as well."""
    if type(value) is not list:
        these = f"{type_name(value)} ({excerpt(value)}) and array ({excerpt(keys)})"
        raise RunError(f"{these} cannot be sorted, as they are not both arrays")
    items = value
    assert isinstance(keys, list)
    return sorted(zip(map(sort_key, keys), items, strict=True), key=lambda pair: pair[0])


def sort_by(value: Value, keys: Value) -> Value:
    """`sort_by(f)`; `keys` holds the outputs of f for each item."""
    return [found for _, found in _pairs(value, keys)]


def group_by(value: Value, keys: Value) -> Value:
    """`group_by(f)`"""
    groups = groupby(_pairs(value, keys), key=lambda pair: pair[0])
    return [[found for _, found in group] for _, group in groups]


def unique_by(value: Value, keys: Value) -> Value:
    """`unique_by(f)`"""
    groups = groupby(_pairs(value, keys), key=lambda pair: pair[0])
    return [next(group)[1] for _, group in groups]


def least(value: Value) -> Value:
    """`min`; the first of equals."""
    return min(_items(value), key=sort_key, default=None)


def greatest(value: Value) -> Value:
    """`max`; the last of equals."""
    return max(reversed(_items(value)), key=sort_key, default=None)


def _items(value: Value) -> list[Value]:
    return value if type(value) is list else undefined(value, value, "iterated over")


def least_by(value: Value, keys: Value) -> Value:
    """`min_by(f)`"""
    pairs = _unsorted(value, keys)
    return min(pairs, key=lambda pair: pair[0])[1] if pairs else None


def greatest_by(value: Value, keys: Value) -> Value:
    """`max_by(f)`"""
    pairs = _unsorted(value, keys)[::-1]
    return max(pairs, key=lambda pair: pair[0])[1] if pairs else None


def _unsorted(value: Value, keys: Value) -> list[tuple[SortKey, Value]]:
    assert isinstance(keys, list)
    items = value if type(value) is list else undefined(value, keys, "iterated over")
    return list(zip(map(sort_key, keys), items, strict=True))


def total(value: Value) -> Value:
    """`add`; strings and arrays at once."""
    items = each(value)
    kinds = set(map(type, items))
    if kinds == {str}:
        return "".join(cast("list[str]", items))
    if kinds == {list}:
        return list(chain.from_iterable(cast("list[list[Value]]", items)))
    result: Value = None
    for found in items:
        result = add(result, found)
    return result


def reverse(value: Value) -> Value:
    """`reverse`"""
    if type(value) is list:
        return value[::-1]
    size = length(value)
    return item(value, size - 1) if size else []  # type: ignore[operator]


def flatten(value: Value, depth: Value = math.inf) -> Value:
    """`flatten`, `flatten(depth)`; a depth that is no whole number is never used up."""
    if less(depth, 0):
        raise RunError("flatten depth must not be negative")
    flat: list[Value] = []
    todo: list[tuple[Value, Value]] = [(found, depth) for found in reversed(each(value))]
    while todo:
        found, left = todo.pop()
        if type(found) is list and left != 0:
            left = subtract(left, 1)
            todo.extend((inner, left) for inner in reversed(found))
        else:
            flat.append(found)
    return flat


def transpose(value: Value) -> Value:
    """`transpose`"""
    rows = each(value)
    if not all(type(row) is list for row in rows):
        sizes = [length(row) for row in rows]
        if not any(sizes):
            return []
        for row in rows:
            item(row, 0)  # raises for what is neither an array nor null
    return [list(column) for column in zip_longest(*(cast("list[Value]", row or ()) for row in rows))]


def combinations(value: Value) -> Iterator[Value]:
    """`combinations`; rows are looked at one after the other, none behind one that is empty."""
    if length(value) == 0:
        yield []
        return
    if type(value) is not list:
        item(value, 0)
        return
    rows: list[list[Value]] = []
    for row in value:
        rows.append(each(row))
        if not rows[-1]:
            return
    yield from map(list, product(*rows))


def _places(value: Value, wanted: Value) -> list[int] | None:
    """Return every place of a string in a string, of an item or a run of items in an array; None in null."""
    if type(value) is str and type(wanted) is str:
        places: list[int] = []
        place = value.find(wanted) if wanted else -1
        while place >= 0:
            places.append(place)
            place = value.find(wanted, place + 1)
        return places
    if type(value) is list and type(wanted) is not list:
        kind = type(wanted)
        if kind is str or wanted is None:
            return [place for place, found in enumerate(value) if found == wanted]
        return [place for place, found in enumerate(value) if equal(found, wanted)]
    if type(value) is list and not wanted:
        return []
    return item(value, wanted)  # type: ignore[return-value]


def indices(value: Value, wanted: Value) -> Value:
    """`indices(wanted)`"""
    return _places(value, wanted)  # type: ignore[return-value]


def index(value: Value, wanted: Value) -> Value:
    """`index(wanted)`: the first place"""
    if type(value) is str and type(wanted) is str:
        place = value.find(wanted) if wanted else -1
        return None if place < 0 else place
    return item(_places(value, wanted), 0)  # type: ignore[arg-type]


def last_index(value: Value, wanted: Value) -> Value:
    """`rindex(wanted)`: the last place"""
    if type(value) is str and type(wanted) is str:
        place = value.rfind(wanted) if wanted else -1
        return None if place < 0 else place
    return item(cut(_places(value, wanted), -1, None), 0)  # type: ignore[arg-type]


def binary_search(value: Value, wanted: Value) -> Value:
    """`bsearch(wanted)`: its place in a sorted array, or -1 - the place where it would stand"""
    if type(value) is not list:
        raise RunError(f"{type_name(value)} ({excerpt(value)}) cannot be searched from")
    key = sort_key(wanted)
    start, end = 0, len(value)
    while start < end:
        middle = (start + end) // 2
        found = sort_key(value[middle])
        if found == key:
            return middle
        if found < key:
            start = middle + 1
        else:
            end = middle
    return -1 - start


def join(value: Value, separator: Value) -> Value:
    """`join(separator)`; a blank among the items makes a blank that prints the joined text."""
    items = each(value)
    if type(separator) is str and all(type(found) is str for found in items):
        return separator.join(cast("list[str]", items))
    between = "" if separator is None else separator
    pieces: list[str] = []
    blank: Blank | None = separator if type(separator) is Blank else None
    for found in items:
        if type(found) is Blank:
            blank = found
        if pieces:
            if type(between) not in (str, Blank):
                undefined("".join(pieces), between, "added")
            pieces.append(tostring(between))
        if type(found) in (list, dict):
            undefined("".join(pieces), found, "added")
        pieces.append("" if found is None else tostring(found))
    text = "".join(pieces)
    return text if blank is None else blank.formatted(text)


NATIVES: Final[dict[str, Callable[..., Any]]] = {
    "sort": sort,
    "unique": unique,
    "min": least,
    "max": greatest,
    "_sort_by": sort_by,
    "_group_by": group_by,
    "_unique_by": unique_by,
    "_min_by": least_by,
    "_max_by": greatest_by,
    "add": total,
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
