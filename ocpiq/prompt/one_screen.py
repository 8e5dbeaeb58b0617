"""Shows the beginning of a result, as much as fits the screen."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from typing import Final

from ocpiq.prompt.pager import escape_line, rows_of

OTHER_ROWS: Final = (
    4  # of the screen: what is repeated and when, a summary, the line that says that there is more
)
MORE: Final = "… more does not fit the screen"


class OneScreen:
    """Takes the place of the pager while nobody is asked. `clear` is called before each write."""

    def __init__(self, clear: Callable[[], None]) -> None:
        self.clear = clear
        self.room = max(1, shutil.get_terminal_size().lines - OTHER_ROWS)

    def write(self, text: str) -> bool:
        """Write whole lines; return False once the screen is full."""
        self.clear()
        for line in map(escape_line, text.removesuffix("\n").split("\n") if text else ()):
            self.room -= rows_of(line)
            if self.room < 0:
                sys.stdout.write(MORE + "\n")
                sys.stdout.flush()
                return False
            sys.stdout.write(line + "\n")
        sys.stdout.flush()
        return True
