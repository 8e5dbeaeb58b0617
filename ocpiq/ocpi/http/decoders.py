"""Content codings (RFC 9110, 8.4.1), unpacked in bounded pieces: a small body may unpack to gigabytes."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

import brotli

from ocpiq.values import zstd

PIECE = 1 << 18  # bytes that a decoder returns at once
MOST_CODINGS = 5  # of one body; more are not unpacked, so the result is not JSON
LONGEST = 200  # characters of the header that are read
ZSTD_WINDOW = 23  # log2 of the largest window that RFC 9659 allows: 8 MB
RAW_DEFLATE, ZLIB, GZIP = -zlib.MAX_WBITS, zlib.MAX_WBITS, 16 + zlib.MAX_WBITS
FRAMED = 0  # deflate in zlib's frame, as the first bytes have shown

SizeCheck = Callable[[int], None]
"""Called with the number of bytes that a decoder has returned so far; raises if that is too many."""


class BrokenCodingError(ValueError):
    """A body that is not in the coding that its headers name."""


class Decoder(Protocol):
    """Unpacks one coding."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield what `data` unpacks to, no more than PIECE bytes at once. Raises BrokenCodingError."""
        ...


def decode_body(body: Iterator[bytes], codings: str, check: SizeCheck) -> Iterator[bytes]:
    """Yield a body unpacked, piece by piece; `codings` is its Content-Encoding, `check` sees every step.

    Unknown codings are left as they are.
    """
    names = [name for part in codings[:LONGEST].split(",") if (name := part.strip().casefold()) not in PLAIN]
    if not names or len(names) > MOST_CODINGS or not all(name in DECODERS for name in names):
        return measure_body(body, check)
    for name in reversed(names):
        body = apply_decoder(body, DECODERS[name](), check)
    return body


def apply_decoder(body: Iterator[bytes], decoder: Decoder, check: SizeCheck) -> Iterator[bytes]:
    """Yield a body decoded by one decoder."""
    size = 0
    for data in body:
        for piece in decoder.feed(data):
            size += len(piece)
            check(size)
            yield piece


def measure_body(body: Iterator[bytes], check: SizeCheck) -> Iterator[bytes]:
    """Yield a body as it is."""
    size = 0
    for piece in body:
        size += len(piece)
        check(size)
        yield piece


class ZlibDecoder:
    """gzip in any number of members, and deflate with or without zlib's frame."""

    def __init__(self, window: int) -> None:
        self.window = window
        self.decoder = zlib.decompressobj(window)
        self.unframed = b""  # data received before the first unpacked byte, in case there is no frame
        self.members = 0  # that ended

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield what `data` unpacks to. Anything else after the last member is ignored."""
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
                    self.window, data = RAW_DEFLATE, self.unframed + data
                    self.decoder = zlib.decompressobj(RAW_DEFLATE)
                    continue
                if self.members:
                    return
                raise BrokenCodingError from error
            if self.window == ZLIB:
                self.window, self.unframed = (FRAMED, b"") if piece else (ZLIB, self.unframed + data)
            data = self.decoder.unused_data if self.decoder.eof else self.decoder.unconsumed_tail
            if piece:
                yield piece


class BrotliDecoder:
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


class ZstdDecoder:
    """zstd, in any number of frames."""

    def __init__(self) -> None:
        self.decoder = self.new_decoder()

    @staticmethod
    def new_decoder() -> zstd.ZstdDecompressor:
        """Return a decoder of one frame."""
        return zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: ZSTD_WINDOW})

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield what `data` unpacks to."""
        try:
            while data or not (self.decoder.eof or self.decoder.needs_input):
                if self.decoder.eof:
                    self.decoder = self.new_decoder()
                piece = self.decoder.decompress(data, PIECE)
                data = self.decoder.unused_data if self.decoder.eof else b""
                if piece:
                    yield piece
        except zstd.ZstdError as error:
            raise BrokenCodingError from error


PLAIN = ("", "identity")
DECODERS: dict[str, Callable[[], Decoder]] = {
    "gzip": lambda: ZlibDecoder(GZIP),
    "x-gzip": lambda: ZlibDecoder(GZIP),
    "deflate": lambda: ZlibDecoder(ZLIB),
    "br": BrotliDecoder,
    "zstd": ZstdDecoder,
}
ACCEPTED = "gzip, deflate, br, zstd"
