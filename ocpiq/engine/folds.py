"""Aggregate functions: new state, step, finish. Null never reaches a step.

Sums are exactly rounded whatever the order: floats are kept as a list whose exact sum is the state, shortened to an
expansion (a few floats with the same exact sum) whenever it grows long. Integers are summed exactly.
"""

from __future__ import annotations

import math
from typing import Final, cast

from msgspec import Struct

from ocpiq.errors import RunError
from ocpiq.values.arithmetic import Number, plain
from ocpiq.values.blank import Blank, refuse
from ocpiq.values.order import less, sort_key
from ocpiq.values.types import Value, type_name

LONGEST: Final = 64  # floats that a sum holds before it is shortened


class Sum:
    """A running sum."""

    __slots__ = ("count", "floats", "whole")

    def __init__(self) -> None:
        self.whole = 0
        self.floats: list[float] = []
        self.count = 0


def sum_step(state: Sum, value: Value) -> None:
    """Add a number."""
    kind = type(value)
    if kind is float:
        state.floats.append(value)  # type: ignore[arg-type]
        if len(state.floats) > LONGEST:
            shorten(state.floats)
    elif kind is int:
        state.whole += value  # type: ignore[operator, assignment]
    elif kind is Blank:
        refuse(cast(Blank, value))
    else:
        raise RunError(f"cannot sum {type_name(value)}: a number is needed")
    state.count += 1


def shorten(floats: list[float]) -> None:
    """Replace floats by few with the same exact sum: their rounded sum, the rounded rest, and so on."""
    expansion: list[float] = []
    try:
        while rounded := math.fsum([*floats, *(-part for part in expansion)]):
            expansion.append(rounded)
            if not math.isfinite(rounded):
                break
    except (OverflowError, ValueError):  # infinities of both signs, or beyond a double on the way
        expansion = [sum(floats)]
    floats[:] = expansion


def sum_finish(state: Sum) -> Number:
    """Return the sum, 0 of nothing."""
    if not state.floats:
        return state.whole
    parts = list(state.floats)
    rest = state.whole
    while rest:  # an integer as doubles with the same exact sum
        try:
            part = float(rest)
        except OverflowError:
            return math.copysign(math.inf, rest)
        parts.append(part)
        rest -= int(part)
    try:
        return plain(math.fsum(parts))
    except (OverflowError, ValueError):
        return plain(sum(parts))


def average(state: Sum) -> Number | None:
    """Return the mean, null of nothing."""
    if not state.count:
        return None
    total = sum_finish(state)
    if isinstance(total, int) and total % state.count == 0:
        return total // state.count
    return plain(total / state.count)


class _Nothing:
    """The state of `min` and `max` before the first value."""


NOTHING: Final = _Nothing()


def least(state: Value | _Nothing, value: Value) -> Value:
    """Return the lesser."""
    return value if isinstance(state, _Nothing) or less(value, state) else state


def greatest(state: Value | _Nothing, value: Value) -> Value:
    """Return the greater; of equals the later, as jq's max."""
    return value if isinstance(state, _Nothing) or not less(value, state) else state


def extreme(state: Value | _Nothing) -> Value:
    """Return the least or greatest, null of nothing."""
    return None if isinstance(state, _Nothing) else state


def sorted_groups(groups: dict[object, list[Value]], keys: int) -> list[list[Value]]:
    """Return the states of all groups, sorted by their keys, which stand first."""
    return sorted(groups.values(), key=lambda states: [sort_key(key) for key in states[:keys]])


class Functions(Struct, frozen=True):
    """The generated code's names of an aggregate function's parts; `in_place` steps change the state."""

    new: str
    step: str
    finish: str
    in_place: bool = False


FOLDS: Final = {
    "count": Functions("zero", "", "same"),
    "sum": Functions("Sum", "sum_step", "sum_finish", in_place=True),
    "avg": Functions("Sum", "sum_step", "average", in_place=True),
    "min": Functions("nothing", "least", "extreme"),
    "max": Functions("nothing", "greatest", "extreme"),
}
NAMES: Final[dict[str, object]] = {
    "zero": int,
    "same": lambda state: state,
    "Sum": Sum,
    "sum_step": sum_step,
    "sum_finish": sum_finish,
    "average": average,
    "nothing": lambda: NOTHING,
    "least": least,
    "greatest": greatest,
    "extreme": extreme,
}
