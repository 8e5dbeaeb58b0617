"""The pull: one module's pages until the platform has no more, each object once (OCPI: Pagination)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from msgspec.structs import replace

from ocpiq.errors import IncompleteError, Notify, Warned, ignore
from ocpiq.ocpi.connection import Connection
from ocpiq.ocpi.course import STALE_PAGES, Course
from ocpiq.ocpi.failures import Failure
from ocpiq.ocpi.first import first_page
from ocpiq.ocpi.modules import endpoints_of
from ocpiq.ocpi.pages import Read, Reader
from ocpiq.ocpi.parties import Page, of_all
from ocpiq.ocpi.retry import Patience
from ocpiq.ocpi.tally import Tally
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
        reader = Reader(connection, login, module, gate, patience or Patience(), notify, parallel)
        yield from Pull(reader, first_page(reader, places, filters), filters).pages(newest)

    return of_all(login, module, asked, lambda text: notify(Warned(text)), newest)


def dates(module: str, since: str | None, until: str | None) -> dict[str, str]:
    """Return the date parameters to send."""
    first = since or (EARLIEST if module == "sessions" else None)
    return {name: value for name, value in (("date_from", first), ("date_to", until)) if value}


class Pull:
    """One pull: read from the first page to the last, again where the list moved, and compared with its total."""

    def __init__(self, reader: Reader, first: Read, filters: dict[str, str]) -> None:
        self.reader = reader
        self.first = first
        self.filters = filters
        self.tally = Tally()
        self.course = Course(reader, self.tally, first.url, filters)

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
        rest = Pull(self.reader, self.first, self.filters)
        rest.tally.total, rest.tally.marks = self.first.total, {self.first.mark}
        rest.tally.position = rest.tally.distinct = start
        try:
            read = rest.course.by_number(self.first)
            return [] if read is None else list(rest.all(read))
        except (Failure, IncompleteError):
            return []

    def all(self, read: Read) -> Iterator[Page]:
        """Yield the pages from `read` on; what moved in the meantime is read again."""
        try:
            yield from self.reading(read)
            yield from self.readings()
        finally:
            self.reader.ahead.stop()
        self.check_total()

    def reading(self, read: Read | None) -> Iterator[Page]:
        """Yield a page and all that follow it."""
        while read is not None:
            self.tally.take(read)
            if self.tally.pages > 1:  # whoever asked for a second page wants more than one
                self.course.look_ahead(read)
            yield read.opened, self.tally.total
            if self.tally.fell:
                yield self.overlap(read), self.tally.total
            try:
                read = self.course.after(read)
            except Failure as failure:
                raise self.broken_off(failure) from failure

    def readings(self) -> Iterator[Page]:
        """Yield the pages of further readings, as long as they find what the others missed.

        Where objects came twice and too few in all, the list moved while it was read: an object that is updated
        goes to the end on some platforms, and on others there is no order at all.
        """
        tally = self.tally
        most = tally.pages + STALE_PAGES
        idle = 0
        while self.moved and idle < IDLE_READINGS:
            if not tally.reread:
                self.reader.warn("the list moves while it is read; reading it again")
            before = tally.distinct
            tally.restart()
            self.reader.asked.clear()
            for opened, total in islice(self.reading(self.again(self.first.url)), most):
                yield replace(opened, count=opened.count - len(opened.bad), bad=()), total
            idle = idle + 1 if tally.distinct == before else 0
            if tally.still:
                return

    @property
    def moved(self) -> bool:
        """Whether objects came twice and, for all that is known, others not at all."""
        tally, course = self.tally, self.course
        missed = tally.lacking or (tally.total is None and not course.strayed)
        return tally.repeated and missed and not course.circling

    def overlap(self, read: Read) -> Opened:
        """Return what slipped to before the last page, when objects before it went away (OCPI: Pagination)."""
        tally = self.tally
        offset = max(0, tally.position - read.opened.count - tally.fell)
        url = self.course.numbered(offset, limit=str(tally.fell))
        tally.fell = 0
        slipped = self.again(url)
        tally.distinct += slipped.fresh
        return replace(slipped.opened, bad=())

    def again(self, url: str) -> Read:
        """Return a page of which some was read before. Raises IncompleteError."""
        try:
            return self.reader.read(url)
        except Failure as failure:
            raise self.broken_off(failure) from failure

    def check_total(self) -> None:
        """Compare with what was announced; some platforms count without the dates of the request."""
        tally = self.tally
        if self.course.circling and (tally.lacking or tally.total is None):
            raise self.incomplete("the platform sends the same page again and again")
        if not tally.lacking:
            return
        text = f"the platform announced {tally.total} objects and gave {tally.distinct}"
        if self.filters in ({}, {"date_from": EARLIEST}):
            raise self.incomplete(text)
        self.reader.warn(f"{text}; some platforms count without the dates")

    def broken_off(self, failure: Failure) -> IncompleteError:
        """Return the error for a pull that failed on the way."""
        return IncompleteError(f"{failure.message}; {self.tally}", hint=failure.hint)

    def incomplete(self, why: str) -> IncompleteError:
        """Return the error for a pull that did not get everything."""
        return IncompleteError(f"{self.reader.module}: {why}; {self.tally}")
