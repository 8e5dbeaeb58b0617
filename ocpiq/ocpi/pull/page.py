"""One page: requested, checked and opened by the gate, with the facts that decide the next request."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from uuid import uuid4

from msgspec import Struct

from ocpiq import schema
from ocpiq.errors import Message, Notify, PlatformError, RequestEnded, WarningIssued, say
from ocpiq.gate import BodyPaging, Gate, OpenedPage, PagingMembers, Repeats, TwoListsError
from ocpiq.ocpi.http import failures
from ocpiq.ocpi.http.client import HttpClient, HttpResponse
from ocpiq.ocpi.http.failures import Failure, Subject
from ocpiq.ocpi.http.headers import request_headers
from ocpiq.ocpi.http.link_header import next_link, parse_count
from ocpiq.ocpi.http.prefetch import Prefetcher
from ocpiq.ocpi.http.retry import Retrier, RetryPolicy
from ocpiq.ocpi.http.urls import parameters
from ocpiq.ocpi.pull.dedup import EXACT
from ocpiq.ocpi.pull.repeats import ExpectedStart, RepeatFilter, SiftResult
from ocpiq.ocpi.responses import SUCCESS, parse_envelope, safe_message
from ocpiq.ocpi.routing import routing_parties
from ocpiq.storage import Login


class FetchedPage(Struct, frozen=True):
    """A page that was received.

    `link` is the URL of the next page, from the Link header or the body; `body` is the paging data in the body.
    `empty_status` is the HTTP status of a response that stands for an empty list, 404 with an OCPI envelope or 204,
    else 0.
    `capacity` is the number of objects that a page can have, as far as the platform says.
    """

    url: str
    opened: OpenedPage
    link: str | None
    total: int | None
    sifted: SiftResult
    empty_status: int
    capacity: int | None
    body: BodyPaging = BodyPaging()

    @property
    def content_hash(self) -> int:
        """A number that is equal for pages with the same objects in the same order; 0 where none has a key."""
        return self.sifted.content_hash

    @property
    def new_count(self) -> int:
        """How many objects are new."""
        return self.opened.count - self.opened.repeated - len(self.opened.bad)

    @property
    def count_after_overlap(self) -> int:
        """How many objects come after the last one of the page before, whether they are new or not."""
        return self.opened.count - self.sifted.joint - 1

    @property
    def full(self) -> bool:
        """Whether the page has as many objects as it can."""
        return self.capacity is not None and self.opened.count >= self.capacity

    @property
    def exceeds_limit(self) -> bool:
        """Whether the page has more objects than the requested limit."""
        limit = parse_count(parameters(self.url).get("limit", ""))
        return limit is not None and self.opened.count > limit


class PageReader:
    """Reads the pages of one pull; `requested` holds the hash of every requested URL."""

    def __init__(
        self,
        connection: HttpClient,
        login: Login,
        module: str,
        gate: Gate,
        retry_policy: RetryPolicy,
        notify: Notify,
        parallel: int | None,
    ) -> None:
        self.connection = connection
        self.token = login.token
        self.module = module
        self.subject = Subject(module, login.token.value)
        self.gate = gate
        self.retrier = Retrier(retry_policy, self.on_wait)
        self.notify = notify
        self.routing = routing_parties(login, module)
        self.correlation = str(uuid4())
        self.requested: set[int] = set()
        self.warned: set[str] = set()
        self.paging = PagingMembers(schema.module(module, login.version).key)
        self.filter = RepeatFilter()
        self.sifted = SiftResult()
        self.prefetcher = Prefetcher(self.fetch, parallel or MAX_PARALLEL, at_once=parallel is not None)

    def warn(self, text: Message) -> None:
        """Send a warning about this pull, once."""
        if text not in self.warned:
            self.warned.add(text)
            self.notify(WarningIssued(say("{module}: {text}", module=self.subject.label, text=text)))

    def read(
        self, url: str, *, once: bool = False, expected: ExpectedStart | None = None, rereading: bool = False
    ) -> FetchedPage:
        """Return the page at `url`, requested `once` or with retries.

        `expected` is what it should begin with; `rereading` tells that its objects may all have been read before.
        Raises Failure.
        """

        def sift(keys: Sequence[int | None]) -> Sequence[int]:
            exact = self.filter.distinct.exact
            self.sifted = self.filter.sift(tuple(keys), expected, rereading=rereading)
            if exact and not self.filter.distinct.exact:
                self.warn(
                    say(
                        "more than {exact:,} objects; from now on, repeats are detected only "
                        "among the most recent ones",
                        exact=EXACT,
                    )
                )
            return self.sifted.left_out

        page = self.retrier.run(lambda: self.attempt(url, sift), once=once)
        self.requested |= {hash(url), hash(page.url)}
        return page

    def disable_prefetch(self, url: str) -> None:
        """Wait for requests in flight, then request one page at a time, beginning with `url`."""
        self.requested.discard(hash(url))
        for other in tuple(self.prefetcher.pending):
            with suppress(Failure, TimeoutError):
                self.prefetcher.take(other, self.retrier.left)
        self.prefetcher.most = 1

    def on_wait(self, failure: Failure, seconds: float) -> None:
        """Warn that the platform asks for a delay; if rate-limited, cancel prefetching."""
        self.warn(failures.waiting(say("the platform"), failure, seconds))
        if failure.rate_limited:
            self.prefetcher.aim(())

    def fetch(self, url: str, stopped: Callable[[], bool]) -> HttpResponse:
        """Return the response at `url`, requested once."""
        sent = request_headers(self.token, self.correlation, self.routing)
        return self.connection.get(url, sent, self.subject, stopped, self.retrier.left)

    def attempt(self, url: str, sift: Repeats) -> FetchedPage:
        """Return the page at `url`: prefetched, or requested now."""
        began = time.monotonic()
        try:
            response = self.prefetcher.take(url, self.retrier.left)
        except (Failure, TimeoutError) as error:
            failure = error if isinstance(error, Failure) else failures.timed_out(self.subject, url)
            self.trace(url, failure.status, None, time.monotonic() - began)
            raise failure from error
        total = parse_count(response.headers.get("x-total-count", ""))
        self.sifted = SiftResult()
        try:
            opened = (
                self.open_page(response, total, sift)
                if response.success
                else self.empty_page_or_failure(response)
            )
        except Failure:
            self.trace(url, response.status, None, response.seconds)
            raise
        self.trace(url, response.status, opened.count, response.seconds)
        body = self.paging.read(response.body) if response.success else BodyPaging()
        return FetchedPage(
            url=response.url,
            opened=opened,
            link=next_link(response.headers.get("link", "")) or body.next or None,
            total=total,
            sifted=self.sifted,
            empty_status=response.status if opened is EMPTY_PAGE else 0,
            capacity=page_capacity(response),
            body=body,
        )

    def trace(self, url: str, status: int, objects: int | None, seconds: float) -> None:
        """Report a request."""
        self.notify(RequestEnded(self.module, self.subject.traced(url), status, objects, seconds))

    def open_page(self, response: HttpResponse, total: int | None, sift: Repeats) -> OpenedPage:
        """Return a page opened by the gate; `total` objects are announced.

        Raises the Failure for an invalid body or envelope.
        """
        if response.status == NO_CONTENT and not response.body:
            return EMPTY_PAGE
        self.filter.distinct.expect(total or 0)
        try:
            opened = self.gate.page(response.body, sift)
        except TwoListsError as error:
            raise failures.of_lists(self.subject, response.url, error) from None
        except PlatformError:
            raise failures.of_body(self.subject, response.url, response.body) from None
        code = opened.status_code
        if opened.form == "object":
            raise failures.of_page(self.subject, response.url)
        if code is not None and code not in SUCCESS:
            message = safe_message(opened.status_message, self.token.value)
            raise failures.of_code(self.subject, response.url, response.status, code, message)
        return opened

    def reset(self) -> None:
        """Start over: nothing has been read."""
        self.requested.clear()
        self.filter = RepeatFilter()

    def empty_page_or_failure(self, response: HttpResponse) -> OpenedPage:
        """Return an empty page for HTTP 404 with an envelope; raises the Failure for other HTTP errors."""
        envelope = parse_envelope(response.body)
        if response.status == 404 and envelope.code is not None:
            return EMPTY_PAGE
        message = safe_message(envelope.message, self.token.value)
        failure = failures.of_status(self.subject, response.url, response.status, message)
        failure.wait = response.retry_after
        raise failure


def page_capacity(response: HttpResponse) -> int | None:
    """Return the maximum number of objects of a page: the requested limit, or X-Limit if that is less."""
    bounds = (
        parse_count(parameters(response.url).get("limit", "")),
        parse_count(response.headers.get("x-limit", "")),
    )
    return min((bound for bound in bounds if bound), default=None)


MAX_PARALLEL = 8  # requests, where the platform answers as it should
NO_CONTENT = 204  # HTTP status
EMPTY_PAGE = OpenedPage(None, "", "", 0, ())
