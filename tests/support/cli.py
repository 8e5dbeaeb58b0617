"""The command line in this process: what it prints, what it says, how it ends, what it leaves on disk."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

from ocpiq.cli.main import run

SETTINGS = (
    "OCPIQ_TOKEN",
    "OCPIQ_PLATFORM",
    "OCPI_SESSION_FILE",
    "OCPIQ_RECIPIENT",
    "OCPIQ_DEBUG",
    "OCPIQ_CONFIG",
    "OCPIQ_STATE",
    "JQ_COLORS",
)


class Outcome(NamedTuple):
    """All that a run shows."""

    out: bytes
    err: str
    code: int
    saved: dict[str, bytes]


@contextmanager
def own_home(folder: Path, **variables: str) -> Iterator[Path]:
    """Give a home of its own to what runs in here, with no logins, no proxies and no settings but `variables`."""
    with patch.dict("os.environ") as environment:
        others = [name for name in environment if name.startswith("XDG_") or name.lower().endswith("_proxy")]
        for name in [*SETTINGS, *others]:
            environment.pop(name, None)
        environment.update(variables, HOME=str(folder))
        yield folder


def command(home: Path, words: Sequence[str], **variables: str) -> Outcome:
    """Run the command line with a home of its own and these environment variables."""
    with (
        own_home(home, **variables),
        (home.parent / "stdout").open("w+b") as out,
        patch.object(sys, "stdout", io.TextIOWrapper(out, write_through=True)) as stdout,
        patch.object(sys, "stderr", io.StringIO()) as err,
    ):
        code = run(words)
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
