"""The pull: one module's pages, one after the other, until the platform has no more (OCPI: Pagination)."""

from __future__ import annotations

from collections.abc import Iterator

from ocpiq.errors import IncompleteError, Notify, Warned, ignore
from ocpiq.ocpi.address import parameters, path, resolved, same_origin, with_query, without_nothing
from ocpiq.ocpi.connection import Connection
from ocpiq.ocpi.failures import Failure
from ocpiq.ocpi.modules import endpoints_of
from ocpiq.ocpi.pages import Read, Reader
from ocpiq.ocpi.retry import Patience
from ocpiq.privacy import Gate, Opened
from ocpiq.storage import Login

LIMITS = (
    1000,
    500,
    250,
    125,
    62,
    31,
    15,
)  # objects a page that are asked for; the next one where one is refused
EARLIEST = "2010-01-01T00:00:00Z"  # sessions cannot be asked for without a date_from; none is older
EMPTY_PAGES = 3  # in a row, after which a link leads nowhere


def pull(
    connection: Connection,
    login: Login,
    module: str,
    gate: Gate,
    *,
    since: str | None = None,
    until: str | None = None,
    notify: Notify = ignore,
    patience: Patience | None = None,
) -> Iterator[tuple[Opened, int | None]]:
    """Yield the pages of `module`, each with the number of objects that the whole pull is announced to have.

    `since` and `until` are OCPI DateTimes that end in Z. The number is None where the platform gives none.
    Raises PlatformError where nothing can be had, IncompleteError after the last page where there was more.
    """

    def warn(text: str) -> None:
        notify(Warned(f"{module}: {text}"))

    reader = Reader(connection, login, module, gate, patience or Patience(), warn)
    return Pull(reader, endpoints_of(login, module), dates(module, since, until)).pages()


def dates(module: str, since: str | None, until: str | None) -> dict[str, str]:
    """Return the date parameters to send."""
    first = since or (EARLIEST if module == "sessions" else None)
    return {name: value for name, value in (("date_from", first), ("date_to", until)) if value}


class Pull:
    """One pull: what was received, and how to ask for what comes next."""

    def __init__(self, reader: Reader, endpoints: tuple[str, ...], filters: dict[str, str]) -> None:
        self.reader = reader
        self.endpoints = endpoints
        self.filters = filters
        self.start = ""  # the first page's URL; the others by offset differ in the offset only
        self.received = 0
        self.total: int | None = None
        self.empty = 0  # pages without an object, in a row
        self.by_offset = False
        self.cleaning = False  # whether links are followed without their empty parameters
        self.marks: set[int] = set()  # hashes of the pages

    def pages(self) -> Iterator[tuple[Opened, int | None]]:
        """Yield the pages."""
        read: Read | None = self.first()
        while read is not None:
            self.take(read)
            yield read.opened, self.total
            read = self.following(read)
        self.check_total()

    def take(self, read: Read) -> None:
        """Count a page."""
        self.received += read.opened.count
        self.empty = 0 if read.opened.count else self.empty + 1
        self.marks.add(read.mark)
        if read.total is not None:
            self.total = read.total

    def first(self) -> Read:
        """Return the first page of the first endpoint that answers: 2.1.1 does not name the Sender's."""
        failure: Failure | None = None
        empty: Read | None = None
        for endpoint in self.endpoints:
            try:
                read = self.begin(endpoint)
            except Failure as error:
                failure = failure or error
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
        refusal: Failure | None = None
        for limit in LIMITS:
            url = with_query(endpoint, {**self.filters, "offset": "0", "limit": str(limit)})
            try:
                read = self.reader.read(url)
            except Failure as failure:
                if not failure.refused:
                    raise
                refusal = refusal or failure
                continue
            self.start = read.url
            return read
        assert refusal is not None
        raise refusal

    def following(self, read: Read) -> Read | None:
        """Return the page after `read`, or None where there is none: by its link, else by offset."""
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
        target = resolved(link, read.url)
        if target is None or not same_origin(target, read.url):
            return "gives a next link that leads to another host"
        target = self.with_filters(target)
        if hash(target) in self.reader.asked:
            return "gives a next link to a page that was read already"
        if self.empty >= EMPTY_PAGES:
            return "gives link after link to empty pages"
        try:
            found = self.read_cleaned(target)
        except Failure as failure:
            if failure.reached and failure.status != 429:
                return f"fails at its own next link ({failure.answer})"
            raise self.broken_off(failure) from failure
        if found.missing and self.more:
            return "has nothing at its own next link (HTTP 404)"
        if self.repeated(found):
            return "repeats a page at its own next link"
        return found

    def by_number(self, read: Read) -> Read | None:
        """Return the page after all objects received so far, or None where that page has none."""
        if not read.opened.count and hash(self.numbered()) in self.reader.asked:
            return None
        try:
            found = self.reader.read(self.numbered())
        except Failure as failure:
            raise self.broken_off(failure) from failure
        if self.repeated(found):
            raise self.incomplete("the platform sends the same page again and again")
        return found

    def numbered(self) -> str:
        """Return the URL of the page after all objects received so far."""
        return with_query(self.start, {"offset": str(self.received)})

    @property
    def more(self) -> bool:
        """Whether the platform announces more than was received."""
        return self.total is not None and self.received < self.total

    def repeated(self, read: Read) -> bool:
        """Whether a page with objects has come before."""
        return read.opened.count > 0 and read.mark in self.marks

    def with_filters(self, target: str) -> str:
        """Return a link's URL with the dates of the pull, which some servers leave out of it."""
        there = parameters(target)
        lost = {name: value for name, value in self.filters.items() if name not in there}
        return with_query(target, lost) if lost and path(target) == path(self.start) else target

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
        if not self.more:
            return
        text = f"the platform announced {self.total} objects and gave {self.received}"
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
        of = f" of {self.total}" if self.more else ""
        return f"incomplete: {self.received}{of} objects came"
