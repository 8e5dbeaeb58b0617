"""A stream of JSON texts as values, one at a time. Texts may be separated by any white space, or by nothing.

Lines that are one value each (NDJSON) go to the decoder as they are. At the first line that is not, the
end of the value is looked for in the bytes, and lines are tried again behind it. Memory holds one text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, cast

from ocpiq.values.json.codec import DECODER, decode
from ocpiq.values.types import Value

BOM: Final = b"\xef\xbb\xbf"
SPACE: Final = b" \t\r\n"
CURLY: Final = ord("{")
MOST_GUESSED: Final = 1 << 26
LONG: Final = 1 << 20

WHITE: Final = re.compile(rb"[ \t\r\n]*+")
WORD: Final = re.compile(rb'[^ \t\r\n"\[\]{},:]++')
STRING: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
BRACKET: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[\]{}"]', re.DOTALL)


class Texts:
    """The bytes of one file that are not used yet: `data` from `place` on; `line` counts the used lines."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self.blocks = blocks
        self.data = b""
        self.place = 0
        self.line = 0
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
            if size >= (len(held) if len(held) > LONG else 1 if self.started else len(BOM)):
                break
        self.data = b"".join(parts)
        self.place = 0
        if size and not self.started:
            self.started = True
            self.data = self.data.removeprefix(BOM)
        return size > 0

    def lines(self) -> list[bytes]:
        """Take all whole lines held; at the end of the file the rest as well. Empty at the end."""
        while (end := self.data.rfind(b"\n", self.place) + 1) <= self.place:
            if not self.more():
                end = len(self.data)
                break
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
    decode_line = DECODER.decode
    while lines := texts.lines():
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
    end = _indented_end(texts)
    if end is not None:
        try:
            value = DECODER.decode(texts.data[texts.place : end])
        except (ValueError, RecursionError):
            pass
        else:
            texts.use(end)
            return cast(Value, value)
    line, column = texts.line + 1, texts.column
    text = texts.use(_end(texts))
    behind = texts.data[texts.place : texts.place + 1]
    return decode(text + behind if behind in SPACE else text, line, column)


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
