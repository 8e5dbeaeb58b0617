"""The strategy that goes back for skipped objects after others were removed from the front of a list."""

from __future__ import annotations

from ocpiq.errors import EMPTY, Message, say
from ocpiq.ocpi.http.failures import Failure
from ocpiq.ocpi.pull.page import FetchedPage
from ocpiq.ocpi.pull.strategy import Fetch, FetchOutcome, PullContext, Rejected, Strategy, Switch

BACK_PAGES = 3  # pages to go back before a list counts as unordered


class GoBack:
    """Reads objects that moved to before the last page, back to a known object (OCPI: Pagination).

    The total fell by the number of removed objects; without a total, a page is read.
    """

    overlaps = False

    def __init__(self, pull: PullContext, resume: Strategy, page: FetchedPage, begin: int) -> None:
        self.pull = pull
        self.resume = resume
        self.base = resume.base
        self.page = page  # the one that did not join
        total = pull.progress.total
        self.low = begin if total is None else min(begin, total)  # the offset from which on all was read
        self.total_drop = pull.progress.total_drop
        self.tried = 0

    def next(self, outcome: FetchOutcome) -> Fetch | Switch:
        """Return the next step."""
        if isinstance(outcome, Failure):
            raise outcome
        joined = isinstance(outcome, FetchedPage) and outcome is not self.page and self.joins(outcome)
        if joined or not self.low:
            return Switch(self.resume)
        if self.tried >= BACK_PAGES or isinstance(outcome, Rejected):
            self.pull.continuity.unordered = True
            return Switch(self.resume)
        size = self.pull.progress.size
        back = min(self.low, size, self.total_drop + 1 if self.total_drop and not self.tried else size)
        self.tried += 1
        self.low -= back
        return Fetch(self.pull.url_at(self.low, limit=str(back)), self.flaw, self.low, back=True)

    def joins(self, page: FetchedPage) -> bool:
        """Whether a page contains the last object read before the gap.

        If that one was removed too, another object of its page decides.
        """
        before = self.pull.continuity.previous_keys
        return bool(before) and (
            before[-1] in page.sifted.keys
            or (self.total_drop > 0 and not set(before).isdisjoint(page.sifted.keys))
        )

    def flaw(self, page: FetchedPage) -> Message:
        """Return why a page must not be used: it is the same again, from a platform that ignores offsets."""
        same = page.opened.count > 0 and page.content_hash == self.page.content_hash
        return say("is not the one before") if same and not self.pull.continuity.honoured else EMPTY
