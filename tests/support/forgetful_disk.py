"""A file system that loses what was not synced: what a power cut leaves of some folders, in the worst case.

The content of a file survives as it was when the file was last synced; a name, as it was when its folder was last
synced. A commit of SQLite counts as a sync of the database if its setting of `synchronous` makes it one.
"""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal
from unittest.mock import patch

from ocpiq.delivery import state_file

Label = Literal["part", "out", "states", "state", "secret", "database", ""]
FULL, EXTRA = 2, 3  # of `pragma synchronous`


class PowerCutError(BaseException):
    """The machine is off."""


def no_space() -> OSError:
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class ForgetfulDisk:
    """What survives of the folders `out` and `states`. `ignored` is a kind of sync that has no effect.

    At the operation of number `crash_at` the power is cut; if the disk is `full`, it fails instead.
    """

    def __init__(
        self,
        out: Path,
        states: Path,
        crash_at: int = -1,
        ignored: Label = "",
        full: bool = False,
    ) -> None:
        self.out, self.states = out, states
        self.crash_at, self.ignored, self.full = crash_at, ignored, full
        self.operations = 0
        self.data: dict[int, bytes] = {}
        self.names: dict[int, dict[str, int]] = {}
        self.open: list[int] = []  # so that no number of a file is used again
        self.survivors: dict[Path, bytes | None] = {}
        self._fsync, self._connect = os.fsync, sqlite3.connect
        states.mkdir(parents=True, exist_ok=True)
        for root in (out, states):
            for folder, _, files in os.walk(root):
                self.keep_names(Path(folder))
                for name in files:
                    self.keep_data(Path(folder, name))

    def keep_data(self, path: Path) -> None:
        descriptor = os.open(path, os.O_RDONLY)
        self.open.append(descriptor)
        self.data[os.fstat(descriptor).st_ino] = path.read_bytes()

    def keep_names(self, folder: Path) -> None:
        self.names[folder.stat().st_ino] = {entry.name: entry.inode() for entry in os.scandir(folder)}

    def label(self, path: Path, *, folder: bool) -> Label:
        if folder:
            return "out" if path == self.out else "states" if path == self.states else "state"
        return "database" if path.suffix == ".sqlite" else "part" if path.parent == self.out else "secret"

    def operation(self, error: Exception) -> None:
        """Count an operation after which something else may survive; the power is cut before or after it."""
        if self.operations == self.crash_at:
            self.operations += 1
            if self.full:
                raise error
            self.cut()
        self.operations += 1

    def cut(self) -> None:
        for root in (self.out, self.states):
            self.survivors |= dict(self.surviving(root))
        raise PowerCutError

    def surviving(self, folder: Path) -> Iterator[tuple[Path, bytes | None]]:
        """Yield what survives below a folder; folders without content."""
        yield folder, None
        inodes = {
            Path(path).stat().st_ino: Path(path) for path, _, _ in os.walk(folder) if Path(path) != folder
        }
        for name, inode in self.names.get(folder.stat().st_ino, {}).items():
            if inode in inodes:
                inner = dict(self.surviving(inodes[inode]))
                yield from (
                    (folder / name / path.relative_to(inodes[inode]), data) for path, data in inner.items()
                )
            elif inode in self.names:
                yield folder / name, None
            else:
                yield folder / name, self.data.get(inode, b"")

    def fsync(self, descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        if not any(path.is_relative_to(root) for root in (self.out, self.states)):
            return
        self.operation(no_space())
        if self.label(path, folder=is_folder) != self.ignored:
            self.keep_names(path) if is_folder else self.keep_data(path)
        self.operation(no_space())

    def connect(self, path: Path, **settings: Any) -> sqlite3.Connection:
        disk = self

        class Connection(sqlite3.Connection):
            def commit(self) -> None:
                disk.operation(sqlite3.OperationalError("database or disk is full"))
                super().commit()
                (level,) = self.execute("pragma synchronous").fetchone()
                if level >= FULL and disk.ignored != "database":
                    here = Path(self.execute("pragma database_list").fetchone()[2])
                    disk.keep_data(here)
                    if level >= EXTRA:
                        disk.keep_names(here.parent)
                disk.operation(sqlite3.OperationalError("disk I/O error"))

        return self._connect(path, factory=Connection, **settings)

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Watch what is done in here; after a power cut, leave what survived."""
        try:
            with (
                patch.object(os, "fsync", self.fsync),
                patch.object(state_file.sqlite3, "connect", self.connect),
            ):
                yield
        except PowerCutError:
            pass
        finally:
            for descriptor in self.open:
                os.close(descriptor)
        if self.survivors:
            self.restore()

    def restore(self) -> None:
        for root in (self.out, self.states):
            shutil.rmtree(root)
            root.mkdir(0o700)
        for path, data in self.survivors.items():
            if data is None:
                path.mkdir(0o700, exist_ok=True)
            else:
                path.write_bytes(data)
                path.chmod(0o600)
