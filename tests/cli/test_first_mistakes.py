"""What a newcomer types wrong: one line with the problem, its place and the fix; and what interrupts a question."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest
from support.cli import command

OCPIQ = (sys.executable, "-m", "ocpiq")
FILES = {
    "empty": b"",
    "latin": "Köln\n".encode("latin-1"),
    "latin.csv": "id,stadt\n1,Köln\n".encode("latin-1"),
    "bad.json": b'[\n  {"a": 1,}\n]\n',
    "open.csv": b'station_id,port_id\n"1,2\n',
}
NEEDED = "the query needs period: which quarter, and network_provider: the network's name in EV-ChART"
PERIODS = "write periods as 2026, 2026-Q1, 2026-01, 2026-W03 or 2026-01-31"
AVAILABLE = "available: 2.1.1, 2.2, 2.2.1, 2.3.0"
LOGIN = "login https://localhost:1/versions --party NL-ABC"

CASES: dict[str, str] = {
    "report nevi": "unknown report nevi (did you mean nevi_coverage, nevi_outages, nevi_power, nevi_sessions,"
    " nevi_uptime or nevi_uptime_months?)",
    "report irve": "unknown report irve (did you mean irve_dynamic or irve_static?)",
    "report ELAADNL": "unknown report ELAADNL (did you mean elaadnl_transactions?)",
    "report qualicharge_session": "unknown report qualicharge_session (did you mean qualicharge_sessions?)",
    "report umweltbundesamt": "unknown report umweltbundesamt (did you mean thg_quota?)",
    "report xyzzy": "unknown report xyzzy (ocpiq reports lists them)",
    "report --demo nevi_sessions": f"{NEEDED} (--period 2026-01 --arg network_provider TEXT)",
    "report --demo failed_sessions --arg count many": 'count: "many" is not a whole number (--arg count 10)',
    "check empty --as nevi_sessions": "--as: unknown recipient nevi_sessions (did you mean ev-chart-2?)",
    "check empty --as irve": "--as: unknown recipient irve (did you mean irve-static or irve-dynamic?)",
    "check empty --as xyzzy": "--as: unknown recipient xyzzy (ocpiq report NAME --help names the check of a report)",
    "check empty": "ocpiq check takes one file and --as NAME (such as ocpiq check sessions.csv --as ev-chart-2;"
    " ocpiq report NAME --help names the check of a report)",
    "check bad.json --as qualicharge-sessions": "bad.json is not JSON at line 2, column 11",
    "check open.csv --as ev-chart-2": "open.csv is not CSV (a quote is not closed, or text follows it)",
    "risk latin.csv": "latin.csv is not UTF-8",
    "risk .": ". is a folder (ocpiq risk takes one file or query)",
    "-n -o x.cvs 1": "unknown ending .cvs (did you mean .csv? else name the format: --to json)",
    "-n -o x.prquet 1": "unknown ending .prquet (did you mean .parquet? else name the format: --to json)",
    "-n --csv excel:xx 1": "--csv: unknown locale xx (such as excel:de, excel:en or excel:nl)",
    "schema sessions.kwhh": "sessions has no field kwhh (did you mean kwh?)",
    "logout": "there is no login to remove (ocpiq login URL --party XX-YYY)",
    "help a b": "ocpiq help takes one name (ocpiq help lists all entries)",
    "version x": "ocpiq version takes no words",
    "sessions --help": "sessions is a module, not a command (ocpiq schema sessions lists its fields; ocpiq --help, the"
    " options of a query)",
    "platforms --jsn": "unknown option --jsn (ocpiq platforms --help lists the options)",
    "login example.com --party NL-ABC": "not a platform URL (https://HOST/…/versions, as provided by the platform)",
    "login https://a%b --party NL-ABC": "no token (OCPIQ_TOKEN, --token-file FILE, or --token TOKEN)",
    f"{LOGIN} --ocpi-version 9": f"--ocpi-version: unknown OCPI version ({AVAILABLE})",
    f"{LOGIN} --token-file empty": "the token file empty is empty (for a feed without a token: --open)",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    for name, data in FILES.items():
        (home / name).write_bytes(data)
    monkeypatch.chdir(home)
    return home


@pytest.mark.parametrize(("line", "message"), CASES.items(), ids=CASES)
def test_a_mistake_is_one_line_with_its_fix(line: str, message: str, folder: Path) -> None:
    found = command(folder, line.split(" "))
    assert (found.code, found.err) == (2, f"error: {message}\n")


@pytest.mark.parametrize("period", ["2026-Q5", "2026Q1", "2026-1"])
def test_a_mistyped_period_is_shown_how_periods_are_written(period: str, folder: Path) -> None:
    found = command(folder, ["--demo", f"cdrs during {period}"])
    assert found.code == 3
    assert found.err.splitlines()[0].endswith(f"({PERIODS})")


@pytest.mark.parametrize("word", ["missing", "merge", "dir"])
def test_a_word_unlike_every_name_gets_no_suggestion(word: str, folder: Path) -> None:
    assert command(folder, [word]).err.splitlines()[0] == f"error: unknown module or function {word}"


@pytest.mark.parametrize(
    ("name", "extent"),
    [("empty", "problems in the file"), ("latin.json", "problems in 1 of 2 rows")],
)
def test_a_refused_file_says_where_its_problems_are(name: str, extent: str, folder: Path) -> None:
    row = '{"nobilId": "NOR_1", "evseUId": "E1", "status": "%s"}\n'
    (folder / "latin.json").write_text(row % "AVAILABLE" + row % "BROKEN")
    found = command(folder, ["check", name, "--as", "nobil-status"])
    assert (found.code, found.err) == (5, f"{name}: nobil-status would refuse it: {extent}\n")


def test_bytes_that_are_not_utf8_are_not_replaced_silently(folder: Path) -> None:
    found = command(folder, ["-n", "--rawfile", "x", "latin", "$x"])
    assert found.out.decode() == '"K\ufffdln\\n"\n'
    assert found.err.startswith("warning: latin for $x is not UTF-8")


def test_a_file_without_rows_says_which_parameters_have_their_defaults(folder: Path) -> None:
    found = command(folder, ["report", "-q", "--demo", "nobil_status", "-o", "."])
    assert (found.code, found.err) == (
        0,
        "warning: nobil-status.ndjson has no rows (by default: country NOR)\n",
    )
    assert command(folder, ["-n", "-o", "none.csv", "empty"]).err == "warning: none.csv has no rows\n"
    assert command(folder, ["-n", "-o", "one.csv", "1"]).err == ""


FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="has no /dev/full")
@pytest.mark.parametrize(
    ("words", "code"), [(("-n", "1"), 0), (("-n", "error(1)"), 5), (("nope",), 3), (("audit",), 2)]
)
def test_an_error_output_that_is_full_does_not_change_the_exit_code(
    words: tuple[str, ...], code: int, folder: Path
) -> None:
    environment = {**os.environ, "HOME": str(folder)}
    with FULL.open("wb") as full:
        run = subprocess.run(
            [*OCPIQ, *words], env=environment, stdout=subprocess.DEVNULL, stderr=full, check=False
        )
    assert run.returncode == code


@pytest.mark.parametrize("word", ["login", "login https://localhost:1/versions --party NL-ABC"])
def test_an_interrupt_while_it_asks_leaves_the_terminal_as_it_was(word: str, folder: Path) -> None:
    """At the hidden question for the token, and at the question for a session of ocpi-tool."""
    (folder / ".ocpi").write_text("{}")
    names = ("HOME", "PATH")
    others = {
        name: text for name, text in os.environ.items() if not name.startswith(("OCPI", "XDG_", *names))
    }
    shell = pexpect.spawn(
        "/bin/sh",
        ["-c", f"trap : INT; {sys.executable} -m ocpiq {word}; echo code $?; stty -a"],
        env={**others, "HOME": str(folder), "PATH": os.environ["PATH"], "TERM": "xterm"},
        encoding="utf-8",
        timeout=60,
        dimensions=(24, 80),
    )
    shell.expect(["token: ", r"\[y/N\] "])
    shell.sendintr()
    shell.expect("code 130")
    shell.expect(pexpect.EOF)
    assert " echo" in shell.before and "-echo " not in shell.before
    shell.close()


def test_a_token_that_is_typed_is_not_shown(folder: Path) -> None:
    shell = pexpect.spawn(
        sys.executable,
        ["-m", "ocpiq", "login", "https://localhost:1/versions", "--party", "NL-ABC"],
        env={**os.environ, "HOME": str(folder), "TERM": "xterm", "OCPIQ_TOKEN": ""},
        encoding="utf-8",
        timeout=60,
        dimensions=(24, 80),
    )
    shell.expect("token: ")
    shell.sendline("typed-secret")
    shell.expect("localhost:1 refuses connections")
    assert "typed-secret" not in shell.before
    shell.close()
