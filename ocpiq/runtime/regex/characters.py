"""Escapes and character classes of Oniguruma's patterns, as the `regex` package writes them."""

from __future__ import annotations

import re
from functools import cache
from typing import Final, NoReturn

from ocpiq.errors import RunError

POSIX: Final = re.compile(r"\[:(\^?)([a-z]+):\]")
PROPERTY: Final = re.compile(r"\{(\^?)([^}]*)\}")
CODE: Final = re.compile(r"x\{([0-9a-fA-F]+)\}|x([0-9a-fA-F]{0,2})|c(.)|C-(.)|([0-7]{1,3})", re.DOTALL)

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

Member = tuple[str, int | None, int]  # what is written; the code where it is one character; where it ends


def fail(problem: str) -> NoReturn:
    """Raise jq's error for a pattern."""
    raise RunError(f"Regex failure: {problem}")


def escaped(text: str, place: int) -> Member:
    """Take the escape of a character or of a set of them at `place`."""
    letter = text[place + 1 : place + 2]
    if not letter:
        fail("end pattern at escape")
    if letter in SETS:
        return SETS[letter], None, place + 2
    if letter in "pP" and (named := PROPERTY.match(text, place + 2)):
        inverted = (letter == "P") != bool(named[1])
        return rf"\{'P' if inverted else 'p'}{{{_property(named[2])}}}", None, named.end()
    if letter in "cC" and place + 2 == len(text):
        fail("end pattern at control")
    found = CODE.match(text, place + 1)
    if found is None:
        character = CONTROLS.get(letter, letter)
        return re.escape(character), ord(character), place + 2
    code = _code(*found.groups())
    return re.escape(chr(code)) if code <= 0x10FFFF else NO_CHARACTER, code, found.end()


def _code(
    long: str | None, short: str | None, control: str | None, other: str | None, octal: str | None
) -> int:
    """Return the code that one of the forms of CODE says."""
    if control or other:
        return ord(control or other or "") & 0x1F
    if octal is not None:
        return int(octal, 8) & 0xFF
    return int(long or short or "0", 16)


def character_class(text: str, place: int) -> tuple[str, int]:
    """Take the class whose `[` stands at `place`; return what is written for it and where it ends."""
    inverted = text[place + 1 : place + 2] == "^"
    start = place = place + 1 + inverted
    written: list[str] = []
    while place == start or text[place : place + 1] != "]":
        if place == start and text[place : place + 1] == "]" and "]" not in text[place + 1 :]:
            fail("empty char-class")
        member, place = _range(text, place)
        written.append(member)
    return f"[{'^' if inverted else ''}{''.join(written)}]", place + 1


def _range(text: str, place: int) -> tuple[str, int]:
    """Take a member of a class, or two with a hyphen between them."""
    first, low, place = _member(text, place)
    if low is None or text[place : place + 1] != "-" or text[place + 1 : place + 2] in ("]", ""):
        return first, place
    last, high, place = _member(text, place + 1)
    if high is None:
        fail("char-class value at end of range")
    if high < low:
        fail("empty range in char class")
    # Behind a range a dash means itself.
    if text[place : place + 1] == "-" and text[place + 1 : place + 2] != "]":
        return rf"{first}-{last}\-", place + 1
    return f"{first}-{last}", place


def _member(text: str, place: int) -> Member:
    character = text[place : place + 1]
    if not character:
        fail("premature end of char-class")
    named = POSIX.match(text, place)
    if named is not None:
        if named[2] not in POSIX_NAMES:
            fail("invalid POSIX bracket type")
        return POSIX_SETS.get(named[0], named[0]), None, named.end()
    if text.startswith("\\b", place):
        return r"\x08", 8, place + 2
    if character == "\\":
        return escaped(text, place)
    return (character if character.isalnum() else re.escape(character)), ord(character), place + 1


@cache
def _property(name: str) -> str:
    """Return the name of a character property as the `regex` package knows it."""
    import regex  # noqa: PLC0415 - needed by few programs

    known = re.sub(r"[\s_-]", "", name)
    if not known.isalnum():
        fail(f"invalid character property name {{{name}}}")
    try:
        regex.compile(rf"\p{{{known}}}")
    except regex.error:
        fail(f"invalid character property name {{{name}}}")
    return known
