"""Aggregate functions: a new state, a step for each value, the merge of two states, the result. Null reaches no step.

States merge in the order of the values: what two parts of them give, merged, is what all of them give, to the last bit.
Sums are exactly rounded whatever the order: floats are kept as a list whose exact sum is the state, shortened to an
expansion (a few floats with the same exact sum) whenever it grows long. Integers are summed exactly.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any, Final, TypeAlias, cast

from msgspec import Struct

from ocpiq.errors import RunError
from ocpiq.values.arithmetic import Number, is_finite, plain, to_float
from ocpiq.values.blank import Blank, refuse, refuse_inside
from ocpiq.values.json.codec import excerpt
from ocpiq.values.numbers import LARGEST, NUMBERS, LiteralNumber
from ocpiq.values.order import group_key, less, sort_key
from ocpiq.values.types import Value, type_name

LONGEST: Final = 64  # floats that a sum holds before it is shortened
SMALLEST: Final = 1074  # every float is a whole multiple of 2**-1074


class AggregateFunction(Struct, frozen=True):
    """An aggregate function. `new` takes its text in the query; a step and a merge return the state or change it."""

    new: Callable[[str], Any]
    step: Callable[..., Any]
    merge: Callable[[Any, Any], Any]
    finish: Callable[..., Value]
    in_place: bool = False


def number(value: Value, label: str) -> Number:
    """Return a number; for anything else raise the error that names what was folded."""
    if type(value) in NUMBERS:
        return cast(Number, value)
    if type(value) is Blank:
        refuse(value)
    raise RunError(
        f"{label} needs numbers, not {'an' if type_name(value)[0] in 'ao' else 'a'} {type_name(value)}"
    )


# ---------------------------------------------------------------- sum, avg


class Sum:
    """A running sum."""

    __slots__ = ("count", "floats", "label", "whole")

    def __init__(self, label: str = "sum") -> None:
        self.label = label
        self.whole = 0
        self.floats: list[float] = []
        self.count = 0

    def add(self, value: Value) -> None:
        """Add a number."""
        kind = type(value)
        if kind is float or kind is LiteralNumber:
            self.floats.append(value)  # type: ignore[arg-type]
            if len(self.floats) > LONGEST:
                shorten(self.floats)
        elif kind is int:
            self.whole += value  # type: ignore[operator, assignment]
        else:
            number(value, self.label)
        self.count += 1

    def merge(self, other: Sum) -> Sum:
        """Add another sum."""
        self.whole += other.whole
        self.count += other.count
        self.floats += other.floats
        if len(self.floats) > LONGEST:
            shorten(self.floats)
        return self

    def total(self) -> Number:
        """Return the sum, 0 of nothing."""
        if not self.floats:
            return self.whole
        parts = list(self.floats)
        rest = self.whole
        while rest:  # an integer as doubles with the same exact sum
            try:
                part = float(rest)
            except OverflowError:
                return to_float(rest)
            parts.append(part)
            rest -= int(part)
        return plain(exactly(parts))

    def average(self) -> Number | None:
        """Return the mean, null of nothing."""
        if not self.count:
            return None
        total = self.total()
        if isinstance(total, int) and total % self.count == 0:
            return total // self.count
        return plain(to_float(total) / self.count)


def shorten(floats: list[float]) -> None:
    """Replace floats by few with the same exact sum: their rounded sum, the rounded rest, and so on."""
    expansion: list[float] = []
    try:
        while rounded := math.fsum([*floats, *(-part for part in expansion)]):
            expansion.append(rounded)
            if not math.isfinite(rounded):
                break
    except (OverflowError, ValueError):  # infinities of both signs, or beyond a double on the way
        if all(map(math.isfinite, floats)):
            return
        expansion = [sum(floats)]
    floats[:] = expansion


def exactly(floats: list[float]) -> float:
    """Return the exactly rounded sum."""
    try:
        return math.fsum(floats)
    except ValueError:  # infinities of both signs
        return math.nan
    except OverflowError:
        total = sum(map(Fraction, floats))
    try:
        return float(total)
    except OverflowError:
        return math.inf if total > 0 else -math.inf


# ---------------------------------------------------------------- min, max, first, last, any, all


class _Nothing:
    """The state before the first value."""


NOTHING: Final = _Nothing()
Found: TypeAlias = "Value | _Nothing"


PLAIN: Final = (*NUMBERS, str)


def least(state: Found, value: Value) -> Value:
    """Return the lesser."""
    if type(value) not in PLAIN:
        refuse_inside(value)
    return value if isinstance(state, _Nothing) or less(value, state) else state


def greatest(state: Found, value: Value) -> Value:
    """Return the greater; of equals the later, as jq's max."""
    if type(value) not in PLAIN:
        refuse_inside(value)
    return value if isinstance(state, _Nothing) or not less(value, state) else state


def earlier(state: Found, value: Value) -> Value:
    """Return the first."""
    return value if isinstance(state, _Nothing) else state


def later(state: Found, value: Value) -> Value:
    """Return the last."""
    return value


def either(state: Found, value: Value) -> Value:
    """Return whether one is true."""
    return state is True or truth(value)


def both(state: Found, value: Value) -> Value:
    """Return whether all are true."""
    return state is not False and truth(value)


def truth(value: Value) -> bool:
    """Return jq's truth of a value; a blank has none."""
    if type(value) is Blank:
        refuse(value)
    return value is not False and value is not None


def found(state: Found) -> Value:
    """Return what was found, null of nothing."""
    return None if isinstance(state, _Nothing) else state


