"""The command line, case by case: in this process, with real files and descriptors."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from command_cases import CASES, Case
from form_cases import FORMS
from mistake_cases import MISTAKES
from ocpi_cases import OCPI

from ocpiq.app.options import OPTIONS
from ocpiq.cli.main import run


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder of the test's own, with no logins and no settings."""
    for name in ("OCPIQ_TOKEN", "OCPIQ_PLATFORM", "OCPIQ_DEBUG", "JQ_COLORS", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    home = tmp_path / "home"
    work = tmp_path / "work"
    work.mkdir()
    for name in ("HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(home))
    monkeypatch.chdir(work)
    return work


@pytest.mark.parametrize("case", [*CASES, *FORMS, *MISTAKES, *OCPI], ids=lambda case: case.name)
def test_case(
    case: Case, own_folders: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    for name, text in case.files.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(text if isinstance(text, bytes) else text.encode())
    for name, text in case.environment.items():
        monkeypatch.setenv(name, text)
    stdin = own_folders.parent / "stdin"
    stdin.write_bytes(case.stdin if isinstance(case.stdin, bytes) else case.stdin.encode())
    with stdin.open("rb") as file:
        monkeypatch.setattr(sys, "stdin", file)
        code = run(case.argv)
    out, err = (data.decode() for data in capfdbinary.readouterr())
    assert (out, code) == (case.out, case.code), err
    assert re.search(case.err, err, re.MULTILINE) if case.err else err == ""
    assert "Traceback" not in err
    for name, text in case.made.items():
        assert (Path(name).read_text("utf-8") if Path(name).exists() else None) == text
    assert not [path for path in Path().iterdir() if path.name.startswith(".")]


def test_options_have_names_of_their_own() -> None:
    assert len({option.name for option in OPTIONS}) == len(OPTIONS)
    short = [option.short for option in OPTIONS if option.short]
    assert len(set(short)) == len(short)
