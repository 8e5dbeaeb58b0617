"""Aggregate functions: a new state, a step for each value, the merge of two states, the result. Nulls are skipped.

States merge in the order of the values: merged states of two halves equal the state of all values, to the last bit.
Sums are exactly rounded in any order: floats are kept as a list whose exact sum is the state, shortened to an
expansion (a few floats with the same exact sum) when it grows long. Integers are summed exactly.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from msgspec import Struct

from ocpiq.errors import RunError
from ocpiq.values.arithmetic import Number, is_finite, normalize, to_float
from ocpiq.values.blank import Blank, refuse, refuse_inside
from ocpiq.values.json.codec import excerpt
from ocpiq.values.numbers import LARGEST, NUMBERS, LiteralNumber
from ocpiq.values.order import group_key, less, sort_key
from ocpiq.values.types import Value, type_name

if TYPE_CHECKING:
    from fractions import Fraction

MAX_FLOATS: Final = 64  # floats that a sum holds before it is shortened
SMALLEST_EXPONENT: Final = 1074  # every float is a whole multiple of 2**-1074


class AggregateFunction(Struct, frozen=True):
    """An aggregate function. `new` takes its text in the query; step and merge return or change the state."""

    new: Callable[[str], Any]
    step: Callable[..., Any]
    merge: Callable[[Any, Any], Any]
    finish: Callable[..., Value]
    in_place: bool = False


def number(value: Value, label: str) -> Number:
    """Return a number; for anything else raise an error with the text of the aggregate."""
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

    __slots__ = ("count", "floats", "integers", "label")

    def __init__(self, label: str = "sum") -> None:
        self.label = label
        self.integers = 0
        self.floats: list[float] = []
        self.count = 0

    def add(self, value: Value) -> None:
        """Add a number."""
        value_type = type(value)
        if value_type is float or value_type is LiteralNumber:
            floats = self.floats
            floats.append(value)  # type: ignore[arg-type]
            if len(floats) > MAX_FLOATS:
                shorten(floats)
        elif value_type is int:
            self.integers += value  # type: ignore[operator, assignment]
        else:
            number(value, self.label)
        self.count += 1

    def merge(self, other: Sum) -> Sum:
        """Add another sum."""
        self.integers += other.integers
        self.count += other.count
        self.floats += other.floats
        if len(self.floats) > MAX_FLOATS:
            shorten(self.floats)
        return self

    def total(self) -> Number:
        """Return the sum, 0 without values."""
        if not self.floats:
            return self.integers
        addends = list(self.floats)
        rest = self.integers
        while rest:  # an integer as doubles with the same exact sum
            try:
                addend = float(rest)
            except OverflowError:
                return to_float(rest)
            addends.append(addend)
            rest -= int(addend)
        return normalize(exact_sum(addends) + 0.0)

    def average(self) -> Number | None:
        """Return the mean, null without values."""
        if not self.count:
            return None
        total = self.total()
        if isinstance(total, int) and total % self.count == 0:
            return total // self.count
        return normalize(to_float(total) / self.count)


def shorten(floats: list[float]) -> None:
    """Replace floats by few with the same exact sum: their rounded sum, the rounded rest, and so on."""
    expansion: list[float] = []
    rest = floats.copy()
    try:
        while rounded := math.fsum(rest):
            expansion.append(rounded)
            if not math.isfinite(rounded):
                break
            rest.append(-rounded)
    except (OverflowError, ValueError):  # infinities of both signs, or beyond a double on the way
        if all(map(math.isfinite, floats)):
            return
        expansion = [sum(floats)]
    floats[:] = expansion


def exact_sum(floats: list[float]) -> float:
    """Return the exactly rounded sum."""
    try:
        return math.fsum(floats)
    except ValueError:  # infinities of both signs
        return math.nan
    except OverflowError:
        from fractions import Fraction  # noqa: PLC0415 - rarely needed

        total = sum(map(Fraction, floats))
    try:
        return float(total)
    except OverflowError:
        return math.inf if total > 0 else -math.inf


# ---------------------------------------------------------------- min, max, first, last, any, all


class _NoValue:
    """The state before the first value."""


NO_VALUE: Final = _NoValue()
ChoiceState: TypeAlias = "Value | _NoValue"


NEVER_BLANK: Final = (*NUMBERS, str)


def fold_min(state: ChoiceState, value: Value) -> Value:
    """Return the lesser."""
    if type(value) not in NEVER_BLANK:
        refuse_inside(value)
    return value if isinstance(state, _NoValue) or less(value, state) else state


def fold_max(state: ChoiceState, value: Value) -> Value:
    """Return the greater; of equals the later, as jq's max."""
    if type(value) not in NEVER_BLANK:
        refuse_inside(value)
    return value if isinstance(state, _NoValue) or not less(value, state) else state


