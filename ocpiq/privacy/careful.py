"""Reads JSON, and what nearly is JSON, without recursion and without looking into what is not wanted.

The last resort of the gate. It finds the slices of an object's fields and of a list's items by quotes and
brackets alone, so that a lone surrogate, NaN, bytes that are no UTF-8, a number of any size or nesting of any
depth never matter where they are not read. What is read it decodes as jq 1.8 does, and goes on where jq gives
up: invalid UTF-8 and lone surrogates become U+FFFD, control characters stay, numbers beyond the range become
the largest one, integers stay exact.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum, auto
from typing import Final

LARGEST: Final = 1.7976931348623157e308
LONGEST: Final = 100_000  # digits of an integer that stays exact
CHUNK: Final = 600  # digits that Python converts under any setting
BLANKS: Final = b" \t\r\n"

STRING: Final = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
STRUCTURE: Final = re.compile(STRING + rb'|["{}\[\],]', re.DOTALL)
KEY: Final = re.compile(rb"\s*(" + STRING + rb")\s*:\s*", re.DOTALL)
TOKEN: Final = re.compile(rb"\s*(" + STRING + rb'|[{}\[\],:]|[^\s{}\[\],:"]++)', re.DOTALL)
INTEGER: Final = re.compile(rb"[+-]?[0-9]++")
NUMBER: Final = re.compile(rb"[+-]?(?:[0-9]++\.?[0-9]*+|\.[0-9]++)(?:[eE][+-]?[0-9]++)?")
QUOTE, COMMA, BRACE, BRACKET, OPENING = *b'",{[', b"{["
ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
ESCAPED: Final = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
WORDS: Final[dict[bytes, object]] = {b"null": None, b"true": True, b"false": False}

Items = list["bytes | Items"]


class BrokenError(ValueError):
    """This is no JSON; `position` is the byte where that shows."""

    def __init__(self, position: int) -> None:
        super().__init__("no JSON")
        self.position = position


def fields(raw: bytes) -> dict[str, bytes]:
    """Return the slice of each field of the object `raw`; of a key that occurs twice the last."""
    found: dict[str, bytes] = {}
    begins(raw, b"{")
    for begin, end in members(raw):
        part = raw[begin:end]
        key = KEY.match(part)
        if key is not None:
            try:
                found[text(key[1])] = part[key.end() :].strip(BLANKS)
            except BrokenError:
                continue  # a key that cannot be read is no field that anybody knows
        elif part.strip(BLANKS):
            raise BrokenError(begin)
    return found


def members(raw: bytes) -> Iterator[tuple[int, int]]:
    """Yield start and end of what stands between the commas of the object `raw`."""
    depth, begin = 0, 0
    for match in STRUCTURE.finditer(raw):
        at = match.start()
        what = raw[at]
        if what == QUOTE:
            complete(match)
        elif what in OPENING:
            depth += 1
            begin = begin if depth > 1 else at + 1
        elif what == COMMA:
            if depth == 1:
                yield begin, at
                begin = at + 1
        else:
            depth -= 1
            if depth <= 0:
                yield begin, at
                alone(raw, at + 1)
                return
    raise BrokenError(len(raw))


def items(raw: bytes) -> Items:
    """Return the slice of each item of the list `raw`, and for an item that is a list such slices again."""
    lists, inside, begin = list[Items](), 0, 0
    begins(raw, b"[")
    for match in STRUCTURE.finditer(raw):
        at = match.start()
        what = raw[at]
        if what == QUOTE:
            complete(match)
        elif inside:
            inside += 1 if what in OPENING else -1 if what != COMMA else 0
        elif what == BRACE:
            inside = 1
        elif what == BRACKET:
            inner = Items()
            if lists:
                lists[-1].append(inner)
            lists.append(inner)
            begin = at + 1
        else:
            part = raw[begin:at].strip(BLANKS)
            if part:
                lists[-1].append(part)
            begin = at + 1
            if what != COMMA:
                done = lists.pop()
                if not lists:
                    alone(raw, begin)
                    return done
    raise BrokenError(len(raw))


def keys(raw: bytes) -> Iterator[str]:
    """Yield the keys of the object that `raw` begins with; it may be cut off anywhere."""
    depth = 0
    for match in STRUCTURE.finditer(raw):
        what = match[0]
        if what == b'"':
            return
        depth += (what in (b"{", b"[")) - (what in (b"}", b"]"))
        key = KEY.match(raw, match.end()) if depth == 1 and what in (b"{", b",") else None
        if key is not None:
            yield key[1][1:-1].decode("utf-8", "replace")


def begins(raw: bytes, bracket: bytes) -> None:
    """Raise where the first byte is another."""
    if raw[:1] != bracket:
        raise BrokenError(0)


def complete(match: re.Match[bytes]) -> None:
    """Raise for a quote that opens a string and is never closed."""
    if match.end() - match.start() == 1:
        raise BrokenError(match.start())


def alone(raw: bytes, end: int) -> None:
    """Raise where more than blanks follows."""
    if raw[end:].strip(BLANKS):
        raise BrokenError(end)


class Want(Enum):
    """What may come next in JSON text."""

    VALUE = auto()
    FIRST_VALUE = auto()  # or the end of the list
    KEY = auto()
    FIRST_KEY = auto()  # or the end of the object
    COLON = auto()
    NEXT = auto()  # a comma or an end


Container = list[object] | dict[str, object]
ENDS: Final[dict[bytes, tuple[type, Want]]] = {b"]": (list, Want.FIRST_VALUE), b"}": (dict, Want.FIRST_KEY)}


def decode(raw: bytes) -> object:
    """Return the value that `raw` holds."""
    root: list[object] = []
    stack: list[Container] = [root]
    want, name = Want.VALUE, ""
    for at, token in tokens(raw):
        top = stack[-1]
        if want is Want.COLON and token == b":":
            want = Want.VALUE
        elif want is Want.NEXT and token == b"," and len(stack) > 1:
            want = Want.VALUE if isinstance(top, list) else Want.KEY
        elif want in (Want.KEY, Want.FIRST_KEY) and token[0] == QUOTE:
            want, name = Want.COLON, text(token)
        elif (
            token in ENDS
            and len(stack) > 1
            and isinstance(top, ENDS[token][0])
            and want in (ENDS[token][1], Want.NEXT)
        ):
            stack.pop()
            want = Want.NEXT
        elif want in (Want.VALUE, Want.FIRST_VALUE):
            want = put(stack, name, token)
        else:
            raise BrokenError(at)
    if want is not Want.NEXT or len(stack) > 1:
        raise BrokenError(len(raw))
    return root[0]


def put(stack: list[Container], name: str, token: bytes) -> Want:
    """Put the value that a token is or begins into the container on top, and return what may come next."""
    value: object
    if token == b"{":
        value, want = dict[str, object](), Want.FIRST_KEY
    elif token == b"[":
        value, want = list[object](), Want.FIRST_VALUE
    else:
        value, want = scalar(token), Want.NEXT
    top = stack[-1]
    if isinstance(top, list):
        top.append(value)
    else:
        top[name] = value
    if isinstance(value, list | dict):
        stack.append(value)
    return want


def tokens(raw: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield place and text of strings, brackets, commas, colons, and of what stands between them."""
    at = 0
    while (match := TOKEN.match(raw, at)) is not None:
        yield match.start(1), match[1]
        at = match.end()
    alone(raw, at)


