"""The pull: one module's pages until the platform has no more, each object once (OCPI: Pagination)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from msgspec.structs import replace

from ocpiq.errors import EMPTY, IncompleteError, Message, Notify, WarningIssued, ignore, say
from ocpiq.gate import Gate, OpenedPage
from ocpiq.ocpi.endpoints import module_urls
from ocpiq.ocpi.http.client import HttpClient
from ocpiq.ocpi.http.failures import Failure
from ocpiq.ocpi.http.retry import RetryPolicy
from ocpiq.ocpi.http.urls import without_empty_parameters
from ocpiq.ocpi.pull.date_filters import Filters, date_filters
from ocpiq.ocpi.pull.first_page import first_page
from ocpiq.ocpi.pull.go_back import GoBack
from ocpiq.ocpi.pull.page import FetchedPage, PageReader
from ocpiq.ocpi.pull.progress import PullProgress
from ocpiq.ocpi.pull.strategy import (
    MOVES,
    NAMELESS_PAGES,
    STALE_PAGES,
    ByOffset,
    Done,
    Fetch,
    FetchOutcome,
    FollowLinks,
    PullContext,
    Rejected,
    Strategy,
    Switch,
)
from ocpiq.ocpi.routing import Page, pages_of_parties
from ocpiq.storage import Login

IDLE_READINGS = 5  # in a row of a moving list without a new object
MOST_READINGS = 3  # of a list that may have lost objects each time


def pull(
    connection: HttpClient,
    login: Login,
    module: str,
    gate: Gate,
    *,
    since: str | None = None,
    until: str | None = None,
    newest: int | None = None,
    strict: bool = False,
    notify: Notify = ignore,
    retry_policy: RetryPolicy | None = None,
    parallel: int | None = None,
) -> Iterator[Page]:
    """Yield the pages of `module`, each with the number of objects that the whole pull is announced to have.

    `since` and `until` are OCPI DateTimes that end in Z. The number is None where the platform gives none. The
    gate leaves out what came before. Of the `newest` so many, which stand at the end, little else is asked for
    where the platform can be asked so. `parallel` is the number of requests at once, by default as many as the
    platform answers well. A `strict` pull is incomplete where fewer came than announced, also between dates.
    Raises PlatformError where nothing can be had, IncompleteError after the last page
    where there was more.
    """
    endpoints, forms = module_urls(login, module), date_filters(module, since, until)
    dated = not strict and (since is not None or until is not None)

    def pages(login: Login, newest: int | None = None) -> Iterator[Page]:
        reader = PageReader(connection, login, module, gate, retry_policy or RetryPolicy(), notify, parallel)
        yield from Pull(reader, *first_page(reader, endpoints, forms), dated=dated).pages(newest)

    return pages_of_parties(login, module, pages, lambda text: notify(WarningIssued(text)), newest)


class Pull:
    """One pull: reads from the first page to the last, again if the list changed, and compares with the total."""

    def __init__(self, reader: PageReader, first: FetchedPage, filters: Filters, *, dated: bool) -> None:
        self.dated = dated  # whether the platform may count objects outside of a period
        self.reader = reader
        self.first = first
        self.progress = PullProgress()
        self.joints = self.progress.continuity
        self.context = PullContext(reader, self.progress, first.url, filters)
        self.strategy: Strategy = FollowLinks(self.context)
        self.last = first  # the page that the next one follows
        self.samples: list[
            tuple[str, int]
        ] = []  # URL and content hash of the pages 2, 4, 8, … of this reading
        self.same_samples = True  # whether they have the same objects when they are read again
        self.stuck = False  # whether the platform sends a page again and again
        self.uncertain = False  # whether each reading may have passed objects over
        self.warnings: list[Message] = []  # to be said when the next page is asked for

    def pages(self, newest: int | None) -> Iterator[Page]:
        """Yield the pages; with `newest`, only the last pages with that many objects, if they can be located."""
        start = (self.first.total or 0) - newest if newest is not None else 0
        if newest is None or start <= self.first.opened.count:
            yield from self.all_pages(self.first)
            return
        end = self.last_pages(start)
        if sum(opened.count - opened.repeated for opened, _ in end) >= newest:
            yield from end
            return
        self.reader.reset()
        yield from self.all_pages(self.reread(self.first.url))

    def last_pages(self, start: int) -> list[Page]:
        """Return the pages from an offset on; empty if the announced total is wrong."""
        rest = Pull(self.reader, self.first, self.context.filters, dated=self.dated)
        progress = rest.progress
        progress.total, progress.marks = self.first.total, {self.first.content_hash}
        progress.position = progress.distinct = start
        progress.size, progress.pages = self.first.opened.count, 1
        try:
            page, _ = rest.execute(rest.resolve(ByOffset(rest.context).next(self.first)))
            return [] if page is None else list(rest.all_pages(page))
        except (Failure, IncompleteError):
            return []

    def all_pages(self, page: FetchedPage) -> Iterator[Page]:
        """Yield the pages from `page` on, and read again what moved in the meantime."""
        try:
            yield from self.reading(page)
            yield from self.readings()
        finally:
            self.reader.prefetcher.stop()
            self.warn_shared_ids()
        self.check_total()

    def reading(self, first: FetchedPage) -> Iterator[Page]:
        """Yield a page and all following pages."""
        page: FetchedPage | None = first
        fetch: Fetch | None = None  # how it was asked for
        while page is not None:
            opened = self.take(page, fetch)
            step = self.resolve(self.next_step(page, fetch))
            if self.progress.pages > 1:  # a second page means that all are wanted
                self.reader.prefetcher.aim(step.prefetch if isinstance(step, Fetch) else ())
            yield opened, self.progress.total
            try:
                page, fetch = self.execute(step)
            except Failure as failure:
                raise self.broken_off(failure) from failure

    def take(self, page: FetchedPage, fetch: Fetch | None) -> OpenedPage:
        """Count a page and return the part to use."""
        if fetch is not None and fetch.back:
            self.progress.count(page, page.opened.count)
            return replace(page.opened, bad=())
        early = fetch.early if fetch is not None else 0
        self.progress.take(page, fetch.offset if fetch is not None else None, early)
        number = len(self.progress.order)
        if number > 1 and not number & (number - 1) and page.content_hash:
            self.samples.append((page.url, page.content_hash))
        self.last = page
        counted = sum(1 for place in page.opened.bad if place < early)  # with the page before
        bad = page.opened.bad[counted:]
        return replace(page.opened, count=page.opened.count - counted, bad=bad) if counted else page.opened

    def next_step(self, page: FetchedPage, fetch: Fetch | None) -> Fetch | Done | Switch:
        """Return the step after an accepted page; goes back if objects may have been skipped before it."""
        follows = fetch is not None and not fetch.back and fetch.offset is not None
        if follows and self.joints.gap and not self.joints.unordered:
            assert fetch is not None and fetch.offset is not None
            if not self.progress.total_drop:
                self.reader.warn(MOVES)
            return Switch(GoBack(self.context, self.strategy, page, fetch.offset))
        return self.strategy.next(page)

    def resolve(self, step: Fetch | Done | Switch) -> Fetch | Done:
        """Return the next step after following all switches of strategy."""
        while isinstance(step, Switch):
            if step.warning:
                self.warnings.append(step.warning)
            self.strategy = step.to
            step = self.strategy.next(self.last)
        return step

    def execute(self, step: Fetch | Done) -> tuple[FetchedPage | None, Fetch | None]:
        """Return the next page and its request, or None at the end. Raises Failure."""
        while True:
            while self.warnings:
                self.reader.warn(self.warnings.pop(0))
            if isinstance(step, Done):
                self.stuck = step.stuck
                return None, None
            step, outcome = self.outcome(step)
            if isinstance(outcome, FetchedPage):
                if step.warning and outcome.new_count:
                    self.reader.warn(step.warning)
                return outcome, step
            following = self.strategy.next(outcome)
            if isinstance(following, Switch) and following.alone:
                self.reader.disable_prefetch(step.url)
            step = self.resolve(following)

    def outcome(self, step: Fetch) -> tuple[Fetch, FetchOutcome]:
        """Return the outcome of a request; if the platform refuses to start one object early, request without that."""
        expected = self.joints.expected(step.early, more=self.progress.more)
        rereading = step.back or self.progress.reread
        try:
            page = self.reader.read(step.url, expected=expected, rereading=rereading)
        except Failure as failure:
            empty = without_empty_parameters(step.url) != step.url  # which may be the reason
            if step.early and failure.refused and not empty and not self.joints.honoured:
                return self.outcome(self.plain(step))
            return step, failure
        if step.early and self.progress.is_repeat(page) and not self.joints.honoured:
            return self.outcome(self.plain(step))
        self.joints.honoured = self.joints.honoured or page.sifted.joint >= 0
        reason = step.flaw(page)
        return step, Rejected(page, reason) if reason else page

    def plain(self, step: Fetch) -> Fetch:
        """Return a request without the early object, for platforms that do not accept it."""
        self.joints.precise = False
        offset = None if step.offset is None else step.offset + step.early
        return replace(step, url=step.plain, offset=offset, early=0, prefetch=())

    def readings(self) -> Iterator[Page]:
        """Yield the pages of further readings, as long as the ones before may have missed something.

        Where objects came twice and too few in all, the list moved while it was read: an object that is updated
        goes to the end on some platforms, and on others there is no order at all. Where links alone led from page
        to page, objects may have gone away before the last one, and others have slipped through with them: then the
        first page is read again and, without a total that would fall, some of the others.
        """
        progress = self.progress
        most = 2 * progress.pages + STALE_PAGES
        idle = readings = 0
        while idle < IDLE_READINGS and (self.moved or self.unproven):
            page = self.reread(self.first.url)
            settled = not self.moved and not self.joints.shrunk and self.joints.begins_as(page)
            if settled:
                for sample in self.samples_again(page):
                    progress.count(sample, sample.opened.count)
                    yield omit_bad(sample.opened), progress.total
                if self.same_samples:
                    return
                page = self.reread(self.first.url)
            self.reader.warn(MOVES)
            before, unproven = progress.distinct, self.unproven
            progress.restart()
            self.samples.clear()
            self.reader.requested.clear()
            self.strategy = self.strategy.base
            for opened, total in islice(self.reading(page), most):
                yield omit_bad(opened), total
            idle = idle + 1 if progress.distinct == before else 0
            readings += 1
            if progress.unchanged:
                return
            self.uncertain = self.stuck and unproven
            if not self.moved and self.unproven and readings >= MOST_READINGS:
                self.uncertain = True
                return

    def samples_again(self, first: FetchedPage) -> Iterator[FetchedPage]:
        """Yield the first page and, without a total, the pages 2, 4, 8, … again, up to one that has changed.

        The last page may have grown.
        """
        self.same_samples = True
        yield first
        last = self.last.url
        samples = [sample for sample in self.samples if sample[0] != last]
        for url, mark in samples if self.progress.total is None else ():
            page = self.reread(url)
            self.same_samples = page.content_hash == mark
            yield page
            if not self.same_samples:
                return

    @property
    def moved(self) -> bool:
        """Whether objects were repeated or unordered, so that others may be missing."""
        progress = self.progress
        missed = progress.incomplete or (progress.total is None and not self.strategy.base.overlaps)
        repeated = progress.repeated and not self.joints.shared
        unordered = self.joints.unordered and (missed or progress.distinct != progress.total)
        return ((repeated and missed) or unordered) and not self.stuck

    @property
    def unproven(self) -> bool:
        """Whether objects may have been skipped unnoticed."""
        return self.joints.unproven

    def reread(self, url: str) -> FetchedPage:
        """Read a page again. Raises IncompleteError."""
        try:
            return self.reader.read(url, rereading=True)
        except Failure as failure:
            raise self.broken_off(failure) from failure

    def warn_shared_ids(self) -> None:
        """Warn how many kept objects share their key with another."""
        within, across = self.reader.filter.shared_within, self.reader.filter.shared_across
        if within:
            self.reader.warn(
                say(
                    "{within} objects share an id with another object of the same response; all were kept",
                    within=within,
                )
            )
        if across:
            self.reader.warn(
                say(
                    "{across} objects share an id with an object of another response; all were kept",
                    across=across,
                )
            )

    def check_total(self) -> None:
        """Compare with what was announced; some platforms ignore the dates when they count of the request."""
        progress = self.progress
        body = self.last.body
        if body.more and not self.joints.honoured:
            raise self.incomplete(
                say(
                    '"{member}" in its responses announces more objects, but ocpiq cannot follow it',
                    member=self.reader.subject.named(body.more),
                )
            )
        if self.stuck and (progress.incomplete or progress.total is None):
            raise self.incomplete(say("the platform keeps sending the same page"))
        if progress.keyless_pages >= NAMELESS_PAGES or self.reader.filter.keyless:
            raise self.incomplete(
                say("objects without an id cannot be told apart when the list is read again")
            )
        if self.uncertain:
            raise self.incomplete(
                say("objects are removed while the list is read, so others may have been skipped")
            )
        if self.joints.shared and progress.total is None:
            raise self.incomplete(say("objects on different pages share an id; only one of each was kept"))
        text = self.shortage()
        if text and not self.dated:
            raise self.incomplete(text)
        if text:
            self.reader.warn(say("{text}; some platforms ignore the dates when they count", text=text))

    def shortage(self) -> Message:
        """Return how the platform announced more objects than it returned, or EMPTY."""
        progress, body = self.progress, self.last.body
        if body.total > progress.distinct:
            member = self.reader.subject.named(body.total_name)
            return say('"{member}" in its responses announces more objects', member=member)
        if progress.total is None or not progress.incomplete:
            return EMPTY
        return say(
            "the platform announced {total} objects but returned {distinct}",
            total=progress.total,
            distinct=progress.distinct,
        )

    def broken_off(self, failure: Failure) -> IncompleteError:
        """Return the error for a pull that failed in the middle."""
        return IncompleteError(
            say("{message}; {progress}", message=failure.message, progress=self.progress.shortfall),
            hint=failure.hint,
        )

    def incomplete(self, reason: Message) -> IncompleteError:
        """Return the error for a pull that did not get everything."""
        return IncompleteError(
            say(
                "{module}: {reason}; {progress}",
                module=self.reader.subject.label,
                reason=reason,
                progress=self.progress.shortfall,
            )
        )


def omit_bad(opened: OpenedPage) -> OpenedPage:
    """Return a page that was read before without bad items, which were counted then."""
    return replace(opened, count=opened.count - len(opened.bad), bad=())
