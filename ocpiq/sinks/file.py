"""A result file that is there whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO, Final, cast

from ocpiq.errors import UsageError
from ocpiq.storage.unfinished import UnfinishedFiles

PARTIAL: Final = ".partial"
LONGEST: Final = 255  # bytes of a file's name, on every usual file system


class WholeFile:
    """Writes beside the file and puts the result in its place at the end, so that nobody sees half of it.

    Leaving the block without `keep` or `keep_partial` leaves the file as it was. A link stays one: what it leads to is
    replaced. `files` owns what is unfinished. `mode` is the file's mode in any case; without it a file that is
    replaced keeps its own, and another gets `new`, by default what the umask gives.
    """

    def __init__(
        self,
        path: str | Path,
        files: UnfinishedFiles | None = None,
        *,
        mode: int | None = None,
        new: int | None = None,
    ) -> None:
        given = Path(path)
        self.path = Path(os.path.realpath(given)) if given.is_symlink() else given
        self.files = files or UnfinishedFiles()
        self.mode = mode
        self.new = new
        self.file: BinaryIO | None = None
        self.beside = self.path

    def __enter__(self) -> BinaryIO:
        try:
            descriptor, self.beside = self.files.create(self.path)
        except OSError as error:
            folder = self.path.parent
            reason = error.strerror if folder.is_dir() else f"there is no folder {folder}"
            raise UsageError(f"cannot write {self.path}: {reason}") from None
        self.file = cast(BinaryIO, os.fdopen(descriptor, "wb"))
        return self.file

    def __exit__(self, *error: object) -> None:
        if self.file is not None:
            try:
                self.file.close()
            finally:
                self.files.remove(self.beside)

    def keep(self) -> None:
        """Put what was written in the place of the file. Raises UsageError."""
        self._move(self.path)

    def keep_partial(self) -> Path:
        """Put what was written into FILE.partial, and return that; the file itself stays as it was.

        Raises UsageError.
        """
        partial = self.path.with_name(_shortened(self.path.name, LONGEST - len(PARTIAL)) + PARTIAL)
        self._move(partial)
        return partial

    def _move(self, target: Path) -> None:
        if self.file is None:
            return
        try:
            self.file.flush()
            self.beside.chmod(self._mode())
            os.fsync(self.file.fileno())
            if os.name != "posix":  # Windows does not move a file that is open
                self.file.close()
            self.files.finish(self.beside, target)
            self.file.close()
        except OSError as error:
            raise UsageError(f"cannot write {target}: {error.strerror}") from None
        self.file = None

    def _mode(self) -> int:
        """Return the mode: the one asked for, else that of the file, else that of a new one.

        It holds for what is partial too, so that no more people can read it than could read the whole.
        """
        if self.mode is not None:
            return self.mode
        try:
            return self.path.stat().st_mode & 0o777
        except OSError:
            return _of_umask() if self.new is None else self.new


def _of_umask() -> int:
    umask = os.umask(0o077)
    os.umask(umask)
    return 0o666 & ~umask


def _shortened(name: str, size: int) -> str:
    """Return the name, cut to so many bytes."""
    data = os.fsencode(name)
    return data[:size].decode("utf-8", "ignore") if len(data) > size else name
