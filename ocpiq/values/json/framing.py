"""A stream of JSON texts as values or events, one at a time. Texts may be separated by any white space, or by nothing.

Lines that are one value each (NDJSON) go to the decoder as they are. At the first line that is not, the
end of the value is looked for in the bytes, and lines are tried again after it. Memory holds one text; of events, one
block. After an error the rest of its line is skipped, as in jq, and `values` or `events` on the same Texts go on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, cast

from ocpiq.errors import EMPTY, InputError, Message, say
from ocpiq.values.json.codec import DECODER, SIGNED_ZERO, decode_exactly
from ocpiq.values.json.events import EventParser
from ocpiq.values.json.reader import BOM, BrokenError, ValueParser
from ocpiq.values.patterns import lazy_pattern
from ocpiq.values.types import Value

SPACE: Final = b" \t\r\n"
CURLY: Final = ord("{")
MOST_GUESSED: Final = 1 << 26
LONG: Final = 1 << 20

CONSTANTS: Final = (b"true", b"false", b"null")
IN_WORDS: Final = bytes(set(range(256)) - set(b' \t\r\n"[]{},:'))

WHITE: Final = lazy_pattern(rb"[ \t\r\n]*+")
WORD: Final = lazy_pattern(rb'[^ \t\r\n"\[\]{},:]++')
STRING: Final = lazy_pattern(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
BRACKET: Final = lazy_pattern(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[\]{}"]', re.DOTALL)


class Texts:
    """The bytes of one file that are not used yet: `data` from `place` on; `line` counts the used lines."""

    def __init__(self, blocks: Iterator[bytes], line: int = 0) -> None:
        self.blocks = blocks
        self.data = b""
        self.place = 0
        self.line = line
        self.broken = False  # whether there was an error: the end of a value is then looked for with care
        self.column = 0  # bytes of the current line that are used
        self.started = False
        self.taken_from = 0

    def more(self) -> bool:
        """Read on, as much again as is held, lest a long value be joined over and over. False at the end."""
        held = self.data[self.place :]
        parts = [held]
        size = 0
        for block in self.blocks:
            parts.append(block)
            size += len(block)
            begins_bom = not self.started and size < len(BOM) and BOM.startswith(b"".join(parts))
            if size >= (len(held) if len(held) > LONG else 1) and not begins_bom:
                break
        self.data = b"".join(parts)
        self.place = 0
        if size and not self.started:
            self.started = True
            self.data = self.data.removeprefix(BOM)
        return size > 0

    def lines(self) -> list[bytes]:
        """Take all whole lines held; at the end of the file the rest as well. Empty at the end.

        After an error it is one line: those that follow are likely to be broken too.
        """
        find = self.data.find if self.broken else self.data.rfind
        while (end := find(b"\n", self.place) + 1) <= self.place:
            if not self.more():
                end = len(self.data)
                break
            find = self.data.find if self.broken else self.data.rfind
        taken = self.data[self.place : end]
        self.taken_from, self.place, self.column = self.place, end, 0
        if not taken:
            return []
        lines = taken.split(b"\n")
        return lines[:-1] if not lines[-1] else lines

    def put_back(self, used: list[bytes]) -> None:
        """Undo `lines`, but for those that were used."""
        self.place = self.taken_from + sum(map(len, used)) + len(used)

    def use(self, end: int) -> bytes:
        """Take the bytes up to `end`."""
        taken = self.data[self.place : end]
        newlines = taken.count(b"\n")
        self.line += newlines
        self.column = len(taken) - taken.rfind(b"\n") - 1 + (0 if newlines else self.column)
        self.place = end
        return taken

    def fail(self, error: BrokenError) -> Message:
        """Return jq's message for what is wrong in the unused bytes, and skip the rest of the line where that shows."""
        message = error.message(self.data, self.place, self.line + 1, self.column)
        self.broken = True
        self.use(error.position)
        while self.column:
            newline = self.data.find(b"\n", self.place)
            self.use(newline + 1 if newline >= 0 else len(self.data))
            if newline >= 0 or not self.more():
                break
        return message

    def skip_white(self) -> bool:
        """Take white space; False at the end of the file."""
        while True:
            match = WHITE.match(self.data, self.place)
            self.use(match.end() if match else self.place)
            if self.place < len(self.data):
                return True
            if not self.more():
                return False


def values(texts: Texts) -> Iterator[Value]:
    """Yield the value of each text; raise InputError at the first that is none."""
    while lines := texts.lines():
        is_plain = SIGNED_ZERO.search(texts.data, texts.taken_from, texts.place) is None
        decode_line = DECODER.decode if is_plain else decode_exactly
        for number, line in enumerate(lines):
            try:
                value = decode_line(line)
            except (ValueError, RecursionError):
                if line.strip(SPACE):
                    texts.put_back(lines[:number])
                    yield from _scattered(texts)
                    break
                texts.line += 1
                continue
            texts.line += 1
            yield value


