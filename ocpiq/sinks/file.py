"""A result file that is complete or does not exist."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO, Final, cast

from ocpiq.errors import MessagePart, Reason, SourceError, UserText, say
from ocpiq.storage.unfinished import UnfinishedFiles

PARTIAL: Final = ".partial"
MAX_NAME_BYTES: Final = 255  # of a file name, on all common file systems


class WholeFile:
    """Writes to a temporary file in the same folder, which replaces the file at the end.

    Leaving the block without `keep` or `keep_partial` leaves the file as it was. A symbolic link stays; its target is
    replaced. `files` owns the unfinished files. `mode` is the mode of the result; without it a replaced file keeps its
    mode, and a new one gets `default_mode`, or what the umask allows. With `part`, that is the temporary file, which
    `complete` leaves beside the file.
    """

    def __init__(
        self,
        path: str | Path,
        files: UnfinishedFiles | None = None,
        *,
        mode: int | None = None,
        default_mode: int | None = None,
        part: Path | None = None,
    ) -> None:
        self.part = part
        link = Path(path)
        self.path = Path(os.path.realpath(link)) if link.is_symlink() else link
        self.files = files or UnfinishedFiles()
        self.mode = mode
        self.default_mode = default_mode
        self.file: BinaryIO | None = None
        self.temporary = self.path
        self.folder: Path | None = None

    def __enter__(self) -> BinaryIO:
        try:
            if self.part is None:
                descriptor, self.temporary = self.files.create(self.path)
            else:
                descriptor, self.temporary = self.files.create_named(self.part), self.part
        except OSError as error:
            folder = self.path.parent
            reason: MessagePart = say("folder {folder} does not exist", folder=UserText(folder))
            if folder.is_dir():
                reason = Reason(error.strerror)
            text = say("cannot write {path}: {reason}", path=UserText(self.path), reason=reason)
            raise SourceError(text) from None
        self.file = cast(BinaryIO, os.fdopen(descriptor, "wb"))
        return self.file

    def __exit__(self, *error: object) -> None:
        if self.file is not None:
            try:
                self.file.close()
            finally:
                self.files.remove(self.temporary)
        if self.folder is not None:
            self.files.remove_folder(self.folder)

    def work_folder(self) -> Path:
        """Return a folder for temporary files, beside the file, which is removed with them. Raises UsageError."""
        if self.folder is None:
            try:
                self.folder = self.files.create_folder(self.path)
            except OSError as error:
                raise self._error(self.path, error) from None
        return self.folder

    def keep(self) -> None:
        """Replace the file with what was written. Raises UsageError."""
        self._move(self.path)

    def complete(self) -> None:
        """End the part: it is on disk, and stays beside the file. Raises UsageError."""
        if self.file is None:
            return
        try:
            self._sync()
            self.files.release(self.temporary)
            self.file.close()
        except OSError as error:
            raise self._error(self.temporary, error) from None
        self.file = None

    def _sync(self) -> None:
        """Set the mode, and wait until everything is on disk. Raises OSError."""
        assert self.file is not None
        self.file.flush()
        self.temporary.chmod(self._mode())
        os.fsync(self.file.fileno())

    def keep_partial(self) -> Path:
        """Move what was written to FILE.partial and return that path; the file itself stays as it was.

        Raises UsageError.
        """
        partial = self.path.with_name(_shorten(self.path.name, MAX_NAME_BYTES - len(PARTIAL)) + PARTIAL)
        self._move(partial)
        return partial

    def _move(self, target: Path) -> None:
        if self.file is None:
            return
        try:
            self._sync()
            if os.name != "posix":  # Windows does not move an open file
                self.file.close()
            self.files.finish(self.temporary, target)
            self.file.close()
        except OSError as error:
            raise self._error(target, error) from None
        self.file = None

    @staticmethod
    def _error(path: Path, error: OSError) -> SourceError:
        reason = Reason(error.strerror)
        return SourceError(say("cannot write {path}: {reason}", path=UserText(path), reason=reason))

    def _mode(self) -> int:
        """Return the requested mode, else the file's own, else the mode of a new file.

        FILE.partial gets it too, so that nobody can read it who could not read the complete file.
        """
        if self.mode is not None:
            return self.mode
        try:
            return self.path.stat().st_mode & 0o777
        except OSError:
            return _umask_mode() if self.default_mode is None else self.default_mode


def _umask_mode() -> int:
    umask = os.umask(0o077)
    os.umask(umask)
    return 0o666 & ~umask


def _shorten(name: str, size: int) -> str:
    """Return the name, cut to `size` bytes."""
    data = os.fsencode(name)
    return data[:size].decode("utf-8", "ignore") if len(data) > size else name
