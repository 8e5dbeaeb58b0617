"""Patience with what may pass: how often a request is tried, and how long is waited in between."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from msgspec import Struct

from ocpiq.ocpi.failures import Failure

T = TypeVar("T")


class Patience(Struct, frozen=True):
    """Seconds before each further try, the longest wait that a platform can ask for, and how to wait."""

    waits: tuple[float, ...] = (1.0, 3.0, 9.0)
    longest: float = 120.0
    pause: Callable[[float], None] = time.sleep


def patiently(attempt: Callable[[], T], patience: Patience, told_to_wait: Callable[[], None]) -> T:
    """Return what `attempt` gives, tried again after failures that may pass. Raises the last Failure.

    `told_to_wait` is called before a wait that the platform asked for.
    """
    tried = 0
    while True:
        try:
            return attempt()
        except Failure as failure:
            if tried >= min(failure.retries, len(patience.waits)):
                raise
            wait = patience.waits[tried] if failure.wait is None else failure.wait
            if wait > patience.longest:
                raise
            if failure.wait is not None:
                told_to_wait()
            tried += 1
        patience.pause(wait)
