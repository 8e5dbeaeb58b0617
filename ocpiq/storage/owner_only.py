"""Files that only their owner can read, written whole or not at all."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

from ocpiq.storage.unfinished import create

FILE_MODE = 0o600
FOLDER_MODE = 0o700
BINARY = getattr(os, "O_BINARY", 0)  # else Windows writes CR LF for a newline


def write(path: Path, content: bytes) -> None:
    """Write `content` to `path` atomically: readers see the old file or the new one.

    Missing folders are created for the owner only; an existing folder keeps its mode. Raises OSError.
    """
    create_folder(path.parent)
    descriptor, temporary = create(path)  # created with FILE_MODE
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def append(path: Path, content: bytes) -> None:
    """Append `content` to `path` in one write; create the file and its folder if missing. Raises OSError."""
    create_folder(path.parent)
    descriptor = open_for_append(path)
    try:
        os.write(descriptor, content)
    finally:
        os.close(descriptor)


def open_for_append(path: Path) -> int:
    """Return the descriptor of `path`, opened to append to it; create it if missing. Raises OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | BINARY, FILE_MODE)
    try:
        restrict(descriptor)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def read(path: Path) -> bytes:
    """Return the content of `path`, and remove everyone else's permissions. Raises OSError."""
    with path.open("rb") as file:
        restrict(file.fileno())
        return file.read()


def restrict(descriptor: int) -> None:
    """Leave only the owner's permissions on an open file. On Windows it inherits those of the user's folder."""
    if sys.platform != "win32":
        state = os.fstat(descriptor)
        if state.st_uid == os.getuid() and stat.S_IMODE(state.st_mode) & ~FILE_MODE:
            os.fchmod(descriptor, FILE_MODE)


def create_folder(folder: Path) -> None:
    """Create `folder` and its missing parents for the owner only. Raises OSError."""
    if folder.is_dir():
        return
    create_folder(folder.parent)
    folder.mkdir(FOLDER_MODE, exist_ok=True)


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on disk, where the system can do that. Raises OSError."""
    if sys.platform != "win32":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
