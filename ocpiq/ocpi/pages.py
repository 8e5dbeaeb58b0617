"""One page of a module: the request, what the answer means, and what of it decides the next request."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

from msgspec import Struct

from ocpiq.errors import PlatformError
from ocpiq.ocpi import failures
from ocpiq.ocpi.connection import Answer, Connection
from ocpiq.ocpi.envelope import SUCCESS, head, said
from ocpiq.ocpi.headers import headers, routing
from ocpiq.ocpi.links import next_link, number
from ocpiq.ocpi.retry import Patience, patiently
from ocpiq.privacy import Gate, Opened
from ocpiq.storage import Login

ENDS = 1 << 16  # bytes at each end of a page that tell it from another


class Read(Struct, frozen=True):
    """A page as it was read.

    `mark` is equal for equal pages, whenever they were sent; `missing` says that the answer was an OCPI
    envelope with HTTP 404, which some platforms send for an empty list.
    """

    url: str
    opened: Opened
    link: str | None
    total: int | None
    mark: int
    missing: bool


class Reader:
    """Reads the pages of one pull; `asked` has the hash of every URL that was."""

    def __init__(
        self,
        connection: Connection,
        login: Login,
        module: str,
        gate: Gate,
        patience: Patience,
        warn: Callable[[str], None],
    ) -> None:
        self.connection = connection
        self.token = login.token
        self.module = module
        self.gate = gate
        self.patience = patience
        self.warn = warn
        self.routing = routing(login, module)
        self.correlation = str(uuid4())
        self.asked: set[int] = set()
        self.waited = False

    def read(self, url: str) -> Read:
        """Return the page at `url`. Raises Failure."""
        read = patiently(lambda: self.attempt(url), self.patience, self.told_to_wait)
        self.asked |= {hash(url), hash(read.url)}
        return read

    def told_to_wait(self) -> None:
        """Say once that the platform sets the pace."""
        if not self.waited:
            self.warn("the platform asks to wait; waiting")
        self.waited = True

    def attempt(self, url: str) -> Read:
        """Return the page at `url`, asked for once."""
        answer = self.connection.get(url, headers(self.token, self.correlation, self.routing), self.module)
        opened = self.opened(answer) if answer.success else self.refused(answer)
        return Read(
            url=answer.url,
            opened=opened,
            link=next_link(answer.headers.get("link", "")),
            total=number(answer.headers.get("x-total-count", "")),
            mark=mark(answer.body, opened.timestamp),
            missing=answer.status == 404,
        )

    def opened(self, answer: Answer) -> Opened:
        """Return what the gate makes of a page. Raises the Failure of a body or envelope that is none."""
        try:
            opened = self.gate.page(answer.body)
        except PlatformError:
            raise failures.of_body(self.module, answer.url, answer.body) from None
        code = opened.status_code
        if code is not None and code not in SUCCESS:
            message = said(opened.status_message, self.token.value)
            raise failures.of_code(self.module, answer.url, answer.status, code, message)
        return opened

    def refused(self, answer: Answer) -> Opened:
        """Return an empty page for HTTP 404 with an envelope; raises the Failure of other HTTP errors."""
        found = head(answer.body)
        if answer.status == 404 and found.code is not None:
            return Opened(None, "", "", 0, ())
        message = said(found.message, self.token.value)
        failure = failures.of_status(self.module, answer.url, answer.status, message)
        failure.wait = answer.retry_after
        raise failure


def mark(body: bytes, timestamp: str) -> int:
    """Return what is equal for equal pages: a hash of beginning, end and length, without the time of sending."""
    ends, stamp = body[:ENDS] + body[-ENDS:], timestamp.encode()
    return hash((len(body), ends.replace(stamp, b"") if stamp else ends))
