"""jq's order and equality over all types (jq manual, `sort` and "Comparison"). A blank is never compared.

null < false < true < numbers < strings < arrays < objects; NaN is below every number and equal to none, but an array
or object is equal to itself even if it holds one. Two arrays or two objects are refused where either holds a blank,
whichever part would decide.
"""

from __future__ import annotations

from typing import Any, cast

from ocpiq.values.blank import Blank, refuse, refuse_inside
from ocpiq.values.numbers import LiteralNumber
from ocpiq.values.types import Value

RANK = {type(None): 0, bool: 1, int: 2, float: 2, LiteralNumber: 2, str: 3, list: 4, dict: 5}

SortKey = tuple[Any, ...]  # of mixed depth, made only to be compared


def equal(left: Value, right: Value) -> bool:
    """Return jq's `==`."""
    left_type = type(left)
    right_type = type(right)
    if left_type is Blank or right_type is Blank:
        refuse(cast(Blank, left if left_type is Blank else right))
    if left_type is not right_type:
        return RANK[left_type] == 2 == RANK[right_type] and left == right
    if left_type is list or left_type is dict:
        refuse_inside(left)
        refuse_inside(right)
        same_size = len(cast("list[Value]", left)) == len(cast("list[Value]", right))
        return left is right or (same_size and sort_key(left) == sort_key(right))
    return left == right


def less(left: Value, right: Value) -> bool:
    """Return jq's `<`."""
    left_type = type(left)
    right_type = type(right)
    if left_type is Blank or right_type is Blank:
        refuse(cast(Blank, left if left_type is Blank else right))
    if RANK[left_type] != RANK[right_type]:
        return RANK[left_type] < RANK[right_type]
    if left_type is list or left_type is dict:
        refuse_inside(left)
        refuse_inside(right)
        first, second = sort_key(left), sort_key(right)
        return first < second or not (first == second or second < first)  # NaN may decide
    if left != left:  # noqa: PLR0124 - jq puts NaN below every number, itself included
        return RANK[right_type] == 2
    return sort_key(left) < sort_key(right)


def less_equal(left: Value, right: Value) -> bool:
    """Return jq's `<=`."""
    return not less(right, left) or less(left, right)


def greater(left: Value, right: Value) -> bool:
    """Return jq's `>`."""
    return less(right, left) and not less(left, right)


def greater_equal(left: Value, right: Value) -> bool:
    """Return jq's `>=`."""
    return not less(left, right)


class _NotANumber:
    """NaN in a sort key: below every number and equal to nothing; among themselves they keep their order."""

    def __eq__(self, other: object) -> bool:
        return False

    def __lt__(self, other: object) -> bool:
        return not isinstance(other, _NotANumber)

    def __gt__(self, other: object) -> bool:
        return False

    __hash__ = None  # type: ignore[assignment]


def sort_key(value: Value) -> SortKey:
    """Return a Python key that sorts as jq does; raise on a blank at any depth."""
    value_type = type(value)
    if value_type is str:
        return (3, value)
    if value_type is float or value_type is int or value_type is LiteralNumber:
        return (2, value if value == value else _NotANumber())  # noqa: PLR0124 - NaN is unlike itself
    if value_type is list:
        return (4, [sort_key(item) for item in cast("list[Value]", value)])
    if value_type is dict:
        fields = cast("dict[str, Value]", value)
        names = sorted(fields)
        return (5, names, [sort_key(fields[name]) for name in names])
    if value_type is Blank:
        refuse(cast(Blank, value))
    return (0,) if value is None else (1, value)


def group_key(value: Value) -> object:
    """Return a hashable that is the same for equal values: for groups, joins and distinct. NaN equals itself here.

    Nobody who chooses the values chooses their hashes, or grouping would take a time that grows with the square of
    their number: a number is keyed by its digits, since the hash of a text depends on a secret of the process.
    """
    value_type = type(value)
    if value_type is str or value is None:
        return value
    if value_type is int:
        return b"%x" % cast(int, value)
    if value_type is bool:
        return ("boolean", value)
    if value_type is float or value_type is LiteralNumber:
        number = cast(float, value)
        return b"%x" % int(number) if number.is_integer() else b"%r" % float(number)
    if value_type is list:
        return ("array", *map(group_key, cast("list[Value]", value)))
    if value_type is dict:
        fields = cast("dict[str, Value]", value)
        return ("object", *((name, group_key(fields[name])) for name in sorted(fields)))
    return refuse(cast(Blank, value))
