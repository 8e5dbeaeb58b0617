"""Every command in README.md, run as it stands there, gives what stands below it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ocpiq.demo import TOKEN

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"^```console\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
PYTHON = re.findall(r"^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
SETUP = re.findall(r"^```sh\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
PORT = "8642"


def commands() -> Iterator[tuple[str, str]]:
    """Yield each command of the console blocks, and what it prints."""
    for block in BLOCKS:
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, printed = part.partition("\n")
            yield command, printed


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A user's environment in which `ocpiq` is this one."""
    (tmp_path / "bin").mkdir()
    script = tmp_path / "bin" / "ocpiq"
    script.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m ocpiq "$@"\n')
    script.chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OCPIQ_")}
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    return {**kept, "PATH": path, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}


def free_port() -> str:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return str(found.getsockname()[1])


def test_every_command_prints_what_stands_below_it(environment: dict[str, str], tmp_path: Path) -> None:
    port = free_port()
    platform: subprocess.Popen[str] | None = None
    try:
        for command, printed in commands():
            here = command.replace(PORT, port)
            if here.endswith(" &"):
                platform = subprocess.Popen(
                    here.removesuffix(" &").split(),
                    stdout=subprocess.PIPE,
                    text=True,
                    cwd=tmp_path,
                    env=environment,
                )
                assert platform.stdout is not None
                assert port in platform.stdout.readline()
                assert platform.stdout.readline() == f"token: {TOKEN}\n"
                continue
            run = subprocess.run(
                ["bash", "-c", here],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                cwd=tmp_path,
                env=environment,
                check=False,
            )
            assert sorted(run.stdout.splitlines()) == sorted(printed.replace(PORT, port).splitlines()), (
                command
            )
        for text in PYTHON:  # after the commands, whose files it reads
            done = subprocess.run(
                [sys.executable, "-c", text],
                capture_output=True,
                text=True,
                cwd=tmp_path,
                env={**environment, "PYTHONPATH": str(ROOT)},
                check=False,
            )
            assert (done.stdout, done.stderr) == ("EUR 22277.893\nGBP 8057.643\n", "")
    finally:
        if platform is not None:
            platform.send_signal(signal.SIGINT)
            platform.communicate(timeout=30)


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
