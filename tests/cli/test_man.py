"""The man page."""

from __future__ import annotations

import os
import re
import subprocess

import pytest
from support.programs import program

from ocpiq.app.commands import COMMANDS
from ocpiq.app.help import ENVIRONMENT, EXIT_CODES
from ocpiq.app.options import OPTIONS
from ocpiq.cli.main import run
from ocpiq.cli.man import roff


@pytest.fixture
def page(capsys: pytest.CaptureFixture[str]) -> str:
    assert run(["man"]) == 0
    return capsys.readouterr().out


def test_its_parts(page: str) -> None:
    parts = re.findall(r"^\.SH (.*)$", page, re.MULTILINE)
    assert parts[:5] == ["NAME", "SYNOPSIS", "COMMANDS", "OPTIONS", "EXAMPLES"]
    assert page.startswith('.TH OCPIQ 1 "" "ocpiq ')
    assert page.isascii()
    assert all(f"ocpiq {command.name}" in page for command in COMMANDS)
    assert all(roff(f"--{option.name}") in page for option in OPTIONS)
    assert all(roff(example) in page for command in COMMANDS for example in command.examples)
    assert all(roff(name) in page for name, _ in (*EXIT_CODES, *ENVIRONMENT))


def test_only_its_own_lines_are_requests(page: str) -> None:
    requests = {line.split(" ")[0] for line in page.splitlines() if line[:1] in (".", "'")}
    assert requests == {".TH", ".SH", ".SS", ".TP", ".PP", ".nf", ".fi", ".BR"}


TEXTS = {
    "--na": "\\-\\-na",
    "\\uXXXX": "\\euXXXX",
    ".[] | x": "\\&.[] | x",
    "'a'": "\\(aqa\\(aq",
    "…": "\\[u2026]",
}


@pytest.mark.parametrize(("text", "written"), TEXTS.items(), ids=TEXTS)
def test_text_is_taken_as_it_stands(text: str, written: str) -> None:
    assert roff(text) == written


@pytest.mark.heavy
def test_groff_sets_it_without_a_warning(page: str) -> None:
    groff = program("groff")
    command = [groff, "-man", "-ww", "-Tutf8", "-P-c"]
    done = subprocess.run(command, input=page, capture_output=True, text=True, check=True, timeout=60)
    assert done.stderr == ""
    text = re.sub(".\b", "", done.stdout)
    assert "ocpiq login URL --party XX-YYY" in text
    assert "--to FORM" in text and "\\uXXXX" in text
    assert "  ocpiq '.[] | select(.price > 10)' prices.json" in text


@pytest.mark.heavy
def test_man_sets_it_without_a_warning_in_80_columns(page: str) -> None:
    man = program("man")
    command = [man, "--warnings=w", "-l", "-"]
    env = {**os.environ, "MANWIDTH": "80", "MAN_KEEP_FORMATTING": "", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        command, input=page, capture_output=True, text=True, env=env, check=False, timeout=60
    )
    if done.returncode:
        pytest.skip("this man does not read a page from standard input")
    assert done.stderr == ""
    assert max(map(len, re.sub(".\b", "", done.stdout).splitlines())) <= 80
