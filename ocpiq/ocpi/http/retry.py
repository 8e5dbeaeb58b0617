"""Retries after transient failures: how many, how long to wait in between, and when to stop."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from msgspec import Struct

from ocpiq.ocpi.http.failures import Failure

T = TypeVar("T")


class RetryPolicy(Struct, frozen=True):
    """The seconds before each retry, the longest wait that a platform can ask for, and how to wait.

    Waits are extended randomly by up to `spread` of their length, so that many clients do not return at once. There
    is no retry later than `in_all` seconds after the first attempt. After `most` seconds without a good response
    the pull is over, alternatives included, and nothing is started with less than `least` seconds left.
    """

    waits: tuple[float, ...] = (1.0, 3.0, 9.0)
    longest: float = 30.0
    in_all: float = 35.0
    most: float = 60.0
    least: float = 5.0
    spread: float = 0.25
    pause: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic


class Retrier:
    """The attempts of one pull or login; `on_wait` is called before a wait that the platform asked for."""

    def __init__(self, patience: RetryPolicy, on_wait: Callable[[], None]) -> None:
        self.patience = patience
        self.on_wait = on_wait
        self.since: float | None = None  # the time of the first attempt after the last good response
        self.waited = 0.0  # seconds since then

    @property
    def left(self) -> float:
        """The seconds that the next attempt may take."""
        return max(self.patience.least, self.patience.most - self.spent)

    @property
    def over(self) -> bool:
        """Whether there is no time left to try anything else."""
        return self.spent > self.patience.most - self.patience.least

    @property
    def spent(self) -> float:
        """The seconds since the last good response."""
        since = self.since  # read once: several threads ask
        return 0.0 if since is None else max(self.waited, self.patience.clock() - since)

    def run(self, attempt: Callable[[], T], *, once: bool = False) -> T:
        """Return the result of `attempt`, retried after transient failures unless `once`.

        Raises the last Failure.
        """
        if self.since is None:
            self.since, self.waited = self.patience.clock(), 0.0
        tried = 0
        while True:
            try:
                result = attempt()
            except Failure as failure:
                wait = None if once else self.wait_after(failure, tried)
                if wait is None:
                    raise
                if failure.wait is not None:
                    self.on_wait()
            else:
                self.since = None
                return result
            tried += 1
            self.waited += wait
            self.patience.pause(wait)

    def wait_after(self, failure: Failure, tried: int) -> float | None:
        """Return the seconds to wait before a retry, or None for no retry."""
        patience = self.patience
        if tried >= min(failure.retries, len(patience.waits)) or (failure.wait or 0.0) > patience.longest:
            return None
        wait = patience.waits[tried] if failure.wait is None else failure.wait
        wait *= random.uniform(1, 1 + patience.spread)  # noqa: S311 - no secret
        return wait if self.spent + wait <= patience.in_all * (1 + patience.spread) else None
