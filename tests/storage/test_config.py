"""The config file: where it is, and what it may hold."""

from __future__ import annotations

from pathlib import Path

import platformdirs
import pytest

from ocpiq.errors import UsageError
from ocpiq.storage.config import Config, change, config_path, load


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OCPIQ_CONFIG", str(tmp_path))
    return tmp_path / "config.toml"


def test_without_a_file_nothing_is_set(file: Path) -> None:
    assert config_path() == file
    assert load() == Config()


def test_every_setting(file: Path) -> None:
    file.write_text('zone = "Europe/Paris"\nform = "table"\nmode = "640"\nplatform = "depot"\n')
    assert load() == Config("Europe/Paris", "table", 0o640, "depot")


@pytest.mark.parametrize(("text", "audit"), [("true", True), ("false", False), ('"a/trail"', "a/trail")])
def test_audit_is_a_switch_or_a_path(text: str, audit: str | bool, file: Path) -> None:
    file.write_text(f"audit = {text}")
    assert load() == Config(audit=audit)


@pytest.mark.parametrize(
    ("text", "name", "value", "changed"),
    [
        ("", "vi", "on", "vi = true\n"),
        ("vi = true", "vi", "off", "vi = false"),
        ("  vi=true # keys\n", "vi", "off", "  vi=false # keys\n"),
        ("vi = true\n", "vi", "default", ""),
        ("", "vi", "default", ""),
        ("menu = false", "vi", "on", "menu = false\nvi = true\n"),
        ("zone = 'UTC'\r\n", "zone", "Asia/Tokyo", 'zone = "Asia/Tokyo"\r\n'),
        ("# zone = 'UTC'\n", "zone", "Asia/Tokyo", "# zone = 'UTC'\nzone = \"Asia/Tokyo\"\n"),
        ('platform = "zone = 1"\n', "zone", "UTC", 'platform = "zone = 1"\nzone = "UTC"\n'),
        ("", "audit", "on", "audit = true\n"),
        ("", "audit", 'a"\\b', 'audit = "a\\"\\\\b"\n'),
    ],
)
def test_a_change_leaves_the_rest_as_it_is(
    text: str, name: str, value: str, changed: str, file: Path
) -> None:
    file.write_bytes(text.encode())
    assert change(name, value) == load()
    assert file.read_bytes().decode() == changed


def test_a_change_that_would_break_the_file_is_refused(file: Path) -> None:
    for text in ('zone = """\nUTC"""', '"zone" = "UTC"', "zone = \"UTC\" 'x'"):
        file.write_text(text)
        with pytest.raises(UsageError):
            change("zone", "Asia/Tokyo")
        assert file.read_text() == text


def test_a_link_to_the_file_stays_a_link(file: Path, tmp_path: Path) -> None:
    (tmp_path / "dotfiles").write_text("vi = true\n")
    file.symlink_to(tmp_path / "dotfiles")
    change("vi", "off")
    assert file.is_symlink() and (tmp_path / "dotfiles").read_text() == "vi = false\n"


@pytest.mark.parametrize("name", ["vi", "menu", "history"])
def test_a_switch_is_true_or_false(name: str, file: Path) -> None:
    file.write_text(f"{name} = 'on'")
    with pytest.raises(UsageError, match=f"{name} is true or false"):
        load()


@pytest.mark.parametrize("mode", ["", "64", "0888", "1777", "0o640", "rw-r--r--", "06400"])
def test_modes_that_are_none(mode: str, file: Path) -> None:
    file.write_text(f'mode = "{mode}"')
    with pytest.raises(UsageError, match="mode is not a file mode"):
        load()


def test_a_folder_in_its_place(file: Path) -> None:
    file.mkdir()
    with pytest.raises(UsageError, match="could not read"):
        load()


@pytest.mark.parametrize("xdg", [None, "", " ", "relative", "/absolute", "~/tilde"])
def test_the_folder_is_that_of_platformdirs(xdg: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OCPIQ_CONFIG", raising=False)
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    if xdg is not None:
        monkeypatch.setenv("XDG_CONFIG_HOME", xdg)
    assert config_path().parent == platformdirs.user_config_path("ocpiq", appauthor=False)
