"""Patience with what may pass: how often a request is tried, and how long is waited in between."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from msgspec import Struct

from ocpiq.ocpi.failures import Failure

T = TypeVar("T")


class Patience(Struct, frozen=True):
    """Seconds before each further try, the longest wait that a platform can ask for, and how to wait.

    Waits are made longer by up to `spread` of themselves, so that many clients do not come back at once. No
    try begins later than `in_all` seconds after the first, which leaves it time to end within a minute.
    """

    waits: tuple[float, ...] = (1.0, 3.0, 9.0)
    longest: float = 30.0
    in_all: float = 35.0
    spread: float = 0.25
    pause: Callable[[float], None] = time.sleep


def patiently(attempt: Callable[[], T], patience: Patience, told_to_wait: Callable[[], None]) -> T:
    """Return what `attempt` gives, tried again after failures that may pass. Raises the last Failure.

    `told_to_wait` is called before a wait that the platform asked for.
    """
    tried, waited, began = 0, 0.0, time.monotonic()
    while True:
        try:
            return attempt()
        except Failure as failure:
            if tried >= min(failure.retries, len(patience.waits)):
                raise
            wait = patience.waits[tried] if failure.wait is None else failure.wait
            wait *= random.uniform(1, 1 + patience.spread)  # noqa: S311 - no secret
            if (failure.wait or 0.0) > patience.longest:
                raise
            if max(waited, time.monotonic() - began) + wait > patience.in_all * (1 + patience.spread):
                raise
            if failure.wait is not None:
                told_to_wait()
            tried += 1
            waited += wait
        patience.pause(wait)
