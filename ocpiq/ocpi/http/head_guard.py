"""Checks what a server sends before h11 parses it: where the headers are, their size, and their characters.

h11's expression for a header takes quadratic time for a run of blanks before a character that no header may
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
    """The headers are larger than the limit."""


class BrokenHeadersError(Exception):
    """An invalid character in the headers."""


class HeadGuard:
    """The bytes of one response as they arrive: headers, a body, and the trailers after a chunked body."""

    def __init__(self) -> None:
        self.size = 0  # bytes of headers so far
        self.buffered = b""  # the beginning of headers, or of a chunk's first line, whose end has not come
        self.skipped = 0  # bytes of the current chunk that are still to come, with its line end
        self.reader: Callable[[HeadGuard, bytes, int], int] = HeadGuard.head

    def feed(self, data: bytes) -> None:
        """Check received bytes. Raises HeadersTooLargeError and BrokenHeadersError."""
        place = 0
        while place < len(data):
            place = self.reader(self, data, place)

    def head(self, data: bytes, start: int) -> int:
        """Check headers; return the position after them. A 1xx response is followed by another."""
        headers, end = self.to_blank_line(data, start)
        if headers:
            status = STATUS.match(headers)
            if status is None or not status[1].startswith(b"1"):
                self.reader = HeadGuard.chunk if CHUNKED.search(headers) else HeadGuard.body
        return end

    def body(self, data: bytes, start: int) -> int:
        """Accept a body that no headers follow."""
        return len(data)

    def chunk(self, data: bytes, start: int) -> int:
        """Read the length of a chunk, or skip the chunk; return the position after it."""
        if self.skipped:
            passed = min(self.skipped, len(data) - start)
            self.skipped -= passed
            return start + passed
        if self.buffered:
            buffered_size, data = len(self.buffered), self.buffered + data[start:]
            self.buffered = b""
            return start - buffered_size + self.chunk(data, 0)
        end = data.find(b"\r\n", start) + 2
        if end == 1:
            self.buffered = self.bounded(data[start:])
            return len(data)
        length = CHUNK.match(self.bounded(data[start:end]))
        if length is None:  # h11 reads no further either
            self.reader = HeadGuard.body
        elif int(length[1], 16):
            self.skipped = int(length[1], 16) + 2
        else:
            self.reader = HeadGuard.trailers
        return end

    def trailers(self, data: bytes, start: int) -> int:
        """Check the headers after a chunked body."""
        trailers, end = self.to_blank_line(data, start)
        if trailers:
            self.reader = HeadGuard.body
        return end

    def to_blank_line(self, data: bytes, start: int) -> tuple[bytes, int]:
        """Return headers with the blank line that ends them, empty if incomplete, and the position after it."""
        buffered_size = len(self.buffered)
        text = self.buffered + data[start:]
        blank_line = END.search(text, max(0, buffered_size - 2))
        if blank_line is None:
            self.buffered = self.bounded(text)
            return b"", len(data)
        headers = self.bounded(text[: blank_line.end()])
        self.buffered = b""
        self.size += len(headers)
        if REFUSED.search(headers):
            raise BrokenHeadersError
        return headers, start + len(headers) - buffered_size

    def bounded(self, text: bytes) -> bytes:
        """Return `text` if it is within the limit."""
        if self.size + len(text) > LARGEST:
            raise HeadersTooLargeError
        return text
