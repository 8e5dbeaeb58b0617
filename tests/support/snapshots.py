"""Snapshots of a changing platform: what a pull stores, and what a query of it says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import msgspec
from support.changing_platform import ChangingPlatform
from support.cli import Outcome, command
from support.deliveries import LOGIN
from support.platforms import serving

from ocpiq.snapshots import page_files
from ocpiq.snapshots.manifest import Manifest, PageFile, load, save

FIELDS = ("id", "kwh", "status", "last_updated")
QUERY = f"sessions only {', '.join(FIELDS)}"
KILLING = str(Path(__file__).parent / "killing_pull.py")
OBJECTS = 4  # of a page file


@dataclass
class Snapshot:
    """A snapshot of a platform, with small page files."""

    platform: ChangingPlatform
    home: Path
    folder: Path
    query: str = QUERY

    def words(self, *words: str) -> list[str]:
        return ["pull", "-q", *words, "--into", str(self.folder)]

    def pull(self, *words: str, query: str | None = None) -> Outcome:
        """Pull; by default with the query of the snapshot."""
        self.platform.requests.clear()
        with patch.object(page_files, "OBJECTS", OBJECTS):
            return command(self.home, [*self.words(*words), self.query if query is None else query])

    def go_on(self, *words: str) -> Outcome:
        """Pull without a query."""
        self.platform.requests.clear()
        with patch.object(page_files, "OBJECTS", OBJECTS):
            return command(self.home, self.words(*words))

    def maintain(self, option: str) -> Outcome:
        """Compact or repair."""
        with patch.object(page_files, "OBJECTS", OBJECTS):
            return command(self.home, ["pull", option, str(self.folder)])

    def ask(self, query: str = "sessions only id, kwh", *words: str) -> Outcome:
        self.platform.requests.clear()
        return command(self.home, ["--snapshot", str(self.folder), *words, query])

    def rows(self, query: str = "sessions only id, kwh") -> list[dict[str, Any]]:
        """Return what a query says, which asks no platform."""
        done = self.ask(query)
        assert done.code == 0, done.err
        assert not self.platform.requests
        return [json.loads(line) for line in done.out.splitlines()]

    def process(self, step: str, when: str) -> int:
        """Pull in a process that is killed at a step; return its exit code."""
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("OCPIQ_", "XDG_"))
        }
        words = [sys.executable, KILLING, step, when, str(OBJECTS), *self.words(), self.query]
        done = subprocess.run(
            words, env={**environment, "HOME": str(self.home)}, capture_output=True, timeout=120, check=False
        )
        return done.returncode

    @property
    def manifest(self) -> Manifest:
        return load(self.folder)

    def edit(self, **changes: Any) -> None:
        """Change the manifest."""
        save(self.folder, msgspec.structs.replace(self.manifest, **changes))

    def pages(self) -> dict[str, bytes]:
        """Return the page files, decompressed, that the manifest names."""
        return {
            file.name: lines_of(self.folder / stored.module, file)
            for stored in self.manifest.modules
            for file in stored.files
        }

    def names(self) -> list[str]:
        """Return all files of the snapshot."""
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file())


def lines_of(folder: Path, file: PageFile) -> bytes:
    """Return the lines of a page file."""
    return b"".join(page_files.lines(folder, file))


@contextmanager
def snapshot(tmp_path: Path, platform: ChangingPlatform, **settings: Any) -> Iterator[Snapshot]:
    """Serve a platform, and log in to it with a home of its own."""
    home = tmp_path / "home"
    home.mkdir(parents=True)
    with serving(platform):
        assert command(home, ["login", platform.versions_url, *LOGIN]).code == 0
        platform.step(120)
        yield Snapshot(platform, home, tmp_path / "snapshot", **settings)
