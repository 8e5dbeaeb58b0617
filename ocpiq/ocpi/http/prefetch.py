"""Pages fetched before they are asked for, a few at a time, by threads of their own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from itertools import islice

from ocpiq.ocpi.http.client import PULSE, Answer
from ocpiq.ocpi.http.failures import TOO_MANY, Failure

HELD = 8 << 20  # bytes of answers that wait, as far as the last one foretells

Get = Callable[[str, Callable[[], bool]], Answer]
"""Asks for a URL, until it is told to stop."""


class Prefetcher:
    """Fetches what `aim` names; `take` gives it. No more than `width` answers are under way or wait.

    The width grows with every answer that had to be waited for, and falls with every failure. `stop` ends it at
    once: what is under way is broken off, and nobody waits for it.
    """

    def __init__(self, get: Get, most: int, *, at_once: bool) -> None:
        self.get = get
        self.most = most
        self.width = most if at_once else min(2, most)
        self.stopped = threading.Event()
        self.pending: dict[str, BackgroundRequest] = {}

    def aim(self, urls: Iterable[str]) -> None:
        """Fetch the first of these that there is room for; the others that were aimed at are given up."""
        wanted = list(islice(urls, self.most))
        for url in [url for url in self.pending if url not in wanted]:
            self.pending.pop(url).stop()
        for url in wanted[: self.width]:
            if url not in self.pending and not self.stopped.is_set():
                self.pending[url] = BackgroundRequest(self.get, url)

    def take(self, url: str, within: float) -> Answer:
        """Return the answer for a URL, aimed at or not. Raises its Failure, and TimeoutError."""
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
        self.most = min(self.most, max(2, HELD // (len(answer.body) + 1)))
        self.width = min(self.width + late, self.most)
        return answer

    def stop(self) -> None:
        """Break off whatever is under way."""
        self.stopped.set()
        self.aim(())


class BackgroundRequest:
    """One request in a thread of its own, so that nobody has to wait for it longer than he will."""

    def __init__(self, get: Get, url: str) -> None:
        self.answer: Answer | None = None
        self.error: BaseException | None = None
        self.done = threading.Event()
        self.stopped = False
        self.went: float | None = None  # when the request's turn had come
        self.heard = 0.0  # when the last piece of the answer came

        def work() -> None:
            try:
                self.answer = get(url, self.hear)
            except BaseException as error:
                self.error = error
            self.done.set()

        threading.Thread(target=work, daemon=True).start()  # so that the process can end before it

    def hear(self) -> bool:
        """Note that the request goes on; return whether it is to stop."""
        self.heard = time.monotonic()
        self.went = self.went or self.heard
        return self.stopped

    def result(self, within: float) -> Answer:
        """Return the answer, waited for; raises what its fetching raised.

        Raises TimeoutError where nothing comes any more when its seconds are over, not counting those that it had
        to wait for its turn. A body that comes on after that is the connection's to judge.
        """
        while not self.done.wait(self.rest(within)):
            if self.rest(within) <= 0:
                self.stop()
                raise TimeoutError
        if self.error is not None:
            raise self.error
        assert self.answer is not None
        return self.answer

    def rest(self, within: float) -> float:
        """Return the seconds to wait before another look."""
        if self.went is None or self.heard >= self.went + within:
            return PULSE
        return max(self.went + within, self.heard + PULSE) - time.monotonic()

    def stop(self) -> None:
        """Break off at the next piece of the answer."""
        self.stopped = True
