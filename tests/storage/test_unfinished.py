"""Unfinished files: finished, removed, or given up by another thread; leftovers of runs that were killed."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from ocpiq.storage.unfinished import FOLDER_SUFFIX, SUFFIX, UnfinishedFiles, create, remove_leftovers


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def begun(files: UnfinishedFiles, target: Path) -> Path:
    descriptor, path = files.create(target)
    os.write(descriptor, b"new")
    os.close(descriptor)
    return path


def test_it_is_its_owners_and_says_whose_it_is(tmp_path: Path) -> None:
    descriptor, path = create(tmp_path / "x.csv")
    os.close(descriptor)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.name.startswith(".x.csv.") and path.name.endswith(SUFFIX)


def test_it_takes_the_place_of_its_target(tmp_path: Path) -> None:
    files = UnfinishedFiles()
    files.finish(begun(files, tmp_path / "x"), tmp_path / "x")
    assert (tmp_path / "x").read_text() == "new"
    assert names(tmp_path) == ["x"]


def test_nothing_is_left_or_finished_once_all_is_abandoned(tmp_path: Path) -> None:
    files = UnfinishedFiles()
    (tmp_path / "x").write_text("old")
    one, _ = begun(files, tmp_path / "x"), begun(files, tmp_path / "y")
    files.abandon()
    assert names(tmp_path) == ["x"]
    with pytest.raises(KeyboardInterrupt):
        files.finish(one, tmp_path / "x")
    with pytest.raises(KeyboardInterrupt):
        files.create(tmp_path / "x")
    assert names(tmp_path) == ["x"] and (tmp_path / "x").read_text() == "old"


def test_a_finished_file_is_not_abandoned(tmp_path: Path) -> None:
    files = UnfinishedFiles()
    files.finish(begun(files, tmp_path / "x"), tmp_path / "x")
    files.abandon()
    assert names(tmp_path) == ["x"]


def test_a_leftover_is_removed_and_what_is_being_written_is_not(tmp_path: Path) -> None:
    descriptor, path = create(tmp_path / "x")
    (tmp_path / f".left.abc{SUFFIX}").touch()
    remove_leftovers(tmp_path)
    assert names(tmp_path) == [path.name]
    os.close(descriptor)
    remove_leftovers(tmp_path)
    assert names(tmp_path) == []


def test_a_folder_is_its_owners_and_is_removed_with_what_is_in_it(tmp_path: Path) -> None:
    files = UnfinishedFiles()
    folder = files.create_folder(tmp_path / "x")
    (folder / "part").write_text("new")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    files.remove_folder(folder)
    assert names(tmp_path) == []


def test_a_folder_is_abandoned_too(tmp_path: Path) -> None:
    files = UnfinishedFiles()
    (files.create_folder(tmp_path / "x") / "part").write_text("new")
    files.abandon()
    assert names(tmp_path) == []
    with pytest.raises(KeyboardInterrupt):
        files.create_folder(tmp_path / "x")
    assert names(tmp_path) == []


def test_a_leftover_folder_is_removed_and_one_in_use_is_not(tmp_path: Path) -> None:
    files = UnfinishedFiles()
    folder = files.create_folder(tmp_path / "x")
    left = tmp_path / f".left.abc{FOLDER_SUFFIX}"
    left.mkdir()
    (left / "part").touch()
    remove_leftovers(tmp_path)
    assert names(tmp_path) == [folder.name]
    files.remove_folder(folder)


NOT_OURS = {
    "another's file": lambda path: path.with_suffix(".swp").touch(),
    "a folder": lambda path: path.mkdir(),
    "a link": lambda path: path.symlink_to(path.parent / "kept"),
    "a pipe": os.mkfifo,
}


@pytest.mark.parametrize("make", NOT_OURS.values(), ids=NOT_OURS)
def test_what_is_not_ours_is_left_alone(make, tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("kept")
    make(tmp_path / f".x.abc{SUFFIX}")
    before = names(tmp_path)
    remove_leftovers(tmp_path)
    assert names(tmp_path) == before and (tmp_path / "kept").read_text() == "kept"


def test_a_folder_that_cannot_be_read_is_no_reason_to_fail(tmp_path: Path) -> None:
    remove_leftovers(tmp_path / "no")
