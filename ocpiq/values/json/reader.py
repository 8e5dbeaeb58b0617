"""The JSON parser of jq, for text that the fast decoder refuses, and for text that is read piece by piece.

It takes what jq 1.8 takes: NaN, Infinity, `01`, `+1`, `.5`; numbers beyond a double, which become the largest one;
integers of any length; bytes that are not UTF-8 and lone surrogates, which become U+FFFD. `lenient` also takes control
characters in strings and any depth. No recursion, no value in an error, and time in proportion to the text.
"""

from __future__ import annotations

import re
from typing import Final, cast

import msgspec

from ocpiq.errors import EMPTY, InputError, Message, MessagePart, say
from ocpiq.values.numbers import LARGEST_WRITTEN, TEXT, negated, number
from ocpiq.values.patterns import lazy_pattern
from ocpiq.values.types import Value

MOST_LEVELS: Final = 10_000  # jq's own limit
BLANKS: Final = b" \t\r\n"
BOM: Final = b"\xef\xbb\xbf"

STRING: Final = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
TOKEN: Final = lazy_pattern(
    rb"[ \t\r\n]*+(?:(" + STRING + rb')|([\[\]{},:])|(")|([^ \t\r\n"\[\]{},:]++))?', re.DOTALL
)
STRING_TOKEN, MARK, OPEN_STRING, WORD = 1, 2, 3, 4  # the groups of TOKEN
ESCAPE: Final = lazy_pattern(
    r"\\(?:u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|u(.{0,4})|(.?))", re.DOTALL
)
ESCAPES: Final = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
WORDS: Final[dict[str, Value]] = {"null": None, "true": True, "false": False}
CONTROL: Final = lazy_pattern("[\x00-\x1f]")

NOTHING: Final = object()  # no value stands ready


class SyntaxProblem(ValueError):
    """What is wrong with a token, in jq's words."""

    def __init__(self, problem: Message) -> None:
        super().__init__(problem)
        self.problem = problem


class BrokenError(ValueError):
    """This is not JSON; `position` is the byte where that shows, `problem` is in jq's words."""

    def __init__(self, position: int, problem: MessagePart = EMPTY, *, at_end: bool = False) -> None:
        super().__init__("not JSON")
        self.position = position
        self.problem = say("{problem} at EOF", problem=problem) if at_end else problem

    def message(self, data: bytes, begin: int, line: int, column: int) -> Message:
        """Return jq's message; `data` is from `begin` on at `line`, after `column` bytes of it."""
        newlines: int = data.count(b"\n", begin, self.position)
        start: int = data.rfind(b"\n", begin, self.position) + 1 if newlines else begin
        return say(
            "{problem} at line {line}, column {column}",
            problem=self.problem,
            line=line + newlines,
            column=(0 if newlines else column) + self.position - start,
        )


class Level:
    """An open container: its bracket, how many items it has, the key that waits for its value, the items if kept."""

    __slots__ = ("count", "is_array", "items", "key")

    def __init__(self, is_array: bool) -> None:
        self.is_array = is_array
        self.count = 0
        self.key: str | None = None
        self.items: list[Value] | dict[str, Value] | None = None


class Parser:
    """jq's grammar: what may follow what, with jq's messages. What becomes of the values is up to the subclasses."""

    def __init__(self, *, lenient: bool = False, single: bool = False) -> None:
        self.levels: list[Level] = []
        self.ready: object = NOTHING
        self._lenient = lenient
        self._single = single  # anything after the first value is an error

    def feed(self, data: bytes, at: int, *, final: bool) -> int:
        """Take the whole tokens of `data` from `at` on; return where the first that may go on begins.

        With `final` nothing follows `data`. Raises BrokenError.
        """
        length = len(data)
        kind: int | None = None
        end = at
        try:
            while not self.stopped:
                token = cast("re.Match[bytes]", TOKEN.match(data, at))
                kind, end = token.lastindex, token.end()
                if kind == MARK:
                    self._mark(data[end - 1])
                elif kind == STRING_TOKEN:
                    self._scalar(self._string(token[STRING_TOKEN]))
                elif kind == WORD and (final or end < length):
                    self._scalar(word(token[WORD]))
                elif kind == OPEN_STRING and final:
                    raise SyntaxProblem(say("Unfinished string"))
                else:
                    return end if kind is None else at
                at = end
            return at
        except SyntaxProblem as error:
            problem = error.problem
        if kind == WORD and end < length:
            end += 1  # a word's end is known by the character after it
        elif kind not in (MARK, STRING_TOKEN):
            raise BrokenError(length, problem, at_end=True)
        raise BrokenError(end, problem)

    @property
    def stopped(self) -> bool:
        """Whether the rest of the text is for another parser."""
        return False

    @property
    def between(self) -> bool:
        """Whether no value has begun."""
        return not self.levels and self.ready is NOTHING

    def _string(self, token: bytes) -> str:
        try:
            return cast(str, msgspec.json.decode(token))
        except ValueError:
            pass
        return unquote(token.decode("utf-8", "replace"), lenient=self._lenient)

    def _scalar(self, value: Value) -> None:
        self._expect_value()
        self.ready = value
        if not self.levels:
            self._complete()

    def _mark(self, mark: int) -> None:
        """Take one of `[ ] { } , :`."""
        if mark == 44:  # ,
            if self.ready is NOTHING or not self.levels:
                raise SyntaxProblem(say("Expected value before ','"))
            self._put(self.levels[-1])
        elif mark == 58:  # :
            self._colon()
        elif mark in b"[{":
            self._expect_value()
            if len(self.levels) >= MOST_LEVELS and not self._lenient:
                raise SyntaxProblem(say("Exceeds depth limit for parsing"))
            self._open(Level(mark == 91))
        else:
            level = self._closed_array() if mark == 93 else self._closed_object()
            self.levels.pop()
            self._close(level)
            if not self.levels:
                self._complete()

    def _expect_value(self) -> None:
        if self.ready is not NOTHING:
            raise SyntaxProblem(
                say("Expected separator between values")
                if self.levels
                else say("Unexpected extra JSON values")
            )

    def _colon(self) -> None:
        if self.ready is NOTHING:
            raise SyntaxProblem(say("Expected string key before ':'"))
        level = self.levels[-1] if self.levels else None
        if level is None or level.is_array or level.key is not None:
            raise SyntaxProblem(say("':' not as part of an object"))
        if not isinstance(self.ready, str):
            raise SyntaxProblem(say("Object keys must be strings"))
        level.key, self.ready = self.ready, NOTHING

    def _put(self, level: Level) -> None:
        """Put the value that stands ready into its container."""
        if not level.is_array and level.key is None:
            raise SyntaxProblem(say("Objects must consist of key:value pairs"))
        self._take(level)
        self.ready = NOTHING
        level.count += 1
        level.key = None

    def _closed_array(self) -> Level:
        level = self.levels[-1] if self.levels else None
        if level is None or not level.is_array:
            raise SyntaxProblem(say("Unmatched ']'"))
        if self.ready is not NOTHING:
            self._put(level)
        elif level.count:
            raise SyntaxProblem(say("Expected another array element"))
        return level

    def _closed_object(self) -> Level:
        level = self.levels[-1] if self.levels else None
        if level is not None and self.ready is not NOTHING:
            if level.key is None:
                raise SyntaxProblem(say("Objects must consist of key:value pairs"))
            self._put(level)
        elif level is None or level.is_array or level.key is not None:
            raise SyntaxProblem(say("Unmatched '}}'"))
        elif level.count:
            raise SyntaxProblem(say("Expected another key-value pair"))
        return level

    def _open(self, level: Level) -> None:
        """Begin a container."""
        self.levels.append(level)

    def _take(self, level: Level) -> None:
        """Take the value that stands ready as the next item of a container."""

    def _close(self, level: Level) -> None:
        """End a container, which then stands ready as a value."""

    def _complete(self) -> None:
        """End a text."""


