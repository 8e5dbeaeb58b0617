"""The demo's own random stream: the same numbers on every machine and in every Python version.

Only `Random.random()` is used: Python promises that it gives the same sequence for the same seed for ever.
The other methods (`choice`, `shuffle`, `gauss`, …) may change their algorithm. For the same reason nothing in
this package calls `math.sin`, `exp` or `log`, whose last digit depends on the C library.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from random import Random
from typing import Generic, TypeVar

T = TypeVar("T")


class Chance:
    """A stream of choices that depends on `seed` alone."""

    __slots__ = ("fraction",)

    def __init__(self, seed: int) -> None:
        self.fraction = Random(seed).random  # noqa: S311 (data for a demo, no secret)

    def below(self, n: int) -> int:
        """Return an integer from 0 up to `n` - 1."""
        return int(self.fraction() * n)

    def between(self, low: int, high: int) -> int:
        """Return an integer from `low` to `high`, both included."""
        return low + int(self.fraction() * (high - low + 1))

    def bell(self, low: int, high: int) -> int:
        """Return an integer from `low` to `high`, the middle more often than the edges."""
        return low + int((self.fraction() + self.fraction() + self.fraction()) / 3 * (high - low + 1))

    def permille(self, n: int) -> bool:
        """Return True in `n` of 1000 cases."""
        return self.fraction() * 1000 < n

    def pick(self, items: Sequence[T]) -> T:
        """Return one of `items`, each as likely as the others."""
        return items[int(self.fraction() * len(items))]

    def digits(self, n: int, alphabet: str = "0123456789") -> str:
        """Return `n` characters of `alphabet`."""
        return "".join(self.pick(alphabet) for _ in range(n))


class Weighted(Generic[T]):
    """Items of which some are more likely than others; the weights are integers."""

    __slots__ = ("items", "sums")

    def __init__(self, items: Sequence[T], weights: Sequence[int]) -> None:
        self.items = tuple(items)
        self.sums = tuple(accumulate(weights))

    def pick(self, chance: Chance) -> T:
        """Return one of the items."""
        return self.items[bisect_right(self.sums, int(chance.fraction() * self.sums[-1]))]
