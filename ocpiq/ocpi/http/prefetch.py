"""Pages fetched in advance, a few at a time, in background threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from itertools import islice

from ocpiq.ocpi.http.client import MIN_MEASURE_SECONDS, HttpResponse
from ocpiq.ocpi.http.failures import TOO_MANY, Failure

MAX_BUFFERED = 8 << 20  # bytes of waiting responses, estimated from the last one

Get = Callable[[str, Callable[[], bool]], HttpResponse]
"""Requests a URL until it is told to stop."""


class Prefetcher:
    """Fetches the URLs that `aim` names; `take` returns their responses. At most `width` are in flight or waiting.

    The width grows with every response that had to be waited for, and falls with every failure. `stop` cancels all
    requests in flight at once.
    """

    def __init__(self, get: Get, most: int, *, at_once: bool) -> None:
        self.get = get
        self.most = most
        self.width = most if at_once else min(2, most)
        self.stopped = threading.Event()
        self.pending: dict[str, BackgroundRequest] = {}

    def aim(self, urls: Iterable[str]) -> None:
        """Fetch the first of these that fit; cancel requests for other URLs."""
        wanted = list(islice(urls, self.most))
        for url in [url for url in self.pending if url not in wanted]:
            self.pending.pop(url).stop()
        for url in wanted[: self.width]:
            if url not in self.pending and not self.stopped.is_set():
                self.pending[url] = BackgroundRequest(self.get, url)

    def take(self, url: str, within: float) -> HttpResponse:
        """Return the response for a URL, prefetched or not. Raises its Failure, and TimeoutError."""
        request = self.pending.pop(url, None)
        if request is None:
            return BackgroundRequest(self.get, url).result(within)
        late = not request.done.is_set()
        try:
            answer = request.result(within)
        except (Failure, TimeoutError):
            self.width = max(1, self.width // 2)
            raise
        if not answer.success:
            self.most = 1 if answer.status == TOO_MANY else self.most
            self.width = max(1, min(self.width // 2, self.most))
            return answer
        self.most = min(self.most, max(2, MAX_BUFFERED // (len(answer.body) + 1)))
        self.width = min(self.width + late, self.most)
        return answer

    def stop(self) -> None:
        """Cancel all requests in flight."""
        self.stopped.set()
        self.aim(())


class BackgroundRequest:
    """One request in a thread of its own, so that a caller can stop waiting for it."""

    def __init__(self, get: Get, url: str) -> None:
        self.answer: HttpResponse | None = None
        self.error: BaseException | None = None
        self.done = threading.Event()
        self.stopped = False
        self.started: float | None = None  # when the request was sent
        self.last_activity = 0.0  # when the last piece of the response arrived

        def work() -> None:
            try:
                self.answer = get(url, self.note_activity)
            except BaseException as error:
                self.error = error
            self.done.set()

        threading.Thread(target=work, daemon=True).start()  # so that the process can end before it

    def note_activity(self) -> bool:
        """Note that the request is alive; return whether it must stop."""
        self.last_activity = time.monotonic()
        self.started = self.started or self.last_activity
        return self.stopped

    def result(self, within: float) -> HttpResponse:
        """Wait for the response and return it; raises what the request raised.

        Raises TimeoutError if nothing arrives any more after `within` seconds, not counting the wait for the rate
        limit. A body that still arrives after that is checked by the connection.
        """
        while not self.done.wait(self.remaining(within)):
            if self.remaining(within) <= 0:
                self.stop()
                raise TimeoutError
        if self.error is not None:
            raise self.error
        assert self.answer is not None
        return self.answer

    def remaining(self, within: float) -> float:
        """Return the seconds to wait before the next check."""
        if self.started is None or self.last_activity >= self.started + within:
            return MIN_MEASURE_SECONDS
        return max(self.started + within, self.last_activity + MIN_MEASURE_SECONDS) - time.monotonic()

    def stop(self) -> None:
        """Cancel at the next piece of the response."""
        self.stopped = True
