"""The strategy that goes back to what slipped through when objects went away from the front of a list."""

from __future__ import annotations

from ocpiq.ocpi.http.failures import Failure
from ocpiq.ocpi.pull.page import FetchedPage
from ocpiq.ocpi.pull.strategy import Fetch, Outcome, PullContext, Rejected, Strategy, Switch

BACK_PAGES = 3  # pages to go back before a list is taken for one without an order


class GoBack:
    """Reads what slipped to before the last page, back to an object that was read (OCPI: Pagination).

    That many objects went away from the front as the total fell by; where no total tells, a page is read.
    """

    overlaps = False

    def __init__(self, pull: PullContext, resume: Strategy, page: FetchedPage, begin: int) -> None:
        self.pull = pull
        self.resume = resume
        self.base = resume.base
        self.page = page  # the one that did not join
        total = pull.progress.total
        self.low = begin if total is None else min(begin, total)  # the offset from which on all was read
        self.fell = pull.progress.fell
        self.tried = 0

    def next(self, outcome: Outcome) -> Fetch | Switch:
        """Return what to do next."""
        if isinstance(outcome, Failure):
            raise outcome
        joined = isinstance(outcome, FetchedPage) and outcome is not self.page and self.joins(outcome)
        if joined or not self.low:
            return Switch(self.resume)
        if self.tried >= BACK_PAGES or isinstance(outcome, Rejected):
            self.pull.continuity.unordered = True
            return Switch(self.resume)
        size = self.pull.progress.size
        back = min(self.low, size, self.fell + 1 if self.fell and not self.tried else size)
        self.tried += 1
        self.low -= back
        return Fetch(self.pull.numbered(self.low, limit=str(back)), self.flaw, self.low, back=True)

    def joins(self, page: FetchedPage) -> bool:
        """Whether a page has the last object that was read before the gap.

        That one may be among those that went away; then another of its page tells.
        """
        before = self.pull.continuity.before
        return bool(before) and (
            before[-1] in page.sifted.keys or (self.fell > 0 and not set(before).isdisjoint(page.sifted.keys))
        )

    def flaw(self, page: FetchedPage) -> str:
        """Return why a page is not to be taken: it is the same again, of a platform that ignores offsets."""
        same = page.opened.count > 0 and page.mark == self.page.mark
        return "is not the one before" if same and not self.pull.continuity.honoured else ""