def _scattered(texts: Texts) -> Iterator[Value]:
    """Yield values that are not one a line, until one ends with its line."""
    while texts.skip_white():
        value = _next(texts)
        newline = texts.data.find(b"\n", texts.place)
        ends_line = newline >= 0 and not texts.data[texts.place : newline].strip(SPACE)
        if ends_line:
            texts.use(newline + 1)
        yield value
        if ends_line:
            return


def _next(texts: Texts) -> Value:
    if not texts.broken:
        for find_end in (_indented_end, _end):  # the first is quick and may be wrong
            end = find_end(texts)
            if end is None:
                continue
            try:
                value = decode_exactly(texts.data[texts.place : end])
            except (ValueError, RecursionError):
                continue
            texts.use(end)
            return value
    return _parsed(texts)


def _parsed(texts: Texts) -> Value:
    """Return the next value as the parser reads it, no further than to its end or to what is wrong in it."""
    parser = ValueParser()
    seen, final = 0, False
    try:
        while True:
            seen = parser.feed(texts.data, texts.place + seen, final=final) - texts.place
            if parser.stopped:
                texts.use(texts.place + seen)
                return cast(Value, parser.ready)
            if final:
                raise BrokenError(len(texts.data), say("Unfinished JSON term"), at_end=True)
            final = not texts.more()
    except BrokenError as error:
        raise InputError(texts.fail(error)) from None


def complete(record: bytes, line: int, *, is_last: bool) -> tuple[bytes, Message]:
    """Return a record of a JSON text sequence, after so many lines, without a value at its end that may be cut off.

    The text that comes with it says what was cut off.
    A number, `true`, `false` and `null` are whole only with white space after them (RFC 7464, section 2.4); at the end
    of the file jq takes the last three as they are.
    """
    rest = record.rstrip(IN_WORDS)
    word = record[len(rest) :]
    if not word or (is_last and word in CONSTANTS):
        return record, EMPTY
    try:
        for _ in values(Texts(iter((rest,)))):
            pass
    except InputError:
        return record, EMPTY  # which says more
    newlines: int = record.count(b"\n")
    column: int = len(record) - record.rfind(b"\n") - 1
    problem = say("Potentially truncated top-level numeric value")
    if word in CONSTANTS:
        problem = say("Truncated value")
    at_end = say(" at EOF") if is_last else EMPTY
    return rest, say(
        "{problem}{at_end} at line {line}, column {column}",
        problem=problem,
        at_end=at_end,
        line=line + newlines + 1,
        column=column,
    )


def events(texts: Texts, *, errors: bool = False) -> Iterator[Value]:
    """Yield the streaming events of each text, what is complete before an error as well; raise InputError then.

    With `errors` what is wrong is an event, `[message, path]`, and the next line follows.
    """
    parser = EventParser()
    final = False
    while True:
        problem = EMPTY
        try:
            texts.use(parser.feed(texts.data, texts.place, final=final))
            if final and not parser.between:
                raise BrokenError(len(texts.data), say("Unfinished JSON term"), at_end=True)
        except BrokenError as error:
            problem = texts.fail(error)
        yield from parser.events
        if problem and not errors:
            raise InputError(problem)
        if problem:
            yield [str(problem), parser.path]
            parser = EventParser()
        elif final:
            return
        else:
            parser.events = []
            final = not texts.more()


def _indented_end(texts: Texts) -> int | None:
    """Return where a value that is laid out over lines seems to end: at a bracket that begins a line."""
    if texts.data[texts.place : texts.place + 2] not in (b"{\n", b"[\n"):
        return None
    close = b"\n}" if texts.data[texts.place] == CURLY else b"\n]"
    seen = 0
    while (found := texts.data.find(close, texts.place + seen)) < 0:
        seen = len(texts.data) - texts.place - 1
        if seen > MOST_GUESSED or not texts.more():
            return None
    return found + len(close)


def _end(texts: Texts) -> int:
    """Return where the text that begins at the place ends; at the end of the file, where that is."""
    first = texts.data[texts.place : texts.place + 1]
    if first in b"[{":
        return _closing(texts)
    if first in b"]},:":
        return texts.place + 1
    pattern = STRING if first == b'"' else WORD
    while True:
        match = pattern.match(texts.data, texts.place)
        if match and (match.end() < len(texts.data) or pattern is STRING):
            return match.end()
        if not texts.more():
            return len(texts.data)


def _closing(texts: Texts) -> int:
    """Return the end of the bracket that closes the one at the place; strings are stepped over whole."""
    depth = seen = 0
    while True:
        for match in BRACKET.finditer(texts.data, texts.place + seen):
            seen = match.start() - texts.place
            mark = texts.data[match.start()]
            if mark in b"[{":
                depth += 1
            elif mark in b"]}":
                depth -= 1
                if depth == 0:
                    return match.end()
            elif match.end() - match.start() == 1:  # a string that goes on in what was not read yet
                break
        else:
            seen = len(texts.data) - texts.place
        if not texts.more():
            return len(texts.data)
