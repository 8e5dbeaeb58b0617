"""One platform's HTTP connections: requests, redirects, bodies read piece by piece, and their limits."""

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

from ocpiq.errors import Message, say
from ocpiq.gate.bounds import LARGEST, RATIO, UNPACKED
from ocpiq.ocpi.http import failures
from ocpiq.ocpi.http.failures import Failure, Subject
from ocpiq.ocpi.http.urls import redirect_target

if TYPE_CHECKING:
    from ocpiq.storage import Tls

MIN_MEASURE_SECONDS = 1.0  # shortest time over which speed is measured
LONGEST_HEADER = 1 << 16  # characters of a header that are read
LARGE_BLOCK = 1 << 24
"""Bytes that are allocated and freed once. Otherwise glibc maps new memory for every body, and faulting it in page by
page takes longer than reading it."""
REDIRECTS = 5
REDIRECT_STATUS = (301, 302, 303, 307, 308)


class Bounds(Struct, frozen=True):
    """The limits of a request: seconds for the connection, the first byte and each further piece; bytes.

    A body slower than `slowest` bytes per second over `slow_after` seconds is abandoned, and so is one
    larger than `largest`, or one that unpacks to more than `ratio` times its size and `unpacked` bytes.
    """

    connect: float = 10.0
    first: float = 25.0
    idle: float = 15.0
    slow_after: float = 30.0
    slowest: float = 10_000.0
    largest: int = LARGEST
    ratio: int = RATIO
    unpacked: int = UNPACKED


class HttpResponse(Struct, frozen=True):
    """An HTTP response; `url` is its URL after redirects, `headers` have lower-case names."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float = 0.0

    @property
    def success(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    @property
    def retry_after(self) -> float | None:
        """The seconds that the platform asks ocpiq to wait, or None."""
        text = self.headers.get("retry-after", "").strip()
        if text.isascii() and text.isdigit():
            return float(text[:9])
        until = parse_http_date(text)
        now = parse_http_date(self.headers.get("date", "")) or datetime.now(UTC)
        return None if until is None else max(0.0, (until - now).total_seconds())


class RequestCancelled(Exception):
    """The response is no longer needed."""


class HttpClient:
    """Connections to one platform, kept open between requests; close it, or use it in a `with`.

    It may be used by several threads. `rate` is the maximum number of requests per minute.
    """

    def __init__(
        self, tls: Tls | None = None, *, bounds: Bounds | None = None, rate: float | None = None
    ) -> None:
        from ocpiq.ocpi.http import transport  # noqa: PLC0415 - slow to load, and files need none

        self.bounds = bounds or Bounds()
        self.client = transport.client(tls)
        self.rate_limiter = RateLimiter(60.0 / rate if rate else 0.0)
        self.close = weakref.finalize(self, self.client.close)
        bytes(LARGE_BLOCK)

    def __enter__(self) -> HttpClient:
        return self

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def get(
        self,
        url: str,
        headers: Mapping[str, str],
        subject: Subject,
        stopped: Callable[[], bool] = lambda: False,
        within: float = math.inf,
    ) -> HttpResponse:
        """Return the response to a GET, with any status; `subject` names it in errors.

        Redirects are followed on the same host only, so that the token is sent nowhere else. `stopped` is called
        before the request and at every piece of the response; a body that is slow after `within` seconds is
        abandoned. Raises Failure, or RequestCancelled once `stopped` returns true.
        """
        import httpx  # noqa: PLC0415

        from ocpiq.ocpi.http.decoders import BrokenCodingError  # noqa: PLC0415

        status = 0
        for _ in range(REDIRECTS + 1):
            self.rate_limiter.wait()
            if stopped():
                raise RequestCancelled
            try:
                response = self.send(url, headers, subject, stopped, within)
            except (httpx.HTTPError, httpx.InvalidURL, BrokenCodingError) as error:
                raise failures.of_network(subject, url, error) from error
            if response.status not in REDIRECT_STATUS:
                return response
            status = response.status
            within -= response.seconds
            location = response.headers.get("location", "")
            target = redirect_target(location, url) if location else None
            if target is None:
                raise failures.of_redirect(subject, url, location, status)
            url = target
        raise failures.of_redirects(subject, url, status)

    def send(
        self,
        url: str,
        headers: Mapping[str, str],
        subject: Subject,
        stopped: Callable[[], bool],
        within: float,
    ) -> HttpResponse:
        """Return the response to one request."""
        from ocpiq.ocpi.http import decoders, transport  # noqa: PLC0415 - httpx is for pulls only

        began = time.monotonic()
        bounds, rest = self.bounds, max(within, MIN_MEASURE_SECONDS)
        waits = transport.Timeouts(min(bounds.connect, rest), min(bounds.first, rest), bounds.idle)
        with transport.stream(self.client, url, headers, waits) as response:
            waits.headers_received()
            headers_in = merge_headers(transport.received_headers(response))
            guard = ThroughputGuard(bounds, subject, url, began + within)

            def pieces() -> Iterator[bytes]:
                for piece in response.iter_raw():
                    if stopped():
                        raise RequestCancelled
                    waits.piece_received()
                    guard.count(len(piece))
                    yield piece

            body = b"".join(
                decoders.decode_body(pieces(), headers_in.get("content-encoding", ""), guard.check)
            )
            return HttpResponse(url, response.status_code, headers_in, body, time.monotonic() - began)


class RateLimiter:
    """Spaces requests at least `seconds` apart."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.lock = threading.Lock()
        self.next = 0.0

    def wait(self) -> None:
        """Wait until the next request is allowed."""
        if not self.seconds:
            return
        with self.lock:
            now = time.monotonic()
            begin = max(now, self.next)
            self.next = begin + self.seconds
        time.sleep(begin - now)


