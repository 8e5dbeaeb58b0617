"""Files that only their owner reads, whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from ocpiq.storage import owner_only

posix = pytest.mark.skipif(os.name != "posix", reason="rights are the owner's own matter here")


def rights(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@posix
def test_a_new_file_and_the_folders_above_it_are_the_owners(tmp_path):
    old = os.umask(0)
    try:
        owner_only.write(tmp_path / "a" / "b" / "file", b"x")
    finally:
        os.umask(old)
    assert rights(tmp_path / "a" / "b" / "file") == 0o600
    assert rights(tmp_path / "a" / "b") == rights(tmp_path / "a") == 0o700


@posix
def test_a_folder_that_is_there_keeps_its_rights(tmp_path):
    tmp_path.chmod(0o755)
    owner_only.write(tmp_path / "file", b"x")
    assert rights(tmp_path) == 0o755


@posix
@pytest.mark.parametrize("wide", [0o644, 0o660, 0o604, 0o700, 0o777])
def test_reading_and_writing_tighten_a_file_with_wider_rights(tmp_path, wide):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(wide)
    assert owner_only.read(path) == b"old"
    assert rights(path) == 0o600
    path.chmod(wide)
    owner_only.write(path, b"new")
    assert (path.read_bytes(), rights(path)) == (b"new", 0o600)


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "file"
    owner_only.write(path, b"old")
    with pytest.raises(TypeError):
        owner_only.write(path, "no bytes")  # type: ignore[arg-type]
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
