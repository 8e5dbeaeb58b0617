"""Where a sink writes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct


class Target(Struct):
    """Where results go: a stream, and its file if it is one that can be sought and read.

    A sink writes either to `stream` or, where its library wants a path, to the file at `path`, which exists and is
    empty; neither is closed by the sink. `terminal` tells that people, and a terminal, read what is written. `warn`
    takes a sentence for the user about the output.
    """

    stream: BinaryIO
    path: Path | None = None
    terminal: bool = False
    warn: Callable[[str], None] = lambda message: None
