"""Text for a terminal: its width and where it is wrapped; what a terminal could interpret is escaped as in JSON."""

from __future__ import annotations

import sys
import unicodedata
from typing import Final

# Controls, directions, lone surrogates, separators of lines: what a terminal may take for more than text.
UNSAFE: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
JOINERS: Final = frozenset("\u200c\u200d")  # of Persian words and of emoji
ESCAPES: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
LINES: Final = "\n\t"
ELLIPSIS: Final = "…"
EXCERPT: Final = "    "  # begins a line that shows a query, which is not wrapped
INDENT: Final = "  "  # of the rest of a message


def visible(text: str, kept: str = "") -> str:
    """Return `text` with invisible characters escaped, except those in `kept`."""
    if text.isprintable():
        return text
    return "".join([character if character in kept else _visible(character) for character in text])


def write_error(text: str) -> None:
    """Write lines to standard error, escaped for a terminal; a closed standard error is not a failure."""
    try:
        sys.stderr.write(visible(text, LINES) if sys.stderr.isatty() else text)
        sys.stderr.flush()
    except (OSError, ValueError):
        pass


def truncate(text: str, width: int) -> str:
    """Return the text, or its beginning and an ellipsis, at most `width` columns wide.

    The beginning is measured as a whole, because some combining marks take a column only after certain letters.
    """
    if text_width(text) <= width:
        return text
    start = text[: width - 1]
    while text_width(start) > width - 1:
        start = start[:-1]
    return start + ELLIPSIS


def text_width(text: str) -> int:
    """Return how many terminal columns the text takes."""
    if text.isascii():
        return len(text)
    from wcwidth import wcswidth  # noqa: PLC0415 - only for text beyond ASCII

    return max(0, wcswidth(text))


def wrap_words(text: str, width: int, indent: str = INDENT, *, breaks_words: bool = False) -> str:
    """Return the text with its lines wrapped at words, in rows of at most `width` columns.

    A longer word has a row of its own, or with `breaks_words` goes on in the next; `indent` begins the rows after the
    first.
    """
    return "\n".join(row for line in text.split("\n") for row in _rows(line, width, indent, breaks_words))


def _rows(line: str, width: int, indent: str, breaks_words: bool) -> list[str]:
    if line.startswith(EXCERPT) or text_width(line) <= width:
        return [line]
    first, *words = line.split(" ")
    rows = _cut(first, width) if breaks_words else [first]
    for word in words:
        is_long = breaks_words and text_width(indent + word) > width
        if not rows[-1].strip() or is_long or text_width(f"{rows[-1]} {word}") <= width:
            row = f"{rows.pop()} {word}"
        else:
            row = indent + word
        rows += _cut(row, width) if breaks_words else [row]
    return rows


def _cut(row: str, width: int) -> list[str]:
    """Return a row in pieces of at most `width` columns."""
    pieces = []
    while len(row) > 1 and text_width(row) > width:
        size = _fitting(row, width)
        pieces.append(row[:size])
        row = row[size:]
    return [*pieces, row]


def _fitting(row: str, width: int) -> int:
    """Return how many characters of a row fit, at least one."""
    size = min(len(row) - 1, width)
    while size > 1 and text_width(row[:size]) > width:
        size -= 1
    return size


def _visible(character: str) -> str:
    if unicodedata.category(character) not in UNSAFE or character in JOINERS:
        return character
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return ESCAPES.get(character) or "".join(
        f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4)
    )
