"""Reads along what a server sends before h11 parses it: where headers stand, how large they are, what is in them.

h11's expression for a header takes time by the square of a run of blanks where a character follows that no header may
have: 64 KB take seconds in which nothing else runs. Such a character is refused here first, in headers and in the
trailers of a chunked body; lines that hold none h11 reads in linear time.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

LARGEST: Final = (
    100 << 10
)  # bytes of headers of one answer, those of 1xx answers before it and its trailers included
END: Final = re.compile(rb"(?:\A|\n)\r?\n")
REFUSED: Final = re.compile(rb"[\x00\x0b\x0c]|\r(?!\n)")
STATUS: Final = re.compile(rb"HTTP/[0-9]\.[0-9] ([0-9]{3})")
CHUNKED: Final = re.compile(rb"^transfer-encoding:", re.IGNORECASE | re.MULTILINE)
CHUNK: Final = re.compile(rb"([0-9A-Fa-f]{1,20})(?:;|[ \t]*\r\n)")


class HeadersTooLargeError(Exception):
    """More headers than are read."""


class BrokenHeadersError(Exception):
    """A character in the headers that none may have."""


class HeadGuard:
    """The bytes of one answer as they come in: headers, then a body, and behind a chunked one its trailers."""

    def __init__(self) -> None:
        self.size = 0  # bytes of headers so far
        self.held = b""  # the beginning of headers, or of a chunk's first line, whose end has not come
        self.skipped = 0  # bytes of the current chunk that are still to come, with its line end
        self.read: Callable[[HeadGuard, bytes, int], int] = HeadGuard.head

    def feed(self, data: bytes) -> None:
        """Look at what came. Raises HeadersTooLargeError and BrokenHeadersError."""
        place = 0
        while place < len(data):
            place = self.read(self, data, place)

    def head(self, data: bytes, start: int) -> int:
        """Look at headers; return the place behind them. A 1xx answer is followed by another."""
        headers, end = self.to_blank_line(data, start)
        if headers:
            status = STATUS.match(headers)
            if status is None or not status[1].startswith(b"1"):
                self.read = HeadGuard.chunk if CHUNKED.search(headers) else HeadGuard.body
        return end

    def body(self, data: bytes, start: int) -> int:
        """Let pass what has no headers behind it."""
        return len(data)

    def chunk(self, data: bytes, start: int) -> int:
        """Look for the length of a chunk, or pass over the chunk; return the place behind."""
        if self.skipped:
            passed = min(self.skipped, len(data) - start)
            self.skipped -= passed
            return start + passed
        if self.held:
            known, data = len(self.held), self.held + data[start:]
            self.held = b""
            return start - known + self.chunk(data, 0)
        end = data.find(b"\r\n", start) + 2
        if end == 1:
            self.held = self.grown(data[start:])
            return len(data)
        length = CHUNK.match(self.grown(data[start:end]))
        if length is None:  # h11 reads no further either
            self.read = HeadGuard.body
        elif int(length[1], 16):
            self.skipped = int(length[1], 16) + 2
        else:
            self.read = HeadGuard.trailers
        return end

    def trailers(self, data: bytes, start: int) -> int:
        """Look at the headers behind a chunked body."""
        trailers, end = self.to_blank_line(data, start)
        if trailers:
            self.read = HeadGuard.body
        return end

    def to_blank_line(self, data: bytes, start: int) -> tuple[bytes, int]:
        """Return headers with the blank line that ends them, or nothing where it has not come, and the place behind."""
        known = len(self.held)
        text = self.held + data[start:]
        found = END.search(text, max(0, known - 2))
        if found is None:
            self.held = self.grown(text)
            return b"", len(data)
        headers = self.grown(text[: found.end()])
        self.held = b""
        self.size += len(headers)
        if REFUSED.search(headers):
            raise BrokenHeadersError
        return headers, start + len(headers) - known

    def grown(self, text: bytes) -> bytes:
        """Return `text` unless that is too much."""
        if self.size + len(text) > LARGEST:
            raise HeadersTooLargeError
        return text
