"""The prompt on a snapshot: `ocpiq --snapshot DIR`, in real terminals."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.cli import command
from support.terminal import SIZES, Terminal
from test_prompt import Open, home, open_prompt

__all__ = ["home", "open_prompt"]  # fixtures


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A snapshot of the demo's sessions."""
    own = tmp_path / "own"
    own.mkdir()
    query = "sessions only id, kwh, status, last_updated"
    done = command(own, ["pull", "-q", "--demo", query, "--into", str(tmp_path / "demo.snapshot")])
    assert done.code == 0, done.err
    return tmp_path / "demo.snapshot"


@pytest.fixture(params=SIZES[:2], ids=str)
def terminal(request: pytest.FixtureRequest, open_prompt: Open, folder: Path) -> Terminal:
    rows, columns = request.param
    return open_prompt("demo.snapshot", "--snapshot", str(folder), rows=rows, columns=columns)


def test_queries_are_answered_from_the_snapshot(terminal: Terminal) -> None:
    terminal.run("sessions only kwh | aggregate count(.kwh)")
    terminal.see("1 row")
    terminal.run("sessions pass auth_method | .auth_method")
    terminal.see("is not in the snapshot")
    terminal.run("cdrs | .id")
    terminal.see("cdrs is not in the snapshot")
    terminal.run(":explain sessions only kwh since 2026-01-01")
    terminal.see("the snapshot in ")
    terminal.type("q")
    terminal.at_prompt()
    assert terminal.leave() == 0


def test_another_platform_leaves_the_snapshot(terminal: Terminal) -> None:
    terminal.run(":platform demo")
    terminal.see("demo (OCPI 2.2.1)")
    terminal.run("cdrs | aggregate count(.id)")
    terminal.see("1 row")


def test_a_pull_beside_the_prompt_is_seen(terminal: Terminal, folder: Path) -> None:
    terminal.run("tariffs | aggregate count(.id)")
    terminal.see("tariffs is not in the snapshot")
    done = command(folder.parent / "own", ["pull", "-q", "--demo", "tariffs only id", "--into", str(folder)])
    assert done.code == 0, done.err
    terminal.run("tariffs only id | aggregate count(.id)")
    terminal.see("1 row")


def test_only_modules_of_the_snapshot_are_suggested(terminal: Terminal) -> None:
    terminal.type("se\t")
    terminal.see("sessions")
    terminal.type(" only k")
    terminal.see("kwh")
