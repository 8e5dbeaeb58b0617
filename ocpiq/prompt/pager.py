"""Shows results: at once if they fit the screen, else in `$PAGER` or in a pager of its own."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from time import monotonic
from typing import Final

from ocpiq.prompt.external_pager import ExternalPager, pager_command
from ocpiq.prompt.interrupts import Running
from ocpiq.prompt.pager_lines import PagerLines, PagerView, escape_line, row_count
from ocpiq.prompt.pager_screen import PagerScreen, Wish
from ocpiq.values.terminal import visible

SCREENS: Final = 10  # that are read ahead of what is shown
PATIENCE: Final = 0.3  # seconds for them
READING: Final = {
    "more": "reading on … Ctrl-C cancels",
    "end": "reading to the end … Ctrl-C cancels",
    "search": "searching … Ctrl-C cancels",
}


class Pager:
    """Takes the lines of a result and shows them.

    `clear` is called before each write; `lend` with a program that has the terminal from then on, and with None at its
    end; `wait` with a text while lines are read on. `viewed` is how many seconds the user looked at the lines.
    """

    def __init__(
        self,
        clear: Callable[[], None] = lambda: None,
        lend: Callable[[Running | None], None] = lambda running: None,
        wait: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.clear = clear
        self.lend = lend
        self.wait = wait
        self.stopped = False
        self.viewed = 0.0
        self._view = PagerView(PagerLines())
        size = shutil.get_terminal_size()
        self._view.resize(size.lines - 1, size.columns)
        self._room: float = max(1, size.lines - 2) if sys.stdout.isatty() else float("inf")
        self._paging = False
        self._external: ExternalPager | None = None
        self._wish: Wish = "more"
        self._since = 0.0  # when the wish was made
        self._found: int | None = None  # the line of the search
        self._wanted = 0  # rows more
        self._next = 0  # the number of lines at the wish, or that were searched since

    def write(self, text: str) -> bool:
        """Write whole lines; return False once the user has quit."""
        if self.stopped:
            return False
        if not self._paging:
            self.clear()
        for line in map(escape_line, text.removesuffix("\n").split("\n") if text else ()):
            if not self._take(line):
                return False
        sys.stdout.flush()
        return self._external is not None or not (self._paging and self._has_enough()) or self._open()

    def pause(self) -> bool:
        """Show what is there, because more may take a while; return False once the user has quit."""
        waits = self._wish == "more" or self._found is not None
        if self._paging and not self.stopped and waits and self._view.lines.end > self._next:
            return self._open()
        return not self.stopped

    def close(self) -> None:
        """Show what is left, and wait until the user quits."""
        if self._external is not None:
            self._external.close()
            self._external = None
            self.lend(None)
        elif self._paging and not self.stopped:
            self._open(complete=True)

    def cancel(self) -> None:
        """End a program that shows the lines."""
        if self._external is not None:
            self._external.end()
            self.close()

    def _take(self, line: str) -> bool:
        if self._external is not None:
            self.stopped = not self._external.write(line + "\n")
            return not self.stopped
        self._view.lines.add(line)
        if self._paging:
            return not self._has_enough() or self._open()
        rows = row_count(line, self._view.width)
        if rows <= self._room:
            self._room -= rows
            sys.stdout.write(line + "\n")
            return True
        return self._overflow()

    def _overflow(self) -> bool:
        """Begin to page: the result is longer than the screen."""
        sys.stdout.flush()
        command, lines = pager_command(), self._view.lines
        if command:
            self._external = ExternalPager(command, os.environ)
            self.lend(self._external.running)
            self.stopped = not self._external.write(
                "".join(lines[number] + "\n" for number in range(lines.start, lines.end))
            )
            return not self.stopped
        self._paging, self._since = True, monotonic()
        return True

    def _has_enough(self) -> bool:
        """Tell whether the lines that the user waits for are there."""
        lines, view, start = self._view.lines, self._view, self._next
        if self._wish == "end" or lines.end <= start:
            return False
        if self._wish == "search" and self._found is None:
            self._next = lines.end
            self._found, self._since = lines.find(view.pattern, start, 1), monotonic()
            return False
        if self._wish == "search" and self._found is not None and lines.end - self._found > view.height:
            return True
        return lines.end - view.top > SCREENS * view.height or monotonic() > self._since + PATIENCE

    def _open(self, *, complete: bool = False) -> bool:
        """Let the user look through the lines; return False once the user quits."""
        view, size, note = self._view, shutil.get_terminal_size(), ""
        self.clear()
        view.resize(size.lines - 1, size.columns)
        if self._wish == "more":
            view.scroll(self._wanted)
        elif self._wish == "end":
            view.go(view.lines.end)
        elif not view.find(1):
            note = f"not found: {visible(view.pattern)}"
        screen = PagerScreen(view, complete=complete, note=note)
        started = monotonic()
        self._wish, self._found = screen.run(), None
        self._wanted, self._next, self._since = screen.rows, view.lines.end, monotonic()
        self.viewed += self._since - started
        if self._wish == "quit":
            self.stopped = True
            self._leave_shown()
        else:
            self.wait(READING[self._wish])
        return not self.stopped

    def _leave_shown(self) -> None:
        """Write the lines that were shown last, which else are gone with the pager, unless they are the first."""
        view = self._view
        if view.top:
            lines = [view.lines[number] + "\n" for number in range(view.top, view.last_shown())]
            sys.stdout.write("".join(lines))
            sys.stdout.flush()
