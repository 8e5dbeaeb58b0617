"""The completion of shells, asked as the shells ask."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

import pexpect
import pytest
from _pytest.mark import ParameterSet
from support.programs import program

from ocpiq.app.commands import COMMANDS, SHELLS
from ocpiq.app.options import OPTIONS
from ocpiq.cli.completion import SCRIPTS
from ocpiq.schema import modules
from ocpiq.sinks.registry import NAMES


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the scripts, a state and two logins as ocpiq lists them, and a saved query among other files."""
    folder = tmp_path_factory.mktemp("completion")
    (folder / "ocpiq").write_text(
        "#!/bin/sh\ncase $1 in state) printf 'depot  sessions  delivered up to\\n';;\n"
        "*) printf '* depot  2.2.1  https://a\\n  other  2.2.1  https://b\\n';; esac\n"
    )
    (folder / "ocpiq").chmod(0o755)
    (folder / "work" / "more").mkdir(parents=True)
    (folder / "work" / "month.ocpiq").touch()
    (folder / "work" / "month.csv").touch()
    for shell in SHELLS:
        (folder / shell).write_text("\n".join(SCRIPTS[shell]()) + "\n", "utf-8")
    return folder


def out(*argv: str) -> list[str]:
    run = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=30)
    assert run.stderr == ""
    return run.stdout.splitlines()


def marked(shells: Iterable[str]) -> list[ParameterSet]:
    """Shells as parameters; bash is everywhere."""
    return [pytest.param(shell, marks=[] if shell == "bash" else [pytest.mark.heavy]) for shell in shells]


@pytest.mark.parametrize("shell", marked(SHELLS))
def test_the_shell_reads_its_script(shell: str, scripts: Path) -> None:
    assert out(program(shell), "-n", str(scripts / shell)) == []


@pytest.mark.parametrize("shell", SHELLS)
def test_every_command_and_option_is_in_it(shell: str, scripts: Path) -> None:
    text = (scripts / shell).read_text("utf-8")
    assert [command.name for command in COMMANDS if command.name not in text] == []
    dashes = "-l " if shell == "fish" else "--"
    assert [option.name for option in OPTIONS if f"{dashes}{option.name}" not in text] == []


YEAR = datetime.now().year
LINES: dict[str, tuple[str, ...]] = {
    "log": ("login", "logout"),
    "ses": ("sessions",),
    "--demo evs": ("evses",),
    "sessions ses": (),
    "explain ses": ("sessions",),
    "help group_": ("group_by",),
    "logout ": ("depot", "other"),
    "report nevi_s": ("nevi_sessions",),
    "--demo report irve": ("irve_dynamic", "irve_static"),
    "reports afir_c": ("afir_completeness",),
    "--platform d": ("depot",),
    "--state d": ("depot",),
    "--as 2.2": ("2.2", "2.2.1"),
    "check x.csv --as irve": ("irve-dynamic", "irve-static"),
    "report irve_static --as irve": (),
    f"report nevi_power --period {YEAR}-Q": tuple(f"{YEAR}-Q{quarter}" for quarter in range(1, 5)),
    f"-f month.ocpiq --period {YEAR}-1": (f"{YEAR}-10", f"{YEAR}-11", f"{YEAR}-12"),
    "--source ses": ("sessions=",),
    "--source sessions=m": (),
    "-f m": ("month.ocpiq", "more"),
    "-nf m": ("month.ocpiq", "more"),
    "explain -f m": ("month.ocpiq", "more"),
    "-f month.ocpiq m": (),
    "--sour": ("--source",),
    "--demo --sour": ("--source",),
    "--to ": NAMES,
    "--to t": ("tsv", "table"),
    "--to csv comp": ("completion",),
    "--csv s": ("semicolon",),
    "get s": ("sessions", "statuses"),
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
    [
        ("--to = m", ["markdown"]),
        ("--to =", sorted(NAMES)),
        ("--to = csv lo", ["locations", "login", "logout"]),
        ("--source sessions = s", []),
        ("--source sessions =", []),
    ],
)
def test_in_bash_readline_breaks_words_at_an_equals_sign(line: str, words: list[str], scripts: Path) -> None:
    assert bash(scripts, *line.split(" ")) == words