class ThroughputGuard:
    """Checks a body as it arrives: its size, its compression ratio, its speed."""

    def __init__(self, bounds: Bounds, subject: Subject, url: str, deadline: float) -> None:
        self.bounds = bounds
        self.subject = subject
        self.where = subject.host(url)
        self.window_start = time.monotonic()
        self.received_bytes = 0  # before decompression
        self.window_bytes = 0  # bytes that had come at the time `window_start`
        self.deadline = deadline  # the time of an extra check

    def count(self, size: int) -> None:
        """Count received bytes. Raises the Failure for a body that is too slow."""
        bounds = self.bounds
        self.received_bytes += size
        now = time.monotonic()
        window = now - self.window_start
        if window >= bounds.slow_after or (now >= self.deadline and window >= MIN_MEASURE_SECONDS):
            if self.received_bytes - self.window_bytes < bounds.slowest * window:
                failure = self.failure(
                    say(
                        "{where} sends less than {rate:g} kB per second",
                        where=self.where,
                        rate=bounds.slowest / 1000,
                    )
                )
                failure.stalled = True
                raise failure
            self.window_start, self.window_bytes, self.deadline = now, self.received_bytes, math.inf

    def check(self, size: int) -> None:
        """Raise the Failure for a body that unpacks to `size` bytes, if that is too much."""
        bounds = self.bounds
        if size > bounds.largest:
            raise self.failure(
                say(
                    "the response from {where} is larger than {size} MB",
                    where=self.where,
                    size=bounds.largest >> 20,
                )
            )
        if size > bounds.unpacked and size > bounds.ratio * self.received_bytes:
            raise self.failure(
                say(
                    "the response from {where} unpacks to more than {ratio} times its size",
                    where=self.where,
                    ratio=bounds.ratio,
                )
            )

    def failure(self, text: Message) -> Failure:
        """Return the failure; a retry would end the same way."""
        return Failure(say("{subject}: {text}", subject=self.subject.label, text=text), status=200)


def parse_http_date(text: str) -> datetime | None:
    """Return the time in a header, or None if it has none."""
    try:
        return parsedate_to_datetime(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def merge_headers(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return the headers under lower-case names; repeated ones are joined with commas and truncated."""
    merged: dict[str, list[str]] = {}
    for name, value in headers:
        merged.setdefault(name.decode("latin-1").lower(), []).append(header_text(value))
    return {name: ", ".join(values)[:LONGEST_HEADER] for name, values in merged.items()}


def header_text(value: bytes) -> str:
    """Return the text of a header: UTF-8, or Latin-1 as in older HTTP."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")
