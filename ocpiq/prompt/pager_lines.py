"""The lines that the pager has, of which a screen shows some: positions, searches and rows, without a terminal."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from typing import Final

from prompt_toolkit.formatted_text import ANSI, to_formatted_text
from prompt_toolkit.utils import get_cwidth

from ocpiq.values.terminal import visible

MAX_CHARACTERS: Final = 32 << 20  # the oldest lines beyond are dropped
MAX_LINE: Final = 4000  # characters; a longer line becomes several
ALLOWED_CONTROLS: Final = re.compile("(\x1b\\[[0-9;:]*m|\t)")  # the colours of results, and tabs
PIECE: Final = re.compile(f"(?:\x1b\\[[0-9;:]*m|.){{1,{MAX_LINE}}}", re.DOTALL)
TAB: Final = 8
REVERSE: Final = "reverse"

Row = list[tuple[str, str]]
"""A row of the screen: pieces of text, each with its style."""


class PagerLines:
    """Lines of results, numbered from 0, the oldest of which are dropped once they are too many."""

    def __init__(self, most: int = MAX_CHARACTERS) -> None:
        self._lines: deque[str] = deque()
        self._most = most
        self._size = 0
        self.start = 0

    @property
    def end(self) -> int:
        """The number after that of the last line."""
        return self.start + len(self._lines)

    def __getitem__(self, number: int) -> str:
        return self._lines[number - self.start]

    def add(self, line: str) -> None:
        """Add a line; one that is very long becomes several."""
        for piece in PIECE.findall(line) or [""]:
            self._lines.append(piece)
            self._size += len(piece)
        while self._size > self._most and len(self._lines) > 1:
            self._size -= len(self._lines.popleft())
            self.start += 1

    def find(self, pattern: str, start: int, step: int) -> int | None:
        """Return the number of the nearest line with a text, from `start` on in a direction (1 or -1)."""
        numbers = range(max(start, self.start), self.end) if step > 0 else range(start, self.start - 1, -1)
        return next((number for number in numbers if contains(self[number], pattern)), None)


def plain(line: str) -> str:
    """Return a line without its colours."""
    return ALLOWED_CONTROLS.sub(lambda match: "\t" if match[0] == "\t" else "", line)


def matches(text: str, pattern: str) -> Iterator[tuple[int, int]]:
    """Yield where a text has a pattern; one in small letters also finds capitals."""
    flags = re.IGNORECASE if pattern == pattern.lower() else re.NOFLAG
    yield from (match.span() for match in re.finditer(re.escape(pattern), text, flags) if pattern)


def contains(line: str, pattern: str) -> bool:
    """Tell whether a line shows a text."""
    return any(True for _ in matches(plain(line), pattern))


def rows_of(line: str, width: int, pattern: str = "") -> list[Row]:
    """Return the rows of the screen that a line takes; what a search found is reversed."""
    characters = [
        (style, character)
        for style, text, *_ in to_formatted_text(ANSI(line))
        for character in text
        if "[ZeroWidthEscape]" not in style
    ]
    for start, end in matches("".join(character for _, character in characters), pattern):
        for place in range(start, end):
            characters[place] = (f"{characters[place][0]} {REVERSE}", characters[place][1])
    rows: list[Row] = [[]]
    column = 0
    for style, character in characters:
        text = " " * (TAB - column % TAB) if character == "\t" else character
        taken = get_cwidth(text)
        if column + taken > width and rows[-1]:
            rows.append([])
            column = 0
        if rows[-1] and rows[-1][-1][0] == style:
            rows[-1][-1] = (style, rows[-1][-1][1] + text)
        else:
            rows[-1].append((style, text))
        column += taken
    return rows


class PagerView:
    """The part of the lines that is shown: from row `offset` of line `top` on, on a screen of `height` rows."""

    def __init__(self, lines: PagerLines) -> None:
        self.lines = lines
        self.top = 0
        self.offset = 0
        self.height = 1
        self.width = 80
        self.pattern = ""

    def resize(self, height: int, width: int) -> None:
        """Take another size of the screen; the same line stays at the top."""
        self.height, self.width = max(1, height), max(1, width)
        self._stay_inside()

    def visible(self) -> list[Row]:
        """Return the rows to show."""
        rows: list[Row] = []
        for number in range(self.top, self.lines.end):
            shown = self._rows(number)
            rows += shown[self.offset :] if number == self.top else shown
            if len(rows) >= self.height:
                break
        return rows[: self.height]

    def last_shown(self) -> int:
        """Return the number after that of the last line that is shown, if only in part."""
        rows = -self.offset
        for number in range(self.top, self.lines.end):
            rows += len(self._rows(number))
            if rows >= self.height:
                return number + 1
        return self.lines.end

    @property
    def at_end(self) -> bool:
        """Whether the last row of all lines is shown."""
        return (self.top, self.offset) >= self._last_position()

    def scroll(self, rows: int) -> None:
        """Go forward by rows, or back by a negative number, as far as there are lines."""
        start, last = (self.top, self.offset), self._last_position()
        self.offset += rows
        while self.offset < 0 and self.top > self.lines.start:
            self.top -= 1
            self.offset += len(self._rows(self.top))
        while self.top < self.lines.end - 1 and self.offset >= (size := len(self._rows(self.top))):
            self.offset -= size
            self.top += 1
        if rows > 0:
            self.top, self.offset = max(start, min((self.top, self.offset), last))
        self._stay_inside()

    def go(self, number: int) -> None:
        """Show a line at the top, or as far up as there are lines below it."""
        self.top, self.offset = min((number, 0), self._last_position())
        self._stay_inside()

    def find(self, step: int) -> bool:
        """Go to the next line with the pattern in a direction (1 or -1); tell whether there is one."""
        found = self.lines.find(self.pattern, self.top + step, step)
        if found is not None:
            self.top, self.offset = found, 0  # even if there are too few lines below to fill the screen
        return found is not None

    def _rows(self, number: int) -> list[Row]:
        return rows_of(self.lines[number], self.width, self.pattern)

    def _stay_inside(self) -> None:
        """Move to a row that is there: lines may have been dropped, and have fewer rows in another size."""
        lines = self.lines
        if not lines.start <= self.top < lines.end:
            self.top, self.offset = max(lines.start, min(self.top, lines.end - 1)), 0
        rows = len(self._rows(self.top)) if lines.end > lines.start else 1
        self.offset = max(0, min(self.offset, rows - 1))

    def _last_position(self) -> tuple[int, int]:
        """Return the position from which the last row is at the bottom of the screen."""
        left = self.height
        for number in range(self.lines.end - 1, self.lines.start - 1, -1):
            rows = len(self._rows(number))
            if rows >= left:
                return number, rows - left
            left -= rows
        return self.lines.start, 0


def escape_line(line: str) -> str:
    """Return a line of results with the characters escaped that could control a terminal."""
    return "".join(
        piece if ALLOWED_CONTROLS.fullmatch(piece) else visible(piece)
        for piece in ALLOWED_CONTROLS.split(line)
    )


def row_count(line: str, width: int) -> int:
    """Return how many rows of the terminal a line takes."""
    if len(line) <= width and line.isascii():
        return 1
    return max(1, -(-get_cwidth(ALLOWED_CONTROLS.sub("", line)) // width))
