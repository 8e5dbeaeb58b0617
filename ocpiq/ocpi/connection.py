"""One platform's HTTP connections: requests, redirects, bodies read as they come, and what is too much of them."""

from __future__ import annotations

import math
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import TYPE_CHECKING

from msgspec import Struct

from ocpiq.ocpi import failures
from ocpiq.ocpi.address import host, redirected
from ocpiq.ocpi.failures import Failure

if TYPE_CHECKING:
    from urllib3 import HTTPHeaderDict

    from ocpiq.storage import Tls

PULSE = 1.0  # seconds in which a body that comes has another piece
PIECE = 1 << 16  # bytes of a body that are read at once
LARGE_BLOCK = 1 << 24
"""Bytes that are taken and given back once: else glibc asks the system anew for every body, and all of its memory
comes in page by page, which takes longer than to read it."""
REDIRECTS = 5
REDIRECT_STATUS = (301, 302, 303, 307, 308)


class Bounds(Struct, frozen=True):
    """What is waited for and taken: seconds for a connection, the first byte, each further piece; bytes.

    A body that brings less than `slowest` bytes a second over `patience` seconds is given up, and so is one
    larger than `largest`, or one that unpacks to more than `ratio` times what was sent and `unpacked` bytes.
    """

    connect: float = 10.0
    first: float = 25.0
    idle: float = 15.0
    patience: float = 30.0
    slowest: float = 10_000.0
    largest: int = 1 << 29
    ratio: int = 200
    unpacked: int = 1 << 24


class Answer(Struct, frozen=True):
    """An HTTP answer; `url` is where it came from after redirects, `headers` have lower-case names."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float = 0.0

    @property
    def success(self) -> bool:
        """Whether HTTP says that the request was served."""
        return 200 <= self.status < 300

    @property
    def retry_after(self) -> float | None:
        """The seconds that the platform asks to wait, or None."""
        text = self.headers.get("retry-after", "").strip()
        if text.isascii() and text.isdigit():
            return float(text[:9])
        until = moment(text)
        now = moment(self.headers.get("date", "")) or datetime.now(UTC)
        return None if until is None else max(0.0, (until - now).total_seconds())


class Stopped(Exception):
    """Nobody waits for this answer any more."""


class Connection:
    """Connections to one platform, kept open between requests; close it, or use it in a `with`.

    It may be used by several threads. `rate` is the number of requests a minute that it makes at most.
    """

    def __init__(
        self, tls: Tls | None = None, *, bounds: Bounds | None = None, rate: float | None = None
    ) -> None:
        from ocpiq.ocpi.network import Pools  # noqa: PLC0415 - slow to load, and files need none

        self.bounds = bounds or Bounds()
        self.pools = Pools(tls, self.bounds.connect, self.bounds.first, self.bounds.idle)
        self.turn = Turn(60.0 / rate if rate else 0.0)
        self.close = weakref.finalize(self, self.pools.close)
        bytes(LARGE_BLOCK)

    def __enter__(self) -> Connection:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def get(
        self,
        url: str,
        headers: Mapping[str, str],
        subject: str,
        stopped: Callable[[], bool] = lambda: False,
        within: float = math.inf,
    ) -> Answer:
        """Return the answer to a GET, whatever its status; `subject` names it in errors.

        Redirects are followed on the same host only, so that the token goes nowhere else. `stopped` is asked
        when the request's turn has come, and at every piece of the answer; a body that is slow when the seconds
        of `within` are over is given up. Raises Failure, and Stopped once `stopped` says so.
        """
        from urllib3.exceptions import HTTPError  # noqa: PLC0415

        status = 0
        for _ in range(REDIRECTS + 1):
            self.turn.wait()
            if stopped():
                raise Stopped
            try:
                answer = self.once(url, headers, subject, stopped, within)
            except HTTPError as error:
                raise failures.of_network(subject, url, error) from error
            if answer.status not in REDIRECT_STATUS:
                return answer
            status = answer.status
            within -= answer.seconds
            location = answer.headers.get("location", "")
            target = redirected(location, url) if location else None
            if target is None:
                raise failures.elsewhere(subject, url, location, status)
            url = target
        raise Failure(f"{subject}: {host(url)} sends on and on (HTTP {status})", status=status)

    def once(
        self, url: str, headers: Mapping[str, str], subject: str, stopped: Callable[[], bool], within: float
    ) -> Answer:
        """Return the answer to one request."""
        began = time.monotonic()
        with self.pools.get(url, headers) as response:
            meter = Meter(self.bounds, subject, url, began + within)
            pieces, size = [], 0
            while piece := response.read1(PIECE):
                if stopped():
                    raise Stopped
                pieces.append(piece)
                size += len(piece)
                meter.check(size, response.tell())
            spent = time.monotonic() - began
            return Answer(url, response.status, lowered(response.headers), b"".join(pieces), spent)


class Turn:
    """Lets requests begin no more often than once in so many seconds."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.lock = threading.Lock()
        self.next = 0.0

    def wait(self) -> None:
        """Wait for the next turn."""
        if not self.seconds:
            return
        with self.lock:
            now = time.monotonic()
            begin = max(now, self.next)
            self.next = begin + self.seconds
        time.sleep(begin - now)


class Meter:
    """Watches a body that comes in: how large, how packed, how slow."""

    def __init__(self, bounds: Bounds, subject: str, url: str, due: float) -> None:
        self.bounds = bounds
        self.subject = subject
        self.where = host(url)
        self.since = time.monotonic()
        self.then = 0  # bytes that had come at that time
        self.due = due  # the time at which it is looked at in any case

    def check(self, size: int, sent: int) -> None:
        """Raise the Failure for a body of `size` bytes, `sent` of them packed, that is too much or too slow."""
        bounds = self.bounds
        if size > bounds.largest:
            raise self.failure(f"the answer of {self.where} is larger than {bounds.largest >> 20} MB")
        if size > bounds.unpacked and size > bounds.ratio * sent:
            raise self.failure(
                f"the answer of {self.where} unpacks to more than {bounds.ratio} times its size"
            )
        now = time.monotonic()
        window = now - self.since
        if window >= bounds.patience or (now >= self.due and window >= PULSE):
            if sent - self.then < bounds.slowest * window:
                raise self.failure(f"{self.where} sends less than {bounds.slowest / 1000:g} kB a second")
            self.since, self.then, self.due = now, sent, math.inf

    def failure(self, text: str) -> Failure:
        """Return the failure; another try would end the same."""
        return Failure(f"{self.subject}: {text}", status=200)


def moment(text: str) -> datetime | None:
    """Return the time in a header, or None where it holds none."""
    try:
        return parsedate_to_datetime(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def lowered(headers: HTTPHeaderDict) -> dict[str, str]:
    """Return the headers under lower-case names; several of one name are one list with commas."""
    return {name.lower(): value for name, value in headers.itermerged()}
