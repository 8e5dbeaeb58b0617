"""A result file that is there whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO, Final, cast

from ocpiq.errors import UsageError

NAMED: Final = 40  # characters of the file's name in that of the one beside it, which may not be too long


class WholeFile:
    """Writes beside the file and puts the result in its place at the end, so that nobody sees half of it.

    Leaving the block without `keep` or `keep_partial` leaves the file as it was. A link stays one: what it leads to is
    replaced.
    """

    def __init__(self, path: str | Path) -> None:
        given = Path(path)
        self.path = Path(os.path.realpath(given)) if given.is_symlink() else given
        self.file: BinaryIO | None = None
        self.beside = self.path

    def __enter__(self) -> BinaryIO:
        import tempfile  # noqa: PLC0415 - slow to import, and most runs write no file

        try:
            descriptor, name = tempfile.mkstemp(prefix=f".{self.path.name[:NAMED]}.", dir=self.path.parent)
        except OSError as error:
            folder = self.path.parent
            reason = error.strerror if folder.is_dir() else f"there is no folder {folder}"
            raise UsageError(f"cannot write {self.path}: {reason}") from None
        self.beside = Path(name)
        self.file = cast(BinaryIO, os.fdopen(descriptor, "wb"))
        return self.file

    def __exit__(self, *error: object) -> None:
        if self.file is not None:
            self.file.close()
            self.beside.unlink(missing_ok=True)

    def keep(self) -> None:
        """Put what was written in the place of the file."""
        self._move(self.path)

    def keep_partial(self) -> Path:
        """Put what was written into FILE.partial, and return that; the file itself stays as it was."""
        partial = self.path.with_name(self.path.name + ".partial")
        self._move(partial)
        return partial

    def _move(self, target: Path) -> None:
        if self.file is None:
            return
        try:
            self.file.flush()
            os.fsync(self.file.fileno())
            self.file.close()
            self.beside.chmod(_mode(target))
            self.beside.replace(target)
        except OSError as error:
            raise UsageError(f"cannot write {target}: {error.strerror}") from None
        self.file = None


def _mode(target: Path) -> int:
    """Return the rights of the file that is replaced, else those that the owner's umask gives a new one."""
    try:
        return target.stat().st_mode & 0o777
    except OSError:
        umask = os.umask(0o077)
        os.umask(umask)
        return 0o666 & ~umask
