"""Tries: how often and how long, on a clock that only moves when somebody waits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocpiq import ocpi
from ocpiq.ocpi.http.failures import Failure
from ocpiq.ocpi.http.retry import Retrier


class Clock:
    """A clock that waiting moves on."""

    def __init__(self) -> None:
        self.now = 100.0
        self.waits: list[float] = []

    def pause(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds

    def tries(self, **bounds: float) -> Retrier:
        return Retrier(ocpi.RetryPolicy(pause=self.pause, clock=lambda: self.now, **bounds), lambda: None)


def failure(retries: int = 3, wait: float | None = None) -> Failure:
    failed = Failure("cdrs: busy", status=503, retries=retries)
    failed.wait = wait
    return failed


def fails(*failures: Failure):
    """Return an attempt that fails so, and then always as the last time."""
    todo = list(failures)

    def attempt() -> None:
        raise todo.pop(0) if len(todo) > 1 else todo[0]

    return attempt


WAITS = {
    "what may pass": (failure(), [1.0, 3.0, 9.0]),
    "what may pass once": (failure(retries=1), [1.0]),
    "what will not pass": (failure(retries=0), []),
    "as the platform asks": (failure(wait=7.0), [7.0, 7.0, 7.0]),
    "as long as it can ask": (failure(wait=30.0), [30.0]),
    "longer than it can ask": (failure(wait=31.0), []),
    "too often": (failure(wait=20.0), [20.0]),
    "at once": (failure(wait=0.0), [0.0, 0.0, 0.0]),
}


@pytest.mark.parametrize(("failed", "waits"), WAITS.values(), ids=WAITS)
def test_waits(failed, waits):
    clock = Clock()
    with pytest.raises(Failure):
        clock.tries(spread=0).run(fails(failed))
    assert clock.waits == waits


def test_once_means_no_retry():
    clock = Clock()
    with pytest.raises(Failure):
        clock.tries().run(fails(failure()), once=True)
    assert clock.waits == []


def test_a_good_response_resets_the_time():
    clock = Clock()
    tries = clock.tries(spread=0)
    for _ in range(5):
        clock.now += 50
        assert tries.run(lambda: 7) == 7
        assert (tries.left, tries.over) == (60.0, False)


STEPS = st.tuples(
    st.floats(0, 1),  # how much of the time that it has an attempt takes
    st.integers(0, 3),
    st.none() | st.floats(0, 40),
)


@given(st.lists(STEPS, min_size=1, max_size=40))
def test_all_attempts_end_within_a_minute(steps):
    clock = Clock()
    tries, starts, todo = clock.tries(), clock.now, list(steps)

    def attempt() -> None:
        share, retries, wait = todo.pop(0) if todo else (1.0, 3, None)
        clock.now += share * tries.left
        raise failure(retries, wait)

    while todo and not tries.over:  # as a pull goes on by another endpoint, another limit, an offset
        with pytest.raises(Failure):
            tries.run(attempt)
    assert clock.now - starts <= 60 + 1e-6
