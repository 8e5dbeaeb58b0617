"""The progress of one pull: the objects and pages received, compared with the number that the platform announces."""

from __future__ import annotations

from ocpiq.ocpi.pages import FetchedPage


class PullProgress:
    """The counts of one pull. A list that is read again goes on with them, from position 0."""

    def __init__(self) -> None:
        self.position = 0  # the offset after the last page
        self.size = 0  # objects of the first page
        self.distinct = 0  # objects, each counted once
        self.total: int | None = None  # as announced by the last page that announced one
        self.fell = 0  # by how much the total fell with the last page
        self.pages = 0
        self.empty = 0  # pages without an object, in a row
        self.stale = 0  # pages without a new object, in a row
        self.repeated = False  # whether any object came twice
        self.reread = False  # whether this is not the first reading
        self.even = True  # whether all pages but the last are of one size and bring no object again
        self.marks: set[int] = set()  # of the pages of this reading
        self.before: set[int] = set()  # of those of the earlier ones

    def take(self, page: FetchedPage) -> None:
        """Count a page that followed the last one."""
        opened = page.opened
        self.pages += 1
        self.size = self.size or opened.count
        self.position += opened.count
        self.distinct += page.fresh + (0 if self.reread else len(opened.bad))
        self.repeated = self.repeated or opened.repeated > 0
        self.empty = 0 if opened.count else self.empty + 1
        self.stale = 0 if page.fresh or not opened.count else self.stale + 1
        self.marks.add(page.mark)
        if page.total is not None:
            fell = (self.total or 0) - page.total
            self.fell = fell if 0 < fell < max(2, opened.count) and self.position > opened.count else 0
            self.total = page.total
        if self.repeated or self.reread or (opened.count != self.size and self.left > 0):
            self.even = False

    def restart(self) -> None:
        """Begin another reading."""
        self.position = self.fell = self.empty = self.stale = 0
        self.reread = True
        self.before |= self.marks
        self.marks.clear()

    @property
    def left(self) -> int:
        """How many objects the platform announces after the last page."""
        return (self.total or 0) - self.position

    @property
    def more(self) -> bool:
        """Whether the platform announces more than was asked for."""
        return self.left > 0

    @property
    def lacking(self) -> bool:
        """Whether the platform announces more than came."""
        return self.total is not None and self.distinct < self.total

    @property
    def uncounted(self) -> bool:
        """Whether the platform does not say how many objects there are, or announces too few."""
        return self.total is None or self.total < self.distinct

    @property
    def still(self) -> bool:
        """Whether this reading had no page that the earlier ones had not."""
        return self.marks <= self.before

    def known(self, page: FetchedPage) -> bool:
        """Whether a page with objects has come before in this reading."""
        return page.opened.count > 0 and page.mark != 0 and page.mark in self.marks

    def __str__(self) -> str:
        of = f" of {self.total}" if self.lacking else ""
        return f"incomplete: {self.distinct}{of} objects came"
