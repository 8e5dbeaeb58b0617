"""A clock for runs with `--follow` in this process: waits are over at once, and the run ends at a given time."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ocpiq.app import following
from ocpiq.delivery.follow import Clock


class FakeClock:
    """Seconds since 1970, from 2026-01-01 on; `on_wait` is called with the length of each wait."""

    def __init__(self, end: float, on_wait: Callable[[float], object] = lambda seconds: None) -> None:
        self.time = 1_767_225_600.0
        self.end = self.time + end
        self.on_wait = on_wait

    def wait(self, seconds: float) -> bool:
        """Wait, and tell whether the run is to end."""
        self.time += seconds
        self.on_wait(seconds)
        return self.time >= self.end

    @property
    def clock(self) -> Clock:
        """The clock as a run takes it."""
        return Clock(lambda: self.time, self.wait)


def use_clock(patch: pytest.MonkeyPatch, fake: FakeClock) -> None:
    """Let runs of the command line in this process use a clock."""
    patch.setattr(following, "real_clock", lambda shutdown: fake.clock)
