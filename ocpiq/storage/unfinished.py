"""Temporary files next to their target, which they then replace; leftovers of killed runs are removed."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

if sys.platform != "win32":
    import fcntl

SUFFIX: Final = ".ocpiq-part"
FOLDER_SUFFIX: Final = ".ocpiq-folder"
MAX_NAME: Final = (
    40  # characters of the target's name in that of the file beside it, which may not be too long
)


def create(target: Path) -> tuple[int, Path]:
    """Create a file for its owner alone beside `target`; return its descriptor, open for writing, and its path.

    It is locked for as long as the descriptor is open, so that another run can tell it from one that was left
    behind. Those are removed first. Raises OSError.
    """
    import tempfile  # noqa: PLC0415 - slow to import, and most runs write no file

    remove_leftovers(target.parent)
    while True:
        descriptor, name = tempfile.mkstemp(
            prefix=f".{target.name[:MAX_NAME]}.", suffix=SUFFIX, dir=target.parent
        )
        if _locked(descriptor, wait=True) is None or os.fstat(descriptor).st_nlink:
            return descriptor, Path(name)
        os.close(descriptor)  # another run took it for a leftover before it was locked


def create_folder(target: Path) -> tuple[int, Path]:
    """Create a folder for its owner alone beside `target`, for a library that needs temporary files.

    Return a descriptor that locks it, or -1 on Windows, and its path. Raises OSError.
    """
    import tempfile  # noqa: PLC0415

    path = Path(
        tempfile.mkdtemp(prefix=f".{target.name[:MAX_NAME]}.", suffix=FOLDER_SUFFIX, dir=target.parent)
    )
    if sys.platform == "win32":
        return -1, path
    else:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        _locked(descriptor, wait=True)
        return descriptor, path


def remove_leftovers(folder: Path) -> None:
    """Remove the unfinished files and folders in `folder` that no process is writing any more."""
    with suppress(OSError):
        for entry in list(os.scandir(folder)):
            ours = entry.name.startswith(".") and entry.name.endswith((SUFFIX, FOLDER_SUFFIX))
            if ours and entry.name.endswith(SUFFIX) and entry.is_file(follow_symlinks=False):
                _remove_if_unlocked(entry.path)
            elif ours and entry.name.endswith(FOLDER_SUFFIX) and entry.is_dir(follow_symlinks=False):
                _remove_folder_if_unlocked(entry.path)


def _remove_folder_if_unlocked(path: str) -> None:
    if sys.platform == "win32":
        return  # nothing tells a folder in use from one that was left behind
    else:
        with suppress(OSError):
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                if _locked(descriptor, wait=False):
                    _remove_folder(Path(path))
            finally:
                os.close(descriptor)


def _remove_folder(path: Path) -> None:
    import shutil  # noqa: PLC0415 - most runs have no folder

    shutil.rmtree(path, ignore_errors=True)


def _remove_if_unlocked(path: str) -> None:
    with suppress(OSError):
        if sys.platform == "win32":
            os.unlink(path)  # noqa: PTH108 - refused while the file is open
        else:
            descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                if _locked(descriptor, wait=False):
                    os.unlink(path)  # noqa: PTH108
            finally:
                os.close(descriptor)


def _locked(descriptor: int, *, wait: bool) -> bool | None:
    """Lock the file; return whether that was done, None where the system or its file system has no locks."""
    if sys.platform == "win32":
        return None
    else:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            return False
        except OSError:
            return None
        return True


class UnfinishedFiles:
    """The files that this process has begun and not finished: finished one by one, or all removed.

    `abandon` may be called by another thread than the one that writes; nothing is finished or left after it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._paths: set[Path] = set()
        self._folders: dict[Path, int] = {}
        self._abandoned = False

    def create(self, target: Path) -> tuple[int, Path]:
        """Create a file beside `target`; see `create`. Raises OSError, and KeyboardInterrupt once abandoned."""
        descriptor, path = create(target)
        with self._unless_abandoned(path):
            self._paths.add(path)
        return descriptor, path

    def create_named(self, path: Path) -> int:
        """Create the file `path` for its owner alone, in the place of one left behind; return its descriptor.

        Raises OSError, and KeyboardInterrupt once abandoned.
        """
        remove_leftovers(path.parent)
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
        path.unlink(missing_ok=True)
        descriptor = os.open(path, flags, 0o600)
        with self._unless_abandoned(path):
            self._paths.add(path)
        return descriptor

    def release(self, path: Path) -> None:
        """Leave a complete file where it is. Raises KeyboardInterrupt once abandoned."""
        with self._unless_abandoned(path):
            self._paths.discard(path)

    def create_folder(self, target: Path) -> Path:
        """Create a folder beside `target`. Raises OSError, and KeyboardInterrupt once abandoned."""
        descriptor, path = create_folder(target)
        with self._unless_abandoned(path):
            self._folders[path] = descriptor
        return path

    def remove_folder(self, path: Path) -> None:
        """Remove a folder and everything in it."""
        with self._lock:
            _remove_folder(path)
            descriptor = self._folders.pop(path, -1)
            if descriptor >= 0:
                os.close(descriptor)

    def finish(self, path: Path, target: Path) -> None:
        """Put a file in the place of `target`. Raises OSError, and KeyboardInterrupt once abandoned."""
        with self._unless_abandoned(path):
            path.replace(target)
            self._paths.discard(path)

    def remove(self, path: Path) -> None:
        """Remove a file that is not to be finished."""
        with self._lock:
            path.unlink(missing_ok=True)
            self._paths.discard(path)

    def abandon(self) -> None:
        """Remove every unfinished file."""
        with self._lock:
            self._abandoned = True
            for path in self._paths:
                with suppress(OSError):  # Windows does not remove a file that is open
                    path.unlink()
            for path in self._folders:
                _remove_folder(path)

    @contextmanager
    def _unless_abandoned(self, path: Path) -> Iterator[None]:
        with self._lock:
            if self._abandoned:
                _remove_folder(path) if path.is_dir() else path.unlink(missing_ok=True)
                raise KeyboardInterrupt
            yield