def test_in_bash_a_list_goes_on_behind_a_comma(scripts: Path) -> None:
    assert bash(scripts, "--csv", "excel,decimal-comma,t") == ["excel,decimal-comma,tab"]


def bash(scripts: Path, *words: str) -> list[str]:
    """Return what bash would offer for the last of the words."""
    script = (
        'source "$1"; PATH=$2:$PATH; cd "$2/work"; shift 2; COMP_WORDS=(ocpiq "$@"); COMP_CWORD=$#;'
        ' _ocpiq; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    argv = ("bash", str(scripts / "bash"), str(scripts), *words)
    return sorted(word for word in out(program("bash"), "--norc", "-c", script, *argv) if word)


@pytest.mark.heavy
@pytest.mark.parametrize("line", [line for line in LINES if "f m" not in line])
def test_in_fish(line: str, scripts: Path) -> None:
    assert fish(scripts, line) >= set(LINES[line])


@pytest.mark.heavy
def test_in_fish_saved_queries(scripts: Path) -> None:
    assert "month.ocpiq" in fish(scripts, "-f m")
    assert "month.ocpiq" in fish(scripts, "explain -f mon")


def fish(scripts: Path, line: str) -> set[str]:
    """Return what fish would offer at the end of the line."""
    script = (
        f"set PATH {scripts} $PATH; cd {scripts}/work; source {scripts / 'fish'}; complete -C 'ocpiq {line}'"
    )
    return {found.split("\t")[0] for found in out(program("fish"), "--no-config", "-c", script)}


TYPED = {
    "an option": ("--sou", "--source "),
    "a module": ("ses", "sessions "),
    "a source": ("--source ses", "--source sessions="),
    "its file": ("--source sessions=month.c", "--source sessions=month.csv "),
    "a saved query": ("-f mon", "-f month.ocpiq "),
    "a form": ("--to mark", "--to markdown "),
    "a login": ("--platform d", "--platform depot "),
    "more of a list": ("--csv excel,semi", "--csv excel,semicolon"),
    "a report": ("report irve_st", "report irve_static "),
    "a recipient's rules": ("check x.csv --as irve-st", "check x.csv --as irve-static "),
    "a period": (f"report nevi_power --period {YEAR}-Q", f"report nevi_power --period {YEAR}-Q"),
    "the version of a form": ("--as 2.3", "--as 2.3.0 "),
    "a command behind an option": ("--demo expl", "--demo explain "),
}
STARTED = {
    "bash": (["--norc", "-i"], "source {0}/bash", "export PS1=@READY"),
    "zsh": (["-f", "-i"], "autoload -U compinit; compinit -u -D; source {0}/zsh", "PROMPT=@READY"),
}


@pytest.fixture(scope="module", params=marked(STARTED))
def terminal(request: pytest.FixtureRequest, scripts: Path) -> Iterator[pexpect.spawn[str]]:
    """A shell on a terminal, with its script, where the files and logins are."""
    argv, load, prompt = STARTED[request.param]
    kept = {
        "PATH": f"{scripts}:{os.environ['PATH']}",
        "HOME": str(scripts),
        "TERM": "dumb",
        "INPUTRC": "/dev/null",
    }
    shell = pexpect.spawn(
        program(request.param), argv, env=kept, encoding="utf-8", timeout=20, dimensions=(50, 200)
    )
    shell.sendline(f"cd {scripts}/work; {load.format(scripts)}; {prompt}")
    shell.expect_exact("\r\n")
    shell.expect_exact("@READY")
    yield shell
    shell.close(force=True)


@pytest.mark.parametrize(("typed", "completed"), TYPED.values(), ids=TYPED)
def test_a_key_completes(typed: str, completed: str, terminal: pexpect.spawn[str]) -> None:
    terminal.send(f"ocpiq {typed}\t")
    terminal.send("\x01echo '<\x05>'\r")  # the line as it is now, printed
    terminal.expect(r"\n<ocpiq (.*)>")
    assert terminal.match is not None
    assert terminal.match[1].rstrip() == completed.rstrip()
    terminal.expect_exact("@READY")
