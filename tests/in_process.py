"""The command line in this process: what it prints, what it says, how it ends, what it leaves on disk."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

from ocpiq.commands.main import run

SETTINGS = ("OCPIQ_TOKEN", "OCPIQ_PLATFORM", "OCPIQ_DEBUG", "OCPIQ_CONFIG", "JQ_COLORS")


class Outcome(NamedTuple):
    """All that a run shows."""

    out: bytes
    err: str
    code: int
    saved: dict[str, bytes]


@contextmanager
def own_home(folder: Path) -> Iterator[Path]:
    """Give a home of its own to what runs in here, with no logins and no settings."""
    with patch.dict("os.environ", {"HOME": str(folder)}) as environment:
        for name in [*SETTINGS, *(name for name in environment if name.startswith("XDG_"))]:
            environment.pop(name, None)
        yield folder


def command(home: Path, words: Sequence[str]) -> Outcome:
    """Run the command line with a home of its own."""
    with (
        own_home(home),
        (home.parent / "stdout").open("w+b") as out,
        patch.object(sys, "stdout", io.TextIOWrapper(out, write_through=True)) as stdout,
        patch.object(sys, "stderr", io.StringIO()) as err,
    ):
        code = run(words, [])
        stdout.flush()
        out.seek(0)
        found = Outcome(out.read(), err.getvalue(), code, saved(home))
        stdout.detach()
    return found


def saved(*folders: Path) -> dict[str, bytes]:
    """Return every file below folders."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def text_of(value: Any) -> str:
    """Return an outcome for a failing test's message."""
    return str(value)[:2000]
