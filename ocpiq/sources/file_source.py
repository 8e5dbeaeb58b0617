"""Saved pages as a source: files with envelopes, arrays, single objects or NDJSON, compressed or not."""

from __future__ import annotations

import gzip
import sys
import zlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from io import BufferedReader, RawIOBase
from itertools import chain, filterfalse, islice
from typing import BinaryIO, Final, cast

from ocpiq.errors import (
    EMPTY,
    Message,
    MessagePart,
    Notify,
    PlatformError,
    Reason,
    SourceError,
    UserText,
    say,
)
from ocpiq.gate import BOM, NOT_COMPLETE, Gate, OpenedPage, bounds
from ocpiq.schema import ModuleName, module
from ocpiq.sources.monitor import monitor_pages
from ocpiq.sources.page_numbers import LINES
from ocpiq.sources.places import BUFFER, STANDARD_INPUT, Place, begun, files_of, open_bytes, path_label
from ocpiq.sources.protocol import Ask
from ocpiq.values.encodings import EncodingName, conversion, wide_encoding

TAKES = say("--source takes saved pages, lists or NDJSON of a module")
CUT = say("it was cut or damaged; get it again")
GZIP = b"\x1f\x8b"
OTHER_FILES: Final[dict[bytes, tuple[Message, Message]]] = {
    b"\x28\xb5\x2f\xfd": (say("compressed with zstd"), say("decompress it first: zstd -d")),
    b"BZh": (say("compressed with bzip2"), say("decompress it first: bunzip2")),
    b"\xfd7zXZ": (say("compressed with xz"), say("decompress it first: unxz")),
    b"PK\x03\x04": (say("a zip archive"), say("unpack it first: unzip")),
    b"PAR1": (say("a Parquet file"), TAKES),
}
"""What files are that are not read, by their first bytes."""


class FileSource:
    """One module in a file, in the files of a folder (`page2` before `page10`), or on standard input (`-`)."""

    repeats = False

    def __init__(self, path: Place, version: str) -> None:
        self.path = path
        self.version = version

    def pages(self, ask: Ask, gate: Gate, notify: Notify) -> Iterator[OpenedPage]:
        """Yield the pages of the files; 50 lines of NDJSON are a page. Raises UsageError."""
        listed = module(ask.module, self.version).pulled
        pages = (
            (page, None) for path in begun(files_of(self.path)) for page in pages_of_file(path, gate, listed)
        )
        yield from monitor_pages(ask.module, pages, notify, self.version)


def pages_of_file(path: Place, gate: Gate, listed: str) -> Iterator[OpenedPage]:
    """Yield the opened pages of a file with objects of the module `listed`. Raises UsageError."""
    for page in open_file(path, gate):
        check_module(path, page, listed)
        yield page


def check_module(path: Place, page: OpenedPage, listed: str) -> None:
    """Raise UsageError if the objects of a page are not those of the module `listed`."""
    if page.wrong_module:
        text = say(
            "no object in {path} has a field of {module}", path=path_label(path), module=ModuleName(listed)
        )
        raise SourceError(text, hint=TAKES)


def open_file(path: Place, gate: Gate) -> Iterator[OpenedPage]:
    """Yield the opened pages of a file."""
    try:
        with stream(path) as file:
            check_encoding(path, file)
            start = first_line(path, file)
            if not start:
                return
            if gate.framing.file_form(start) == "lines":
                yield from open_lines(path, pages_of_lines(chain((start,), lines_of(path, file))), gate)
            else:
                rest = file.read(max(bounds.LARGEST - len(start), 0) + 1)
                check_size(path, len(start) + len(rest))
                yield open_whole(path, start + rest, gate)
    except (OSError, EOFError, zlib.error) as error:
        reason: MessagePart = say("it is broken")
        hint = CUT
        if isinstance(error, OSError) and error.strerror:
            reason = Reason(error.strerror)
            hint = EMPTY
        raise SourceError(
            say("{path} cannot be read: {reason}", path=path_label(path), reason=reason), hint=hint
        ) from error


def open_whole(path: Place, body: bytes, gate: Gate) -> OpenedPage:
    """Return the opened page of a file that is one JSON value."""
    try:
        opened = gate.page(body, first=True)
    except PlatformError as error:
        hint = CUT if error.message == NOT_COMPLETE else EMPTY if body[:1] in b"[{" else TAKES
        raise SourceError(
            say("{path}: {message}", path=path_label(path), message=error.message), hint=hint
        ) from None
    if opened.status_code is not None and not 1000 <= opened.status_code < 2000:
        raise SourceError(
            say(
                "{path} holds an answer with OCPI status {status_code} and no objects",
                path=path_label(path),
                status_code=opened.status_code,
            ),
            hint=say("get it again"),
        )
    return opened


