"""The wheel: built, installed into an empty environment, run from another folder."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OFFLINE = ("No matching distribution", "Could not find a version", "Connection", "Max retries")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    [path] = folder.glob("*.whl")
    return path


@pytest.mark.slow
def test_the_wheel_holds_what_a_run_needs_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "ocpiq/py.typed" in names
    assert "ocpiq/schema/tables/sessions.txt" in names
    assert "ocpiq/ocpi/PLATFORMS.md" in names
    shipped = {Path(name).name for name in names if name.startswith("ocpiq/language/grammar/")}
    assert shipped >= {path.name for path in (ROOT / "grammar").glob("*.lark")}
    assert all(name.startswith(("ocpiq/", "ocpiq-")) for name in names)


@pytest.mark.slow
def test_it_runs_in_an_empty_environment_from_another_folder(wheel: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    pip = subprocess.run(
        [python, "-m", "pip", "install", "-q", str(wheel)], capture_output=True, text=True, check=False
    )
    if pip.returncode and any(word in pip.stderr for word in OFFLINE):
        pytest.skip("the packages that ocpiq needs cannot be had here")
    assert pip.returncode == 0, pip.stderr
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    environment = {**kept, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}

    def out(*argv: str) -> str:
        command = [str(tmp_path / "venv" / "bin" / argv[0]), *argv[1:]]
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
        ).stdout

    assert out("ocpiq", "-n", "[1, 2] | map(. + 1)") == "[2,3]\n"
    assert out("python", "-m", "ocpiq", "--demo", "sessions | aggregate count") == "10000\n"
    assert "number" in out("ocpiq", "schema", "sessions.kwh")
    assert "group_by(f)" in out("ocpiq", "help", "group_by")
    assert "py-ocpi 0.3.1" in out("ocpiq", "help", "platforms")
