"""Arrays (jq manual, `sort` to `transpose`)."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain, groupby, zip_longest
from typing import Any, Final, cast

from ocpiq.engine.access import each, item
from ocpiq.errors import RunError
from ocpiq.values.arithmetic import NUMBERS, add
from ocpiq.values.blank import Blank
from ocpiq.values.order import SortKey, sort_key
from ocpiq.values.text import excerpt, tostring
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


def _pairs(value: Value, keys: Value, verb: str) -> list[tuple[SortKey, Value]]:
    items = _array(value, verb)
    assert isinstance(keys, list)
    return sorted(zip(map(sort_key, keys), items, strict=True), key=lambda pair: pair[0])


def sort_by(value: Value, keys: Value) -> Value:
    """`sort_by(f)`; `keys` holds the outputs of f for each item."""
    return [found for _, found in _pairs(value, keys, "sorted")]


def group_by(value: Value, keys: Value) -> Value:
    """`group_by(f)`"""
    groups = groupby(_pairs(value, keys, "grouped"), key=lambda pair: pair[0])
    return [[found for _, found in group] for _, group in groups]


def unique_by(value: Value, keys: Value) -> Value:
    """`unique_by(f)`"""
    groups = groupby(_pairs(value, keys, "grouped"), key=lambda pair: pair[0])
    return [next(group)[1] for _, group in groups]


def least(value: Value) -> Value:
    """`min`; the first of equals."""
    return min(_array(value, "iterated over"), key=sort_key, default=None)


def greatest(value: Value) -> Value:
    """`max`; the last of equals."""
    return max(reversed(_array(value, "iterated over")), key=sort_key, default=None)


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
    return list(zip(map(sort_key, keys), _array(value, "iterated over"), strict=True))


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
    if value is None:
        return []
    if type(value) is list or type(value) is str:
        return value[::-1] if type(value) is list else item(value, len(value) - 1)
    return item(value, 0)


def flatten(value: Value, depth: Value = 1e9) -> Value:
    """`flatten`, `flatten(depth)`"""
    if type(depth) not in NUMBERS:
        raise RunError("flatten depth must be a number")
    if depth < 0:  # type: ignore[operator]
        raise RunError("flatten depth must not be negative")
    flat: list[Value] = []
    todo = [(found, depth) for found in reversed(each(value))]
    while todo:
        found, left = todo.pop()
        if type(found) is list and left > 0:  # type: ignore[operator]
            todo.extend((inner, left - 1) for inner in reversed(found))  # type: ignore[operator]
        else:
            flat.append(found)
    return flat


def transpose(value: Value) -> Value:
    """`transpose`"""
    rows = [each(row) if row is not None else [] for row in each(value)]
    return [list(column) for column in zip_longest(*rows)]


def join(value: Value, separator: Value) -> Value:
    """`join(separator)`; a blank among the items makes a blank that prints the joined text."""
    pieces: list[str] = []
    blank: Blank | None = separator if type(separator) is Blank else None
    for found in each(value):
        if type(found) is Blank:
            blank = found
        if pieces and type(separator) not in (str, Blank):
            add("", separator)
        if type(found) in (list, dict):
            add("".join((*pieces, tostring(separator) if pieces else "")), found)
        pieces.append("" if found is None else tostring(found))
    text = (tostring(separator) if pieces[1:] else "").join(pieces)
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
    "join": join,
}
