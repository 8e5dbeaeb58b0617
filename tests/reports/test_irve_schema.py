"""The French files, validated by frictionless with the columns and constraints of the published schema."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from support.cli import command

HERE = Path(__file__).parent
STATIC = ["irve_static", "--arg", "contact", "info@demonstroom.example", "--arg", "country", "NLD"]
DYNAMIC = ["irve_dynamic", "--arg", "country", "NLD"]


VALIDATE = """
import json, sys
from frictionless import Resource, Schema
report = Resource(path=sys.argv[1], schema=Schema.from_descriptor(json.load(open(sys.argv[2])))).validate()
print(json.dumps(report.flatten(["rowNumber", "fieldName"])))
"""


def validated(folder: Path, file: str, kind: str) -> list[list[object]]:
    """Return the errors by row and column. In a process of its own, as frictionless leaves files open."""
    pytest.importorskip("frictionless")
    command = [sys.executable, "-c", VALIDATE, file, HERE / f"irve-{kind}.schema.json"]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    found: list[list[object]] = json.loads(run.stdout)
    return found


@pytest.mark.parametrize(
    ("words", "kind"), [(STATIC, "static"), (DYNAMIC, "dynamic")], ids=["static", "dynamic"]
)
def test_it_is_valid(words: list[str], kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.chdir(home)
    found = command(home, ["report", "-q", "--demo", *words, "-o", "x.csv"])
    assert found.code == 0, found.err
    assert (home / "x.csv").read_text("utf-8").count("\n") == 211
    assert validated(home, "x.csv", kind) == []
    damaged = (home / "x.csv").read_text("utf-8").replace("NLDEM", "nl*dem", 1)
    (home / "y.csv").write_text(damaged, "utf-8")
    errors = validated(home, "y.csv", kind)
    found = command(home, ["check", "y.csv", "--as", f"irve-{kind}", "--to", "tsv"])
    ours = [line.split("\t")[:2] for line in found.out.decode().splitlines()[1:]]
    assert [[str(row), column] for row, column in errors] == ours, "the same row and column are refused"
