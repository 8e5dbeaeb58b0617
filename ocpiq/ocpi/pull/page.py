"""One page: asked for, checked, opened by the gate; what its answer means, and what of it decides the next request."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from uuid import uuid4

from msgspec import Struct

from ocpiq import schema
from ocpiq.errors import Notify, PlatformError, RequestEnded, WarningIssued
from ocpiq.gate import BodyPaging, Gate, OpenedPage, PagingMembers, Repeats, TwoListsError
from ocpiq.ocpi.http import failures
from ocpiq.ocpi.http.client import Answer, Connection
from ocpiq.ocpi.http.failures import Failure, Subject
from ocpiq.ocpi.http.headers import headers
from ocpiq.ocpi.http.link_header import next_link, number
from ocpiq.ocpi.http.prefetch import Prefetcher
from ocpiq.ocpi.http.retry import Patience, Tries
from ocpiq.ocpi.http.urls import parameters
from ocpiq.ocpi.pull.dedup import EXACT
from ocpiq.ocpi.pull.repeats import Expected, RepeatFilter, Sifted
from ocpiq.ocpi.responses import SUCCESS, head, said
from ocpiq.ocpi.routing import routing
from ocpiq.storage import Login


class FetchedPage(Struct, frozen=True):
    """A page as it was read.

    `link` leads to the next page, whether a header says so or the body, and `body` is all that the body says of
    paging. `missing` says that the answer was an OCPI envelope with HTTP 404, which some platforms send for an
    empty list.
    `most` is the number of objects that a page can have, as far as the platform says.
    """

    url: str
    opened: OpenedPage
    link: str | None
    total: int | None
    sifted: Sifted
    missing: bool
    most: int | None
    body: BodyPaging = BodyPaging()

    @property
    def mark(self) -> int:
        """A number that is equal for pages with the same objects in the same order; 0 where none has a key."""
        return self.sifted.mark

    @property
    def fresh(self) -> int:
        """How many objects came that had not come before."""
        return self.opened.count - self.opened.repeated - len(self.opened.bad)

    @property
    def beyond(self) -> int:
        """How many objects come after the last one of the page before, whether they are new or not."""
        return self.opened.count - self.sifted.joint - 1

    @property
    def full(self) -> bool:
        """Whether the page has as many objects as it can."""
        return self.most is not None and self.opened.count >= self.most

    @property
    def unbounded(self) -> bool:
        """Whether the page has more objects than were asked for."""
        asked = number(parameters(self.url).get("limit", ""))
        return asked is not None and self.opened.count > asked


class PageReader:
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
        self.said: set[str] = set()
        self.paging = PagingMembers(schema.module(module, login.version).key)
        self.filter = RepeatFilter()
        self.sifted = Sifted()
        self.prefetcher = Prefetcher(self.fetch, parallel or MOST_AT_ONCE, at_once=parallel is not None)

    def warn(self, text: str) -> None:
        """Say something of this pull, once."""
        if text not in self.said:
            self.said.add(text)
            self.notify(WarningIssued(f"{self.module}: {text}"))

    def read(
        self, url: str, *, once: bool = False, expected: Expected | None = None, rereading: bool = False
    ) -> FetchedPage:
        """Return the page at `url`, asked for `once` or with patience.

        `expected` is what it should begin with; `rereading` tells that its objects may all have been read before.
        Raises Failure.
        """

        def sift(keys: Sequence[int | None]) -> Sequence[int]:
            exact = self.filter.distinct.exact
            self.sifted = self.filter.sift(tuple(keys), expected, rereading=rereading)
            if exact and not self.filter.distinct.exact:
                self.warn(
                    f"more than {EXACT:,} objects; from here on repeats are found among the latest ones only"
                )
            return self.sifted.left_out

        page = self.tries.patiently(lambda: self.attempt(url, sift), once=once)
        self.asked |= {hash(url), hash(page.url)}
        return page

    def one_by_one(self, url: str) -> None:
        """Wait for the requests under way, and ask for one page at a time from here on, beginning with `url`."""
        self.asked.discard(hash(url))
        for other in tuple(self.prefetcher.pending):
            with suppress(Failure, TimeoutError):
                self.prefetcher.take(other, self.tries.left)
        self.prefetcher.most = 1

    def told_to_wait(self) -> None:
        """Say that the platform sets the pace."""
        self.warn("the platform asks to wait; waiting")

    def fetch(self, url: str, stopped: Callable[[], bool]) -> Answer:
        """Return the answer at `url`, asked for once."""
        sent = headers(self.token, self.correlation, self.routing)
        return self.connection.get(url, sent, self.subject, stopped, self.tries.left)

    def attempt(self, url: str, sift: Repeats) -> FetchedPage:
        """Return the page at `url`: fetched ahead, or asked for now."""
        began = time.monotonic()
        try:
            answer = self.prefetcher.take(url, self.tries.left)
        except (Failure, TimeoutError) as error:
            failure = error if isinstance(error, Failure) else failures.late(self.subject, url)
            self.trace(url, failure.status, None, time.monotonic() - began)
            raise failure from error
        total = number(answer.headers.get("x-total-count", ""))
        self.sifted = Sifted()
        try:
            opened = self.opened(answer, total, sift) if answer.success else self.refused(answer)
        except Failure:
            self.trace(url, answer.status, None, answer.seconds)
            raise
        self.trace(url, answer.status, opened.count, answer.seconds)
        body = self.paging.read(answer.body) if answer.success else BodyPaging()
        return FetchedPage(
            url=answer.url,
            opened=opened,
            link=next_link(answer.headers.get("link", "")) or body.next or None,
            total=total,
            sifted=self.sifted,
            missing=answer.status == 404,
            most=most(answer),
            body=body,
        )

    def trace(self, url: str, status: int, objects: int | None, seconds: float) -> None:
        """Tell of a request."""
        self.notify(RequestEnded(self.module, self.subject.traced(url), status, objects, seconds))

    def opened(self, answer: Answer, total: int | None, sift: Repeats) -> OpenedPage:
        """Return what the gate makes of a page, where `total` objects are announced.

        Raises the Failure of a body or envelope that is none.
        """
        if answer.status == NO_CONTENT and not answer.body:
            return NOTHING
        self.filter.distinct.expect(total or 0)
        try:
            opened = self.gate.page(answer.body, sift)
        except TwoListsError as error:
            raise failures.of_lists(self.subject, answer.url, error) from None
        except PlatformError:
            raise failures.of_body(self.subject, answer.url, answer.body) from None
        code = opened.status_code
        if opened.form == "object":
            raise failures.of_page(self.subject, answer.url)
        if code is not None and code not in SUCCESS:
            message = said(opened.status_message, self.token.value)
            raise failures.of_code(self.subject, answer.url, answer.status, code, message)
        return opened

    def forget(self) -> None:
        """Begin anew: nothing has been read."""
        self.asked.clear()
        self.filter = RepeatFilter()

    def refused(self, answer: Answer) -> OpenedPage:
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
NOTHING = OpenedPage(None, "", "", 0, ())
