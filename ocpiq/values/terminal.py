"""Text for a terminal: characters that a terminal could interpret are escaped as in JSON."""

from __future__ import annotations

import sys
import unicodedata
from typing import Final

# Controls, directions, lone surrogates, separators of lines: what a terminal may take for more than text.
UNSAFE: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
JOINERS: Final = frozenset("\u200c\u200d")  # of Persian words and of emoji
ESCAPES: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
LINES: Final = "\n\t"


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


def _visible(character: str) -> str:
    if unicodedata.category(character) not in UNSAFE or character in JOINERS:
        return character
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return ESCAPES.get(character) or "".join(
        f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4)
    )