def fold_first(state: ChoiceState, value: Value) -> Value:
    """Return the first."""
    return value if isinstance(state, _NoValue) else state


def fold_last(state: ChoiceState, value: Value) -> Value:
    """Return the last."""
    return value


def fold_any(state: ChoiceState, value: Value) -> Value:
    """Return whether one is true."""
    return state is True or truth(value)


def fold_all(state: ChoiceState, value: Value) -> Value:
    """Return whether all are true."""
    return state is not False and truth(value)


def truth(value: Value) -> bool:
    """Return jq's truth of a value; a blank has none."""
    if type(value) is Blank:
        refuse(value)
    return value is not False and value is not None


def value_or_null(state: ChoiceState) -> Value:
    """Return the value, null if there was none."""
    return None if isinstance(state, _NoValue) else state


def _choice(step: Callable[[ChoiceState, Value], Value]) -> AggregateFunction:
    """Return a function whose state is a value: merging is one more step."""

    def merge(state: ChoiceState, other: ChoiceState) -> ChoiceState:
        return state if isinstance(other, _NoValue) else step(state, other)

    return AggregateFunction(lambda _: NO_VALUE, step, merge, value_or_null)


# ---------------------------------------------------------------- stddev, median, quantile


class Deviation:
    """The exact sums of numbers and of their squares, as whole multiples of the smallest float."""

    __slots__ = ("count", "integers", "label", "not_finite", "squares")

    def __init__(self, label: str = "stddev") -> None:
        self.label = label
        self.count = self.integers = self.squares = 0
        self.not_finite = False  # whether one was no finite number

    def add(self, value: Value) -> None:
        """Add a number."""
        exact = number(value, self.label)
        if isinstance(exact, float) and not math.isfinite(exact):
            self.count += 1
            self.not_finite = True
            return
        self.add_exact(exact)

    def add_exact(self, exact: Number | Fraction) -> None:
        """Add a finite number, or a fraction that is a whole multiple of the smallest float."""
        self.count += 1
        numerator, below = exact.as_integer_ratio()
        scaled = numerator << (SMALLEST_EXPONENT + 1 - below.bit_length())
        self.integers += scaled
        self.squares += scaled * scaled

    def merge(self, other: Deviation) -> Deviation:
        """Add the numbers of another."""
        self.count += other.count
        self.integers += other.integers
        self.squares += other.squares
        self.not_finite = self.not_finite or other.not_finite
        return self

    def deviation(self) -> Number | None:
        """Return the standard deviation of a sample (divided by n - 1), null of fewer than two."""
        if self.count < 2:
            return None
        if self.not_finite:
            return math.nan
        from fractions import Fraction  # noqa: PLC0415 - rarely needed

        numerator = self.count * self.squares - self.integers * self.integers
        variance = Fraction(numerator, self.count * (self.count - 1)) / Fraction(1 << 2 * SMALLEST_EXPONENT)
        try:
            return normalize(math.sqrt(variance))
        except OverflowError:
            return math.inf


