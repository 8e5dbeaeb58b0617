"""Patience with what may pass: how often a request is tried, how long is waited in between, and when it is over."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from msgspec import Struct

from ocpiq.ocpi.http.failures import Failure

T = TypeVar("T")


class Patience(Struct, frozen=True):
    """Seconds before each further try, the longest wait that a platform can ask for, and how to wait.

    Waits are made longer by up to `spread` of themselves, so that many clients do not come back at once. A try
    is not repeated later than `in_all` seconds after the first; whatever else is tried in its place, after `most`
    seconds without anything to show for it all is over, and what would have less than `least` left is not begun.
    """

    waits: tuple[float, ...] = (1.0, 3.0, 9.0)
    longest: float = 30.0
    in_all: float = 35.0
    most: float = 60.0
    least: float = 5.0
    spread: float = 0.25
    pause: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic


class Tries:
    """The tries of one pull or login; `told_to_wait` is called before a wait that the platform asked for."""

    def __init__(self, patience: Patience, told_to_wait: Callable[[], None]) -> None:
        self.patience = patience
        self.told_to_wait = told_to_wait
        self.since: float | None = None  # the time of the first try after the last good answer
        self.waited = 0.0  # seconds since then

    @property
    def left(self) -> float:
        """The seconds that the next try may take."""
        return max(self.patience.least, self.patience.most - self.spent)

    @property
    def over(self) -> bool:
        """Whether it makes no sense to try anything else."""
        return self.spent > self.patience.most - self.patience.least

    @property
    def spent(self) -> float:
        """The seconds without a good answer."""
        since = self.since  # read once: several threads ask
        return 0.0 if since is None else max(self.waited, self.patience.clock() - since)

    def patiently(self, attempt: Callable[[], T], *, once: bool = False) -> T:
        """Return what `attempt` gives, tried again, if not `once`, after failures that may pass.

        Raises the last Failure.
        """
        if self.since is None:
            self.since, self.waited = self.patience.clock(), 0.0
        tried = 0
        while True:
            try:
                found = attempt()
            except Failure as failure:
                wait = None if once else self.wait_after(failure, tried)
                if wait is None:
                    raise
                if failure.wait is not None:
                    self.told_to_wait()
            else:
                self.since = None
                return found
            tried += 1
            self.waited += wait
            self.patience.pause(wait)

    def wait_after(self, failure: Failure, tried: int) -> float | None:
        """Return how long to wait before another try, or None where there is to be none."""
        patience = self.patience
        if tried >= min(failure.retries, len(patience.waits)) or (failure.wait or 0.0) > patience.longest:
            return None
        wait = patience.waits[tried] if failure.wait is None else failure.wait
        wait *= random.uniform(1, 1 + patience.spread)  # noqa: S311 - no secret
        return wait if self.spent + wait <= patience.in_all * (1 + patience.spread) else None
