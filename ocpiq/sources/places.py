"""Where saved pages are: files and folders of this machine, or of S3."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from io import BufferedReader
from pathlib import Path
from typing import Final, TypeAlias, cast

from ocpiq.errors import MessagePart, SourceError, UserText, say
from ocpiq.sources.cloud import ADDRESS, PIECE, CloudPath, cloud_path

Place: TypeAlias = Path | CloudPath

STANDARD_INPUT: Final = Path("-")
BUFFER: Final = 1 << 17  # bytes
BEGUN: Final = 4  # files of S3 that are requested before they are read
FEW: Final = 1 << 16  # bytes of S3 that a brief look requests at once


def place(path: str | Path) -> Place:
    """Return the place that a user names. Raises UsageError for an address that cannot be read."""
    return cloud_path(path) if isinstance(path, str) and ADDRESS.match(path) else Path(path)


def absolute(path: Place) -> Place:
    """Return the place by a name that other processes know it by."""
    return path.absolute() if isinstance(path, Path) else path


def open_bytes(path: Place, start: int = 0, end: int | None = None, *, brief: bool = False) -> BufferedReader:
    """Open a file for reading, from `start` on; what lies after `end` need not be there.

    With `brief`, little is read.
    """
    if isinstance(path, CloudPath):
        return path.open(start, end, FEW if brief else PIECE)
    file = cast(BufferedReader, path.open("rb", buffering=BUFFER))
    if start:
        file.seek(start)
    return file


def size_of_file(path: Place) -> int:
    """Return the number of bytes of a file."""
    return path.size() if isinstance(path, CloudPath) else path.stat().st_size


def size_of(path: Place) -> int:
    """Return the bytes of a file or of the files in a folder; 0 for what is neither."""
    if isinstance(path, CloudPath):
        return sum(file.size() for file in path.files())
    if path.is_file():
        return path.stat().st_size
    return sum(file.stat().st_size for file in path.iterdir() if file.is_file()) if path.is_dir() else 0


def files_of(path: Place) -> tuple[Place, ...]:
    """Return the file at `path`, or the files in the folder except hidden ones. Raises UsageError."""
    if isinstance(path, CloudPath):
        return tuple(sorted(path.files(), key=natural_order))
    if path == STANDARD_INPUT or path.is_file():
        return (path,)
    if not path.exists():
        raise SourceError(say("there is no file or folder {path}", path=path_label(path)))
    if not path.is_dir():
        return (path,)  # a pipe
    files = [file for file in path.iterdir() if file.is_file() and not file.name.startswith(".")]
    if not files:
        raise SourceError(say("the folder {path} holds no file", path=path_label(path)))
    return tuple(sorted(files, key=natural_order))


Bounds: TypeAlias = tuple[int, int | None]
WHOLE: Final[Bounds] = (0, None)


def begun(files: Sequence[Place], bounds: Sequence[Bounds] | None = None) -> Iterator[Place]:
    """Yield files that are read whole, or between bounds; those of S3 that come next are requested already."""
    if not any(isinstance(file, CloudPath) for file in files):
        yield from files
        return
    wanted = list(zip(files, bounds or [WHOLE] * len(files), strict=True))
    for number, file in enumerate(files):
        for following, (start, end) in wanted[number : number + BEGUN]:
            if isinstance(following, CloudPath):
                following.begin(start, end)
        yield file


def natural_order(path: Place) -> list[tuple[int, str]]:
    """Return the sort key of a file name in natural order: numbers by their value."""
    pieces = re.findall(r"([0-9]+)|([^0-9]+)", path.name)
    return [(int(digits), "") if digits else (-1, text.casefold()) for digits, text in pieces]


def path_label(path: Place) -> MessagePart:
    """Return a path for a message."""
    return say("standard input") if path == STANDARD_INPUT else UserText(path)
