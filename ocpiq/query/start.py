"""The start of a run: the one moment that windows, policies and what a file says of its run depend on."""

from __future__ import annotations

from time import time_ns

from msgspec import Struct

from ocpiq.query.delivery import Delivery  # not for types only: a worker of --jobs decodes a Start


class Start(Struct, frozen=True):
    """The start of a run: `now` in microseconds since 1970, read once and handed to everything that needs the time.

    `delivery` has the window of `since last`, if the run has a state.
    """

    now: int
    delivery: Delivery | None = None


def begin() -> Start:
    """Return the start of a run that begins now."""
    return Start(now())


def now() -> int:
    """Return the current time in microseconds since 1970."""
    return time_ns() // 1000
