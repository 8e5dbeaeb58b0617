"""Strings as written: their escapes read, and written again."""

from __future__ import annotations

import re
from typing import Final

READ: Final = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
WRITTEN: Final = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
ESCAPES: Final = re.compile(r"(?:\\u[0-9a-fA-F]{4})+|\\.")
SPECIAL: Final = re.compile(r'["\\\x00-\x1f\x7f]')


def read(written: str) -> str:
    """Return the text that a LITERAL of the grammar stands for.

    As in jq, a lone low surrogate is U+FFFD. The grammar has no lone high one.
    """
    if "\\" not in written:
        return written

    def escape(match: re.Match[str]) -> str:
        if match[0][1] != "u":
            return READ[match[0][1]]
        units = b"".join(int(unit, 16).to_bytes(2, "little") for unit in match[0][2:].split("\\u"))
        characters = units.decode("utf-16-le", "surrogatepass")
        return re.sub("[\udc00-\udfff]", "\ufffd", characters)

    return ESCAPES.sub(escape, written)


def write(text: str) -> str:
    """Return `text` as it stands between quotes."""
    return SPECIAL.sub(lambda match: WRITTEN.get(match[0]) or f"\\u{ord(match[0]):04x}", text)
