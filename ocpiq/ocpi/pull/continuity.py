"""Checks by object keys that the pages of a reading follow each other without a gap.

A page requested one object early begins with the last object of the page before: the two *join*, the list has
not changed between them, and no object was skipped.
"""

from __future__ import annotations

from ocpiq.ocpi.pull.page import FetchedPage
from ocpiq.ocpi.pull.repeats import ExpectedStart, Keys


class Continuity:
    """The joints of one pull."""

    def __init__(self) -> None:
        self.keys: Keys = ()  # of the last page with objects
        self.previous_keys: Keys = ()  # of the one before it
        self.first: Keys = ()  # of the first page of this reading
        self.precise = True  # whether the platform may accept requests one object early
        self.honoured = False  # whether it was, and the pages joined
        self.gap = False  # whether the last page does not join the one before
        self.moved = False  # whether there has been a gap
        self.shared = (
            False  # whether a page that joins has known objects in new places, in a list that never moved
        )
        self.unordered = False  # whether going back did not help: the list has no order
        self.unproven = (
            False  # whether a page of this reading was not asked for early, so that a gap would not show
        )
        self.shrunk = False  # whether the total fell at such a page

    @property
    def can_show(self) -> bool:
        """Whether a page that is asked for one object early shows whether the list moved.

        Where only links led on so far, offsets may mean nothing.
        """
        return self.precise and not self.unordered and (self.honoured or not self.unproven)

    def expected(self, early: int, *, more: bool) -> ExpectedStart | None:
        """Return what a page is expected to begin with; `more` tells that more objects are announced."""
        return ExpectedStart(self.keys[-1], early, more and not self.moved) if early else None

    def take(self, page: FetchedPage, early: int, fell: int) -> None:
        """Add the next page, with which the total fell by `fell`."""
        self.gap = early > 0 and page.sifted.joint < 0
        self.moved = self.moved or self.gap
        joins = early > 0 and page.sifted.joint == early - 1
        self.shared = self.shared or (joins and not self.moved and page.sifted.repeated_later > 0)
        if early:
            self.honoured = self.honoured or not self.gap
        elif self.first:
            self.unproven = True
            self.shrunk = self.shrunk or fell > 0
        if page.sifted.keys:
            self.first = self.first or page.sifted.keys
        if page.sifted.keys or self.gap:
            self.previous_keys, self.keys = self.keys, page.sifted.keys or self.keys

    def restart(self) -> None:
        """Start another reading."""
        self.keys = self.first = ()
        self.gap = self.unproven = self.shrunk = self.unordered = False
        self.moved = True

    def begins_as(self, page: FetchedPage) -> bool:
        """Whether the first page, read again, shows that no object was removed from the front of the list.

        New objects may precede the others.
        """
        before = set(self.first)
        repeated = [key for key in page.sifted.keys if key in before]
        return bool(repeated) and repeated == list(self.first[: len(repeated)])
