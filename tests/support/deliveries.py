"""Deliveries from a changing platform: the client's folder, what it delivered, and what is lost or doubled."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.changing_platform import ChangingPlatform
from support.cli import Outcome, command
from support.platforms import TOKEN, serving

LOGIN = ("--party", "NL-GOV", "--token", TOKEN, "--name", "test")
FIELDS = ("id", "kwh", "status")
QUERY = f"sessions only {', '.join(FIELDS)} since last"
NAME = "{module}_{from}_{to}.ndjson"
Row = dict[str, Any]


@dataclass
class Client:
    """A client with a state `d` of a platform. With `mover`, finished files are taken away after each run."""

    platform: ChangingPlatform
    home: Path
    folder: Path
    query: str = QUERY
    options: tuple[str, ...] = ("--state", "d", "--all")
    mover: bool = False
    taken: dict[str, bytes] = field(default_factory=dict)

    @property
    def state(self) -> Path:
        return self.home / ".local/state/ocpiq/states/d"

    def words(self, *words: str, name: str = NAME) -> list[str]:
        return ["-q", *self.options, "-o", str(self.folder / name), *words, self.query]

    def run(self, *words: str, name: str = NAME) -> Outcome:
        self.platform.requests.clear()
        done = command(self.home, self.words(*words, name=name))
        self.move()
        return done

    def move(self) -> None:
        """Take finished files away, as a mover does; the same name must not come twice."""
        if self.mover:
            for path in self.files():
                assert path.name not in self.taken
                self.taken[path.name] = path.read_bytes()
                path.unlink()

    def files(self) -> list[Path]:
        return sorted(path for path in self.folder.iterdir() if not path.name.startswith("."))

    def delivered(self) -> list[Row]:
        """Return all rows, in the order of the files."""
        contents = self.taken | {path.name: path.read_bytes() for path in self.files()}
        return [
            json.loads(line) for name in sorted(contents) for line in contents[name].decode().splitlines()
        ]

    def process(self, *wrapper: str, name: str = NAME) -> subprocess.Popen[bytes]:
        """Start the real command; `wrapper` is the start of its command line."""
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("OCPIQ_", "XDG_"))
        }
        self.platform.requests.clear()
        return subprocess.Popen(
            [sys.executable, *(wrapper or ("-m", "ocpiq")), *self.words(name=name)],
            env={**environment, "HOME": str(self.home)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )


@contextmanager
def client(tmp_path: Path, platform: ChangingPlatform, **settings: Any) -> Iterator[Client]:
    """Serve a platform, and log in to it with a home of its own."""
    home, folder = tmp_path / "home", tmp_path / "out"
    home.mkdir(parents=True)
    folder.mkdir()
    with serving(platform):
        assert command(home, ["login", platform.versions_url, *LOGIN]).code == 0
        platform.requests.clear()
        yield Client(platform, home, folder, **settings)


def visible(changed: Row, fields: Sequence[str] = FIELDS) -> Row:
    """Return an object as the query shows it."""
    return {name: changed[name] for name in fields if name in changed}


def lost(
    platform: ChangingPlatform, rows: Sequence[Row], settled: float, fields: Sequence[str] = FIELDS
) -> list[str]:
    """Return the objects whose present form was not the last that was delivered, if it was settled by then."""
    last = {row["id"]: row for row in rows}
    return [
        item["id"]
        for item in platform.current()
        if platform.versions(item["id"])[-1].committed <= settled
        and last.get(item["id"]) != visible(item, fields)
    ]


def doubled(rows: Sequence[Row]) -> list[Row]:
    """Return the rows that repeat the row before of the same object."""
    repeated, last = [], dict[str, Row]()
    for row in rows:
        if last.get(row["id"]) == row:
            repeated.append(row)
        last[row["id"]] = row
    return repeated


def counted(rows: Sequence[Row]) -> Counter[str]:
    """Return rows without an order."""
    return Counter(json.dumps(row, sort_keys=True) for row in rows)
