"""Retries after transient failures: how many, how long to wait in between, and when to stop."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from msgspec import Struct

from ocpiq.ocpi.http.failures import Failure

T = TypeVar("T")
OnWait = Callable[[Failure, float], None]
"""Called with the reason and the seconds of a wait."""
RATE_BACKOFF = (
    10.0  # seconds between requests that are refused again and again, at least, after as many refusals
)
LONGEST_SPREAD = 10.0  # seconds by which a wait is extended, at most


class RetryPolicy(Struct, frozen=True):
    """The seconds before each retry, the longest wait that a platform can ask for, and how to wait.

    Waits are extended randomly by up to `spread` of their length, so that many clients do not return at once. There
    is no retry later than `in_all` seconds after the first attempt. After `most` seconds without a good response
    the pull is over, alternatives included, and nothing is started with less than `least` seconds left.

    A platform that limits the rate of requests (HTTP 429) is waited for as long as it says, up to `rate_longest`
    seconds each time and `rate_in_all` in one pull; if it does not say, `rate_waits` are the seconds before each retry.
    """

    waits: tuple[float, ...] = (1.0, 3.0, 9.0)
    longest: float = 30.0
    in_all: float = 35.0
    most: float = 60.0
    least: float = 5.0
    rate_waits: tuple[float, ...] = (1.0, 3.0, 9.0, 27.0, 60.0)
    rate_longest: float = 120.0
    rate_in_all: float = 1800.0
    spread: float = 0.25
    pause: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic


class Retrier:
    """The attempts of one pull or login; `on_wait` is called before a wait that the platform asked for or caused."""

    def __init__(self, retry_policy: RetryPolicy, on_wait: OnWait) -> None:
        self.retry_policy = retry_policy
        self.on_wait = on_wait
        self.since: float | None = None  # the time of the first attempt after the last good response
        self.waited = 0.0  # seconds since then
        self.rate_waited = 0.0  # seconds waited because of the rate of requests

    @property
    def left(self) -> float:
        """The seconds that the next attempt may take."""
        return max(self.retry_policy.least, self.retry_policy.most - self.spent)

    @property
    def over(self) -> bool:
        """Whether there is no time left to try anything else."""
        return self.spent > self.retry_policy.most - self.retry_policy.least

    @property
    def spent(self) -> float:
        """The seconds since the last good response."""
        since = self.since  # read once: several threads ask
        return 0.0 if since is None else max(self.waited, self.retry_policy.clock() - since)

    def run(self, attempt: Callable[[], T], *, once: bool = False) -> T:
        """Return the result of `attempt`, retried after transient failures unless `once`.

        Raises the last Failure.
        """
        if self.since is None:
            self.since, self.waited = self.retry_policy.clock(), 0.0
        tried = limited = 0
        while True:
            try:
                result = attempt()
            except Failure as failure:
                if failure.rate_limited:
                    self.wait_for_rate(failure, limited)
                    limited += 1
                    continue
                wait = None if once else self.wait_after(failure, tried)
                if wait is None:
                    raise
                if failure.wait is not None:
                    self.on_wait(failure, failure.wait)
            else:
                self.since = None
                return result
            tried += 1
            wait = self.spread(wait)
            self.waited += wait
            self.retry_policy.pause(wait)

    def wait_after(self, failure: Failure, tried: int) -> float | None:
        """Return the seconds to wait before a retry, or None for no retry."""
        retry_policy = self.retry_policy
        if (
            tried >= min(failure.retries, len(retry_policy.waits))
            or (failure.wait or 0.0) > retry_policy.longest
        ):
            return None
        wait = retry_policy.waits[tried] if failure.wait is None else failure.wait
        return wait if self.spent + wait <= retry_policy.in_all else None

    def wait_for_rate(self, failure: Failure, limited: int) -> None:
        """Wait after a platform has refused a request because of its rate; raises the failure if that takes too long.

        `limited` counts the refusals of this request. One that asks for short waits again and again gets longer ones.
        """
        retry_policy = self.retry_policy
        if failure.wait is not None:
            wait = max(failure.wait, min(float(limited), RATE_BACKOFF))
        elif limited < len(retry_policy.rate_waits):
            wait = retry_policy.rate_waits[limited]
        else:
            raise failure
        if wait > retry_policy.rate_longest or self.rate_waited + wait > retry_policy.rate_in_all:
            raise failure
        self.on_wait(failure, wait)
        wait = self.spread(wait)
        self.rate_waited += wait
        retry_policy.pause(wait)
        self.since, self.waited = retry_policy.clock(), 0.0  # it answers, and sets the pace

    def spread(self, wait: float) -> float:
        """Return a wait extended at random."""
        return wait + random.uniform(0, min(wait * self.retry_policy.spread, LONGEST_SPREAD))  # noqa: S311 - no secret
