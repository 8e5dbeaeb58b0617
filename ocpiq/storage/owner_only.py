"""Files that only their owner can read, written whole or not at all."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

from ocpiq.storage.unfinished import create

FILE_RIGHTS = 0o600
FOLDER_RIGHTS = 0o700
BINARY = getattr(os, "O_BINARY", 0)  # Windows would write two bytes for a line break


def write(path: Path, content: bytes) -> None:
    """Put `content` into `path` in one step: whoever reads sees the old file or the new one.

    Missing folders are made for the owner alone; a folder that exists keeps its rights. Raises OSError.
    """
    make_folder(path.parent)
    handle, temporary = create(path)  # made with FILE_RIGHTS
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def append(path: Path, content: bytes) -> None:
    """Put `content` behind what `path` holds, in one write; both are made where they are missing. Raises OSError."""
    make_folder(path.parent)
    number = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | BINARY, FILE_RIGHTS)
    try:
        tighten(number)
        os.write(number, content)
    finally:
        os.close(number)


def read(path: Path) -> bytes:
    """Return what `path` holds, and take the rights to it from everyone but the owner. Raises OSError."""
    with path.open("rb") as file:
        tighten(file.fileno())
        return file.read()


def tighten(descriptor: int) -> None:
    """Remove every right to an open file that is not the owner's. On Windows it has those of the user's own folder."""
    if sys.platform != "win32":
        state = os.fstat(descriptor)
        if state.st_uid == os.getuid() and stat.S_IMODE(state.st_mode) & ~FILE_RIGHTS:
            os.fchmod(descriptor, FILE_RIGHTS)


def make_folder(folder: Path) -> None:
    """Make `folder` and the missing ones above it, each for the owner alone. Raises OSError."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(FOLDER_RIGHTS, exist_ok=True)
