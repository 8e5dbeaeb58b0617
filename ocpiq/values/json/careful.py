"""Decodes JSON, and what nearly is JSON, without recursion: the last resort of the gate, for values that are read.

It takes what jq 1.8 takes, and goes on where jq gives up: invalid UTF-8 and lone surrogates become U+FFFD,
control characters stay, numbers beyond the range become the largest one, integers stay exact.
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
TOKEN: Final = re.compile(rb"\s*(" + STRING + rb'|[{}\[\],:]|[^\s{}\[\],:"]++)', re.DOTALL)
INTEGER: Final = re.compile(rb"[+-]?[0-9]++")
NUMBER: Final = re.compile(rb"[+-]?(?:[0-9]++\.?[0-9]*+|\.[0-9]++)(?:[eE][+-]?[0-9]++)?")
ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
ESCAPED: Final = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
WORDS: Final[dict[bytes, object]] = {b"null": None, b"true": True, b"false": False}
QUOTE: Final = ord('"')


class BrokenError(ValueError):
    """This is no JSON; `position` is the byte where that shows."""

    def __init__(self, position: int) -> None:
        super().__init__("no JSON")
        self.position = position


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
    if raw[at:].strip(BLANKS):
        raise BrokenError(at)


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
