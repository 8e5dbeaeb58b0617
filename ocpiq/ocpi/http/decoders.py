"""Content codings (RFC 9110, 8.4.1), unpacked a bounded piece at a time: a small body may unpack to gigabytes."""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

import brotli

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PIECE = 1 << 18  # bytes that a decoder returns at once
MOST_CODINGS = 5  # of one body; more are not unpacked, and what is left is not JSON
LONGEST = 200  # characters of the header that are read
ZSTD_WINDOW = 23  # log2 of the largest window that RFC 9659 allows: 8 MB
RAW_DEFLATE, ZLIB, GZIP = -zlib.MAX_WBITS, zlib.MAX_WBITS, 16 + zlib.MAX_WBITS
FRAMED = 0  # deflate in zlib's frame, as the first bytes have shown

Check = Callable[[int], None]
"""Is told the size of what a decoder has returned so far; raises where that is too much."""


class BrokenCodingError(ValueError):
    """A body that is not in the coding that its headers name."""


class Decoder(Protocol):
    """Unpacks one coding."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield what `data` unpacks to, no more than PIECE bytes at once. Raises BrokenCodingError."""
        ...


def unpacked(body: Iterator[bytes], codings: str, check: Check) -> Iterator[bytes]:
    """Yield a body unpacked, piece by piece; `codings` is its Content-Encoding, `check` sees every step.

    What no decoder is known for is left as it is.
    """
    names = [name for part in codings[:LONGEST].split(",") if (name := part.strip().casefold()) not in PLAIN]
    if not names or len(names) > MOST_CODINGS or not all(name in DECODERS for name in names):
        return checked(body, check)
    for name in reversed(names):
        body = decoded(body, DECODERS[name](), check)
    return body


def decoded(body: Iterator[bytes], decoder: Decoder, check: Check) -> Iterator[bytes]:
    """Yield what one decoder makes of a body."""
    size = 0
    for data in body:
        for piece in decoder.feed(data):
            size += len(piece)
            check(size)
            yield piece


def checked(body: Iterator[bytes], check: Check) -> Iterator[bytes]:
    """Yield a body as it is."""
    size = 0
    for piece in body:
        size += len(piece)
        check(size)
        yield piece


class Zlib:
    """gzip in any number of members, and deflate with or without zlib's frame."""

    def __init__(self, window: int) -> None:
        self.window = window
        self.decoder = zlib.decompressobj(window)
        self.before = b""  # what came before the first byte was unpacked, in case it is without a frame
        self.members = 0  # that ended

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield what `data` unpacks to. What follows the last member and is none is passed over."""
        while data:
            if self.decoder.eof:
                if self.window != GZIP:
                    return
                self.decoder = zlib.decompressobj(self.window)
                self.members += 1
            try:
                piece = self.decoder.decompress(data, PIECE)
            except zlib.error as error:
                if self.window == ZLIB:
                    self.window, data = RAW_DEFLATE, self.before + data
                    self.decoder = zlib.decompressobj(RAW_DEFLATE)
                    continue
                if self.members:
                    return
                raise BrokenCodingError from error
            if self.window == ZLIB:
                self.window, self.before = (FRAMED, b"") if piece else (ZLIB, self.before + data)
            data = self.decoder.unused_data if self.decoder.eof else self.decoder.unconsumed_tail
            if piece:
                yield piece


class Brotli:
    """br."""

    def __init__(self) -> None:
        self.decoder = brotli.Decompressor()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield what `data` unpacks to."""
        try:
            piece = self.decoder.process(data, output_buffer_limit=PIECE)
            while piece:
                yield piece
                piece = (
                    b""
                    if self.decoder.is_finished()
                    else self.decoder.process(b"", output_buffer_limit=PIECE)
                )
        except brotli.error as error:
            raise BrokenCodingError from error


class Zstd:
    """zstd, in any number of frames."""

    def __init__(self) -> None:
        self.decoder = self.made()

    @staticmethod
    def made() -> zstd.ZstdDecompressor:
        """Return a decoder of one frame."""
        return zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: ZSTD_WINDOW})

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield what `data` unpacks to."""
        try:
            while data or not (self.decoder.eof or self.decoder.needs_input):
                if self.decoder.eof:
                    self.decoder = self.made()
                piece = self.decoder.decompress(data, PIECE)
                data = self.decoder.unused_data if self.decoder.eof else b""
                if piece:
                    yield piece
        except zstd.ZstdError as error:
            raise BrokenCodingError from error


PLAIN = ("", "identity")
DECODERS: dict[str, Callable[[], Decoder]] = {
    "gzip": lambda: Zlib(GZIP),
    "x-gzip": lambda: Zlib(GZIP),
    "deflate": lambda: Zlib(ZLIB),
    "br": Brotli,
    "zstd": Zstd,
}
ACCEPTED = "gzip, deflate, br, zstd"
