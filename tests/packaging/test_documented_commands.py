"""Every command of README.md and of the guides in .docs/, run in order, prints what stands below it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ocpiq.demo import TOKEN

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
PAGES = [README, *sorted((ROOT / ".docs").glob("*.md"))]
BLOCK = re.compile(
    r"^```console\n(?P<console>.*?)^```$|^```python\n(?P<python>.*?)^```\n\n```text\n(?P<printed>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
SETUP = re.findall(r"^```sh\n(.*?)^```$", README.read_text("utf-8"), re.MULTILINE | re.DOTALL)
PORT = "8642"


def commands(page: Path) -> Iterator[tuple[list[str], str]]:
    """Yield each command of a page as the words that run it, and what it prints."""
    for block in BLOCK.finditer(page.read_text("utf-8")):
        if block["python"]:
            yield [sys.executable, "-c", block["python"]], block["printed"]
            continue
        for part in re.split(r"^\$ ", block["console"], flags=re.MULTILINE)[1:]:
            command, _, printed = part.partition("\n")
            yield ["bash", "-c", command], printed


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A user's environment in which `ocpiq` is this one."""
    (tmp_path / "bin").mkdir()
    script = tmp_path / "bin" / "ocpiq"
    script.write_text(f'#!/bin/sh\nexec {sys.executable} -m ocpiq "$@"\n')
    script.chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OCPIQ_")}
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    home = str(tmp_path)
    return {**kept, "PATH": path, "HOME": home, "XDG_CONFIG_HOME": home, "PYTHONPATH": str(ROOT)}


def free_port() -> str:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return str(found.getsockname()[1])


@contextmanager
def demo(command: str, port: str, folder: Path, environment: dict[str, str]) -> Iterator[None]:
    """Run `ocpiq demo` until the context ends."""
    platform = subprocess.Popen(
        command.removesuffix(" &").split(), stdout=subprocess.PIPE, text=True, cwd=folder, env=environment
    )
    try:
        assert platform.stdout is not None
        assert port in platform.stdout.readline()
        assert platform.stdout.readline() == f"token: {TOKEN}\n"
        yield
    finally:
        platform.send_signal(signal.SIGINT)
        platform.communicate(timeout=60)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_prints_what_stands_below_it(
    page: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    port = free_port()
    with demo_of(page, port, tmp_path, environment):
        for words, printed in commands(page):
            here = [word.replace(PORT, port) for word in words]
            if here[-1].endswith(" &"):
                continue
            run = subprocess.run(
                here,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                cwd=tmp_path,
                env=environment,
                check=False,
            )
            expected = printed.replace(PORT, port)
            assert sorted(run.stdout.splitlines()) == sorted(expected.splitlines()), words[-1]


@contextmanager
def demo_of(page: Path, port: str, folder: Path, environment: dict[str, str]) -> Iterator[None]:
    """Serve the demo platform for a page that starts it."""
    started = [words[-1].replace(PORT, port) for words, _ in commands(page) if words[-1].endswith(" &")]
    if not started:
        yield
        return
    with demo(started[0], port, folder, environment):
        yield


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_block_is_of_a_known_kind(page: Path) -> None:
    """A command in a block of another kind would not be run."""
    kinds = set(re.findall(r"^```(\S+)$", page.read_text("utf-8"), re.MULTILINE))
    assert kinds <= {"console", "python", "text"} | ({"sh"} if page == README else set())


def test_two_commands_set_everything_up() -> None:
    assert len(SETUP) == 2
    assert all(text.startswith("python3 -m venv .venv && .venv/bin/pip install -q ") for text in SETUP)
    assert "ocpiq --demo 'cdrs net pass" in SETUP[0] and "pytest" in SETUP[1]


@pytest.mark.slow
def test_the_first_command_works_in_a_clean_clone(tmp_path: Path) -> None:
    clone = ["git", "clone", "-q", str(ROOT), str(tmp_path / "clone")]
    if subprocess.run(clone, check=False, capture_output=True).returncode:
        pytest.skip("this is not a git checkout")
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    run = subprocess.run(
        ["bash", "-c", SETUP[0]],
        capture_output=True,
        text=True,
        cwd=tmp_path / "clone",
        env=kept,
        check=False,
    )
    if run.returncode and "No matching distribution" in run.stderr:
        pytest.skip("the packages that ocpiq needs cannot be had here")
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines()[0] == '{"month":"2025-11","cdrs":759,"kwh":23764.322}'
