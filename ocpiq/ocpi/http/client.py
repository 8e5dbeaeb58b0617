"""One platform's HTTP connections: requests, redirects, bodies read as they come, and what is too much of them."""

from __future__ import annotations

import math
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import TYPE_CHECKING

from msgspec import Struct

from ocpiq.gate.bounds import LARGEST, RATIO, UNPACKED
from ocpiq.ocpi.http import failures
from ocpiq.ocpi.http.failures import Failure, Subject
from ocpiq.ocpi.http.urls import redirected

if TYPE_CHECKING:
    from ocpiq.storage import Tls

PULSE = 1.0  # seconds in which a body that comes has another piece
LONGEST_HEADER = 1 << 16  # characters of a header that are looked at
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
    largest: int = LARGEST
    ratio: int = RATIO
    unpacked: int = UNPACKED


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
        from ocpiq.ocpi.http import transport  # noqa: PLC0415 - slow to load, and files need none

        self.bounds = bounds or Bounds()
        self.client = transport.client(tls)
        self.turn = Turn(60.0 / rate if rate else 0.0)
        self.close = weakref.finalize(self, self.client.close)
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
        subject: Subject,
        stopped: Callable[[], bool] = lambda: False,
        within: float = math.inf,
    ) -> Answer:
        """Return the answer to a GET, whatever its status; `subject` names it in errors.

        Redirects are followed on the same host only, so that the token goes nowhere else. `stopped` is asked
        when the request's turn has come, and at every piece of the answer; a body that is slow when the seconds
        of `within` are over is given up. Raises Failure, and Stopped once `stopped` says so.
        """
        import httpx  # noqa: PLC0415

        from ocpiq.ocpi.http.decoders import BrokenCodingError  # noqa: PLC0415

        status = 0
        for _ in range(REDIRECTS + 1):
            self.turn.wait()
            if stopped():
                raise Stopped
            try:
                answer = self.once(url, headers, subject, stopped, within)
            except (httpx.HTTPError, httpx.InvalidURL, BrokenCodingError) as error:
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
        raise Failure(f"{subject}: {subject.host(url)} sends on and on (HTTP {status})", status=status)

    def once(
        self,
        url: str,
        headers: Mapping[str, str],
        subject: Subject,
        stopped: Callable[[], bool],
        within: float,
    ) -> Answer:
        """Return the answer to one request."""
        from ocpiq.ocpi.http import decoders, transport  # noqa: PLC0415 - httpx is for pulls only

        began = time.monotonic()
        bounds, rest = self.bounds, max(within, PULSE)
        waits = transport.Waits(min(bounds.connect, rest), min(bounds.first, rest), bounds.idle)
        with transport.streamed(self.client, url, headers, waits) as response:
            waits.headers_came()
            found = merged(transport.received(response))
            meter = Meter(bounds, subject, url, began + within)

            def pieces() -> Iterator[bytes]:
                for piece in response.iter_raw():
                    if stopped():
                        raise Stopped
                    waits.piece_came()
                    meter.received(len(piece))
                    yield piece

            body = b"".join(decoders.unpacked(pieces(), found.get("content-encoding", ""), meter.check))
            return Answer(url, response.status_code, found, body, time.monotonic() - began)


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

    def __init__(self, bounds: Bounds, subject: Subject, url: str, due: float) -> None:
        self.bounds = bounds
        self.subject = subject
        self.where = subject.host(url)
        self.since = time.monotonic()
        self.sent = 0  # bytes that came, packed
        self.then = 0  # bytes that had come at the time `since`
        self.due = due  # the time at which it is looked at in any case

    def received(self, size: int) -> None:
        """Count bytes that came. Raises the Failure for a body that is too slow."""
        bounds = self.bounds
        self.sent += size
        now = time.monotonic()
        window = now - self.since
        if window >= bounds.patience or (now >= self.due and window >= PULSE):
            if self.sent - self.then < bounds.slowest * window:
                raise self.failure(f"{self.where} sends less than {bounds.slowest / 1000:g} kB a second")
            self.since, self.then, self.due = now, self.sent, math.inf

    def check(self, size: int) -> None:
        """Raise the Failure for a body that unpacks to `size` bytes, if that is too much."""
        bounds = self.bounds
        if size > bounds.largest:
            raise self.failure(f"the answer of {self.where} is larger than {bounds.largest >> 20} MB")
        if size > bounds.unpacked and size > bounds.ratio * self.sent:
            raise self.failure(
                f"the answer of {self.where} unpacks to more than {bounds.ratio} times its size"
            )

    def failure(self, text: str) -> Failure:
        """Return the failure; another try would end the same."""
        return Failure(f"{self.subject}: {text}", status=200)


def moment(text: str) -> datetime | None:
    """Return the time in a header, or None where it holds none."""
    try:
        return parsedate_to_datetime(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def merged(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return the headers under lower-case names; several of one name are one list with commas, cut where it is long."""
    found: dict[str, list[str]] = {}
    for name, value in headers:
        found.setdefault(name.decode("latin-1").lower(), []).append(text_of(value))
    return {name: ", ".join(values)[:LONGEST_HEADER] for name, values in found.items()}


def text_of(value: bytes) -> str:
    """Return the text of a header: UTF-8, or what HTTP once had."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")
