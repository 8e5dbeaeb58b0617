"""Standard input. Nothing interrupts a thread that reads it, so the thread waits for data first, moment by moment."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable
from io import BufferedReader, RawIOBase
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

BUFFER: Final = 1 << 16
MOMENT: Final = 0.1  # seconds between two looks for a request


def standard_input(check: Callable[[], None] | None) -> BufferedReader:
    """Open standard input, which stays open; while there is nothing to read, `check` is called, which may raise."""
    fileno = sys.stdin.fileno()
    if check is not None and sys.platform != "win32":
        return BufferedReader(Waiting(fileno, check), BUFFER)
    return open(fileno, "rb", closefd=False)


def wait_for_data(fileno: int, check: Callable[[], None]) -> None:
    """Wait until a file has data or has ended; `check` is called meanwhile, and may raise. Not on Windows."""
    while not select.select([fileno], [], [], MOMENT)[0]:
        check()


class Waiting(RawIOBase):
    """A file that waits for its data with `check`."""

    def __init__(self, fileno: int, check: Callable[[], None]) -> None:
        self._fileno = fileno
        self._check = check

    def fileno(self) -> int:
        """The number of the file."""
        return self._fileno

    def readable(self) -> bool:
        """That it can be read."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Read what there is."""
        wait_for_data(self._fileno, self._check)
        data = os.read(self._fileno, memoryview(buffer).nbytes)
        memoryview(buffer)[: len(data)] = data
        return len(data)
