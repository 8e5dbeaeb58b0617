"""The escapes of strings: how they are read and written."""

from __future__ import annotations

import re
from typing import Final

from ocpiq.values.patterns import lazy_pattern

CHARACTERS: Final = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
ESCAPED: Final = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
ESCAPES: Final = lazy_pattern(r"(?:\\u[0-9a-fA-F]{4})+|\\.")
SPECIAL: Final = lazy_pattern(r'["\\\x00-\x1f\x7f]')


def unescape(literal: str) -> str:
    """Return the text of a LITERAL of the grammar.

    As in jq, a lone low surrogate becomes U+FFFD. The grammar excludes a lone high one.
    """
    if "\\" not in literal:
        return literal

    def character(match: re.Match[str]) -> str:
        if match[0][1] != "u":
            return CHARACTERS[match[0][1]]
        units = b"".join(int(unit, 16).to_bytes(2, "little") for unit in match[0][2:].split("\\u"))
        characters = units.decode("utf-16-le", "surrogatepass")
        return re.sub("[\udc00-\udfff]", "\ufffd", characters)

    return ESCAPES.sub(character, literal)


def escape(text: str) -> str:
    """Return `text` as it is written between quotes."""
    return SPECIAL.sub(lambda match: ESCAPED.get(match[0]) or f"\\u{ord(match[0]):04x}", text)
