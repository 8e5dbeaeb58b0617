"""The pull: one module's pages until the platform has no more, each object once (OCPI: Pagination)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from msgspec.structs import replace

from ocpiq.errors import IncompleteError, Notify, Warned, ignore
from ocpiq.ocpi.address import parameters, path, resolved, same_origin, with_query, without_nothing
from ocpiq.ocpi.connection import Connection
from ocpiq.ocpi.failures import Failure
from ocpiq.ocpi.links import number
from ocpiq.ocpi.modules import endpoints_of
from ocpiq.ocpi.pages import Read, Reader
from ocpiq.ocpi.parties import Page, of_all
from ocpiq.ocpi.retry import Patience
from ocpiq.privacy import Gate
from ocpiq.storage import Login

LIMITS = (1000, 500, 250, 125, 62, 31, 15)  # objects a page; the next one where one is refused
MODEST = 62  # of these, what is asked for where a platform fails at more
EARLIEST = "2010-01-01T00:00:00Z"  # sessions cannot be asked for without a date_from; none is older
EMPTY_PAGES = 3  # in a row, after which a link leads nowhere
STALE_PAGES = 3  # in a row without a new object, after which there will be none
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
        return Pull(reader, places, filters).pages(newest)

    return of_all(login, module, asked, lambda text: notify(Warned(text)), newest)


def dates(module: str, since: str | None, until: str | None) -> dict[str, str]:
    """Return the date parameters to send."""
    first = since or (EARLIEST if module == "sessions" else None)
    return {name: value for name, value in (("date_from", first), ("date_to", until)) if value}


class Pull:
    """One pull: what was received, and how to ask for what comes next."""

    def __init__(self, reader: Reader, endpoints: tuple[str, ...], filters: dict[str, str]) -> None:
        self.reader = reader
        self.ahead = reader.ahead
        self.endpoints = endpoints
        self.filters = filters
        self.start = ""  # the first page's URL; the others by offset differ in the offset only
        self.position = 0  # the offset behind the last page
        self.size = 0  # objects of the first page
        self.distinct = 0  # objects, each counted once
        self.total: int | None = None
        self.fell = 0  # by how much the total fell with the last page
        self.pages_read = 0
        self.empty = 0  # pages without an object, in a row
        self.stale = 0  # pages without a new object, in a row
        self.repeated = False  # whether any object came twice
        self.reread = False  # whether this is not the first reading
        self.by_offset = False  # whether links cannot be followed
        self.cleaning = False  # whether links are followed without their empty parameters
        self.irregular = False  # whether offsets cannot be foretold
        self.wide = False  # whether pages are fetched ahead by their offsets
        self.circling = False  # whether the platform sends a page again and again
        self.marks: set[int] = set()  # of the pages of this reading
        self.seen: set[int] = set()  # of those of the earlier ones

    def pages(self, newest: int | None = None) -> Iterator[Page]:
        """Yield the pages; with `newest`, those at the end that have so many objects, where that can be told."""
        first = self.first()
        start = (first.total or 0) - newest if newest is not None else 0
        if newest is not None and start > first.opened.count:
            end = self.end(first, start)
            if sum(opened.count - opened.repeated for opened, _ in end) >= newest:
                yield from end
                return
            self.reader.forget()
            first = self.restarted()
            self.reread = False
        yield from self.all(first)

    def end(self, first: Read, start: int) -> list[Page]:
        """Return the pages from an offset on; nothing where the announced number does not lead there."""
        rest = Pull(self.reader, self.endpoints, self.filters)
        rest.start, rest.total, rest.marks = self.start, first.total, {first.mark}
        rest.position = rest.distinct = start
        try:
            read = rest.by_number(first)
            return [] if read is None else list(rest.all(read))
        except IncompleteError:
            return []

    def all(self, first: Read) -> Iterator[Page]:
        """Yield the pages from `first` on; what moved in the meantime is read again."""
        try:
            yield from self.reading(first)
            yield from self.readings()
        finally:
            self.ahead.stop()
        self.check_total()

    def reading(self, read: Read | None) -> Iterator[Page]:
        """Yield a page and all that follow it."""
        while read is not None:
            self.take(read)
            if self.pages_read > 1:  # whoever asked for a second page wants more than one
                self.look_ahead(read)
            yield read.opened, self.total
            if self.fell:
                yield from self.overlap(read)
            read = self.following(read)

    def readings(self) -> Iterator[Page]:
        """Yield the pages of further readings, as long as they find what the others missed.

        Where objects came twice and too few in all, the list moved while it was read: an object that is updated
        goes to the end on some platforms, and on others there is no order at all.
        """
        most = self.pages_read + STALE_PAGES
        idle = 0
        while self.repeated and self.lacking and not self.circling and idle < IDLE_READINGS:
            if not self.reread:
                self.reader.warn("the list moves while it is read; reading it again")
            before, self.seen = self.distinct, self.seen | self.marks
            for opened, total in islice(self.reading(self.restarted()), most):
                yield replace(opened, count=opened.count - len(opened.bad), bad=()), total
            idle = idle + 1 if self.distinct == before else 0
            if self.marks <= self.seen:
                return  # nothing moves any more

    def restarted(self) -> Read:
        """Return the first page of a further reading."""
        self.position = self.fell = self.empty = self.stale = 0
        self.reread = True
        self.marks.clear()
        self.reader.asked.clear()
        try:
            return self.reader.read(self.start)
        except Failure as failure:
            raise self.broken_off(failure) from failure

    def take(self, read: Read) -> None:
        """Count a page."""
        opened = read.opened
        self.pages_read += 1
        self.size = self.size or opened.count
        self.position += opened.count
        self.distinct += read.fresh + (0 if self.reread else len(opened.bad))
        self.repeated = self.repeated or opened.repeated > 0
        self.empty = 0 if opened.count else self.empty + 1
        self.stale = 0 if read.fresh or not opened.count else self.stale + 1
        self.marks.add(read.mark)
        if read.total is not None:
            fell = (self.total or 0) - read.total
            self.fell = fell if 0 < fell < max(2, opened.count) and self.position > opened.count else 0
            self.total = read.total

    def overlap(self, read: Read) -> Iterator[Page]:
        """Yield what slipped to before the last page, when objects before it went away (OCPI: Pagination)."""
        offset = max(0, self.position - read.opened.count - self.fell)
        url = with_query(self.start, {"offset": str(offset), "limit": str(self.fell)})
        self.fell = 0
        try:
            slipped = self.reader.read(url)
        except Failure as failure:
            raise self.broken_off(failure) from failure
        self.distinct += slipped.fresh
        yield replace(slipped.opened, bad=()), self.total

    def first(self) -> Read:
        """Return the first page of the first endpoint that answers: 2.1.1 does not name the Sender's."""
        failure: Failure | None = None
        empty: Read | None = None
        for endpoint in self.endpoints:
            try:
                read = self.begin(endpoint)
            except Failure as error:
                failure = failure or error
                if self.reader.tries.over:
                    break
                continue
            if not read.missing:
                return read
            empty = empty or read
        if empty is not None:
            self.reader.warn("the platform answers HTTP 404, which is taken for an empty list")
            return empty
        assert failure is not None
        raise failure

    def begin(self, endpoint: str) -> Read:
        """Return the first page of an endpoint, as large as the platform lets it be."""
        first: Failure | None = None
        for limit in LIMITS:
            failed = first is not None and first.overwhelmed
            if failed and limit > MODEST:
                continue
            url = with_query(endpoint, {**self.filters, "offset": "0", "limit": str(limit)})
            try:
                read = self.reader.read(url, once=failed)
            except Failure as failure:
                first = first or failure
                if failed or not (failure.refused or failure.overwhelmed) or self.reader.tries.over:
                    break
                continue
            if failed:
                self.reader.warn(f"the platform fails at large pages; going on with {limit} objects a page")
            self.start = read.url
            return read
        assert first is not None
        raise first

    def look_ahead(self, read: Read) -> None:
        """Begin to fetch what comes next: many pages by their offsets, or the one that the link leads to."""
        self.wide = self.regular(read)
        lost = self.by_offset or not read.link or self.empty >= EMPTY_PAGES or self.stale >= STALE_PAGES
        target = None if lost or not read.link else self.target(read.link, read)
        if self.wide and self.total is not None:
            self.ahead.aim(self.numbered(offset) for offset in range(self.position, self.total, self.size))
        else:
            self.ahead.aim((target,) if target is not None and not self.reread else ())

    def regular(self, read: Read) -> bool:
        """Whether the pages that follow can be asked for by offset all at once.

        Each page so far was as long as the first and brought no object again, and the link says the same offset.
        """
        left = (self.total or 0) - self.position
        if self.repeated or self.reread or (read.opened.count != self.size and left > 0):
            self.irregular = True
        if self.irregular or self.ahead.most <= 1 or not self.size:
            return False
        if self.wide:
            return left > 0
        foretold = (
            self.by_offset or not read.link or parameters(read.link).get("offset") == str(self.position)
        )
        return foretold and left > self.size

    def following(self, read: Read) -> Read | None:
        """Return the page after `read`, or None where there is none: by its link, else by offset."""
        if self.wide and self.more:
            return self.by_number(read)
        if not self.by_offset:
            if read.link is None and not self.more:
                return None
            found = (
                self.by_link(read.link, read)
                if read.link
                else "gives no next link although it announces more"
            )
            if isinstance(found, Read):
                return found
            self.by_offset = True
            if self.more or self.total is None:
                self.reader.warn(f"the platform {found}; going on by offset")
        return self.by_number(read) if self.more or self.total is None else None

    def by_link(self, link: str, read: Read) -> Read | str:
        """Return the page that a link leads to, or why it leads nowhere new."""
        target = self.target(link, read)
        if target is None:
            return "gives a next link that leads to another host"
        if self.skips(link):
            return "leaves objects out at its own next link"
        if hash(target) in self.reader.asked:
            return "gives a next link to a page that was read already"
        if self.empty >= EMPTY_PAGES:
            return "gives link after link to empty pages"
        if self.stale >= STALE_PAGES and not self.reread:
            return "gives link after link to what was read already"
        try:
            found = self.read_cleaned(target)
        except Failure as failure:
            if failure.reached and failure.status != 429 and not self.reader.tries.over:
                return f"fails at its own next link ({failure.answer})"
            raise self.broken_off(failure) from failure
        if found.missing and self.more:
            return "has nothing at its own next link (HTTP 404)"
        if self.known(found):
            return "repeats a page at its own next link"
        return found

    def skips(self, link: str) -> bool:
        """Whether a link leads behind the next object, and no total would tell what it left out.

        Some count on more objects a page than they send. Others keep objects of a page to themselves, and are right.
        """
        offset = number(parameters(link).get("offset", ""))
        return self.total is None and offset is not None and offset > self.position

    def by_number(self, read: Read) -> Read | None:
        """Return the page after all objects received so far, or None where that page has none."""
        url = self.numbered(self.position)
        if not read.opened.count and hash(url) in self.reader.asked:
            return None
        if self.stale >= STALE_PAGES and not self.reread:
            return None
        try:
            found = self.reader.read(url)
        except Failure as failure:
            if failure.refused and not self.more:
                return None  # an offset behind the end
            raise self.broken_off(failure) from failure
        self.circling = self.known(found)
        return None if self.circling else found

    def numbered(self, offset: int) -> str:
        """Return the URL of the page at an offset."""
        return with_query(self.start, {"offset": str(offset)})

    @property
    def more(self) -> bool:
        """Whether the platform announces more than was asked for."""
        return self.total is not None and self.position < self.total

    @property
    def lacking(self) -> bool:
        """Whether the platform announces more than came."""
        return self.total is not None and self.distinct < self.total

    def known(self, read: Read) -> bool:
        """Whether a page with objects has come before."""
        return read.opened.count > 0 and read.mark != 0 and read.mark in self.marks

    def target(self, link: str, read: Read) -> str | None:
        """Return where a link leads, with the dates of the pull, which some servers leave out of it."""
        target = resolved(link, read.url)
        if target is None or not same_origin(target, read.url):
            return None
        there = parameters(target)
        lost = {name: value for name, value in self.filters.items() if name not in there}
        target = with_query(target, lost) if lost and path(target) == path(self.start) else target
        return without_nothing(target) if self.cleaning else target

    def read_cleaned(self, target: str) -> Read:
        """Return the page at a link's URL, tried without the parameters that hold nothing if refused."""
        cleaned = without_nothing(target)
        if not self.cleaning:
            try:
                return self.reader.read(target)
            except Failure as failure:
                if not failure.refused or cleaned == target:
                    raise
            self.cleaning = True
        return self.reader.read(cleaned)

    def check_total(self) -> None:
        """Compare with what was announced; some platforms count without the dates of the request."""
        if self.circling and (self.lacking or self.total is None):
            raise self.incomplete("the platform sends the same page again and again")
        if not self.lacking:
            return
        text = f"the platform announced {self.total} objects and gave {self.distinct}"
        if self.filters in ({}, {"date_from": EARLIEST}):
            raise self.incomplete(text)
        self.reader.warn(f"{text}; some platforms count without the dates")

    def broken_off(self, failure: Failure) -> IncompleteError:
        """Return the error for a pull that failed on the way."""
        return IncompleteError(f"{failure.message}; {self.so_far()}", hint=failure.hint)

    def incomplete(self, why: str) -> IncompleteError:
        """Return the error for a pull that did not get everything."""
        return IncompleteError(f"{self.reader.module}: {why}; {self.so_far()}")

    def so_far(self) -> str:
        """Return how much came."""
        of = f" of {self.total}" if self.lacking else ""
        return f"incomplete: {self.distinct}{of} objects came"
