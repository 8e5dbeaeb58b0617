"""Where a sink writes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

from ocpiq.errors import Message


class Target(Struct):
    """Where results go: a stream, and the path of its file if it is a regular file.

    A sink writes to `stream` or, if its library needs a path, to the file at `path`, which exists and is empty; it
    closes neither. `terminal` tells that the stream is a terminal. `warn` shows the user a warning about the output;
    `folder` returns a folder for temporary files, which its owner removes, if there is a `path`.
    """

    stream: BinaryIO
    path: Path | None = None
    terminal: bool = False
    warn: Callable[[Message], None] = lambda message: None
    folder: Callable[[], Path] | None = None
