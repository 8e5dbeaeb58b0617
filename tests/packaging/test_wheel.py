"""What is built and installed: the wheel, the wheel from the sdist, an editable install; run from another folder."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from ocpiq.language import grammar

ROOT = Path(__file__).parents[2]
OFFLINE = ("No matching distribution", "Could not find a version", "Connection", "Max retries")
TABLES = grammar.file_name(grammar.grammar_text())
# Runs a query and tells whether lark was needed for it.
LARK = "import sys, ocpiq; assert list(ocpiq.compile('1 + 1').run()) == [2]; print('lark' in sys.modules)"

pytestmark = pytest.mark.slow


def build(source: Path, folder: Path, *kinds: str) -> Path:
    """Build a distribution of `source` into `folder` and return the wheel."""
    command = [sys.executable, "-m", "build", *kinds, "--no-isolation", "--outdir", str(folder), str(source)]
    subprocess.run(command, check=True, capture_output=True)
    [path] = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(ROOT, tmp_path_factory.mktemp("dist"), "--wheel")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources, without what was built or made by running them."""
    folder = tmp_path_factory.mktemp("checkout") / "ocpiq"
    made = shutil.ignore_patterns(".venv", ".git", "__pycache__", ".*_cache", "dist", "grammar-*.json")
    shutil.copytree(ROOT, folder, ignore=made)
    return folder


def test_the_metadata_have_a_readme_whose_links_lead_somewhere(wheel: Path) -> None:
    """A package index shows it, where paths of the repository are no addresses."""
    with zipfile.ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        text = archive.read(name).decode()
    assert "Description-Content-Type: text/markdown" in text
    assert "the rule" in text and "PRIVACY.md" in text and "tutorial (`.docs/tutorial.md`)" in text
    links = re.findall(r"\]\(([^)]*)\)", text)
    assert links and all(link.startswith("https://") for link in links)


def installed(folder: Path, *what: str) -> Path:
    """Return the programs of a new environment with `what` installed; skip where packages cannot be had."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    programs = folder / "bin"
    command = [programs / "python", "-m", "pip", "install", "-q", *what]
    pip = subprocess.run(command, capture_output=True, text=True, check=False)
    if pip.returncode and any(word in pip.stderr for word in OFFLINE):
        pytest.skip("the packages that ocpiq needs cannot be had here")
    assert pip.returncode == 0, pip.stderr
    return programs


def run(programs: Path, home: Path, *argv: str) -> str:
    """Return what a program of an environment writes, run in an empty home folder."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    environment = {
        **kept,
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home),
        "OCPIQ_CACHE": str(home / "cache"),
    }
    command = [str(programs / argv[0]), *argv[1:]]
    return subprocess.run(
        command, cwd=home, env=environment, capture_output=True, text=True, check=True
    ).stdout


def test_the_wheel_holds_what_a_run_needs_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert len(names) == len(set(names))
    assert "ocpiq/py.typed" in names
    assert "ocpiq/schema/tables/sessions.txt" in names
    assert {
        "ocpiq/ocpi/PLATFORMS.md",
        "ocpiq/ocpi/OCPI_TOOL.md",
        "ocpiq/delivery/DELIVERIES.md",
        "ocpiq/snapshots/SNAPSHOTS.md",
        "ocpiq/prompt/PROMPT.md",
    } <= set(names)
    shipped = {Path(name).name for name in names if name.startswith("ocpiq/language/grammar/")}
    assert shipped >= {path.name for path in (ROOT / "grammar").glob("*.lark")}
    examples = ROOT / "examples"
    reports = [path for ending in ("ocpiq", "jq") for path in examples.rglob(f"*.{ending}")]
    queries = {name.removeprefix("ocpiq/reports/queries/") for name in names if "/queries/" in name}
    assert queries == {path.relative_to(examples).as_posix() for path in reports}
    assert all(name.startswith(("ocpiq/", "ocpiq-")) for name in names)


def test_the_wheel_holds_the_tables_of_its_grammar(wheel: Path, tmp_path: Path) -> None:
    names = [name for name in zipfile.ZipFile(wheel).namelist() if "grammar-" in name]
    assert names == [f"ocpiq/language/{TABLES}"]
    file = Path(zipfile.ZipFile(wheel).extract(names[0], tmp_path))
    assert grammar.load(file, grammar.grammar_text()) == grammar.build(grammar.grammar_text(), strict=True)


def test_the_wheel_holds_man_page_and_completion(wheel: Path, tmp_path: Path) -> None:
    """`man`, bash, zsh and fish find them in the environment that it is installed in."""
    programs = installed(tmp_path / "venv", str(wheel))
    share = tmp_path / "venv" / "share"
    for file, words in {
        "man/man1/ocpiq.1": ["man"],
        "bash-completion/completions/ocpiq": ["completion", "bash"],
        "zsh/site-functions/_ocpiq": ["completion", "zsh"],
        "fish/vendor_completions.d/ocpiq.fish": ["completion", "fish"],
    }.items():
        assert (share / file).read_text("utf-8") == run(programs, tmp_path, "ocpiq", *words)


