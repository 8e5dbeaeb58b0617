"""One page: asked for, checked, opened by the gate; what its answer means, and what of it decides the next request."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from uuid import uuid4

from msgspec import Struct

from ocpiq.errors import Notify, PlatformError, Requested, Warned
from ocpiq.ocpi import failures
from ocpiq.ocpi.address import parameters
from ocpiq.ocpi.ahead import Ahead
from ocpiq.ocpi.connection import Answer, Connection
from ocpiq.ocpi.distinct import EXACT, Distinct
from ocpiq.ocpi.envelope import SUCCESS, head, is_page, said
from ocpiq.ocpi.failures import Failure, Subject
from ocpiq.ocpi.headers import headers
from ocpiq.ocpi.links import next_link, number
from ocpiq.ocpi.parties import routing
from ocpiq.ocpi.retry import Patience, Tries
from ocpiq.privacy import Gate, Opened
from ocpiq.storage import Login


class Read(Struct, frozen=True):
    """A page as it was read.

    `mark` is equal for pages with the same objects in the same order; `missing` says that the answer was an OCPI
    envelope with HTTP 404, which some platforms send for an empty list. `most` is the number of objects that a page
    can have, as far as the platform says.
    """

    url: str
    opened: Opened
    link: str | None
    total: int | None
    mark: int
    missing: bool
    most: int | None

    @property
    def fresh(self) -> int:
        """How many objects came that had not come before."""
        return self.opened.count - self.opened.repeated - len(self.opened.bad)

    @property
    def full(self) -> bool:
        """Whether the page has as many objects as it can."""
        return self.most is not None and self.opened.count >= self.most

    @property
    def unbounded(self) -> bool:
        """Whether the page has more objects than were asked for."""
        asked = number(parameters(self.url).get("limit", ""))
        return asked is not None and self.opened.count > asked


class Reader:
    """Reads the pages of one pull; `asked` has the hash of every URL that was."""

    def __init__(
        self,
        connection: Connection,
        login: Login,
        module: str,
        gate: Gate,
        patience: Patience,
        notify: Notify,
        parallel: int | None,
    ) -> None:
        self.connection = connection
        self.token = login.token
        self.module = module
        self.subject = Subject(module, login.token.value)
        self.gate = gate
        self.tries = Tries(patience, self.told_to_wait)
        self.notify = notify
        self.routing = routing(login, module)
        self.correlation = str(uuid4())
        self.asked: set[int] = set()
        self.waited = False
        self.distinct = Distinct()
        self.mark = 0
        self.ahead = Ahead(self.fetch, parallel or MOST_AT_ONCE, at_once=parallel is not None)

    def warn(self, text: str) -> None:
        """Say something of this pull."""
        self.notify(Warned(f"{self.module}: {text}"))

    def read(self, url: str, *, once: bool = False) -> Read:
        """Return the page at `url`, asked for `once` or with patience. Raises Failure."""
        read = self.tries.patiently(lambda: self.attempt(url), once=once)
        self.asked |= {hash(url), hash(read.url)}
        return read

    def one_by_one(self) -> None:
        """Wait for what is under way, and ask for one page at a time from here on."""
        self.warn("the platform fails at several requests at once; going on one by one")
        for url in tuple(self.ahead.errands):
            with suppress(Failure, TimeoutError):
                self.ahead.take(url, self.tries.left)
        self.ahead.most = 1

    def told_to_wait(self) -> None:
        """Say once that the platform sets the pace."""
        if not self.waited:
            self.warn("the platform asks to wait; waiting")
        self.waited = True

    def fetch(self, url: str, stopped: Callable[[], bool]) -> Answer:
        """Return the answer at `url`, asked for once."""
        sent = headers(self.token, self.correlation, self.routing)
        return self.connection.get(url, sent, self.subject, stopped, self.tries.left)

    def attempt(self, url: str) -> Read:
        """Return the page at `url`: fetched ahead, or asked for now."""
        began = time.monotonic()
        try:
            answer = self.ahead.take(url, self.tries.left)
        except (Failure, TimeoutError) as error:
            failure = error if isinstance(error, Failure) else failures.late(self.subject, url)
            self.trace(url, failure.status, None, time.monotonic() - began)
            raise failure from error
        total = number(answer.headers.get("x-total-count", ""))
        try:
            opened = self.opened(answer, total) if answer.success else self.refused(answer)
        except Failure:
            self.trace(url, answer.status, None, answer.seconds)
            raise
        self.trace(url, answer.status, opened.count, answer.seconds)
        return Read(
            url=answer.url,
            opened=opened,
            link=next_link(answer.headers.get("link", "")),
            total=total,
            mark=self.mark,
            missing=answer.status == 404,
            most=most(answer),
        )

    def trace(self, url: str, status: int, objects: int | None, seconds: float) -> None:
        """Tell of a request."""
        self.notify(Requested(self.module, self.subject.traced(url), status, objects, seconds))

    def opened(self, answer: Answer, total: int | None) -> Opened:
        """Return what the gate makes of a page, where `total` objects are announced.

        Raises the Failure of a body or envelope that is none.
        """
        self.mark = 0
        if answer.status == NO_CONTENT and not answer.body:
            return NOTHING
        self.distinct.expect(total or 0)
        try:
            opened = self.gate.page(answer.body, self.repeats)
        except PlatformError:
            raise failures.of_body(self.subject, answer.url, answer.body) from None
        code = opened.status_code
        if code is None and opened.count == 1 and not is_page(answer.body):
            raise failures.of_page(self.subject, answer.url)
        if code is not None and code not in SUCCESS:
            message = said(opened.status_message, self.token.value)
            raise failures.of_code(self.subject, answer.url, answer.status, code, message)
        return opened

    def repeats(self, keys: Sequence[int]) -> Sequence[int]:
        """Return the places of the objects that came before, and mark the page by all of its keys."""
        self.mark = hash(tuple(keys))
        exact = self.distinct.exact
        found = self.distinct.repeats(keys)
        if exact and not self.distinct.exact:
            self.warn(
                f"more than {EXACT:,} objects; from here on repeats are found among the latest ones only"
            )
        return found

    def forget(self) -> None:
        """Begin anew: nothing has been read."""
        self.asked.clear()
        self.distinct = Distinct()

    def refused(self, answer: Answer) -> Opened:
        """Return an empty page for HTTP 404 with an envelope; raises the Failure of other HTTP errors."""
        found = head(answer.body)
        if answer.status == 404 and found.code is not None:
            return NOTHING
        message = said(found.message, self.token.value)
        failure = failures.of_status(self.subject, answer.url, answer.status, message)
        failure.wait = answer.retry_after
        raise failure


def most(answer: Answer) -> int | None:
    """Return how many objects the page of an answer can have: what was asked for, or X-Limit if that is less."""
    bounds = (
        number(parameters(answer.url).get("limit", "")),
        number(answer.headers.get("x-limit", "")),
    )
    return min((bound for bound in bounds if bound), default=None)


MOST_AT_ONCE = 8  # requests, where the platform answers as it should
NO_CONTENT = 204  # HTTP status
NOTHING = Opened(None, "", "", 0, ())
