"""Finds the slices of JSON by quotes, brackets and commas alone, without decoding anything.

So a lone surrogate, NaN, bytes that are not UTF-8, a number of any size or nesting of any depth never matter
where they are not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ocpiq.values.json.reader import BLANKS, STRING, BrokenError, unquote
from ocpiq.values.patterns import lazy_pattern

Items = list["bytes | Items"]
"""The slices of a list's items; an item that is a list is such slices again."""

BRACE, BRACKET, COMMA, OPENING = *b"{[,", b"{["
FLAT: Final = rb'(?:[^"{}\[\]]++|' + STRING + rb")"
NEXT: Final = lazy_pattern(rb'(?:[^"{}\[\],]++|' + STRING + rb")*+[{}\[\],]", re.DOTALL)
"""Up to the next bracket or comma."""
INNER: Final = lazy_pattern(
    rb"(?:" + FLAT + rb"|\{" + FLAT + rb"*+\}|\[" + FLAT + rb"*+\])*+[{}\[\]]", re.DOTALL
)
"""Up to the next bracket, over objects and lists that hold no others."""
KEY: Final = lazy_pattern(rb"[ \t\r\n]*+(" + STRING + rb")[ \t\r\n]*+:[ \t\r\n]*+", re.DOTALL)


def fields(raw: bytes) -> dict[str, bytes]:
    """Return the slice of each field of the object `raw`; of a key that occurs twice the last."""
    found: dict[str, bytes] = {}
    for begin, end in members(raw):
        part = raw[begin:end]
        key = KEY.match(part)
        if key is not None:
            try:
                name = unquote(key[1].decode("utf-8", "replace"), lenient=True)
                found[name] = part[key.end() :].strip(BLANKS)
            except ValueError:
                continue  # a key that cannot be read is not a field that anybody knows
        elif part.strip(BLANKS):
            raise BrokenError(begin)
    return found


def items(raw: bytes) -> Items:
    """Return the slices of the items of the list `raw`."""
    if raw[:1] != b"[":
        raise BrokenError(0)
    lists: list[Items] = [[]]
    begin = at = 1
    while lists:
        what, at = step(NEXT, raw, at)
        if what == BRACE:
            at = closed(raw, at)
        elif what == BRACKET:
            inner: Items = []
            lists[-1].append(inner)
            lists.append(inner)
            begin = at
        else:
            part = raw[begin : at - 1].strip(BLANKS)
            if part:
                lists[-1].append(part)
            begin = at
            if what != COMMA:
                done = lists.pop()
    alone(raw, at)
    return done


def keys(raw: bytes) -> Iterator[str]:
    """Yield the keys of the object that `raw` begins with; it may be cut off anywhere."""
    at = 1
    while True:
        key = KEY.match(raw, at)
        if key is not None:
            yield key[1][1:-1].decode("utf-8", "replace")
        try:
            what, at = step(NEXT, raw, at)
            if what in OPENING:
                at = closed(raw, at)
            elif what != COMMA:
                return
        except BrokenError:
            return


def members(raw: bytes) -> Iterator[tuple[int, int]]:
    """Yield start and end of what stands between the commas of the object `raw`."""
    if raw[:1] != b"{":
        raise BrokenError(0)
    begin = at = 1
    what = COMMA
    while what == COMMA or what in OPENING:
        what, at = step(NEXT, raw, at)
        if what in OPENING:
            at = closed(raw, at)
        else:
            yield begin, at - 1
            begin = at
    alone(raw, at)


def closed(raw: bytes, at: int) -> int:
    """Return where the object or list ends whose bracket ends at `at`."""
    depth = 1
    while depth:
        what, at = step(INNER, raw, at)
        depth += 1 if what in OPENING else -1
    return at


def step(pattern: re.Pattern[bytes], raw: bytes, at: int) -> tuple[int, int]:
    """Return the bracket or comma that comes next, and where it ends."""
    match = pattern.match(raw, at)
    if match is None:
        raise BrokenError(len(raw))
    end = match.end()
    return raw[end - 1], end


def alone(raw: bytes, end: int) -> None:
    """Raise where more than blanks follows."""
    if raw[end:].strip(BLANKS):
        raise BrokenError(end)