def test_the_same_sources_give_the_same_bytes(checkout: Path, tmp_path: Path) -> None:
    """Two builds, in folders of other names, of files with other times: wheel and sdist have the same SHA-256."""
    copy = tmp_path / "a folder of another name"
    shutil.copytree(checkout, copy)
    for path in copy.rglob("*"):
        os.utime(path, (1, 1))
    hashes = []
    for source, folder in ((checkout, tmp_path / "one"), (copy, tmp_path / "two")):
        build(source, folder, "--wheel", "--sdist")
        hashes.append({path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()})
    assert len(hashes[0]) == 2
    assert hashes[0] == hashes[1]


def test_the_wheel_of_the_sdist_is_the_same(checkout: Path, wheel: Path, tmp_path: Path) -> None:
    """Tables of another grammar in the sources, as an editable install leaves them, get into neither."""
    outdated = checkout / "ocpiq" / "language" / "grammar-1-00000000.json"
    outdated.write_text("{}")
    try:
        again = zipfile.ZipFile(build(checkout, tmp_path))
    finally:
        outdated.unlink()
    first = zipfile.ZipFile(wheel)
    assert sorted(again.namelist()) == sorted(first.namelist())
    assert all(again.read(name) == first.read(name) for name in again.namelist() if "RECORD" not in name)


def test_it_runs_in_an_empty_environment_from_another_folder(wheel: Path, tmp_path: Path) -> None:
    programs = installed(tmp_path / "venv", str(wheel))
    assert run(programs, tmp_path, "ocpiq", "-n", "[1, 2] | map(. + 1)") == "[2,3]\n"
    assert (
        run(programs, tmp_path, "python", "-m", "ocpiq", "--demo", "sessions | aggregate count") == "10000\n"
    )
    assert "number" in run(programs, tmp_path, "ocpiq", "schema", "sessions.kwh")
    assert "group_by(f)" in run(programs, tmp_path, "ocpiq", "help", "group_by")
    assert "py-ocpi 0.3.1" in run(programs, tmp_path, "ocpiq", "help", "platforms")
    words = ["nevi_uptime_months", "--period", "2026-10", "--arg", "network_provider", "acme"]
    assert run(programs, tmp_path, "ocpiq", "report", "-q", "--demo", *words).count("\n") == 376
    assert run(programs, tmp_path, "python", "-c", LARK) == "False\n"
    assert not (tmp_path / "cache").exists(), "a first run builds no tables and writes no file"


@pytest.mark.parametrize("editable", [[], ["-e"]], ids=["install .", "install -e ."])
def test_pip_installs_the_sources_with_tables(checkout: Path, tmp_path: Path, editable: list[str]) -> None:
    programs = installed(tmp_path / "venv", *editable, str(checkout))
    assert run(programs, tmp_path, "python", "-c", LARK) == "False\n"
    assert not (tmp_path / "cache").exists()
    left = [path.name for path in (checkout / "ocpiq" / "language").glob("grammar-*.json")]
    assert left == ([TABLES] if editable else [])
    for name in left:
        (checkout / "ocpiq" / "language" / name).unlink()


def test_pip_installs_the_sdist(checkout: Path, tmp_path: Path) -> None:
    build(checkout, tmp_path / "dist", "--sdist", "--wheel")
    [sdist] = (tmp_path / "dist").glob("*.tar.gz")
    programs = installed(tmp_path / "venv", str(sdist))
    assert run(programs, tmp_path, "ocpiq", "-q", "--demo", "sessions | aggregate count") == "10000\n"


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("tool", "words"),
    [
        ("pipx", ["install", "--python", sys.executable]),
        ("uv", ["tool", "install", "-q", "--python", sys.executable]),
    ],
)
def test_installers_of_programs(tool: str, words: list[str], checkout: Path, tmp_path: Path) -> None:
    """`pipx install .` and `uv tool install .` give a program that runs."""
    tools = installed(tmp_path / "tools", tool)
    bin_folder = tmp_path / "bin"
    places = {"PIPX_HOME": "pipx", "PIPX_BIN_DIR": "bin", "UV_TOOL_DIR": "uv", "UV_TOOL_BIN_DIR": "bin"}
    environment = (
        os.environ | {"HOME": str(tmp_path)} | {name: str(tmp_path / at) for name, at in places.items()}
    )
    command = [str(tools / tool), *words, str(checkout)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert run(bin_folder, tmp_path, "ocpiq", "-q", "--demo", "sessions | aggregate count") == "10000\n"
