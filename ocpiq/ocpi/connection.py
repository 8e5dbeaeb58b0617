"""One platform's HTTP connection: requests, redirects, bodies read as they come."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import TYPE_CHECKING

from msgspec import Struct

from ocpiq.ocpi import failures
from ocpiq.ocpi.address import host, redirected
from ocpiq.ocpi.failures import Failure

if TYPE_CHECKING:
    import httpx

CONNECT_SECONDS = 10.0
READ_SECONDS = 30.0  # between two pieces of an answer, or before its first
REDIRECTS = 5
REDIRECT_STATUS = (301, 302, 303, 307, 308)
LARGEST = 1 << 29  # bytes of one answer, unpacked


class Answer(Struct, frozen=True):
    """An HTTP answer; `url` is where it came from after redirects, `headers` have lower-case names."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes

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


class Connection:
    """A connection to one platform, kept open between requests; close it, or use it in a `with`."""

    def __init__(self, *, read_seconds: float = READ_SECONDS) -> None:
        import httpx  # noqa: PLC0415 - slow to load, and files need none

        self.client = httpx.Client(
            follow_redirects=False,
            timeout=httpx.Timeout(CONNECT_SECONDS, read=read_seconds),
        )
        self.close = weakref.finalize(self, self.client.close)

    def __enter__(self) -> Connection:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def get(self, url: str, headers: Mapping[str, str], subject: str) -> Answer:
        """Return the answer to a GET, whatever its status; `subject` names it in errors.

        Redirects are followed on the same host only, so that the token goes nowhere else. Raises Failure.
        """
        import httpx  # noqa: PLC0415

        status = 0
        for _ in range(REDIRECTS + 1):
            try:
                answer = self.once(url, headers)
            except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
                raise failures.of_network(subject, url, error) from error
            if answer is None:
                raise Failure(
                    f"{subject}: the answer of {host(url)} is larger than {LARGEST >> 20} MB", status=200
                )
            if answer.status not in REDIRECT_STATUS:
                return answer
            status = answer.status
            location = answer.headers.get("location", "")
            target = redirected(location, url) if location else None
            if target is None:
                raise elsewhere(subject, url, location, status)
            url = target
        raise Failure(f"{subject}: {host(url)} sends on and on (HTTP {status})", status=status)

    def once(self, url: str, headers: Mapping[str, str]) -> Answer | None:
        """Return the answer to one request, or None where it is too large to be read."""
        with self.client.stream("GET", url, headers=headers) as response:
            body = bytearray()
            for piece in response.iter_bytes():
                body += piece
                if len(body) > LARGEST:
                    return None
            return Answer(url, response.status_code, lowered(response), bytes(body))


def moment(text: str) -> datetime | None:
    """Return the time in a header, or None where it holds none."""
    try:
        return parsedate_to_datetime(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def lowered(response: httpx.Response) -> dict[str, str]:
    """Return the headers under lower-case names; several of one name are one list with commas."""
    return {name.lower(): value for name, value in response.headers.items()}


def elsewhere(subject: str, url: str, location: str, status: int) -> Failure:
    """Return the failure for a redirect that the token must not follow."""
    to = host(location) if "//" in location else "another address"
    return Failure(
        f"{subject}: {host(url)} sends on to {to} (HTTP {status}), where the token does not go",
        hint="if that is the platform's new address, log in with it",
        status=status,
    )
