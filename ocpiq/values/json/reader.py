"""JSON read with care: what jq's parser takes and the fast decoder refuses; jq's messages for the rest.

That is NaN, Infinity, `01`, `+1`, `.5`; numbers beyond a double, which become the largest one; integers of
any length; bytes that are not UTF-8 and lone surrogates, which become U+FFFD; 10,000 levels. No recursion.
"""

from __future__ import annotations

import re
import sys
from typing import Final, cast

import msgspec

from ocpiq.errors import InputError
from ocpiq.values.types import Value

MOST_LEVELS: Final = 10_000  # jq's own limit

TOKEN: Final = re.compile(
    r"""[ \t\r\n]*+(?:
        (?P<string>"[^"\\]*+(?:\\.[^"\\]*+)*+")
      | (?P<mark>[\[\]{},:])
      | (?P<open_string>")
      | (?P<word>[^ \t\r\n"\[\]{},:]++)
      | (?P<end>\Z) )""",
    re.VERBOSE | re.DOTALL,
)
NUMBER: Final = re.compile(
    r"[+-]?(?:[0-9]+(?P<point>\.)?[0-9]*|(?P<bare>\.)[0-9]+)(?P<power>[eE][+-]?[0-9]+)?"
)
ESCAPE: Final = re.compile(
    r"\\(?:u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|u(.{0,4})|(.?))", re.DOTALL
)
ESCAPES: Final = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
WORDS: Final[dict[str, Value]] = {"null": None, "true": True, "false": False}
CONTROL: Final = re.compile("[\x00-\x1f]")

NOTHING: Final = object()  # no value stands ready


class Key(msgspec.Struct, frozen=True):
    """An object's key that waits for its value."""

    name: str


class Parser:
    """The state of one text: open containers and keys, and the value that a `,` or a bracket will take."""

    def __init__(self) -> None:
        self.stack: list[list[Value] | dict[str, Value] | Key] = []
        self.ready: object = NOTHING

    def value(self, value: Value) -> None:
        """Take a value without brackets."""
        self._expect_value()
        self.ready = value

    def mark(self, mark: str) -> None:
        """Take one of `[ ] { } , :`."""
        if mark in "[{":
            self._expect_value()
            if len(self.stack) >= MOST_LEVELS:
                raise ValueError("Exceeds depth limit for parsing")
            self.stack.append([] if mark == "[" else {})
        elif mark == ":":
            self._colon()
        elif mark == ",":
            if self.ready is NOTHING or not self.stack:
                raise ValueError("Expected value before ','")
            self._put()
        elif mark == "]":
            self._close_array()
        else:
            self._close_object()

    def _expect_value(self) -> None:
        if self.ready is not NOTHING:
            raise ValueError(
                "Expected separator between values" if self.stack else "Unexpected extra JSON values"
            )

    def _colon(self) -> None:
        if self.ready is NOTHING:
            raise ValueError("Expected string key before ':'")
        if not self.stack or type(self.stack[-1]) is not dict:
            raise ValueError("':' not as part of an object")
        if not isinstance(self.ready, str):
            raise ValueError("Object keys must be strings")
        self.stack.append(Key(self.ready))
        self.ready = NOTHING

    def _put(self) -> None:
        """Put the value that stands ready into its container."""
        top = self.stack[-1]
        value, self.ready = cast(Value, self.ready), NOTHING
        if isinstance(top, list):
            top.append(value)
        elif isinstance(top, Key):
            self.stack.pop()
            cast("dict[str, Value]", self.stack[-1])[top.name] = value
        else:
            raise ValueError("Objects must consist of key:value pairs")

    def _close_array(self) -> None:
        if not self.stack or not isinstance(self.stack[-1], list):
            raise ValueError("Unmatched ']'")
        if self.ready is not NOTHING:
            self._put()
        elif self.stack[-1]:
            raise ValueError("Expected another array element")
        self.ready = self.stack.pop()

    def _close_object(self) -> None:
        top = self.stack[-1] if self.stack else None
        if self.ready is not NOTHING and top is not None:
            if not isinstance(top, Key):
                raise ValueError("Objects must consist of key:value pairs")
            self._put()
        elif not isinstance(top, dict):
            raise ValueError("Unmatched '}'")
        elif top:
            raise ValueError("Expected another key-value pair")
        self.ready = self.stack.pop()