class CollectedValues:
    """All values, in a list."""

    __slots__ = ("items", "label")

    def __init__(self, label: str = "collect") -> None:
        self.label = label
        self.items: list[Value] = []

    def add(self, value: Value) -> None:
        """Append a value."""
        self.items.append(value)

    def add_number(self, value: Value) -> None:
        """Append a number."""
        self.items.append(number(value, self.label))

    def merge(self, other: CollectedValues) -> CollectedValues:
        """Append the values of another."""
        self.items += other.items
        return self

    def median(self) -> Value:
        """Return the middle value, or the mean of the two middle ones."""
        return self.quantile(0.5)

    def quantile(self, share: Value) -> Value:
        """Return the `share` quantile, interpolated between two values; null without values."""
        if type(share) not in NUMBERS or not 0 <= cast(float, share) <= 1:
            raise RunError(f"{self.label} needs a share between 0 and 1, not {excerpt(share)}")
        if not self.items:
            return None
        from fractions import Fraction  # noqa: PLC0415 - rarely needed

        ordered = sorted(cast("list[float]", self.items), key=sort_key)
        rank = Fraction(cast(float, share)) * (len(ordered) - 1)
        below = math.floor(rank)
        low, high = ordered[below], ordered[min(below + 1, len(ordered) - 1)]
        if low == high or rank == below:
            return low
        if not (is_finite(low) and is_finite(high)):
            low, high = (max(-LARGEST, min(LARGEST, end)) if is_finite(end) else end for end in (low, high))
            return normalize(low + (high - low) * float(rank - below))
        interpolated = Fraction(low) + (Fraction(high) - Fraction(low)) * (rank - below)
        try:
            return normalize(float(interpolated))
        except OverflowError:
            return to_float(math.floor(interpolated))


class DistinctValues:
    """The keys of the distinct values."""

    __slots__ = ("keys",)

    def __init__(self, label: str = "count_distinct") -> None:
        self.keys: set[object] = set()

    def add(self, value: Value) -> None:
        """Add a value."""
        self.keys.add(group_key(value))

    def merge(self, other: DistinctValues) -> DistinctValues:
        """Add the values of another."""
        self.keys |= other.keys
        return self

    def count(self) -> int:
        """Return the number of distinct values."""
        return len(self.keys)


# ---------------------------------------------------------------- the table


def count_if_true(state: int, value: Value) -> int:
    """Count a value that is true."""
    return state + truth(value)


def add_counts(state: int, other: int) -> int:
    """Return the count of two parts."""
    return state + other


FOLDS: Final[dict[str, AggregateFunction]] = {
    "count": AggregateFunction(lambda _: 0, count_if_true, add_counts, int),
    "sum": AggregateFunction(Sum, Sum.add, Sum.merge, Sum.total, in_place=True),
    "avg": AggregateFunction(Sum, Sum.add, Sum.merge, Sum.average, in_place=True),
    "min": _choice(fold_min),
    "max": _choice(fold_max),
    "first": _choice(fold_first),
    "last": _choice(fold_last),
    "any": _choice(fold_any),
    "all": _choice(fold_all),
    "stddev": AggregateFunction(
        Deviation, Deviation.add, Deviation.merge, Deviation.deviation, in_place=True
    ),
    "median": AggregateFunction(
        CollectedValues,
        CollectedValues.add_number,
        CollectedValues.merge,
        CollectedValues.median,
        in_place=True,
    ),
    "quantile": AggregateFunction(
        CollectedValues,
        CollectedValues.add_number,
        CollectedValues.merge,
        CollectedValues.quantile,
        in_place=True,
    ),
    "count_distinct": AggregateFunction(
        DistinctValues, DistinctValues.add, DistinctValues.merge, DistinctValues.count, in_place=True
    ),
    "collect": AggregateFunction(
        CollectedValues, CollectedValues.add, CollectedValues.merge, lambda state: state.items, in_place=True
    ),
}


def sorted_groups(groups: dict[object, list[Value]], keys: int) -> list[list[Value]]:
    """Return the states of all groups, sorted by their keys, which come first."""
    return sorted(groups.values(), key=lambda states: [sort_key(key) for key in states[:keys]])


NAMES: Final[dict[str, object]] = {
    "sorted_groups": sorted_groups,
    **{f"{name}_new": function.new for name, function in FOLDS.items()},
    **{f"{name}_step": function.step for name, function in FOLDS.items()},
    **{f"{name}_finish": function.finish for name, function in FOLDS.items()},
}
