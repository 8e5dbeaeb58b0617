"""Page files: lines of JSON in columns, compressed with zstd, and beside them the keys of their objects."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from hashlib import sha256
from io import BytesIO
from itertools import accumulate, chain, compress, islice
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, TypeVar

from msgspec.structs import replace

from ocpiq.errors import DamagedError, UserText, say
from ocpiq.snapshots.columns import Columns, joined
from ocpiq.snapshots.manifest import Folder, PageFile, PulledWindow, StoredModule
from ocpiq.storage import owner_only
from ocpiq.values import zstd

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

OBJECTS: Final = 10_000  # of a page file
KEY: Final = 16  # bytes
NO_KEY: Final = bytes(KEY)
LEVEL: Final = 3
BLOCK: Final = 1 << 16  # bytes that are compressed or decompressed at once
CHUNK: Final = 200  # lines that are written at once
AHEAD: Final = 2  # of these that wait to be compressed
PART: Final = ".part"

Item = TypeVar("Item")
KeyedLine = tuple[Columns, bytes]
"""The lines of an object and its key, which is empty if it has none."""


class PageWriter:
    """Writes a page file and its keys beside their names; they get these when the file is whole.

    `lists` are the names of the lists that have a column. The `worker` compresses while more objects are made.
    `inexact` returns the fields that are inexact, once all lines of the file were added.
    """

    def __init__(
        self,
        folder: Path,
        number: int,
        lists: Sequence[str],
        inexact: Callable[[], tuple[str, ...] | None],
        worker: Executor,
    ) -> None:
        self._file = PageFile(number, 0, 0, "")
        self._folder = folder
        self._lists = lists
        self._inexact = inexact
        self._worker = worker
        self.objects = 0
        self._keys = bytearray()
        self._compressors = [zstd.ZstdCompressor(level=LEVEL) for _ in ("", *lists)]
        self._columns = [bytearray() for _ in self._compressors]
        self._jobs: deque[Future[None]] = deque()

    def _part(self, name: str) -> Path:
        return self._folder / f".{name}{PART}"

    @property
    def is_full(self) -> bool:
        """Whether the file has as many objects as a page file has."""
        return self.objects == OBJECTS

    def add(self, lines: Sequence[KeyedLine]) -> Sequence[KeyedLine]:
        """Add objects up to the size of a page file; return the rest."""
        room = OBJECTS - self.objects
        added = lines[:room]
        self.objects += len(added)
        self._keys += b"".join([key or NO_KEY for _, key in added])
        texts = [b"".join(column) for column in zip(*[columns for columns, _ in added], strict=True)]
        self._jobs.append(self._worker.submit(self._compress, texts))
        if len(self._jobs) > AHEAD:
            self._jobs.popleft().result()
        return lines[room:]

    def _compress(self, texts: Sequence[bytes]) -> None:
        for column, compressor, text in zip(self._columns, self._compressors, texts, strict=True):
            column.extend(compressor.compress(text))

    def finish(self) -> PageFile:
        """Write the files, and give them their names, keys first, once they are on disk. Raises OSError."""
        while self._jobs:
            self._jobs.popleft().result()
        for column, compressor in zip(self._columns, self._compressors, strict=True):
            column.extend(compressor.flush())
        data = b"".join(self._columns)
        sizes = dict(zip(self._lists, map(len, self._columns[1:]), strict=True))
        file = PageFile(
            self._file.number,
            self.objects,
            len(data),
            sha256(data).hexdigest(),
            lists=sizes,
            inexact=self._inexact(),
        )
        for name, content in ((file.keys_name, self._keys), (file.name, data)):
            with created(self._part(name)) as stream:
                stream.write(content)
                synced(stream)
        for name in (file.keys_name, file.name):
            self._part(name).replace(self._folder / name)
        owner_only.sync_folder(self._folder)
        return file

    def discard(self) -> None:
        """Remove what was written."""
        for name in (self._file.name, self._file.keys_name):
            with suppress(OSError):
                self._part(name).unlink(missing_ok=True)


def created(path: Path) -> BinaryIO:
    """Create a file for its owner only, or empty the one that is there. Raises OSError."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | owner_only.BINARY
    return os.fdopen(os.open(path, flags, owner_only.FILE_MODE), "wb")


def synced(stream: BinaryIO) -> None:
    """Wait until what was written is on disk. Raises OSError."""
    stream.flush()
    os.fsync(stream.fileno())


def lines(folder: Folder, file: PageFile, fields: Collection[str] | None = None) -> Iterator[bytes]:
    """Return the lines of a page file, with at least these `fields`, None for all. Raises DamagedError."""
    columns = columns_of(folder, file)
    lists = [name for name in file.lists if fields is None or name in fields]
    if not lists:
        return columns("")
    if fields is not None and len(lists) == len(fields) == 1:
        return columns(lists[0])
    return joined(lists, [columns(name) for name in ("", *lists)])


def columns_of(folder: Folder, file: PageFile) -> Callable[[str], Iterator[bytes]]:
    """Return the function that returns the column of a list, and that of the lines for no name. Raises DamagedError."""
    data = memoryview(verified(folder, file))
    sizes = {"": file.bytes - sum(file.lists.values())} | file.lists
    ends = dict(zip(sizes, accumulate(sizes.values()), strict=True))

    def column(name: str) -> Iterator[bytes]:
        compressed = data[ends[name] - sizes[name] : ends[name]]
        return chain.from_iterable(_blocks(folder, file, compressed))

    return column


