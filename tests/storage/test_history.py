"""The prompt's history: whole entries, the owner's alone, of a limited length."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from ocpiq.storage import history


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OCPIQ_STATE", str(tmp_path / "state"))
    return tmp_path / "state"


def test_what_is_kept_comes_back_in_order(folder: Path) -> None:
    assert history.load() == []
    for text in ("one", "two\n| lines", "日本語 \x1b[0m"):
        history.append(text)
    assert history.load() == ["one", "two\n| lines", "日本語 \x1b[0m"]
    assert (folder / "history").read_bytes().count(b"\n") == 3
    assert b"\x1b" not in (folder / "history").read_bytes()


@pytest.mark.skipif(os.name != "posix", reason="rights are the owner's own matter here")
def test_it_is_the_owners(folder: Path) -> None:
    history.append("one")
    assert stat.S_IMODE((folder / "history").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    (folder / "history").chmod(0o644)
    history.append("two")
    assert stat.S_IMODE((folder / "history").stat().st_mode) == 0o600


def test_a_broken_line_costs_nothing_else(folder: Path) -> None:
    history.append("one")
    with (folder / "history").open("ab") as file:
        file.write(b'"half\n\xff\n{}\n')
    history.append("two")
    assert history.load() == ["one", "two"]


def test_it_does_not_grow_without_end(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "MAX_ENTRIES", 3)
    for number in range(7):
        history.append(str(number))
    assert history.load() == ["4", "5", "6"]
    assert history.load() == ["4", "5", "6"]


def test_it_can_be_cleared_and_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    history.append("one")
    history.clear()
    history.clear()
    assert history.load() == []
    assert history.is_enabled()
    monkeypatch.setenv("OCPIQ_HISTORY", "off")
    assert not history.is_enabled()
