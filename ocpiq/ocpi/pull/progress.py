"""The progress of one pull: the objects and pages received, compared with the number that the platform announces."""

from __future__ import annotations

from ocpiq.errors import EMPTY, Message, say
from ocpiq.ocpi.pull.continuity import Continuity
from ocpiq.ocpi.pull.page import FetchedPage


class PullProgress:
    """The counts of one pull. A list that is read again goes on with them, from position 0."""

    def __init__(self) -> None:
        self.position = 0  # the offset after the last page
        self.size = 0  # objects of the first page
        self.distinct = 0  # objects, each counted once
        self.total: int | None = None  # as announced by the last page that announced one
        self.total_drop = 0  # by how much the total fell with the last page
        self.pages = 0
        self.empty_pages = 0  # pages without an object, in a row
        self.stale_pages = 0  # pages without a new object, in a row
        self.keyless_pages = 0  # pages in a row whose objects have no key, in a list of unknown length
        self.repeated = False  # whether any object came twice
        self.reread = False  # whether this is not the first reading
        self.uniform = True  # whether all pages but the last are of one size and bring no object again
        self.own_totals = True  # whether each page announces as many objects as it has
        self.marks: set[int] = set()  # of the pages of this reading
        self.order: list[int] = []  # the same in their order
        self.previous_order: list[int] = []  # those of the reading before
        self.continuity = Continuity()

    def take(self, page: FetchedPage, offset: int | None = None, early: int = 0) -> None:
        """Count the next page, requested by its `offset`, `early` objects early, or by a link."""
        opened = page.opened
        self.pages += 1
        self.size = self.size or opened.count
        self.announce(page)
        self.position = opened.count + (self.position if offset is None else offset)
        if offset is not None and not page.new_count and self.more and not self.reread:
            self.position = max(self.position, offset + self.size)  # past objects that the platform withholds
        self.count(page, early)
        self.repeated = self.repeated or page.sifted.repeated_later > 0
        self.empty_pages = 0 if opened.count else self.empty_pages + 1
        self.stale_pages = 0 if page.new_count or not opened.count else self.stale_pages + 1
        nameless = opened.count > 0 and not page.content_hash and self.total is None
        self.keyless_pages = self.keyless_pages + 1 if nameless else 0
        self.continuity.take(page, early, 0 if self.own_totals else self.total_drop)
        self.marks.add(page.content_hash)
        self.order.append(page.content_hash)
        if self.repeated or self.reread or (opened.count != self.size and self.more):
            self.uniform = False

    def announce(self, page: FetchedPage) -> None:
        """Store the number of objects that a page announces."""
        self.total_drop = 0
        if page.total is None:
            return
        self.total_drop = max(0, (self.total or 0) - page.total)
        self.own_totals = self.own_totals and page.total == page.opened.count
        self.total = page.total

    def count(self, page: FetchedPage, early: int = 0) -> None:
        """Count the new objects of a page; bad items among the first `early` were counted with the page before."""
        bad = 0 if self.reread else sum(1 for place in page.opened.bad if place >= early)
        self.distinct += page.new_count + bad

    def restart(self) -> None:
        """Start another reading."""
        self.position = self.total_drop = self.empty_pages = self.stale_pages = 0
        self.reread = True
        self.previous_order, self.order = self.order, []
        self.marks.clear()
        self.continuity.restart()

    @property
    def left(self) -> int:
        """How many objects the platform announces after the last page."""
        return (self.total or 0) - self.position

    @property
    def more(self) -> bool:
        """Whether the platform announces objects after the last page."""
        return self.left > 0

    @property
    def incomplete(self) -> bool:
        """Whether the platform announces more objects than were received."""
        return self.total is not None and self.distinct < self.total

    @property
    def total_unreliable(self) -> bool:
        """Whether the platform does not say how many objects there are, or announces too few."""
        return self.total is None or self.total < self.distinct

    @property
    def unchanged(self) -> bool:
        """Whether this reading had the same pages as the one before."""
        return self.order == self.previous_order

    def is_repeat(self, page: FetchedPage) -> bool:
        """Whether a page with objects has come before in this reading, and does not begin where the last one ended."""
        return (
            page.opened.count > 0
            and page.sifted.joint != 0
            and page.content_hash != 0
            and page.content_hash in self.marks
        )

    @property
    def shortfall(self) -> Message:
        """How many objects came, for the message about an incomplete pull."""
        of = say(" of {total}", total=self.total) if self.total is not None and self.incomplete else EMPTY
        return say("incomplete: {distinct}{of} objects came", distinct=self.distinct, of=of)
