"""The numbers of the pages of a pull: those of one process, also where lines come in the pages of several parts."""

from __future__ import annotations

from typing import Final

from ocpiq.gate import OpenedPage

LINES: Final = 50
"""Objects of a page of lines, as of NDJSON: few enough for their rows to stay in the processor's cache."""


class PageNumbers:
    """Counts pages. Of lines that continue, each LINES are one, wherever a part of them has ended."""

    def __init__(self) -> None:
        self.count = 0
        self._before = 0  # pages before the lines that continue
        self._first = self._lines = 0  # the lines before the last page, and with it
        self._continues = False

    def add(self, opened: OpenedPage) -> None:
        """Count a page."""
        self._continues = opened.continues
        if opened.continues:
            self._first = self._lines
        else:
            self._before, self._first = self.count, 0
        self._lines = self._first + opened.count
        self.count = self._before + (-(-self._lines // LINES) if opened.continues else 1)

    def place(self, index: int) -> tuple[int, int]:
        """Return page and index of an item of the last page."""
        if not self._continues:
            return self.count, index
        pages, within = divmod(self._first + index, LINES)
        return self._before + pages + 1, within
