"""Strings as written: their escapes read, and written again."""

from __future__ import annotations

import re
from typing import Final

from ocpiq.errors import QuerySyntaxError, Span

READ: Final = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
WRITTEN: Final = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
ESCAPES: Final = re.compile(r"(?:\\u[0-9a-fA-F]{4})+|\\.")
SPECIAL: Final = re.compile(r'["\\\x00-\x1f\x7f]')


def read(written: str, span: Span) -> str:
    """Return the text that a string's inside stands for.

    As in jq, a lone low surrogate is U+FFFD and a lone high one is an error.
    """
    if "\\" not in written:
        return written

    def escape(match: re.Match[str]) -> str:
        if match[0][1] != "u":
            return READ[match[0][1]]
        units = b"".join(int(unit, 16).to_bytes(2, "little") for unit in match[0][2:].split("\\u"))
        characters = units.decode("utf-16-le", "surrogatepass")
        if re.search("[\ud800-\udbff]", characters):
            start = span.start + match.start()
            raise QuerySyntaxError(
                "half of a surrogate pair",
                span=Span(start, start + len(match[0])),
                hint="such characters are written as a pair: \\ud83d\\ude00",
            )
        return re.sub("[\udc00-\udfff]", "\ufffd", characters)

    return ESCAPES.sub(escape, written)


def write(text: str) -> str:
    """Return `text` as it stands between quotes."""
    return SPECIAL.sub(lambda match: WRITTEN.get(match[0]) or f"\\u{ord(match[0]):04x}", text)
