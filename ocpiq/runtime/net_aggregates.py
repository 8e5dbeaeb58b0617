"""Aggregate functions over CDRs of which credits cancel some (the clause `net`): a step gets the weight, 1 or -1.

Sums and means add the negative. The others collect all values and, at the end, drop one for each equal value that was
cancelled, whichever came first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Final

from ocpiq.runtime.aggregates import FOLDS, AggregateFunction, Sum, number
from ocpiq.values import arithmetic
from ocpiq.values.order import group_key
from ocpiq.values.types import Value


class NetSum(Sum):
    """A running sum from which values can be cancelled."""

    __slots__ = ()

    def step(self, value: Value, weight: int) -> None:
        """Add a number, or cancel it."""
        if weight > 0:
            self.add(value)
            return
        self.add(arithmetic.negate(number(value, self.label)))
        self.count -= 2


class NetValues:
    """All values, and the number of cancellations of each."""

    __slots__ = ("cancelled", "items", "label")

    def __init__(self, label: str) -> None:
        self.label = label
        self.items: list[Value] = []
        self.cancelled: Counter[object] = Counter()

    def step(self, value: Value, weight: int) -> None:
        """Append a value, or count a cancellation of one like it."""
        if weight > 0:
            self.items.append(value)
        else:
            self.cancelled[group_key(value)] += 1

    def merge(self, other: NetValues) -> NetValues:
        """Append the values of another."""
        self.items += other.items
        self.cancelled += other.cancelled
        return self

    def finish(self, function: AggregateFunction, *arguments: Value) -> Value:
        """Return the result of a plain aggregate function for the remaining values."""
        cancelled = self.cancelled.copy()
        state = function.new(self.label)
        for value in self.items:
            key = group_key(value) if cancelled else None
            if cancelled and cancelled[key] > 0:
                cancelled[key] -= 1
            elif function.in_place:
                function.step(state, value)
            else:
                state = function.step(state, value)
        return function.finish(state, *arguments)


def _finish(function: AggregateFunction) -> Callable[..., Value]:
    return lambda state, *arguments: state.finish(function, *arguments)


SUMMED: Final = ("sum", "avg")
COLLECTED: Final = tuple(name for name in FOLDS if name not in ("count", *SUMMED))

NET_FOLDS: Final[dict[str, AggregateFunction]] = {
    **{
        name: AggregateFunction(NetSum, NetSum.step, NetSum.merge, FOLDS[name].finish, in_place=True)
        for name in SUMMED
    },
    **{
        name: AggregateFunction(
            NetValues, NetValues.step, NetValues.merge, _finish(FOLDS[name]), in_place=True
        )
        for name in COLLECTED
    },
}

NAMES: Final[dict[str, object]] = {
    **{f"net_{name}_new": function.new for name, function in NET_FOLDS.items()},
    **{f"net_{name}_step": function.step for name, function in NET_FOLDS.items()},
    **{f"net_{name}_finish": function.finish for name, function in NET_FOLDS.items()},
}
