"""A result file is complete or does not exist."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ocpiq.errors import UsageError
from ocpiq.sinks.file import WholeFile


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_keep_replaces_the_file(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    path.write_text("old")
    whole = WholeFile(path)
    with whole as file:
        file.write(b"new")
        file.flush()
        assert path.read_text() == "old"
        whole.keep()
    assert path.read_text() == "new"
    assert names(tmp_path) == ["out.json"]


def test_without_keep_the_file_stays_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), WholeFile(path) as file:
        file.write(b"new")
        raise ZeroDivisionError
    assert path.read_text() == "old"
    assert names(tmp_path) == ["out.json"]


def test_an_incomplete_result_becomes_a_partial_file(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    path.write_text("old")
    whole = WholeFile(path)
    with whole as file:
        file.write(b"half")
        assert whole.keep_partial() == tmp_path / "out.json.partial"
    assert path.read_text() == "old"
    assert (tmp_path / "out.json.partial").read_text() == "half"


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_a_new_file_has_the_mode_that_the_umask_allows(tmp_path: Path, umask: int, mode: int) -> None:
    before = os.umask(umask)
    try:
        whole = WholeFile(tmp_path / "out.json")
        with whole:
            whole.keep()
    finally:
        os.umask(before)
    assert (tmp_path / "out.json").stat().st_mode & 0o777 == mode


def test_a_replaced_file_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    path.write_text("old")
    path.chmod(0o640)
    whole = WholeFile(path)
    with whole:
        whole.keep()
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with (
        pytest.raises(UsageError, match=r"cannot write .*no/out\.json: folder .*no does not exist$"),
        WholeFile(tmp_path / "no/out.json"),
    ):
        pass


def test_a_link_stays_and_its_target_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "real.json").write_text("old")
    (tmp_path / "out.json").symlink_to("target/real.json")
    whole = WholeFile(tmp_path / "out.json")
    with whole as file:
        file.write(b"new")
        whole.keep()
    assert (tmp_path / "out.json").is_symlink()
    assert (tmp_path / "target" / "real.json").read_text() == "new"
    assert names(tmp_path / "target") == ["real.json"]


def test_a_name_may_be_as_long_as_the_system_allows(tmp_path: Path) -> None:
    whole = WholeFile(tmp_path / ("n" * 250 + ".json"))
    with whole:
        whole.keep()
    assert names(tmp_path) == ["n" * 250 + ".json"]
