"""Saved pages cut into parts: whole files, and of files of lines also ranges that end with a line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import BufferedReader
from pathlib import Path
from typing import cast

from msgspec import Struct

from ocpiq.errors import Notify, Reason, SourceError, say
from ocpiq.gate import BOM, Framing, Gate, OpenedPage
from ocpiq.schema import module
from ocpiq.sources import file_source
from ocpiq.sources.file_source import BUFFER, GZIP, files_of, path_label
from ocpiq.sources.monitor import monitor_pages
from ocpiq.sources.protocol import Ask


class FileRange(Struct, frozen=True, array_like=True):
    """The bytes of a file from `start` to `end`; the whole file, in any form, if `end` is None."""

    path: str
    start: int = 0
    end: int | None = None


Part = tuple[FileRange, ...]
"""What one part of a run reads, in its order."""


class FileRangeSource:
    """One module in ranges of files, one after the other."""

    repeats = False

    def __init__(self, ranges: Sequence[FileRange], version: str) -> None:
        self.ranges = ranges
        self.version = version

    def pages(self, ask: Ask, gate: Gate, notify: Notify) -> Iterator[OpenedPage]:
        """Yield the pages of the ranges. Raises UsageError."""
        listed = module(ask.module, self.version).pulled
        pages = ((opened, None) for part in self.ranges for opened in pages_of_range(part, gate, listed))
        yield from monitor_pages(ask.module, pages, notify, self.version)


def pages_of_range(part: FileRange, gate: Gate, listed: str) -> Iterator[OpenedPage]:
    """Yield the opened pages of a range with objects of the module `listed`."""
    path = Path(part.path)
    if part.end is None:
        yield from file_source.pages_of_file(path, gate, listed)
        return
    try:
        pages = file_source.pages_of_lines(lines_of_range(path, part.start, part.end))
        for opened in file_source.open_lines(path, pages, gate, from_start=part.start == 0):
            file_source.check_module(path, opened, listed)
            yield opened
    except OSError as error:
        reason = Reason(error.strerror or "unreadable")
        text = say("{path} cannot be read: {reason}", path=path_label(path), reason=reason)
        raise SourceError(text) from error


def lines_of_range(path: Path, start: int, end: int) -> Iterator[bytes]:
    """Yield the lines between two places of a file, both of which are the start of a line."""
    with opened_file(path) as file:
        file.seek(start)
        while start < end and (line := file_source.read_line(path, file)):
            start += len(line)
            yield line if start > len(line) else line.removeprefix(BOM)


def opened_file(path: Path) -> BufferedReader:
    """Open a file for reading."""
    return cast(BufferedReader, path.open("rb", buffering=BUFFER))


def cut(path: Path, framing: Framing, size: int) -> list[Part]:
    """Return the parts of a file or a folder, in order, each of about `size` bytes. Raises UsageError."""
    parts: list[list[FileRange]] = [[]]
    filled = 0
    for file in files_of(path):
        for piece, length in pieces(file, framing, size):
            if filled and filled + length > size:
                parts.append([])
                filled = 0
            parts[-1].append(piece)
            filled += length
    return [tuple(part) for part in parts]


def pieces(path: Path, framing: Framing, size: int) -> Iterator[tuple[FileRange, int]]:
    """Yield a file in ranges of about `size` bytes if it is one of lines, else whole; each with its length."""
    length = path.stat().st_size
    if length <= size or not is_of_lines(path, framing):
        yield FileRange(str(path)), length
        return
    start = 0
    with path.open("rb") as file:
        while start < length:
            file.seek(min(start + size, length))
            file.readline()
            end = min(file.tell(), length)
            yield FileRange(str(path), start, end), end - start
            start = end


def is_of_lines(path: Path, framing: Framing) -> bool:
    """Tell whether a file has an object on each line, and is not compressed."""
    with opened_file(path) as file:
        return file.peek(2)[:2] != GZIP and framing.file_form(file_source.first_line(path, file)) == "lines"


def size_of(path: Path) -> int:
    """Return the bytes of a file or of the files in a folder; 0 for what is neither."""
    if path.is_file():
        return path.stat().st_size
    return sum(file.stat().st_size for file in path.iterdir() if file.is_file()) if path.is_dir() else 0