def _choice(step: Callable[[Found, Value], Value]) -> AggregateFunction:
    """Return a function whose state is a value: merging is one more step."""

    def merge(state: Found, other: Found) -> Found:
        return state if isinstance(other, _Nothing) else step(state, other)

    return AggregateFunction(lambda _: NOTHING, step, merge, found)


# ---------------------------------------------------------------- stddev, median, quantile


class Spread:
    """The exact sums of numbers and of their squares, as whole multiples of the smallest float."""

    __slots__ = ("count", "label", "odd", "squares", "whole")

    def __init__(self, label: str = "stddev") -> None:
        self.label = label
        self.count = self.whole = self.squares = 0
        self.odd = False  # whether one was no finite number

    def add(self, value: Value) -> None:
        """Add a number."""
        self.count += 1
        exact = number(value, self.label)
        if isinstance(exact, float) and not math.isfinite(exact):
            self.odd = True
            return
        above, below = exact.as_integer_ratio()
        scaled = above << (SMALLEST + 1 - below.bit_length())
        self.whole += scaled
        self.squares += scaled * scaled

    def merge(self, other: Spread) -> Spread:
        """Add the numbers of another."""
        self.count += other.count
        self.whole += other.whole
        self.squares += other.squares
        self.odd = self.odd or other.odd
        return self

    def deviation(self) -> Number | None:
        """Return the standard deviation of a sample (divided by n - 1), null of fewer than two."""
        if self.count < 2:
            return None
        if self.odd:
            return math.nan
        above = self.count * self.squares - self.whole * self.whole
        variance = Fraction(above, self.count * (self.count - 1)) / Fraction(1 << 2 * SMALLEST)
        try:
            return plain(math.sqrt(variance))
        except OverflowError:
            return math.inf


class Values:
    """All values, held."""

    __slots__ = ("items", "label")

    def __init__(self, label: str = "collect") -> None:
        self.label = label
        self.items: list[Value] = []

    def add(self, value: Value) -> None:
        """Hold a value."""
        self.items.append(value)

    def add_number(self, value: Value) -> None:
        """Hold a number."""
        self.items.append(number(value, self.label))

    def merge(self, other: Values) -> Values:
        """Hold those of another as well."""
        self.items += other.items
        return self

    def median(self) -> Value:
        """Return the value in the middle, the mean of two there."""
        return self.quantile(0.5)

    def quantile(self, share: Value) -> Value:
        """Return the value below which `share` of all lie, between two of them in proportion; null of nothing."""
        if type(share) not in NUMBERS or not 0 <= cast(float, share) <= 1:
            raise RunError(f"{self.label} needs a share between 0 and 1, not {excerpt(share)}")
        if not self.items:
            return None
        ordered = sorted(cast("list[float]", self.items), key=sort_key)
        place = Fraction(cast(float, share)) * (len(ordered) - 1)
        below = math.floor(place)
        low, high = ordered[below], ordered[min(below + 1, len(ordered) - 1)]
        if low == high or place == below:
            return low
        if not (is_finite(low) and is_finite(high)):
            low, high = (max(-LARGEST, min(LARGEST, end)) if is_finite(end) else end for end in (low, high))
            return plain(low + (high - low) * float(place - below))
        between = Fraction(low) + (Fraction(high) - Fraction(low)) * (place - below)
        try:
            return plain(float(between))
        except OverflowError:
            return to_float(math.floor(between))


class Different:
    """What tells the values that were seen from each other."""

    __slots__ = ("keys",)

    def __init__(self, label: str = "count_distinct") -> None:
        self.keys: set[object] = set()

    def add(self, value: Value) -> None:
        """See a value."""
        self.keys.add(group_key(value))

    def merge(self, other: Different) -> Different:
        """See those of another as well."""
        self.keys |= other.keys
        return self

    def count(self) -> int:
        """Return how many differ."""
        return len(self.keys)


# ---------------------------------------------------------------- the table


def counted_if(state: int, value: Value) -> int:
    """Count a value that is true."""
    return state + truth(value)


def together(state: int, other: int) -> int:
    """Return the count of two parts."""
    return state + other


FOLDS: Final[dict[str, AggregateFunction]] = {
    "count": AggregateFunction(lambda _: 0, counted_if, together, int),
    "sum": AggregateFunction(Sum, Sum.add, Sum.merge, Sum.total, in_place=True),
    "avg": AggregateFunction(Sum, Sum.add, Sum.merge, Sum.average, in_place=True),
    "min": _choice(least),
    "max": _choice(greatest),
    "first": _choice(earlier),
    "last": _choice(later),
    "any": _choice(either),
    "all": _choice(both),
    "stddev": AggregateFunction(Spread, Spread.add, Spread.merge, Spread.deviation, in_place=True),
    "median": AggregateFunction(Values, Values.add_number, Values.merge, Values.median, in_place=True),
    "quantile": AggregateFunction(Values, Values.add_number, Values.merge, Values.quantile, in_place=True),
    "count_distinct": AggregateFunction(
        Different, Different.add, Different.merge, Different.count, in_place=True
    ),
    "collect": AggregateFunction(Values, Values.add, Values.merge, lambda state: state.items, in_place=True),
}


def sorted_groups(groups: dict[object, list[Value]], keys: int) -> list[list[Value]]:
    """Return the states of all groups, sorted by their keys, which stand first."""
    return sorted(groups.values(), key=lambda states: [sort_key(key) for key in states[:keys]])


NAMES: Final[dict[str, object]] = {
    "sorted_groups": sorted_groups,
    **{f"{name}_new": function.new for name, function in FOLDS.items()},
    **{f"{name}_step": function.step for name, function in FOLDS.items()},
    **{f"{name}_finish": function.finish for name, function in FOLDS.items()},
}
