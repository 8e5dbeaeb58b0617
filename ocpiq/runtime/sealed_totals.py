"""Totals of sealed fields over many drivers: a group of few is combined with others, or not shown.

The state of a group holds hashes of its drivers and exact sums. A row counts with all its sealed numbers or not at all,
so every total of a group is over the same rows. Groups with fewer drivers than a run needs become one, `#other`. It
needs as many drivers itself: else the total of all minus the groups shown would be theirs. So the smallest group that
is left joins it until it has enough; if none is left, nothing is shown.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from ocpiq.errors import WarningIssued, say
from ocpiq.runtime.aggregates import FOLDS, Deviation, Sum, sorted_groups
from ocpiq.runtime.context import Runtime
from ocpiq.values.arithmetic import normalize
from ocpiq.values.blank import OTHER, TOO_FEW
from ocpiq.values.types import Value

if TYPE_CHECKING:
    from ocpiq.gate import Companion, SealedNumber  # queries of plain JSON do not need it


class Total(Struct, frozen=True):
    """One total: its function, and numbers of the companion by index with their factors, divided by `divisor`."""

    function: str
    factors: tuple[tuple[int, int], ...]
    divisor: int


def total_of(function: str, terms: Sequence[tuple[int, Fraction]]) -> Total:
    """Return a total of numbers with fractions as factors, over their common divisor."""
    divisor = math.lcm(*(factor.denominator for _, factor in terms))
    return Total(function, tuple((index, int(factor * divisor)) for index, factor in terms), divisor)


class ManyDrivers:
    """The state of the totals of one group."""

    __slots__ = ("_adders", "_distinct", "_forms", "_spreads", "_sums", "drivers", "totals")

    def __init__(self, totals: Sequence[Total]) -> None:
        self.totals = totals
        self.drivers: set[int] = set()
        summed = {index for total in totals if total.function in ("sum", "avg") for index, _ in total.factors}
        self._sums = {index: Sum() for index in sorted(summed)}
        self._adders = [(index, sum_.add) for index, sum_ in self._sums.items()]
        self._spreads = {n: Deviation() for n, total in enumerate(totals) if total.function == "stddev"}
        self._distinct: dict[int, set[SealedNumber]] = {
            n: set() for n, total in enumerate(totals) if total.function == "count_distinct"
        }
        self._forms = [(n, totals[n].factors) for n in (*self._spreads, *self._distinct)]

    def add(self, companion: Companion) -> None:
        """Add a row; one without all of its numbers does not count."""
        if companion is None:
            return
        driver, numbers = companion
        self.drivers.add(driver)
        for index, add in self._adders:
            add(numbers[index])
        for number, factors in self._forms:
            value = combined(numbers, factors)
            if number in self._spreads:
                self._spreads[number].add_exact(value)
            else:
                self._distinct[number].add(value)

    def merge(self, other: ManyDrivers) -> ManyDrivers:
        """Add the rows of another group."""
        self.drivers |= other.drivers
        for index, sum_ in self._sums.items():
            sum_.merge(other._sums[index])
        for number, spread in self._spreads.items():
            spread.merge(other._spreads[number])
        for number, distinct in self._distinct.items():
            distinct.update(other._distinct[number])
        return self

    def total(self, number: int) -> Value:
        """Return the result of a total; only for a group with enough drivers."""
        total = self.totals[number]
        match total.function:
            case "count_distinct":
                return len(self._distinct[number])
            case "stddev":
                spread = self._spreads[number].deviation()
                return spread if spread is None else normalize(float(Fraction(spread) / total.divisor))
            case "avg":
                count = next(iter(self._sums.values())).count
                return rounded(self._sum(total) / count) if count else None
        return rounded(self._sum(total))

    def _sum(self, total: Total) -> Fraction:
        """Return the exact sum."""
        exact = sum((self._exact(index) * factor for index, factor in total.factors), Fraction())
        return exact / total.divisor

    def _exact(self, index: int) -> Fraction:
        sum_ = self._sums[index]
        return sum(map(Fraction, sum_.floats), Fraction(sum_.integers))


def combined(numbers: Sequence[SealedNumber], factors: Sequence[tuple[int, int]]) -> Any:  # noqa: ANN401 - a number
    """Return the exact sum of numbers with factors."""
    if len(factors) == 1 and factors[0][1] == 1:
        return numbers[factors[0][0]]
    return sum((Fraction(numbers[index]) * factor for index, factor in factors), Fraction())


def rounded(exact: Fraction) -> Value:
    """Return the number nearest to an exact one."""
    if exact.denominator == 1 and abs(exact) <= 1 << 53:
        return int(exact)
    try:
        return normalize(float(exact))
    except OverflowError:
        return math.inf if exact > 0 else -math.inf


# ---------------------------------------------------------------- groups


def shown_groups(
    groups: dict[object, list[Any]], keys: int, functions: Sequence[str], runtime: Runtime
) -> list[list[Any]]:
    """Return the states of the groups that may be shown: keys, the drivers, and the state of each other function.

    They are sorted by their keys; the group `#other` is the last.
    """
    needed = runtime.drivers
    ordered: list[list[Any]] = sorted_groups(groups, keys)
    small = [states for states in ordered if len(states[keys].drivers) < needed]
    if not ordered:
        warn_of_few(runtime)
    if not small:
        return ordered
    shown = [states for states in ordered if len(states[keys].drivers) >= needed]
    other = small[0]
    for states in small[1:]:
        merge_states(other, states, keys, functions)
    while shown and len(other[keys].drivers) < needed:
        smallest = min(range(len(shown)), key=lambda index: len(shown[index][keys].drivers))
        merge_states(other, shown.pop(smallest), keys, functions)
    if len(other[keys].drivers) < needed:
        warn_of_few(runtime)
        return []
    other[:keys] = [OTHER] * keys
    return [*shown, other]


def merge_states(states: list[Any], others: list[Any], keys: int, functions: Sequence[str]) -> None:
    """Add the states of another group to those of a group."""
    states[keys].merge(others[keys])
    for index, function in enumerate(functions, keys + 1):
        if function:
            states[index] = FOLDS[function].merge(states[index], others[index])


def may_be_shown(group: ManyDrivers, runtime: Runtime) -> bool:
    """Tell whether the only group may be shown."""
    if len(group.drivers) >= runtime.drivers:
        return True
    warn_of_few(runtime)
    return False


def warn_of_few(runtime: Runtime) -> None:
    """Warn that there is nothing to show."""
    runtime.notify(
        WarningIssued(say("fewer than {count} drivers: nothing can be shown", count=runtime.drivers))
    )


def blanked(names: Sequence[str] | None) -> Value:
    """Return the result of a group that may not be shown: a blank, or an object of blanks with these names."""
    return TOO_FEW if names is None else dict.fromkeys(names, TOO_FEW)


NAMES: Final[dict[str, Callable[..., object]]] = {
    "ManyDrivers": ManyDrivers,
    "shown_groups": shown_groups,
    "may_be_shown": may_be_shown,
    "blanked": blanked,
}
