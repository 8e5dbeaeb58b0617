"""The completion of shells, asked as the shells ask."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from ocpiq.commands.completion import SCRIPTS
from ocpiq.commands.options import COMMANDS, FORMS, OPTIONS, SHELLS
from ocpiq.schema import modules


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("completion")
    for shell in SHELLS:
        (folder / shell).write_text("\n".join(SCRIPTS[shell]()) + "\n", "utf-8")
    return folder


def needed(shell: str) -> str:
    return shutil.which(shell) or pytest.skip(f"there is no {shell}")


def out(*argv: str) -> list[str]:
    run = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=30)
    assert run.stderr == ""
    return run.stdout.splitlines()


@pytest.mark.parametrize("shell", SHELLS)
def test_the_shell_reads_its_script(shell: str, scripts: Path) -> None:
    assert out(needed(shell), "-n", str(scripts / shell)) == []


@pytest.mark.parametrize("shell", SHELLS)
def test_every_command_and_option_is_in_it(shell: str, scripts: Path) -> None:
    text = (scripts / shell).read_text("utf-8")
    assert [command.name for command in COMMANDS if command.name not in text] == []
    dashes = "-l " if shell == "fish" else "--"
    assert [option.name for option in OPTIONS if f"{dashes}{option.name}" not in text] == []


LINES: dict[str, tuple[str, ...]] = {
    "log": ("login", "logout"),
    "--sour": ("--source",),
    "--demo --sour": ("--source",),
    "--to ": FORMS,
    "--to t": ("tsv", "table"),
    "--to csv comp": ("completion",),
    "--csv s": ("semicolon",),
    "get s": ("sessions",),
    "--demo get --privacy-": ("--privacy-pass",),
    "login --priv": (),
    "login --to": ("--token", "--token-file"),
    "schema ": modules(),
    "completion ": SHELLS,
    "-o get --par": ("--parallel",),
    "--arg get login exp": ("explain",),
}


@pytest.mark.parametrize(("line", "words"), LINES.items(), ids=LINES)
def test_in_bash(line: str, words: tuple[str, ...], scripts: Path) -> None:
    assert bash(scripts, *line.split(" ")) == sorted(words)


@pytest.mark.parametrize(
    ("line", "words"),
    [("--to = m", ["markdown"]), ("--to =", sorted(FORMS)), ("--to = csv lo", ["login", "logout"])],
)
def test_in_bash_readline_breaks_words_at_an_equals_sign(line: str, words: list[str], scripts: Path) -> None:
    assert bash(scripts, *line.split(" ")) == words


def test_in_bash_a_list_goes_on_behind_a_comma(scripts: Path) -> None:
    assert bash(scripts, "--csv", "excel,decimal-comma,t") == ["excel,decimal-comma,tab"]


def bash(scripts: Path, *words: str) -> list[str]:
    """Return what bash would offer for the last of the words."""
    script = (
        'source "$1"; shift; COMP_WORDS=(ocpiq "$@"); COMP_CWORD=$#; _ocpiq; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    found = out(needed("bash"), "--norc", "-c", script, "bash", str(scripts / "bash"), *words)
    return sorted(word for word in found if word)


@pytest.mark.parametrize("line", ["log", "--to ", "--to t", "get s", "schema ", "completion "])
def test_in_fish(line: str, scripts: Path) -> None:
    found = out(needed("fish"), "--no-config", "-c", f"source {scripts / 'fish'}; complete -C 'ocpiq {line}'")
    assert {found.split("\t")[0] for found in found} >= set(LINES[line])
