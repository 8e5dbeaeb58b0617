"""The pull: one module's pages until the platform has no more, each object once (OCPI: Pagination)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from msgspec.structs import replace

from ocpiq.errors import IncompleteError, Notify, Warned, ignore
from ocpiq.ocpi.connection import Connection
from ocpiq.ocpi.course import (
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
from ocpiq.ocpi.failures import Failure
from ocpiq.ocpi.first import first_page
from ocpiq.ocpi.modules import endpoints_of
from ocpiq.ocpi.pages import FetchedPage, PageReader
from ocpiq.ocpi.parties import Page, of_all
from ocpiq.ocpi.retry import Patience
from ocpiq.ocpi.tally import PullProgress
from ocpiq.privacy import Gate, Opened
from ocpiq.storage import Login

EARLIEST = "2010-01-01T00:00:00Z"  # sessions cannot be asked for without a date_from; none is older
IDLE_READINGS = 5  # in a row of a moving list without a new object


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

    return of_all(login, module, asked, lambda text: notify(Warned(text)), newest)


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
        self.context = PullContext(reader, self.progress, first.url, filters)
        self.strategy: Strategy = FollowLinks(self.context)
        self.last = first  # the last page that was taken
        self.stuck = False  # whether the platform sends a page again and again
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
        try:
            page = rest.carry_out(rest.settled(ByOffset(rest.context).next(self.first)))
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
        self.check_total()

    def reading(self, page: FetchedPage | None) -> Iterator[Page]:
        """Yield a page and all that follow it."""
        while page is not None:
            self.progress.take(page)
            self.last = page
            step = self.settled(self.strategy.next(page))
            if self.progress.pages > 1:  # whoever asked for a second page wants more than one
                self.reader.prefetcher.aim(step.prefetch if isinstance(step, Fetch) else ())
            yield page.opened, self.progress.total
            if self.progress.fell:
                yield self.overlap(page), self.progress.total
            try:
                page = self.carry_out(step)
            except Failure as failure:
                raise self.broken_off(failure) from failure

    def settled(self, step: Fetch | Done | Switch) -> Fetch | Done:
        """Return what a strategy says next, asked of the one that it switches to if it does."""
        while isinstance(step, Switch):
            if step.warning:
                self.warnings.append(step.warning)
            self.strategy = step.to
            step = self.strategy.next(self.last)
        return step

    def carry_out(self, step: Fetch | Done) -> FetchedPage | None:
        """Return the page that comes next, or None where there is none. Raises Failure."""
        while True:
            while self.warnings:
                self.reader.warn(self.warnings.pop(0))
            if isinstance(step, Done):
                self.stuck = step.stuck
                return None
            outcome = self.outcome(step)
            if isinstance(outcome, FetchedPage):
                if step.warning:
                    self.reader.warn(step.warning)
                return outcome
            found = self.strategy.next(outcome)
            if isinstance(found, Switch) and found.alone:
                self.reader.one_by_one(step.url)
            step = self.settled(found)

    def outcome(self, step: Fetch) -> Outcome:
        """Return how a request ended."""
        try:
            page = self.reader.read(step.url)
        except Failure as failure:
            return failure
        why = step.flaw(page)
        return Rejected(page, why) if why else page

    def readings(self) -> Iterator[Page]:
        """Yield the pages of further readings, as long as they find what the others missed.

        Where objects came twice and too few in all, the list moved while it was read: an object that is updated
        goes to the end on some platforms, and on others there is no order at all.
        """
        progress = self.progress
        most = progress.pages + STALE_PAGES
        idle = 0
        while self.moved and idle < IDLE_READINGS:
            if not progress.reread:
                self.reader.warn("the list moves while it is read; reading it again")
            before = progress.distinct
            progress.restart()
            self.reader.asked.clear()
            self.strategy = self.strategy.base
            for opened, total in islice(self.reading(self.again(self.first.url)), most):
                yield replace(opened, count=opened.count - len(opened.bad), bad=()), total
            idle = idle + 1 if progress.distinct == before else 0
            if progress.still:
                return

    @property
    def moved(self) -> bool:
        """Whether objects came twice and, for all that is known, others not at all."""
        progress = self.progress
        missed = progress.lacking or (progress.total is None and not self.strategy.base.overlaps)
        return progress.repeated and missed and not self.stuck

    def overlap(self, page: FetchedPage) -> Opened:
        """Return what slipped to before the last page, when objects before it went away (OCPI: Pagination)."""
        progress = self.progress
        offset = max(0, progress.position - page.opened.count - progress.fell)
        url = self.context.numbered(offset, limit=str(progress.fell))
        progress.fell = 0
        slipped = self.again(url)
        progress.distinct += slipped.fresh
        return replace(slipped.opened, bad=())

    def again(self, url: str) -> FetchedPage:
        """Return a page of which some was read before. Raises IncompleteError."""
        try:
            return self.reader.read(url)
        except Failure as failure:
            raise self.broken_off(failure) from failure

    def check_total(self) -> None:
        """Compare with what was announced; some platforms count without the dates of the request."""
        progress = self.progress
        if self.stuck and (progress.lacking or progress.total is None):
            raise self.incomplete("the platform sends the same page again and again")
        if not progress.lacking:
            return
        text = f"the platform announced {progress.total} objects and gave {progress.distinct}"
        if self.context.filters in ({}, {"date_from": EARLIEST}):
            raise self.incomplete(text)
        self.reader.warn(f"{text}; some platforms count without the dates")

    def broken_off(self, failure: Failure) -> IncompleteError:
        """Return the error for a pull that failed on the way."""
        return IncompleteError(f"{failure.message}; {self.progress}", hint=failure.hint)

    def incomplete(self, why: str) -> IncompleteError:
        """Return the error for a pull that did not get everything."""
        return IncompleteError(f"{self.reader.module}: {why}; {self.progress}")
