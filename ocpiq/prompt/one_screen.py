"""Shows the beginning of a result, as much as fits the screen."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from typing import Final

from ocpiq.prompt.pager_lines import escape_line, row_count

OTHER_ROWS: Final = (
    4  # of the screen: what is repeated and when, a summary, the line that says that there is more
)
MORE: Final = "… more does not fit the screen"


class OneScreen:
    """Takes the place of the pager while nobody is asked. `clear` is called before each write."""

    def __init__(self, clear: Callable[[], None]) -> None:
        self.clear = clear
        size = shutil.get_terminal_size()
        self.width, self.room = max(1, size.columns), max(1, size.lines - OTHER_ROWS)
        self.viewed = 0.0

    def write(self, text: str) -> bool:
        """Write whole lines; return False once the screen is full."""
        self.clear()
        for line in map(escape_line, text.removesuffix("\n").split("\n") if text else ()):
            self.room -= row_count(line, self.width)
            if self.room < 0:
                sys.stdout.write(MORE + "\n")
                sys.stdout.flush()
                return False
            sys.stdout.write(line + "\n")
        sys.stdout.flush()
        return True

    def pause(self) -> bool:
        """Continue: nobody is asked."""
        return True

    def close(self) -> None:
        """Do nothing: all that fits was shown."""

    def cancel(self) -> None:
        """Do nothing: no program shows the lines."""
