"""What `--follow` does with any query: polls on a schedule, prints lines on standard error, ends on a signal."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from ocpiq.app.error_report import write_stderr
from ocpiq.app.settings import FollowSettings
from ocpiq.app.shutdown import Shutdown
from ocpiq.delivery.follow import Clock, Follower, Schedule


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
