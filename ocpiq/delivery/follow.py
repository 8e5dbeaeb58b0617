"""Polls again and again: at an interval, through absences of the platform, until it is told to end."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Final

from msgspec import Struct

from ocpiq.delivery.systemd import notify_systemd
from ocpiq.errors import IncompleteError, OcpiqError, PlatformError
from ocpiq.ocpi.http.failures import Failure

SPREAD: Final = 0.1  # of an interval, at random, so that many clients do not poll at the same time
BACKOFF: Final = (60.0, 120.0, 240.0, 480.0, 900.0)  # seconds before the next poll, by the number of failures
REFUSALS: Final = 3  # of the credentials, one after the other, that end the run
REFUSED: Final = (401, 403)  # HTTP status
WATCHDOG: Final = 10.0  # seconds between two signs of life to systemd, at most


class Clock(Struct, frozen=True):
    """The time in seconds, and a wait that returns True if it was ended by a request to end the run."""

    now: Callable[[], float]
    wait: Callable[[float], bool]


class Schedule(Struct, frozen=True):
    """Seconds between the begins of two polls, and between two heartbeats (None: no heartbeats)."""

    interval: float
    heartbeat: float | None = None


class Follower:
    """`poll` polls once, and returns the number of rows; `say` prints a line on standard error."""

    def __init__(
        self,
        poll: Callable[[], int],
        schedule: Schedule,
        clock: Clock,
        say: Callable[[str], None],
        mark: Callable[[], str],
    ) -> None:
        self._poll = poll
        self._schedule = schedule
        self._clock = clock
        self._say = say
        self._mark = mark
        self._polls = 0
        self._rows = 0
        self._failures = 0
        self._refusals = 0
        self._absent_since: float | None = None
        self._next_report = 0.0
        self._last_heartbeat = clock.now()
        self._said_slow = False

    def run(self) -> None:
        """Poll until told to end. Raises the errors of `poll` that do not heal."""
        ended = is_ready = False
        while not ended:
            began = self._clock.now()
            delay = self._attempt()
            if not is_ready:  # also where the platform is absent: it is waited for
                notify_systemd("READY=1")
                is_ready = True
            interval = self._schedule.interval
            took = self._clock.now() - began
            if delay is None:
                delay = interval * random.uniform(1 - SPREAD, 1 + SPREAD) - took  # noqa: S311 - no secret
                self._warn_if_slow(took)
            ended = self._wait(max(delay, 0.0))
        notify_systemd("STOPPING=1")

    def _attempt(self) -> float | None:
        """Poll once; return the seconds to wait after a failure, None after a success."""
        try:
            self._rows += self._poll()
        except (PlatformError, IncompleteError) as error:
            return self._failed(error)
        self._polls += 1
        if self._absent_since is not None:
            absent = self._clock.now() - self._absent_since
            self._say(f"the platform is back after {duration(absent)}")
        self._failures = self._refusals = 0
        self._absent_since = None
        return None

    def _failed(self, error: OcpiqError) -> float:
        """Report a failure: the first, and then each time the absence has doubled. Raises one that does not heal."""
        now = self._clock.now()
        failure = error if isinstance(error, Failure) else None
        if failure is not None and failure.status in REFUSED:
            self._refusals += 1
            if self._refusals >= REFUSALS:
                raise error
        asked = (failure and failure.wait) or 0.0
        wait = max(BACKOFF[min(self._failures, len(BACKOFF) - 1)], asked)
        self._failures += 1
        if self._absent_since is None:
            self._absent_since, self._next_report = now, BACKOFF[0]
            self._say(f"warning: {error.message}; polling again in {duration(wait)}")
        elif now - self._absent_since >= self._next_report:
            absent = duration(now - self._absent_since)
            self._say(f"warning: no poll succeeded for {absent}: {error.message}")
            while self._next_report <= now - self._absent_since:
                self._next_report *= 2
        return wait

    def _warn_if_slow(self, took: float) -> None:
        if took > self._schedule.interval and not self._said_slow:
            self._said_slow = True
            self._say(
                f"warning: a poll took {duration(took)}, longer than --poll {duration(self._schedule.interval)}"
            )

    def _wait(self, seconds: float) -> bool:
        """Wait, with heartbeats; return whether the run is to end."""
        end = self._clock.now() + seconds
        while True:
            notify_systemd("WATCHDOG=1")
            left = end - self._clock.now()
            step = min(left, WATCHDOG)
            if self._schedule.heartbeat is not None:
                due = self._last_heartbeat + self._schedule.heartbeat - self._clock.now()
                if due <= 0:
                    self._beat()
                    continue
                step = min(step, due)
            if self._clock.wait(max(step, 0.0)):
                return True
            if left <= step:
                return False

    def _beat(self) -> None:
        self._last_heartbeat = self._clock.now()
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self._last_heartbeat))
        self._say(f"alive {now} mark {self._mark() or 'none'} polls {self._polls} rows {self._rows}")


def duration(seconds: float) -> str:
    """Return a length of time in words as options take it: 90s, 15m, 2h."""
    whole = round(seconds)
    for unit, size in (("h", 3600), ("m", 60)):
        if whole >= 2 * size and whole % size == 0:
            return f"{whole // size}{unit}"
    return f"{whole}s"
