"""Saved pages as a source: files of envelopes, arrays, single objects or NDJSON, packed or not."""

from __future__ import annotations

import gzip
import re
import sys
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, cast

from ocpiq.errors import Notify, PlatformError, UsageError
from ocpiq.gate import Gate, OpenedPage, bounds, framing
from ocpiq.sources.protocol import Ask
from ocpiq.sources.watch import watched
from ocpiq.values.encodings import conversion, wide_encoding

BLOCK = 1 << 17  # bytes of NDJSON that are read at once, so that they stay in the processor's cache
STANDARD_INPUT = Path("-")
GZIP = b"\x1f\x8b"


class FileSource:
    """One module in a file, a folder's files (`page2` before `page10`), or standard input (`-`)."""

    repeats = False

    def __init__(self, path: Path, version: str) -> None:
        self.path = path
        self.version = version

    def pages(self, ask: Ask, gate: Gate, notify: Notify) -> Iterator[OpenedPage]:
        """Yield what the files hold; NDJSON counts as a page for each block. Raises UsageError."""
        found = ((opened, None) for path in files_of(self.path) for opened in opened_file(path, gate))
        yield from watched(ask.module, found, notify, self.version)


def opened_file(path: Path, gate: Gate) -> Iterator[OpenedPage]:
    """Yield what the gate makes of one file."""
    try:
        with stream(path) as file:
            head = file.read(BLOCK)
            encoding = wide_encoding(head[:4])
            if encoding is not None:
                hint = conversion(encoding, str(path))
                raise UsageError(f"{shown(path)} is {encoding}, not UTF-8", hint=hint)
            if framing(head) == "lines":
                yield from lines(path, blocks(path, file, head), gate)
            elif head.strip():
                yield whole(path, b"".join(bounded(path, pieces(file, head))), gate)
    except (OSError, EOFError, zlib.error) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "it is broken"
        raise UsageError(f"{shown(path)} cannot be read: {reason}") from error


def whole(path: Path, body: bytes, gate: Gate) -> OpenedPage:
    """Return what the gate makes of a file that is one JSON value."""
    try:
        opened = gate.page(body)
    except PlatformError as error:
        raise UsageError(f"{shown(path)}: {error.message}") from None
    if opened.status_code is not None and not 1000 <= opened.status_code < 2000:
        raise UsageError(
            f"{shown(path)} holds an answer with OCPI status {opened.status_code} and no objects"
        )
    return opened


def lines(path: Path, found: Iterator[bytes], gate: Gate) -> Iterator[OpenedPage]:
    """Yield what the gate makes of blocks of lines. Raises UsageError where the file was cut in the last."""
    for block in found:
        opened = gate.lines(block)
        if not block.endswith(b"\n") and opened.bad and opened.bad[-1] == opened.count - 1:
            raise UsageError(
                f"{shown(path)} ends in the middle of an object", hint="it was cut; get it again"
            )
        yield opened


def blocks(path: Path, file: BinaryIO, head: bytes) -> Iterator[bytes]:
    """Yield whole lines, about a block of them at a time; `head` is what was read already. Raises UsageError."""
    begun: list[bytes | memoryview] = []  # the beginning of a line whose end is not read yet
    size = 0  # of that
    for block in pieces(file, head):
        end = block.rfind(b"\n") + 1
        if end:
            yield b"".join((*begun, memoryview(block)[:end]))
            begun.clear()
            size = 0
        if end < len(block):
            begun.append(block[end:])
            size += len(block) - end
            check_size(path, size)
    if begun:
        yield b"".join(begun)


def pieces(file: BinaryIO, head: bytes) -> Iterator[bytes]:
    """Yield a file block by block, `head` first."""
    block = head
    while block:
        yield block
        block = file.read(BLOCK)


def bounded(path: Path, found: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the pieces of one page. Raises UsageError where it is larger than one may be."""
    size = 0
    for piece in found:
        size += len(piece)
        check_size(path, size)
        yield piece


def check_size(path: Path, size: int) -> None:
    """Raise UsageError for a page, or a line, of so many bytes that it is too large."""
    if size > bounds.LARGEST:
        raise UsageError(
            f"{shown(path)} holds more than {bounds.LARGEST >> 20} MB in one piece",
            hint="save it in several pages, or as NDJSON: one object on each line",
        )


@contextmanager
def stream(path: Path) -> Iterator[BinaryIO]:
    """Open a file for reading, unpacked where it is packed; standard input stays open after it."""
    with ExitStack() as closing:
        file = sys.stdin.buffer if path == STANDARD_INPUT else closing.enter_context(path.open("rb"))
        packed = cast(BufferedReader, file).peek(2)[:2] == GZIP
        yield cast(BinaryIO, Unpacked(path, file)) if packed else file


class Counted:
    """A file that counts what is read of it."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.count = 0

    def read(self, size: int = -1) -> bytes:
        """Read."""
        data = self.file.read(size)
        self.count += len(data)
        return data


class Unpacked(gzip.GzipFile):
    """A gzip file that may not unpack to much more than it is."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self.packed = Counted(file)
        super().__init__(fileobj=cast(BinaryIO, self.packed), mode="rb")  # which uses nothing but read
        self.path = path
        self.size = 0

    def read(self, size: int | None = -1) -> bytes:
        """Read. Raises UsageError."""
        data = super().read(size)
        self.size += len(data)
        if self.size > bounds.UNPACKED and self.size > bounds.RATIO * self.packed.count:
            raise UsageError(f"{shown(self.path)} unpacks to more than {bounds.RATIO} times its size")
        return data


def files_of(path: Path) -> tuple[Path, ...]:
    """Return the files at `path`: itself, or those in the folder that are not hidden. Raises UsageError."""
    if path == STANDARD_INPUT or path.is_file():
        return (path,)
    if not path.exists():
        raise UsageError(f"there is no file or folder {shown(path)}")
    if not path.is_dir():
        return (path,)  # a pipe
    found = [file for file in path.iterdir() if file.is_file() and not file.name.startswith(".")]
    if not found:
        raise UsageError(f"the folder {shown(path)} holds no file")
    return tuple(sorted(found, key=natural))


def natural(path: Path) -> list[tuple[int, str]]:
    """Return what sorts a name as people do: numbers in it by their value."""
    pieces = re.findall(r"([0-9]+)|([^0-9]+)", path.name)
    return [(int(digits), "") if digits else (-1, text.casefold()) for digits, text in pieces]


def shown(path: Path) -> str:
    """Return a path as it may stand in a message."""
    text = "standard input" if path == STANDARD_INPUT else str(path)
    return text if text.isprintable() else ascii(text)[1:-1]
