"""Aggregate functions over CDRs of which credits cancel some (the clause `net`): a step gets the weight, 1 or -1.

Sums and means add the negative. The others collect all values and, at the end, drop those of the CDRs that were
cancelled.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from ocpiq.plan.nodes import Fold
from ocpiq.runtime.aggregates import FOLDS, AggregateFunction, Sum, number
from ocpiq.values import arithmetic
from ocpiq.values.order import group_key
from ocpiq.values.types import Value


class Weight(int):
    """1 for a CDR, -1 for a credit; `read_key` returns a number for the key of the CDR in `row`, if it has one."""

    row: object
    read_key: Callable[[object], int | None]

    @property
    def key(self) -> int | None:
        """A number for the key of the CDR, or of the CDR that is cancelled."""
        return self.read_key(self.row)


def keyed_weight(sign: int, key: int | None) -> Weight:
    """Return a weight whose row has been left behind in another process."""
    weight = Weight(sign)
    weight.row, weight.read_key = None, lambda _: key
    return weight


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
    """All values, and which are cancelled: by the CDR that they come from or, without its key, by an equal one."""

    __slots__ = ("cancelled", "equal", "items", "keys", "label")

    def __init__(self, label: str) -> None:
        self.label = label
        self.items: list[Value] = []
        self.keys: list[int | None] = []  # of the CDRs that the items come from
        self.cancelled: Counter[int] = Counter()  # by key
        self.equal: Counter[object] = Counter()  # by value

    def step(self, value: Value, weight: int) -> None:
        """Append a value, or count a cancellation."""
        key = weight.key if type(weight) is Weight else None
        if weight > 0:
            self.items.append(value)
            self.keys.append(key)
        elif key is not None:
            self.cancelled[key] += 1
        else:
            self.equal[group_key(value)] += 1

    def merge(self, other: NetValues) -> NetValues:
        """Append the values of another."""
        self.items += other.items
        self.keys += other.keys
        self.cancelled += other.cancelled
        self.equal += other.equal
        return self

    def finish(self, function: AggregateFunction, *arguments: Value) -> Value:
        """Return the result of a plain aggregate function for the remaining values."""
        state = function.new(self.label)
        for value in self.remaining():
            if function.in_place:
                function.step(state, value)
            else:
                state = function.step(state, value)
        return function.finish(state, *arguments)

    def remaining(self) -> Iterator[Value]:
        """Yield the values that are not cancelled."""
        cancelled, equal = self.cancelled.copy(), self.equal.copy()
        for value, key in zip(self.items, self.keys, strict=True):
            if key is not None and cancelled[key] > 0:
                cancelled[key] -= 1
            elif equal and equal[group_key(value)] > 0:
                equal[group_key(value)] -= 1
            else:
                yield value


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


def function_of(fold: Fold) -> AggregateFunction:
    """Return the function of a fold, which `net` changes."""
    return NET_FOLDS.get(fold.function, FOLDS[fold.function]) if fold.weight else FOLDS[fold.function]


NAMES: Final[dict[str, object]] = {
    **{f"net_{name}_new": function.new for name, function in NET_FOLDS.items()},
    **{f"net_{name}_step": function.step for name, function in NET_FOLDS.items()},
    **{f"net_{name}_finish": function.finish for name, function in NET_FOLDS.items()},
}
