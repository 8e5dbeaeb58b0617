"""What a release promises: licences, a bill of materials, a read-only container, and that files of 0.1.0 still work."""

from __future__ import annotations

import importlib.metadata
import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from support.cli import command
from support.platforms import TOKEN, Platform, serving
from support.programs import program

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
ALLOWED = {  # licences that a program under the MIT licence may depend on
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "CNRI-Python",
    "LGPL-3.0-only",  # psycopg, an extra: used as it is
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "PSF-2.0",
}
FROM_CLASSIFIER = {
    "MIT License": "MIT",
    "BSD License": "BSD-3-Clause",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
SPELLED = {"BSD": "BSD-3-Clause", "Apache 2.0": "Apache-2.0"}  # in old metadata
LISTED = dict(
    re.findall(r"^\| ([\w-]+) \| ([^|]+) \|$", (ROOT / "CONTRIBUTING.md").read_text("utf-8"), re.MULTILINE)
)


def normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def dependencies() -> Iterator[tuple[str, str]]:
    """Yield what an installation with all extras brings along, with its licence."""
    extras = (
        entry
        for name, entries in PROJECT["optional-dependencies"].items()
        if name != "test"
        for entry in entries
    )
    todo, seen = [*PROJECT["dependencies"], *extras], set()
    while todo:
        requirement = Requirement(todo.pop())
        name = normalized(requirement.name)
        if name in seen or (requirement.marker and not requirement.marker.evaluate({"extra": ""})):
            continue
        seen.add(name)
        try:
            metadata = importlib.metadata.metadata(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # an extra that the tests have no use for
        todo += importlib.metadata.requires(name) or []
        classifiers = (
            text.rpartition(" :: ")[2] for text in metadata.get_all("Classifier", []) if "License" in text
        )
        licence = metadata.get("License-Expression") or next(
            (FROM_CLASSIFIER[text] for text in classifiers if text in FROM_CLASSIFIER),
            metadata.get("License"),
        )
        yield name, SPELLED.get(licence, licence)


@pytest.mark.parametrize(("name", "licence"), sorted(dependencies()))
def test_each_dependency_is_listed_with_a_licence_that_ours_allows(name: str, licence: str) -> None:
    assert LISTED.get(name) == licence
    assert set(re.split(r" (?:AND|OR) |[()]", licence)) - {""} <= ALLOWED


# The login that version 0.1.0 wrote, for the platform at `URL`.
LOGIN = {
    "name": "demo",
    "url": "URL/ocpi/versions",
    "token": {"value": TOKEN, "form": "base64", "in_keyring": False},
    "version": "2.2.1",
    "endpoints": {"sessions": ["URL/ocpi/2.2.1/sessions"]},
    "own": {"country_code": "NL", "party_id": "ABC"},
    "parties": [{"party": {"country_code": "NL", "party_id": "DEM"}, "role": "CPO"}],
    "saved": "2026-11-22T22:33:23.979685+00:00",
    "tls": None,
}


def test_a_login_of_0_1_0_works(home: Path) -> None:
    with serving(Platform()) as server:
        folder = home / ".config" / "ocpiq" / "platforms"
        folder.mkdir(parents=True)
        base = server.versions_url.removesuffix("/ocpi/versions")
        (folder / "demo.json").write_text(json.dumps(LOGIN).replace("URL", base), "utf-8")
        run = command(home, ["-q", "sessions | aggregate count"])
        assert (run.out, run.err) == (b"10\n", "")


def test_the_history_of_0_1_0_is_read(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ocpiq.storage import history

    monkeypatch.setenv("OCPIQ_STATE", str(home))
    (home / "history").write_text('"sessions | limit 1"\n"cdrs pass kwh\\n| .kwh"\n', "utf-8")
    assert history.load() == ["sessions | limit 1", "cdrs pass kwh\n| .kwh"]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.mark.heavy
def test_it_runs_as_a_user_without_rights_where_nothing_can_be_written(tmp_path: Path) -> None:
    """As the container of examples/container/ runs it: another user, the whole file system read-only, no home."""
    sandbox = [program("bwrap"), "--ro-bind", "/", "/", "--unshare-user", "--uid", "65532", "--gid", "65532"]
    ocpiq = [*sandbox, "--setenv", "HOME", "/nonexistent", sys.executable, "-m", "ocpiq"]
    probe = subprocess.run([*sandbox, "true"], capture_output=True, text=True, check=False)
    if probe.returncode:
        pytest.skip(f"bwrap cannot make a sandbox here: {probe.stderr.strip()}")
    query = "sessions | aggregate count"
    done = subprocess.run(
        [*ocpiq, "--demo", "-q", query], capture_output=True, text=True, check=False, cwd="/"
    )
    assert (done.stdout, done.stderr, done.returncode) == ("10000\n", "", 0)
    written = [*ocpiq, "--demo", "-q", "-o", str(tmp_path / "x.csv"), query]
    refused = subprocess.run(written, capture_output=True, text=True, check=False, cwd="/")
    assert refused.returncode == 2
    assert "Read-only file system" in refused.stderr
    assert refused.stderr.count("\n") == 1


@pytest.mark.heavy
def test_the_release_is_built_twice_alike_with_a_bill_of_materials(tmp_path: Path) -> None:
    """`.ci/release` compares two builds of the commit, checks the metadata, and lists what comes with the wheel."""
    if not shutil.which("git") or not (ROOT / ".git").exists():
        pytest.skip("needs git and a clone")
    command_line = ["bash", str(ROOT / ".ci" / "release"), str(tmp_path / "dist")]
    environment = {"PYTHON": sys.executable, "PATH": "/usr/bin:/bin:/usr/sbin", "HOME": str(Path.home())}
    done = subprocess.run(command_line, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr[-2000:]
    [bill] = (tmp_path / "dist").glob("*.cdx.json")
    listed = {
        normalized(component["name"]) for component in json.loads(bill.read_text("utf-8"))["components"]
    }
    direct = {
        normalized(Requirement(text).name)
        for text in PROJECT["dependencies"]
        if "platform_system" not in text
    }
    assert direct <= listed
    assert len(list((tmp_path / "dist").glob("ocpiq-*"))) == 3
