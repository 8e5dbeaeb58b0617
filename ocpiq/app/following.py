"""What `--follow` does with any query: polls on a schedule, prints lines on standard error, ends on a signal."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

from ocpiq.app.error_report import write_stderr
from ocpiq.app.progress import Progress
from ocpiq.app.settings import FollowSettings
from ocpiq.app.shutdown import Shutdown
from ocpiq.delivery.follow import Clock, Follower, Schedule
from ocpiq.delivery.systemd import notify_systemd
from ocpiq.errors import Notice, WarningIssued

MOST_WARNINGS: Final = 1000  # that are remembered


class FollowProgress(Progress):
    """Shows each warning of a run without an end once, and nothing else but requests with `--verbose`."""

    def __init__(self, *, verbose: bool) -> None:
        super().__init__(quiet=True, verbose=verbose)
        self._said: set[str] = set()

    def __call__(self, event: Notice) -> None:
        """Show an event, which is a sign of life."""
        notify_systemd("WATCHDOG=1")
        if isinstance(event, WarningIssued):
            if event.message in self._said:
                return
            if len(self._said) >= MOST_WARNINGS:
                self._said.clear()
            self._said.add(event.message)
        super().__call__(event)


def follow(
    poll: Callable[[], int], mark: Callable[[], str], settings: FollowSettings, shutdown: Shutdown
) -> None:
    """Call `poll` until told to end, which is no failure; `mark` is the platform's time of the last poll.

    Raises the errors of `poll` that do not heal.
    """
    shutdown.follows = True
    schedule = Schedule(settings.poll, settings.heartbeat)
    try:
        Follower(poll, schedule, real_clock(shutdown), write_stderr, mark).run()
    except KeyboardInterrupt:  # told to end during a poll, which is given up
        if not shutdown.signal:
            raise


def real_clock(shutdown: Shutdown) -> Clock:
    """Return the clock of this machine, whose waits end when the run is told to."""
    ended = threading.Event()
    shutdown.closing(ended.set)
    return Clock(time.time, ended.wait)
