"""What `:save` and `:load` know of files."""

from __future__ import annotations

from pathlib import Path

import pytest

from ocpiq.prompt.paths import expand_path, list_folder


def test_a_folder_is_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "folder").mkdir()
    for name in ("q.ocpiq", "two words", "folder/x.jq", "a\x1b[31m"):
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert set(list_folder("")) == {
        "folder/",
        "q.ocpiq",
        "two words",
    }  # and nothing that a terminal would obey
    assert (
        list_folder("folder/") == list_folder("~/folder/") == list_folder(f"{tmp_path}/folder/") == ["x.jq"]
    )
    assert list_folder("nowhere/") == list_folder("q.ocpiq/") == list_folder("\0/") == ()


def test_a_home_is_written_as_in_a_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    assert expand_path("~/q.ocpiq") == Path("/home/me/q.ocpiq")
    assert expand_path("~nobody-is-called-so/q") == Path("~nobody-is-called-so/q")
