"""How many pages are fetched ahead: more as long as the platform answers, fewer as soon as it does not."""

from __future__ import annotations

import pytest

from ocpiq.errors import say
from ocpiq.ocpi.http.client import HttpResponse
from ocpiq.ocpi.http.failures import Failure
from ocpiq.ocpi.http.prefetch import Prefetcher

URLS = [f"https://cpo.example/cdrs?offset={number}" for number in range(20)]


def answering(status: int) -> Prefetcher:
    """Return one that is to fetch eight at once, from a platform that answers so."""
    return Prefetcher(lambda url, stopped: HttpResponse(url, status, {}, b"[]"), 8, at_once=True)


@pytest.mark.parametrize(
    ("status", "width", "most"),
    [(200, 8, 8), (500, 4, 8), (401, 4, 8), (429, 1, 1)],
)
def test_the_width_after_a_response(status: int, width: int, most: int) -> None:
    prefetcher = answering(status)
    prefetcher.aim(URLS)
    assert len(prefetcher.pending) == 8
    assert prefetcher.take(URLS[0], 5).status == status
    assert (prefetcher.width, prefetcher.most) == (width, most)


def test_a_failure_halves_the_width() -> None:
    def fails(url: str, stopped: object) -> HttpResponse:
        raise Failure(say("cdrs: no"))

    prefetcher = Prefetcher(fails, 8, at_once=True)
    prefetcher.aim(URLS)
    with pytest.raises(Failure):
        prefetcher.take(URLS[0], 5)
    assert (prefetcher.width, prefetcher.most) == (4, 8)


def test_requests_that_are_no_longer_wanted_are_cancelled() -> None:
    prefetcher = answering(200)
    prefetcher.aim(URLS[:4])
    first = prefetcher.pending[URLS[0]]
    prefetcher.aim(URLS[4:6])
    assert first.stopped
    assert set(prefetcher.pending) == set(URLS[4:6])
