"""Where a sink writes."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

from ocpiq.errors import Message
from ocpiq.sinks.about import NOTHING, About


class Target(Struct):
    """Where results go: a stream, and the path of its file if it is a regular file.

    A sink writes to `stream` or, if its library needs a path, to the file at `path`, which exists and is empty; it
    closes neither. `terminal` tells that the stream is a terminal. `warn` shows the user a warning about the output;
    `folder` returns a folder for temporary files, which its owner removes, if there is a `path`; `about` describes
    the run so far.
    """

    stream: BinaryIO
    path: Path | None = None
    terminal: bool = False
    warn: Callable[[Message], None] = lambda message: None
    folder: Callable[[], Path] | None = None
    about: Callable[[], About] = lambda: NOTHING

    def size(self) -> os.terminal_size:
        """Return the size of the terminal, which may be another than that of standard output."""
        fallback = (80, 24)
        if self.terminal:
            with suppress(OSError, ValueError):
                fallback = os.get_terminal_size(self.stream.fileno())
        import shutil  # noqa: PLC0415 - only on a terminal

        return shutil.get_terminal_size(fallback)
