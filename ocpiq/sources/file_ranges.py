"""Saved pages cut into parts: whole files, and of files of lines also ranges that end with a line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from ocpiq.errors import Notify, Reason, SourceError, say
from ocpiq.gate import BOM, Framing, Gate, OpenedPage
from ocpiq.schema import module
from ocpiq.sources import file_source
from ocpiq.sources.file_source import GZIP
from ocpiq.sources.monitor import monitor_pages
from ocpiq.sources.places import Place, begun, files_of, open_bytes, path_label, place, size_of_file
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
        files = begun(
            [place(part.path) for part in self.ranges], [(part.start, part.end) for part in self.ranges]
        )
        pages = (
            (opened, None)
            for file, part in zip(files, self.ranges, strict=True)
            for opened in pages_of_range(file, part, gate, listed)
        )
        yield from monitor_pages(ask.module, pages, notify, self.version)


def pages_of_range(path: Place, part: FileRange, gate: Gate, listed: str) -> Iterator[OpenedPage]:
    """Yield the opened pages of a range with objects of the module `listed`."""
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


def lines_of_range(path: Place, start: int, end: int) -> Iterator[bytes]:
    """Yield the lines between two places of a file, both of which are the start of a line."""
    with open_bytes(path, start, end) as file:
        while start < end and (line := file_source.read_line(path, file)):
            start += len(line)
            yield line if start > len(line) else line.removeprefix(BOM)


def cut(path: Place, framing: Framing, size: int) -> list[Part]:
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


def pieces(path: Place, framing: Framing, size: int) -> Iterator[tuple[FileRange, int]]:
    """Yield a file in ranges of about `size` bytes if it is one of lines, else whole; each with its length."""
    length = size_of_file(path)
    if length <= size or not is_of_lines(path, framing):
        yield FileRange(str(path)), length
        return
    start = 0
    while start < length:
        end = end_of_line(path, start + size) if start + size < length else length
        yield FileRange(str(path), start, end), end - start
        start = end


def end_of_line(path: Place, start: int) -> int:
    """Return the place after the line that `start` is in."""
    with open_bytes(path, start, brief=True) as file:
        return start + len(file.readline())


def is_of_lines(path: Place, framing: Framing) -> bool:
    """Tell whether a file has an object on each line, and is not compressed."""
    with open_bytes(path, brief=True) as file:
        return file.peek(2)[:2] != GZIP and framing.file_form(file_source.first_line(path, file)) == "lines"
