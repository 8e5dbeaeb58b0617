"""How many pages are fetched ahead: more as long as the platform answers, fewer as soon as it does not."""

from __future__ import annotations

import pytest

from ocpiq.ocpi.http.client import Answer
from ocpiq.ocpi.http.failures import Failure
from ocpiq.ocpi.http.prefetch import Prefetcher

URLS = [f"https://cpo.example/cdrs?offset={number}" for number in range(20)]


def answering(status: int) -> Prefetcher:
    """Return one that is to fetch eight at once, from a platform that answers so."""
    return Prefetcher(lambda url, stopped: Answer(url, status, {}, b"[]"), 8, at_once=True)


@pytest.mark.parametrize(
    ("status", "width", "most"),
    [(200, 8, 8), (500, 4, 8), (401, 4, 8), (429, 1, 1)],
)
def test_what_an_answer_does_to_the_width(status: int, width: int, most: int) -> None:
    ahead = answering(status)
    ahead.aim(URLS)
    assert len(ahead.pending) == 8
    assert ahead.take(URLS[0], 5).status == status
    assert (ahead.width, ahead.most) == (width, most)


def test_a_failure_halves_the_width() -> None:
    def fails(url: str, stopped: object) -> Answer:
        raise Failure("cdrs: no")

    ahead = Prefetcher(fails, 8, at_once=True)
    ahead.aim(URLS)
    with pytest.raises(Failure):
        ahead.take(URLS[0], 5)
    assert (ahead.width, ahead.most) == (4, 8)


def test_what_is_no_longer_aimed_at_is_broken_off() -> None:
    ahead = answering(200)
    ahead.aim(URLS[:4])
    first = ahead.pending[URLS[0]]
    ahead.aim(URLS[4:6])
    assert first.stopped
    assert set(ahead.pending) == set(URLS[4:6])
