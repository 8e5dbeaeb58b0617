"""The text of one cell, the same in every form that has rows."""

from __future__ import annotations

import math
import unicodedata
from typing import Final

from msgspec import Struct

from ocpiq.values.blank import NA, Blank
from ocpiq.values.text import number_text, to_json
from ocpiq.values.types import Value

# Controls, directions, lone surrogates, separators of lines: what a terminal may take for more than text.
UNSAFE: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
JOINERS: Final = frozenset("\u200c\u200d")  # of Persian words and of emoji
ESCAPES: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


class Texts(Struct, frozen=True):
    """What stands for null and for a blank. `visible` shows control characters escaped, for a terminal."""

    null: str = ""
    na: str = NA
    visible: bool = False


def cell_text(value: Value, texts: Texts) -> str:
    """Return the text of a cell: numbers as in JSON, arrays as JSON, a blank as what it prints."""
    kind = type(value)
    if kind is str:
        text = str(value)
    elif value is None or (kind is float and math.isnan(value)):  # type: ignore[arg-type]
        text = texts.null
    elif kind is Blank:
        text = value.text.replace(NA, texts.na)  # type: ignore[union-attr]
    elif kind is int or kind is float:
        return number_text(value)  # type: ignore[arg-type]
    else:
        text = to_json(value)
    return visible(text) if texts.visible else text


def is_number(value: Value) -> bool:
    """Tell a number from all else; a boolean is none."""
    return type(value) is int or type(value) is float


def visible(text: str) -> str:
    """Return `text` with what is no character to be seen escaped as in JSON."""
    if text.isprintable():
        return text
    return "".join(map(_visible, text))


def _visible(character: str) -> str:
    if unicodedata.category(character) not in UNSAFE or character in JOINERS:
        return character
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return ESCAPES.get(character) or "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def utf8(text: str) -> bytes:
    """Return the text as UTF-8, a lone surrogate as U+FFFD."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()
