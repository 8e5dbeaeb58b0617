"""Escapes and character classes of Oniguruma's patterns, as the `regex` package writes them."""

from __future__ import annotations

import re
from functools import cache
from typing import Final, NoReturn

from ocpiq.errors import RunError
from ocpiq.values.patterns import lazy_pattern

POSIX: Final = lazy_pattern(r"\[:(\^?)([a-z]+):\]")
PROPERTY: Final = lazy_pattern(r"\{(\^?)([^}]*)\}")
CODE: Final = lazy_pattern(r"x\{([0-9a-fA-F]+)\}|x([0-9a-fA-F]{0,2})|c(.)|C-(.)|([0-7]{1,3})", re.DOTALL)

POSIX_NAMES: Final = frozenset(
    (
        *("alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph"),
        *("lower", "print", "punct", "space", "upper", "word", "xdigit"),
    )
)
POSIX_SETS: Final = {
    "[:punct:]": r"\p{P}\$\+<=>\^`\|~",  # Unicode's punctuation and ASCII's symbols
    "[:digit:]": r"\d",
    "[:^digit:]": r"\D",
}
CONTROLS: Final = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "a": "\a", "e": "\x1b"}
SETS: Final = {
    "d": r"\d",
    "D": r"\D",
    "w": r"\w",
    "W": r"\W",
    "s": r"\p{White_Space}",
    "S": r"\P{White_Space}",
}
NO_CHARACTER: Final = "(?!)"  # a code beyond Unicode matches nothing

ClassMember = tuple[
    str, int | None, int
]  # what is written; the code where it is one character; where it ends


def fail(problem: str) -> NoReturn:
    """Raise jq's error for a pattern."""
    raise RunError(f"Regex failure: {problem}")


def translate_escape(text: str, position: int) -> ClassMember:
    """Take the escape of a character or of a set of them at `position`."""
    letter = text[position + 1 : position + 2]
    if not letter:
        fail("end pattern at escape")
    if letter in SETS:
        return SETS[letter], None, position + 2
    if letter in "pP" and (match := PROPERTY.match(text, position + 2)):
        inverted = (letter == "P") != bool(match[1])
        return rf"\{'P' if inverted else 'p'}{{{_property(match[2])}}}", None, match.end()
    if letter in "cC" and position + 2 == len(text):
        fail("end pattern at control")
    match = CODE.match(text, position + 1)
    if match is None:
        character = CONTROLS.get(letter, letter)
        return re.escape(character), ord(character), position + 2
    code = _code(*match.groups())
    return re.escape(chr(code)) if code <= 0x10FFFF else NO_CHARACTER, code, match.end()


def _code(
    long: str | None, short: str | None, control: str | None, other: str | None, octal: str | None
) -> int:
    """Return the code that one of the forms of CODE says."""
    if control or other:
        return ord(control or other or "") & 0x1F
    if octal is not None:
        return int(octal, 8) & 0xFF
    return int(long or short or "0", 16)


def translate_class(text: str, position: int) -> tuple[str, int]:
    """Take the class whose `[` stands at `position`; return what is written for it and where it ends."""
    inverted = text[position + 1 : position + 2] == "^"
    start = position = position + 1 + inverted
    members: list[str] = []
    while position == start or text[position : position + 1] != "]":
        if position == start and text[position : position + 1] == "]" and "]" not in text[position + 1 :]:
            fail("empty char-class")
        member, position = _range(text, position)
        members.append(member)
    return f"[{'^' if inverted else ''}{''.join(members)}]", position + 1


def _range(text: str, position: int) -> tuple[str, int]:
    """Take a member of a class, or two with a hyphen between them."""
    first, low, position = _member(text, position)
    if low is None or text[position : position + 1] != "-" or text[position + 1 : position + 2] in ("]", ""):
        return first, position
    last, high, position = _member(text, position + 1)
    if high is None:
        fail("char-class value at end of range")
    if high < low:
        fail("empty range in char class")
    # Behind a range a dash means itself.
    if text[position : position + 1] == "-" and text[position + 1 : position + 2] != "]":
        return rf"{first}-{last}\-", position + 1
    return f"{first}-{last}", position


def _member(text: str, position: int) -> ClassMember:
    character = text[position : position + 1]
    if not character:
        fail("premature end of char-class")
    match = POSIX.match(text, position)
    if match is not None:
        if match[2] not in POSIX_NAMES:
            fail("invalid POSIX bracket type")
        return POSIX_SETS.get(match[0], match[0]), None, match.end()
    if text.startswith("\\b", position):
        return r"\x08", 8, position + 2
    if character == "\\":
        return translate_escape(text, position)
    return (character if character.isalnum() else re.escape(character)), ord(character), position + 1


@cache
def _property(name: str) -> str:
    """Return the name of a character property as the `regex` package knows it."""
    import regex  # noqa: PLC0415 - needed by few programs

    property_name = re.sub(r"[\s_-]", "", name)
    if not property_name.isalnum():
        fail(f"invalid character property name {{{name}}}")
    try:
        regex.compile(rf"\p{{{property_name}}}")
    except regex.error:
        fail(f"invalid character property name {{{name}}}")
    return property_name
