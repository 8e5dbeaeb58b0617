"""Lines on the terminal a screenful at a time: space for the next, Enter for one line, q for no more."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable
from typing import Final, Literal

from prompt_toolkit import PromptSession
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.utils import get_cwidth

Answer = Literal["page", "line", "end", "stop"]

COLOR: Final = re.compile("\x1b\\[[0-9;:]*m")
# What a terminal may take as a command, or as a change of direction, though JSON lets it stand in a string.
UNSAFE: Final = re.compile("[\x80-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
QUESTION: Final = "-- more: space, Enter for a line, g for all, q to stop --"


class Pager:
    """Writes lines until the terminal is full, then asks. `clear` is called before anything is written."""

    def __init__(self, clear: Callable[[], None]) -> None:
        self.clear = clear
        self.room: float = self._height()

    def write(self, text: str) -> bool:
        """Write lines; return False where no more are wanted."""
        self.clear()
        for line in safe(text).split("\n"):
            rows = self._rows(line)
            if self.room < rows and not self._more():
                return False
            self.room -= rows
            sys.stdout.write(line + "\n")
        sys.stdout.flush()
        return True

    def _more(self) -> bool:
        sys.stdout.flush()
        answer = ask()
        self.room = {"page": self._height(), "line": 1, "end": float("inf"), "stop": 0}[answer]
        return answer != "stop"

    def _height(self) -> int:
        return max(1, shutil.get_terminal_size().lines - 2)

    def _rows(self, line: str) -> int:
        """Return how many rows of the terminal a line takes."""
        width = max(1, shutil.get_terminal_size().columns)
        if len(line) <= width and line.isascii():
            return 1
        return max(1, -(-get_cwidth(COLOR.sub("", line)) // width))


def safe(text: str) -> str:
    """Return JSON text without the characters that a terminal could take for more than text."""
    return UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def ask() -> Answer:
    """Ask whether to go on; the question is gone afterwards."""
    keys = KeyBindings()
    answers: dict[Answer, tuple[str, ...]] = {
        "page": (" ", "pagedown", "c-v"),
        "line": ("enter", "down", "j"),
        "end": ("g", "G"),
        "stop": ("q", "Q", "c-c", "c-d"),
    }
    for answer, pressed in answers.items():
        for key in pressed:
            keys.add(key, eager=True)(_answer(answer))
    session: PromptSession[Answer] = PromptSession(
        QUESTION, key_bindings=keys, erase_when_done=True, reserve_space_for_menu=0
    )
    return session.prompt()


def _answer(answer: Answer) -> Callable[[KeyPressEvent], None]:
    return lambda event: event.app.exit(result=answer)
