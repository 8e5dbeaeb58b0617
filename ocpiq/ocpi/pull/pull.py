"""The pull: one module's pages until the platform has no more, each object once (OCPI: Pagination)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from msgspec.structs import replace

from ocpiq.errors import IncompleteError, Notify, WarningIssued, ignore
from ocpiq.gate import Gate, OpenedPage
from ocpiq.ocpi.endpoints import endpoints_of
from ocpiq.ocpi.http.client import Connection
from ocpiq.ocpi.http.failures import Failure
from ocpiq.ocpi.http.retry import Patience
from ocpiq.ocpi.http.urls import without_nothing
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
    FollowLinks,
    Outcome,
    PullContext,
    Rejected,
    Strategy,
    Switch,
)
from ocpiq.ocpi.routing import Page, of_all
from ocpiq.storage import Login

EARLIEST = "2010-01-01T00:00:00Z"  # sessions cannot be asked for without a date_from; none is older
IDLE_READINGS = 5  # in a row of a moving list without a new object
MOST_READINGS = 3  # of a list that may have lost objects each time


def pull(
    connection: Connection,
    login: Login,
    module: str,
    gate: Gate,
    *,
    since: str | None = None,
    until: str | None = None,
    newest: int | None = None,
    notify: Notify = ignore,
    patience: Patience | None = None,
    parallel: int | None = None,
) -> Iterator[Page]:
    """Yield the pages of `module`, each with the number of objects that the whole pull is announced to have.

    `since` and `until` are OCPI DateTimes that end in Z. The number is None where the platform gives none. The
    gate leaves out what came before. Of the `newest` so many, which stand at the end, little else is asked for
    where the platform can be asked so. `parallel` is the number of requests at once, by default as many as the
    platform answers well. Raises PlatformError where nothing can be had, IncompleteError after the last page
    where there was more.
    """
    places, filters = endpoints_of(login, module), dates(module, since, until)

    def asked(login: Login, newest: int | None = None) -> Iterator[Page]:
        reader = PageReader(connection, login, module, gate, patience or Patience(), notify, parallel)
        yield from Pull(reader, first_page(reader, places, filters), filters).pages(newest)

    return of_all(login, module, asked, lambda text: notify(WarningIssued(text)), newest)


def dates(module: str, since: str | None, until: str | None) -> dict[str, str]:
    """Return the date parameters to send."""
    first = since or (EARLIEST if module == "sessions" else None)
    return {name: value for name, value in (("date_from", first), ("date_to", until)) if value}


class Pull:
    """One pull: read from the first page to the last, again where the list moved, and compared with its total."""

    def __init__(self, reader: PageReader, first: FetchedPage, filters: dict[str, str]) -> None:
        self.reader = reader
        self.first = first
        self.progress = PullProgress()
        self.joints = self.progress.continuity
        self.context = PullContext(reader, self.progress, first.url, filters)
        self.strategy: Strategy = FollowLinks(self.context)
        self.last = first  # the page that the next one follows
        self.stuck = False  # whether the platform sends a page again and again
        self.unsure = False  # whether each reading may have passed objects over
        self.warnings: list[str] = []  # to be said when the next page is asked for

    def pages(self, newest: int | None) -> Iterator[Page]:
        """Yield the pages; with `newest`, those at the end that have so many objects, where that can be told."""
        start = (self.first.total or 0) - newest if newest is not None else 0
        if newest is None or start <= self.first.opened.count:
            yield from self.all(self.first)
            return
        end = self.end(start)
        if sum(opened.count - opened.repeated for opened, _ in end) >= newest:
            yield from end
            return
        self.reader.forget()
        yield from self.all(self.again(self.first.url))

    def end(self, start: int) -> list[Page]:
        """Return the pages from an offset on; nothing where the announced number does not lead there."""
        rest = Pull(self.reader, self.first, dict(self.context.filters))
        progress = rest.progress
        progress.total, progress.marks = self.first.total, {self.first.mark}
        progress.position = progress.distinct = start
        progress.size, progress.pages = self.first.opened.count, 1
        try:
            page, _ = rest.carry_out(rest.settled(ByOffset(rest.context).next(self.first)))
            return [] if page is None else list(rest.all(page))
        except (Failure, IncompleteError):
            return []

    def all(self, page: FetchedPage) -> Iterator[Page]:
        """Yield the pages from `page` on; what moved in the meantime is read again."""
        try:
            yield from self.reading(page)
            yield from self.readings()
        finally:
            self.reader.prefetcher.stop()
            self.say_sharing()
        self.check_total()

    def reading(self, first: FetchedPage) -> Iterator[Page]:
        """Yield a page and all that follow it."""
        page: FetchedPage | None = first
        asked: Fetch | None = None  # how it was asked for
        while page is not None:
            opened = self.take(page, asked)
            step = self.settled(self.after(page, asked))
            if self.progress.pages > 1:  # whoever asked for a second page wants more than one
                self.reader.prefetcher.aim(step.prefetch if isinstance(step, Fetch) else ())
            yield opened, self.progress.total
            try:
                page, asked = self.carry_out(step)
            except Failure as failure:
                raise self.broken_off(failure) from failure

    def take(self, page: FetchedPage, asked: Fetch | None) -> OpenedPage:
        """Count a page, and return what is to be used of it."""
        if asked is not None and asked.back:
            self.progress.count(page, page.opened.count)
            return replace(page.opened, bad=())
        early = asked.early if asked is not None else 0
        self.progress.take(page, asked.offset if asked is not None else None, early)
        self.last = page
        counted = sum(1 for place in page.opened.bad if place < early)  # with the page before
        bad = page.opened.bad[counted:]
        return replace(page.opened, count=page.opened.count - counted, bad=bad) if counted else page.opened

    def after(self, page: FetchedPage, asked: Fetch | None) -> Fetch | Done | Switch:
        """Return what comes after a page that was taken; back to what slipped through before it, if that may be."""
        follows = asked is not None and not asked.back and asked.offset is not None
        if follows and self.joints.gap and not self.joints.unordered:
            assert asked is not None and asked.offset is not None
            if not self.progress.fell:
                self.reader.warn(MOVES)
            return Switch(GoBack(self.context, self.strategy, page, asked.offset))
        return self.strategy.next(page)

    def settled(self, step: Fetch | Done | Switch) -> Fetch | Done:
        """Return what a strategy says next, asked of the one that it switches to if it does."""
        while isinstance(step, Switch):
            if step.warning:
                self.warnings.append(step.warning)
            self.strategy = step.to
            step = self.strategy.next(self.last)
        return step

    def carry_out(self, step: Fetch | Done) -> tuple[FetchedPage | None, Fetch | None]:
        """Return the page that comes next and how it was asked for, or None where there is none. Raises Failure."""
        while True:
            while self.warnings:
                self.reader.warn(self.warnings.pop(0))
            if isinstance(step, Done):
                self.stuck = step.stuck
                return None, None
            step, outcome = self.outcome(step)
            if isinstance(outcome, FetchedPage):
                if step.warning and outcome.fresh:
                    self.reader.warn(step.warning)
                return outcome, step
            found = self.strategy.next(outcome)
            if isinstance(found, Switch) and found.alone:
                self.reader.one_by_one(step.url)
            step = self.settled(found)

    def outcome(self, step: Fetch) -> tuple[Fetch, Outcome]:
        """Return how a request ended; one that a platform does not take one object early is made without that."""
        expected = self.joints.expected(step.early, more=self.progress.more)
        rereading = step.back or self.progress.reread
        try:
            page = self.reader.read(step.url, expected=expected, rereading=rereading)
        except Failure as failure:
            empty = without_nothing(step.url) != step.url  # which may be the reason
            if step.early and failure.refused and not empty and not self.joints.honoured:
                return self.outcome(self.plain(step))
            return step, failure
        if step.early and self.progress.known(page) and not self.joints.honoured:
            return self.outcome(self.plain(step))
        self.joints.honoured = self.joints.honoured or page.sifted.joint >= 0
        why = step.flaw(page)
        return step, Rejected(page, why) if why else page

    def plain(self, step: Fetch) -> Fetch:
        """Return a request as it is where the platform cannot be asked for one object early."""
        self.joints.precise = False
        offset = None if step.offset is None else step.offset + step.early
        return replace(step, url=step.plain, offset=offset, early=0, prefetch=())

    def readings(self) -> Iterator[Page]:
        """Yield the pages of further readings, as long as the ones before may have missed something.

        Where objects came twice and too few in all, the list moved while it was read: an object that is updated
        goes to the end on some platforms, and on others there is no order at all. Where links alone led from page
        to page, objects may have gone away before the last one, and others have slipped through with them.
        """
        progress = self.progress
        most = 2 * progress.pages + STALE_PAGES
        idle = readings = 0
        while idle < IDLE_READINGS and (self.moved or self.unproven):
            page = self.again(self.first.url)
            if not self.moved and not self.joints.shrunk and self.joints.begins_as(page):
                progress.count(page, page.opened.count)
                yield without_bad(page.opened), progress.total
                return
            self.reader.warn(MOVES)
            before, unproven = progress.distinct, self.unproven
            progress.restart()
            self.reader.asked.clear()
            self.strategy = self.strategy.base
            for opened, total in islice(self.reading(page), most):
                yield without_bad(opened), total
            idle = idle + 1 if progress.distinct == before else 0
            readings += 1
            if progress.still:
                return
            self.unsure = self.stuck and unproven
            if not self.moved and self.unproven and readings >= MOST_READINGS:
                self.unsure = True
                return

    @property
    def moved(self) -> bool:
        """Whether objects came twice, or in no order, and, for all that is known, others not at all."""
        progress = self.progress
        missed = progress.lacking or (progress.total is None and not self.strategy.base.overlaps)
        repeated = progress.repeated and not self.joints.shared
        unordered = self.joints.unordered and (missed or progress.distinct != progress.total)
        return ((repeated and missed) or unordered) and not self.stuck

    @property
    def unproven(self) -> bool:
        """Whether objects may have slipped through without a trace."""
        return self.joints.unproven

    def again(self, url: str) -> FetchedPage:
        """Return a page of which some was read before. Raises IncompleteError."""
        try:
            return self.reader.read(url, rereading=True)
        except Failure as failure:
            raise self.broken_off(failure) from failure

    def say_sharing(self) -> None:
        """Say how many objects were kept that share their key with another."""
        sharing, apart = self.reader.filter.sharing, self.reader.filter.apart
        if sharing:
            self.reader.warn(
                f"{sharing} objects share an id with another object of the same answer; all were kept"
            )
        if apart:
            self.reader.warn(f"{apart} objects share an id with an object of another answer; all were kept")

    def check_total(self) -> None:
        """Compare with what was announced; some platforms count without the dates of the request."""
        progress = self.progress
        body = self.last.body
        if body.more and not self.joints.honoured:
            raise self.incomplete(
                f'"{body.more}" in its answers tells of more objects, and leads nowhere that OCPI knows'
            )
        if self.stuck and (progress.lacking or progress.total is None):
            raise self.incomplete("the platform sends the same page again and again")
        if progress.nameless >= NAMELESS_PAGES or self.reader.filter.keyless:
            raise self.incomplete("objects without an id cannot be told apart where the list is read again")
        if self.unsure:
            raise self.incomplete("objects go away while the list is read, and others may slip through")
        if self.joints.shared and progress.total is None:
            raise self.incomplete("objects of different pages share an id, and are kept once")
        if body.total > progress.distinct:
            text = f'"{body.total_name}" in its answers tells of more objects'
        elif progress.lacking:
            text = f"the platform announced {progress.total} objects and gave {progress.distinct}"
        else:
            return
        if self.context.filters in ({}, {"date_from": EARLIEST}):
            raise self.incomplete(text)
        self.reader.warn(f"{text}; some platforms count without the dates")

    def broken_off(self, failure: Failure) -> IncompleteError:
        """Return the error for a pull that failed on the way."""
        return IncompleteError(f"{failure.message}; {self.progress}", hint=failure.hint)

    def incomplete(self, why: str) -> IncompleteError:
        """Return the error for a pull that did not get everything."""
        return IncompleteError(f"{self.reader.module}: {why}; {self.progress}")


def without_bad(opened: OpenedPage) -> OpenedPage:
    """Return a page that was read before without what is not an object, which was counted then."""
    return replace(opened, count=opened.count - len(opened.bad), bad=())