def _blocks(folder: Folder, file: PageFile, data: memoryview) -> Iterator[list[bytes]]:
    """Yield the lines of a column, each with its newline, block by block. Raises DamagedError."""
    decompressor = zstd.ZstdDecompressor()
    last, objects = b"", 0
    try:
        while not decompressor.eof:
            block = decompressor.decompress(data, BLOCK)
            data = memoryview(b"")
            if block:
                *whole, last = BytesIO(last + block).readlines()  # finds newlines faster than bytes.split
                objects += len(whole)
                yield whole
            elif decompressor.needs_input:
                break
    except zstd.ZstdError:
        raise damaged(folder, file, "is damaged") from None
    if last:
        objects += 1
        yield [last]
    if objects != file.objects or not last.endswith(b"\n"):
        raise damaged(folder, file, "is damaged")


def verified(folder: Folder, file: PageFile) -> bytes:
    """Return the bytes of a page file, verified. Raises DamagedError."""
    data = read(folder, file.name)
    if data is None:
        raise damaged(folder, file, "is missing")
    if len(data) != file.bytes:
        raise damaged(folder, file, "is cut" if len(data) < file.bytes else "is damaged")
    if sha256(data).hexdigest() != file.sha256:
        raise damaged(folder, file, "is damaged")
    return data


def keys(folder: Folder, file: PageFile) -> Sequence[bytes]:
    """Return the keys of the objects of a page file, in their order. Raises DamagedError."""
    data = read(folder, file.keys_name)
    if data is None or len(data) != KEY * file.objects:
        raise damaged(folder, file, "has no keys" if data is None else "has damaged keys")
    return [data[start : start + KEY] for start in range(0, len(data), KEY)]


class LatestWindows:
    """Which objects of page files a later window has again, by their keys.

    Keys are read only if the manifest says that files have such objects, and of no window before them.
    """

    def __init__(self, folder: Folder, windows: Sequence[PulledWindow]) -> None:
        self._folder = folder
        self._windows = {
            file.number: number for number, window in enumerate(windows) for file in window.files
        }
        self._latest: dict[bytes, int] = {}
        stale = [self._windows[file.number] for window in windows for file in window.files if file.stale]
        if stale:
            self._read(windows[min(stale) + 1 :], min(stale) + 1)

    def _read(self, windows: Sequence[PulledWindow], first: int) -> None:
        for number, window in enumerate(windows, first):
            for file in window.files:
                self._latest.update(dict.fromkeys(keys(self._folder, file), number))
        self._latest.pop(NO_KEY, None)

    def current(self, file: PageFile) -> Sequence[bool] | None:
        """Return of each object of a page file whether no later window has it; None if that is so of all."""
        if not file.stale:
            return None
        window, latest = self._windows[file.number], self._latest
        return [latest.get(key, window) <= window for key in keys(self._folder, file)]

    def stale(self, file: PageFile) -> int:
        """Return how many objects of a page file a later window has."""
        return (self.current(file) or ()).count(False)

    def selected(self, file: PageFile, items: Iterable[Item]) -> Iterator[Item]:
        """Yield those of the items of a page file, one for each object, that no later window has."""
        current = self.current(file)
        return iter(items) if current is None else compress(items, current)


def with_stale_counts(folder: Folder, windows: Sequence[PulledWindow]) -> tuple[PulledWindow, ...]:
    """Return windows with the number of stale objects of each file. Raises DamagedError."""
    suspects = [replace(window, files=tuple(map(_suspect, window.files))) for window in windows]
    latest = LatestWindows(folder, suspects) if len(windows) > 1 else None
    return tuple(
        replace(
            window,
            files=tuple(
                replace(file, stale=0 if latest is None else latest.stale(file)) for file in window.files
            ),
        )
        for window in suspects
    )


def _suspect(file: PageFile) -> PageFile:
    return replace(file, stale=max(1, file.objects))


def lists_of(stored: StoredModule) -> tuple[str, ...]:
    """Return the lists that have a column in all page files of a module; those of an earlier format have none."""
    lists = {tuple(file.lists) for file in stored.files}
    return lists.pop() if len(lists) == 1 else ()


def current_lines(folder: Folder, stored: StoredModule) -> Iterator[list[KeyedLine]]:
    """Yield the lines and keys of the objects that no later window has, in their order. Raises DamagedError."""
    latest, lists = LatestWindows(folder, stored.windows), lists_of(stored)
    for file in stored.files:
        listed = (b"" if key == NO_KEY else key for key in keys(folder, file))
        if lists:
            column = columns_of(folder, file)
            columns = [column(name) for name in ("", *lists)]
        else:
            columns = [lines(folder, file)]
        keyed = latest.selected(file, zip(zip(*columns, strict=True), listed, strict=True))
        while some := list(islice(keyed, CHUNK)):
            yield some


def is_whole(folder: Folder, file: PageFile) -> bool:
    """Tell whether a page file and its keys are as they were written."""
    try:
        verified(folder, file)
        keys(folder, file)
    except DamagedError:
        return False
    return True


def read(folder: Folder, name: str) -> bytes | None:
    """Return the content of a file in the folder of a module; None if there is none. The only place that opens one."""
    try:
        return (folder / name).read_bytes()
    except OSError:
        return None


def damaged(folder: Folder, file: PageFile, how: str) -> DamagedError:
    """Return the error for a page file that is not as it was written."""
    if isinstance(folder, Path):
        hint = say(
            "drop it and pull its window again: ocpiq pull --repair {into}", into=UserText(folder.parent)
        )
    else:
        hint = say("repair the snapshot where it was pulled, and copy it again")
    return DamagedError(
        say("the page file {path} {how}", path=UserText(folder / file.name), how=UserText(how)), hint=hint
    )
