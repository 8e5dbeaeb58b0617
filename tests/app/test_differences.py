"""The differences from jq that the reference lists in words: a case for each point, by its heading."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from ocpiq.cli.main import run
from ocpiq.language.reference import section

POINTS = re.findall(r"^- \*(.+?)\.\*", section("Differences from jq"), re.MULTILINE)

CASES = {
    "One value per line": [
        (["."], '[1, {"a": 2}]', '[1,{"a":2}]\n', 0),
        (["--to", "json", "."], "[1]", "[\n  1\n]\n", 0),
    ],
    "Terminals": [
        (["-nr", '"\\u001b\\u009b"'], "", "\x1b\x9b\n", 0)
    ],  # the other half is in test_terminal.py
    "File boundaries": [([".", "x", "y"], "", "1\n2\n", 0)],
    "Missing files": [([".", "x", "no"], "", "", 2), ([".", "x", "."], "", "", 2)],
    "The environment": [
        (["-n", "env.OCPIQ_SECRET, $ENV.OCPIQ_SECRET, env.OTHER"], "", 'null\nnull\n"seen"\n', 0)
    ],
    "Errors": [
        (["-n", "try (1 | .a) catch ."], "", '"Cannot index number with string (\\"a\\")"\n', 0),
        (["-n", "nosuch"], "", "", 3),
        (["-n", "1 | .a"], "", "", 5),
    ],
    "Exit codes": [
        (["-e", "."], "null", "null\n", 1),
        (["-n", "--demo", "-q", "sessions | .kwh + 1"], "", "", 7),
    ],
}


def test_every_point_has_its_cases() -> None:
    assert list(CASES) == POINTS


@pytest.mark.parametrize(
    ("argv", "stdin", "out", "code"),
    [pytest.param(*case, id=f"{point}: {case[0][-1][:30]}") for point in CASES for case in CASES[point]],
)
def test_a_point(
    argv: list[str],
    stdin: str,
    out: str,
    code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("OCPIQ_SECRET", "no")
    monkeypatch.setenv("OTHER", "seen")
    for name, text in {"x": "1", "y": "2", "stdin": stdin}.items():
        Path(name).write_text(text, "utf-8")
    with Path("stdin").open("rb") as file:
        monkeypatch.setattr(sys, "stdin", file)
        assert run(argv) == code
    assert capfdbinary.readouterr().out.decode() == out
