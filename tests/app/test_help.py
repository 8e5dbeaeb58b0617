"""`--help`, of all and of each command, and the pages of `ocpiq help`: what they hold, and that a terminal has room."""

from __future__ import annotations

import re
import shlex
from importlib import import_module
from pathlib import Path

import pytest

from ocpiq.app.arguments import parse
from ocpiq.app.commands import COMMANDS, Command
from ocpiq.app.help import ENVIRONMENT, EXAMPLES, SHORT, full_help, help_for
from ocpiq.app.options import OPTIONS
from ocpiq.app.read_settings import settings
from ocpiq.app.reference import run as looked_up
from ocpiq.app.schema import run as schema
from ocpiq.app.wrap import wrap_section
from ocpiq.cli import main
from ocpiq.cli.get import as_query
from ocpiq.cli.main import run
from ocpiq.language.reference import page
from ocpiq.query import compile

WIDTH = 80
GIVEN = re.findall(r"^  ocpiq (.*)$", EXAMPLES, re.MULTILINE)
SECTIONS = re.findall(r"^## (.*)$", page(), re.MULTILINE)


def by_name(command: Command) -> str:
    return command.name


def test_every_variable_that_is_heeded_is_named() -> None:
    """Where a program reads its environment, it names the variable in capitals and quotes."""
    code = "".join(path.read_text("utf-8") for path in (Path(__file__).parents[2] / "ocpiq").rglob("*.py"))
    heeded = set(re.findall(r'"(OCPIQ_[A-Z]+|OCPI_SESSION_FILE|JQ_COLORS|NO_COLOR)"', code))
    assert heeded == {name for name, _ in ENVIRONMENT}


def test_it_fits_a_terminal_and_names_every_option() -> None:
    assert max(map(len, [*full_help().splitlines(), *SHORT.splitlines()])) <= WIDTH
    assert all(f"--{option.name}" in full_help() for option in OPTIONS)


def test_every_command_can_be_run() -> None:
    assert set(main.COMMANDS) == {"query", *(command.name for command in COMMANDS)}
    modules = [place.partition(":") for place in main.COMMANDS.values()]
    assert all(callable(getattr(import_module(name), function)) for name, _, function in modules)


@pytest.mark.parametrize("command", COMMANDS, ids=by_name)
def test_every_command_has_its_own(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([command.name, "--help"]) == 0
    text = capsys.readouterr().out
    assert text == help_for(command.name)
    assert text.startswith(f"ocpiq {command.name}") and "\nExamples\n  ocpiq " in text
    assert max(map(len, text.splitlines())) <= WIDTH
    named = set(re.findall(r"^ +(?:-., )?--(\S+)", text, re.MULTILINE))
    assert named == {option.name for option in OPTIONS if command.name in option.commands}
    assert run(["help", command.name]) == 0
    assert capsys.readouterr().out.startswith(text)  # the page on platforms follows that command's


@pytest.mark.parametrize("words", [*GIVEN, *(words for command in COMMANDS for words in command.examples)])
def test_an_example_means_something(
    words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The command line takes each, and what of it can be done without a platform is done."""
    (tmp_path / "report.ocpiq").write_text("sessions during $month pass kwh | aggregate sum(.kwh)", "utf-8")
    for name in ("approved.ocpiq", "changed.ocpiq"):
        (tmp_path / name).write_text("sessions only id", "utf-8")
    monkeypatch.chdir(tmp_path)
    argv = shlex.split(re.split(r" [|>] (?!.*')", words)[0])
    chosen = settings(parse(argv))
    match chosen.command:
        case "query":
            compile(chosen.words[0])
        case "get":
            compile(as_query(chosen))
        case "explain":
            assert run([word for word in argv if word != "--ask"]) == 0
        case "schema":
            assert schema(chosen) == 0
        case "help":
            assert looked_up(chosen) == 0
        case "completion" | "man" | "config" | "version":
            assert run(argv) == 0
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("title", SECTIONS)
def test_a_page_of_the_language_fits_a_terminal(title: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["help", title]) == 0
    long = [line for line in capsys.readouterr().out.splitlines() if len(line) > WIDTH]
    assert [
        line for line in long if not re.fullmatch(r" {10}→ \S+", line)
    ] == []  # an output, which has no blanks


FITTED = {
    "sentences": ("a b\nc d\n\ne", 6, ["a b c", "d", "", "e"]),
    "points": ("- a bb\n  c d\n- e", 5, ["- a", "  bb", "  c d", "- e"]),
    "a form": ("    f  aa bb", 6, ["    f", "        aa", "        bb"]),
    "an example": ("        long program → 1", 20, ["        long program", "          → 1"]),
    "a long program": (
        '        a | b("c d e") | f → 1',
        20,
        ["        a", '            | b("c d e")', "            | f", "          → 1"],
    ),
    "a short one": ("        1 → 1", 14, ["        1 → 1"]),
    "a fence": ("```text\na b c\n```", 6, ["a b c"]),
    "a table": (
        "x\n\n| a | b | c |\n|---|---|---|\n| `p \\| q` | 1 | 2 |",
        14,
        ["x", "", "  a", "      b  ·  c", "", "  p | q", "      1  ·  2"],
    ),
    "a wide table": (
        "| a | b | c | d |\n|---|---|---|---|\n| p q | 1 | `2`<br>`3 4` | 5 |",
        12,
        ["  p q", "      b: 1", "      c: 2", "        3 4", "      d: 5"],
    ),
    "a long first cell": ("| aa bb cc |\n|---|", 8, ["  aa bb", "  cc"]),
}


@pytest.mark.parametrize(("section", "width", "lines"), FITTED.values(), ids=FITTED)
def test_lines_are_set_anew(section: str, width: int, lines: list[str]) -> None:
    assert list(wrap_section(section, width)) == lines


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("audit", "only runs for this recipient"),
        ("audit", "the trail to read (default: the user's own)"),
        ("audit", "parquet"),
        ("risk", "(default: a table,"),
        ("explain", "json, markdown (an approval sheet) or policy"),
    ],
)
def test_the_help_of_a_command_describes_its_own_options(command: str, text: str) -> None:
    assert text in " ".join(help_for(command).split())