def open_lines(
    path: Place, pages: Iterator[list[bytes]], gate: Gate, *, from_start: bool = True
) -> Iterator[OpenedPage]:
    """Yield the opened pages of pages of lines. Raises UsageError if the file ends in the middle of an object."""
    for number, page in enumerate(pages):
        first = from_start and number == 0
        opened = gate.lines(page, first=first, continues=not first)
        if not page[-1].endswith(b"\n") and opened.bad and opened.bad[-1] == opened.count - 1:
            raise SourceError(
                say("{path} ends in the middle of an object", path=path_label(path)),
                hint=CUT,
            )
        yield opened


def check_encoding(path: Place, file: BufferedReader) -> None:
    """Raise UsageError for a file in UTF-16 or UTF-32, or in a format that is not read."""
    begin = file.peek(8)[:8]
    for first, (name, hint) in OTHER_FILES.items():
        if begin.startswith(first):
            raise SourceError(say("{path} is {name}", path=path_label(path), name=name), hint=hint)
    encoding = wide_encoding(begin[:4])
    if encoding is not None:
        text = say("{path} is {encoding}, not UTF-8", path=path_label(path), encoding=EncodingName(encoding))
        command = UserText(conversion(encoding, str(path)))
        raise SourceError(text, hint=say("{command}", command=command))


def check_size(path: Place, size: int) -> None:
    """Raise UsageError if a page or a line of `size` bytes is too large."""
    if size > bounds.LARGEST:
        raise SourceError(
            say(
                "{path} holds more than {size} MB in one piece",
                path=path_label(path),
                size=bounds.LARGEST >> 20,
            ),
            hint=say("save it in several pages, or as NDJSON: one object on each line"),
        )


def read_line(path: Place, file: BufferedReader) -> bytes:
    """Return the next line. Raises UsageError if it is too large."""
    line = file.readline(bounds.LARGEST + 1)
    check_size(path, len(line))
    return line


def lines_of(path: Place, file: BufferedReader) -> Iterator[bytes]:
    """Yield the lines that follow, as `read_line` returns them, without a call for each."""
    read, largest = file.readline, bounds.LARGEST
    while line := read(largest + 1):
        if len(line) > largest:
            check_size(path, len(line))
        yield line


def first_line(path: Place, file: BufferedReader) -> bytes:
    """Return the first line that is not blank; the whole line decides the format of the file."""
    line = read_line(path, file).removeprefix(BOM)
    while line.isspace():
        line = read_line(path, file)
    return line


def pages_of_lines(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Yield the lines that are not blank, page by page.

    A page is a number of lines, never of bytes: what is said of pages must not tell how long private values are.
    """
    kept = filterfalse(bytes.isspace, lines)
    while page := list(islice(kept, LINES)):
        yield page


@contextmanager
def stream(path: Place) -> Iterator[BufferedReader]:
    """Open a file for reading, decompressed if it is gzip; standard input stays open."""
    with ExitStack() as closing:
        if path == STANDARD_INPUT:
            file = cast(BufferedReader, sys.stdin.buffer)
        else:
            file = closing.enter_context(open_bytes(path))
        packed = file.peek(2)[:2] == GZIP
        yield BufferedReader(cast(RawIOBase, BoundedGzip(path, file)), BUFFER) if packed else file


class CountingFile:
    """A file that counts the bytes read from it."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.count = 0

    def read(self, size: int = -1) -> bytes:
        """Read."""
        data = self.file.read(size)
        self.count += len(data)
        return data


class BoundedGzip(gzip.GzipFile):
    """A gzip file that may not decompress to far more than its size."""

    def __init__(self, path: Place, file: BinaryIO) -> None:
        self.packed = CountingFile(file)
        super().__init__(fileobj=cast(BinaryIO, self.packed), mode="rb")  # which uses nothing but read
        self.path = path
        self.size = 0

    def read(self, size: int | None = -1) -> bytes:
        """Read. Raises UsageError."""
        data = super().read(size)
        self.size += len(data)
        if self.size > bounds.UNPACKED and self.size > bounds.RATIO * self.packed.count:
            raise SourceError(
                say(
                    "{path} unpacks to more than {ratio} times its size",
                    path=path_label(self.path),
                    ratio=bounds.RATIO,
                )
            )
        return data
