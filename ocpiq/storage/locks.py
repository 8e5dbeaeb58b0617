"""Locks on files: one that other processes wait for, and one that they are refused."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import gmtime, strftime

if sys.platform != "win32":
    import fcntl


@contextmanager
def locked(descriptor: int) -> Iterator[None]:
    """Hold the lock of a file. Raises OSError on a file system without locks."""
    if sys.platform != "win32":
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(descriptor, fcntl.LOCK_UN)
    else:
        import msvcrt  # noqa: PLC0415

        # Windows locks ranges and refuses others to read them: the range lies beyond the end of the file.
        os.lseek(descriptor, FAR, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
        try:
            yield
        finally:
            os.lseek(descriptor, FAR, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)


FAR = 1 << 30


class OwnedLock:
    """A lock that a process holds as long as it lives, with its process id and the time in the file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = -1

    def acquire(self) -> str | None:
        """Take the lock; return None, or who holds it (which may be empty). Raises OSError."""
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
        if not _taken(self._descriptor):
            owner = os.pread(self._descriptor, 200, 0) if hasattr(os, "pread") else b""
            self.release()
            return "".join(filter(str.isprintable, owner.decode("ascii", "replace")))
        os.ftruncate(self._descriptor, 0)
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        os.write(
            self._descriptor, f"pid {os.getpid()}, since {strftime('%Y-%m-%dT%H:%M:%SZ', gmtime())}".encode()
        )
        return None

    def release(self) -> None:
        """Release the lock."""
        os.close(self._descriptor)


def _taken(descriptor: int) -> bool:
    """Take the lock of a file without waiting; return whether that was possible. Raises OSError."""
    if sys.platform != "win32":
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
    else:
        import msvcrt  # noqa: PLC0415

        os.lseek(descriptor, FAR, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