def scalar(token: bytes) -> object:
    """Return the value of a token that is no bracket."""
    if token[0] == QUOTE:
        return text(token)
    if token in WORDS:
        return WORDS[token]
    sign = -1 if token[:1] == b"-" else 1
    if INTEGER.fullmatch(token):
        digits = token.lstrip(b"+-").decode()
        return sign * integer(digits) if len(digits) <= LONGEST else sign * LARGEST
    if NUMBER.fullmatch(token):
        return max(-LARGEST, min(LARGEST, float(token)))
    word = token.lstrip(b"-").lower()
    if word == b"nan":
        return float("nan")
    if word == b"infinity":
        return sign * LARGEST
    raise BrokenError(0)


def integer(digits: str) -> int:
    """Return an integer of any length."""
    if len(digits) <= CHUNK:
        return int(digits)
    right = len(digits) // 2
    shift: int = 10**right
    return integer(digits[:-right]) * shift + integer(digits[-right:])


def text(token: bytes) -> str:
    """Return what a string in quotes says; BrokenError for an escape that JSON does not have."""
    plain = token[1:-1].decode("utf-8", "replace")
    if "\\" not in plain:
        return plain
    units = ESCAPE.sub(unescaped, plain)
    return units.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def unescaped(match: re.Match[str]) -> str:
    """Return the character, or the half of a surrogate pair, that an escape stands for."""
    if match[1]:
        return chr(int(match[1], 16))
    if match[2] not in ESCAPED:
        raise BrokenError(0)
    return ESCAPED[match[2]]