class ValueParser(Parser):
    """Builds one value and stops; with `single` it goes on, and anything that follows is an error."""

    @property
    def stopped(self) -> bool:
        """Whether the value is complete."""
        return not self._single and self.ready is not NOTHING and not self.levels

    def _open(self, level: Level) -> None:
        level.items = [] if level.is_array else {}
        self.levels.append(level)

    def _take(self, level: Level) -> None:
        value = cast(Value, self.ready)
        if isinstance(level.items, list):
            level.items.append(value)
        else:
            cast("dict[str, Value]", level.items)[cast(str, level.key)] = value

    def _close(self, level: Level) -> None:
        self.ready = level.items


def parse(data: bytes, line: int = 1, column: int = 0) -> Value:
    """Return the one value of `data`, which begins at `line` after `column` bytes of it; raise InputError."""
    try:
        return parse_bytes(data)
    except BrokenError as error:
        raise InputError(error.message(data, 0, line, column)) from None


def parse_bytes(data: bytes, *, lenient: bool = False) -> Value:
    """Return the one value of `data`. Raises BrokenError."""
    parser = ValueParser(lenient=lenient, single=True)
    parser.feed(data, len(BOM) if data.startswith(BOM) else 0, final=True)
    if parser.levels or parser.ready is NOTHING:
        raise BrokenError(len(data), say("Unfinished JSON term"), at_end=True)
    return cast(Value, parser.ready)


def word(token: bytes) -> Value:
    """Return the constant or number that a token is; raise SyntaxProblem."""
    text = token.decode("utf-8", "replace")
    if text in WORDS:
        return WORDS[text]
    return number(text) if TEXT.fullmatch(text) else _named_number(text)


def unquote(text: str, *, lenient: bool = False) -> str:
    """Return the string that `text`, with its quotes, stands for; raise SyntaxProblem."""
    if not lenient and CONTROL.search(text):
        raise SyntaxProblem(
            say("Invalid string: control characters from U+0000 through U+001F must be escaped")
        )
    return ESCAPE.sub(_unescape, text[1:-1]) if "\\" in text else text[1:-1]


def _named_number(text: str) -> float:
    name = text.lstrip("+-").lower()
    if len(text) - len(name) <= 1 and name in {"nan", "inf", "infinity"}:
        value = float("nan") if name == "nan" else LARGEST_WRITTEN
        return negated(value) if text[0] == "-" else value
    if text[0] == "'":
        raise SyntaxProblem(say("Invalid string literal; expected \", but got '"))
    raise SyntaxProblem(
        say("Invalid literal") if text[0] in "tf" or text.startswith("nu") else say("Invalid numeric literal")
    )


def _unescape(match: re.Match[str]) -> str:
    high, low, single, letter = match.groups()
    if high is not None:
        code = 0x10000 + ((int(high, 16) - 0xD800) << 10) + int(low, 16) - 0xDC00
        return chr(code)
    if single is None:
        if letter not in ESCAPES:
            raise SyntaxProblem(say("Invalid escape"))
        return ESCAPES[letter]
    if len(single) < 4:
        raise SyntaxProblem(say("Invalid \\uXXXX escape"))
    if not all(digit in "0123456789abcdefABCDEF" for digit in single):
        raise SyntaxProblem(say("Invalid characters in \\uXXXX escape"))
    code = int(single, 16)
    return "\ufffd" if 0xD800 <= code <= 0xDFFF else chr(code)
