"""A lock on an open file, which other processes wait for."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

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
        import os  # noqa: PLC0415

        # Windows locks ranges and refuses others to read them: the range lies beyond the end of the file.
        os.lseek(descriptor, FAR, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
        try:
            yield
        finally:
            os.lseek(descriptor, FAR, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)


FAR = 1 << 30