def parse(data: bytes, line: int = 1, column: int = 0) -> Value:
    """Return the one value of `data`, which begins at `line` after `column` bytes of it; raise InputError."""
    text = data.decode("utf-8", "replace")
    parser = Parser()
    place = 0
    while True:
        token = cast("re.Match[str]", TOKEN.match(text, place))
        place = token.end()
        try:
            if token.lastgroup == "mark":
                parser.mark(token["mark"])
            elif token.lastgroup == "string":
                parser.value(unquote(token["string"]))
            elif token.lastgroup == "word":
                parser.value(word(token["word"]))
            elif token.lastgroup == "open_string":
                raise ValueError("Unfinished string")
            elif parser.stack or parser.ready is NOTHING:
                raise ValueError("Unfinished JSON term")
            else:
                return cast(Value, parser.ready)
        except ValueError as error:
            raise _input_error(str(error), text, token, line, column) from None


def word(text: str) -> Value:
    """Return the constant or number that `text` is; raise ValueError."""
    if text in WORDS:
        return WORDS[text]
    match = NUMBER.fullmatch(text)
    if match is None:
        return _named_number(text)
    if not (match["point"] or match["bare"] or match["power"]):
        return _integer(text)
    largest = sys.float_info.max
    return max(-largest, min(largest, float(text)))


def unquote(text: str) -> str:
    """Return the string that `text`, with its quotes, stands for; raise ValueError."""
    if CONTROL.search(text):
        raise ValueError("Invalid string: control characters from U+0000 through U+001F must be escaped")
    return ESCAPE.sub(_unescape, text[1:-1]) if "\\" in text else text[1:-1]


def _named_number(text: str) -> float:
    name = text.lstrip("+-").lower()
    if len(text) - len(name) <= 1 and name in {"nan", "inf", "infinity"}:
        value = float("nan") if name == "nan" else sys.float_info.max
        return -value if text[0] == "-" else value
    if text[0] == "'":
        raise ValueError("Invalid string literal; expected \", but got '")
    raise ValueError(
        "Invalid literal" if text[0] in "tf" or text.startswith("nu") else "Invalid numeric literal"
    )


def _integer(text: str) -> int:
    if len(text) < 4000:
        return int(text)
    from decimal import Decimal  # noqa: PLC0415 - Python's own conversion refuses long texts

    return int(Decimal(text))


def _unescape(match: re.Match[str]) -> str:
    high, low, single, letter = match.groups()
    if high is not None:
        code = 0x10000 + ((int(high, 16) - 0xD800) << 10) + int(low, 16) - 0xDC00
        return chr(code)
    if single is None:
        if letter not in ESCAPES:
            raise ValueError("Invalid escape")
        return ESCAPES[letter]
    if len(single) < 4:
        raise ValueError("Invalid \\uXXXX escape")
    if not all(digit in "0123456789abcdefABCDEF" for digit in single):
        raise ValueError("Invalid characters in \\uXXXX escape")
    code = int(single, 16)
    return "\ufffd" if 0xD800 <= code <= 0xDFFF else chr(code)


def _input_error(problem: str, text: str, token: re.Match[str], line: int, column: int) -> InputError:
    """Return the error where jq's parser meets it: a word's end is known by the character behind it."""
    place = token.end()
    at_end = ""
    if token.lastgroup == "word" and place < len(text):
        place += 1
    elif token.lastgroup not in ("mark", "string"):
        place, at_end = len(text), " at EOF"
    newlines = text.count("\n", 0, place)
    behind = text[text.rfind("\n", 0, place) + 1 : place].encode()  # jq counts bytes
    here = len(behind) + (0 if newlines else column)
    return InputError(f"{problem}{at_end} at line {line + newlines}, column {here}")
