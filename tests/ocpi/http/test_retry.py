"""Tries: how often and how long, on a clock that only moves when somebody waits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocpiq import ocpi
from ocpiq.errors import say
from ocpiq.ocpi.http.failures import Failure
from ocpiq.ocpi.http.retry import Retrier


class Clock:
    """A clock that waiting moves on."""

    def __init__(self) -> None:
        self.now = 100.0
        self.waits: list[float] = []
        self.shown: list[float] = []

    def on_wait(self, failure: Failure, seconds: float) -> None:
        self.shown.append(seconds)

    def pause(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds

    def tries(self, **bounds: float) -> Retrier:
        return Retrier(ocpi.RetryPolicy(pause=self.pause, clock=lambda: self.now, **bounds), self.on_wait)


def failure(retries: int = 3, wait: float | None = None, status: int = 503) -> Failure:
    failed = Failure(say("cdrs: busy"), status=status, retries=retries)
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


RATE_LIMITS = {
    "as long as the platform says": ([20.0, 120.0], [20.0, 120.0], True),
    "longer than two minutes": ([121.0], [], False),
    "short waits again and again become longer": (
        [1.0] * 13,
        [1.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 10.0, 10.0],
        True,
    ),
    "half an hour in all": ([120.0] * 16, [120.0] * 15, False),
    "at once": ([0.0], [0.0], True),
    "the platform does not say": ([None] * 5, [1.0, 3.0, 9.0, 27.0, 60.0], True),
    "and goes on so": ([None] * 6, [1.0, 3.0, 9.0, 27.0, 60.0], False),
}


@pytest.mark.parametrize("once", [True, False])
@pytest.mark.parametrize(("refusals", "waits", "answered"), RATE_LIMITS.values(), ids=RATE_LIMITS)
def test_waits_because_of_the_rate_of_requests(refusals, waits, answered, once):
    clock = Clock()
    todo = [failure(wait=wait, status=429) for wait in refusals]

    def attempt() -> int:
        if todo:
            raise todo.pop(0)
        return 7

    tries = clock.tries(spread=0)
    if answered:
        assert tries.run(attempt, once=once) == 7
    else:
        with pytest.raises(Failure, match="busy"):
            tries.run(attempt, once=once)
    assert clock.waits == clock.shown == waits
    assert not tries.over


def test_the_half_hour_is_that_of_the_whole_pull():
    clock = Clock()
    tries = clock.tries(spread=0)
    for number in range(16):
        refusals = [failure(wait=120.0, status=429)]

        def attempt(refusals: list[Failure] = refusals) -> None:
            if refusals:
                raise refusals.pop()

        if number < 15:
            tries.run(attempt)
        else:
            with pytest.raises(Failure):
                tries.run(attempt)


@given(st.floats(0, 120))
def test_a_wait_is_extended_by_a_quarter_or_ten_seconds(wait):
    tries = Clock().tries()
    assert wait <= tries.spread(wait) <= wait + min(wait / 4, 10.0)


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
