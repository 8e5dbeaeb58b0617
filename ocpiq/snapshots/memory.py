"""Page files in memory, compressed as in the folder of a snapshot; nothing of them is ever written to disk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256

from msgspec import Struct, field

from ocpiq.snapshots import page_files
from ocpiq.snapshots.manifest import PageFile
from ocpiq.values import zstd


class MemoryFolder(Struct, frozen=True):
    """A folder, or a file in one: a `path` among the `files`."""

    files: dict[str, bytes] = field(default_factory=dict)
    path: str = ""

    @property
    def parent(self) -> MemoryFolder:
        """The folder that it is in."""
        return MemoryFolder(self.files, self.path.rpartition("/")[0])

    def __truediv__(self, name: str, /) -> MemoryFolder:
        return MemoryFolder(self.files, f"{self.path}/{name}" if self.path else name)

    def read_bytes(self) -> bytes:
        """Return the content of a file. Raises FileNotFoundError."""
        if self.path not in self.files:
            raise FileNotFoundError
        return self.files[self.path]

    def __repr__(self) -> str:
        return f"MemoryFolder({len(self.files)} files)"


class MemoryPages:
    """Makes page files in a folder of memory; `grow` is told of each number of bytes before they are stored.

    `inexact` returns the fields that are inexact, once all lines of a file were added.
    """

    def __init__(
        self, folder: MemoryFolder, inexact: Callable[[], tuple[str, ...] | None], grow: Callable[[int], None]
    ) -> None:
        self._folder = folder
        self._inexact = inexact
        self._grow = grow
        self._compressor: zstd.ZstdCompressor | None = None
        self._objects = 0
        self._stored = bytearray()
        self.files: list[PageFile] = []

    def add(self, lines: Sequence[bytes]) -> None:
        """Store the lines of objects."""
        for start in range(0, len(lines), page_files.CHUNK):
            chunk = lines[start : start + page_files.CHUNK]
            if self._compressor is None:
                self._compressor = zstd.ZstdCompressor(level=page_files.LEVEL)
            self._objects += len(chunk)
            self._store(self._compressor.compress(b"".join(chunk)))
            if self._objects >= page_files.OBJECTS:
                self.finish()

    def finish(self) -> None:
        """End the page file that was begun."""
        if self._compressor is None:
            return
        self._store(self._compressor.flush())
        data = bytes(self._stored)
        number, sha = len(self.files) + 1, sha256(data).hexdigest()
        file = PageFile(number, self._objects, len(data), sha, inexact=self._inexact())
        self._folder.files[(self._folder / file.name).path] = data
        self.files.append(file)
        self._compressor, self._objects, self._stored = None, 0, bytearray()

    def _store(self, data: bytes) -> None:
        self._grow(len(data))
        self._stored += data
