"""Shows results a screen at a time."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable
from typing import Final, Literal

from prompt_toolkit import PromptSession
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.utils import get_cwidth

from ocpiq.values.terminal import visible

Answer = Literal["page", "line", "end", "stop"]

ALLOWED_CONTROLS: Final = re.compile("(\x1b\\[[0-9;:]*m|\t)")  # the colours of results, and tabs
QUESTION: Final = "-- more: Space next page, Enter next line, g to the end, q quit --"


class Pager:
    """Writes lines until the screen is full, then asks. `clear` is called before each write."""

    def __init__(self, clear: Callable[[], None]) -> None:
        self.clear = clear
        self.room: float = self._height()

    def write(self, text: str) -> bool:
        """Write whole lines; return False once the user quits."""
        self.clear()
        for line in map(escape_line, text.removesuffix("\n").split("\n") if text else ()):
            rows = rows_of(line)
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


def rows_of(line: str) -> int:
    """Return how many rows of the terminal a line takes."""
    width = max(1, shutil.get_terminal_size().columns)
    if len(line) <= width and line.isascii():
        return 1
    return max(1, -(-get_cwidth(ALLOWED_CONTROLS.sub("", line)) // width))


def escape_line(line: str) -> str:
    """Return a line of results with the characters escaped that could control a terminal."""
    return "".join(
        piece if ALLOWED_CONTROLS.fullmatch(piece) else visible(piece)
        for piece in ALLOWED_CONTROLS.split(line)
    )


def ask() -> Answer:
    """Ask whether to continue, then erase the question."""
    keys = KeyBindings()
    answers: dict[Answer, tuple[str, ...]] = {
        "page": (" ", "pagedown", "c-v"),
        "line": ("enter", "down", "j"),
        "end": ("g", "G"),
        "stop": ("q", "Q", "c-c", "c-d"),
    }
    for answer, pressed in answers.items():
        for key in pressed:
            keys.add(key, eager=True)(_exit_with(answer))
    session: PromptSession[Answer] = PromptSession(
        QUESTION, key_bindings=keys, erase_when_done=True, reserve_space_for_menu=0
    )
    return session.prompt()


def _exit_with(answer: Answer) -> Callable[[KeyPressEvent], None]:
    return lambda event: event.app.exit(result=answer)
