"""ocpiq as a process: pipes that close, interrupts, the thread with the large stack, what is in the way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

OCPIQ = [sys.executable, "-m", "ocpiq"]


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """The environment of a user without logins."""
    return {**os.environ, "HOME": str(tmp_path / "home"), "XDG_CONFIG_HOME": str(tmp_path / "home")}


def ocpiq(*argv: str, text: str = "", env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*OCPIQ, *argv], input=text, capture_output=True, text=True, env=env, check=False, timeout=60
    )


def test_a_closed_pipe_is_no_error(home: dict[str, str]) -> None:
    command = f"{sys.executable} -m ocpiq -n 'range(300000)' | head -n 2; echo ${{PIPESTATUS[0]}}"
    run = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, env=home, check=False, timeout=60
    )
    assert (run.stdout, run.stderr) == ("0\n1\n0\n", "")


def test_a_closed_pipe_stops_the_pull(home: dict[str, str]) -> None:
    command = (
        f"{sys.executable} -m ocpiq --demo 'sessions pass .' | head -n 1 | wc -l; echo ${{PIPESTATUS[0]}}"
    )
    run = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, env=home, check=False, timeout=60
    )
    assert (run.stdout, run.stderr) == ("1\n0\n", "")


def test_a_full_disk_is_said(home: dict[str, str]) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full")
    with Path("/dev/full").open("wb") as full:
        run = subprocess.run(
            [*OCPIQ, "-n", "1"], stdout=full, stderr=subprocess.PIPE, text=True, env=home, check=False
        )
    assert (run.returncode, run.stderr) == (2, "error: cannot write the results: No space left on device\n")


CLOSED = {
    "errors": ("ocpiq -n '1, (2 | stderr | empty)' 2>&-", "1\n", 0),
    "output": ("ocpiq -n 1 >&-", "error: cannot write the results: Bad file descriptor\n", 2),
    "output of a command": ("ocpiq schema >&-", "error: cannot write the results: Bad file descriptor\n", 2),
    "output that is not needed": ("ocpiq -n -o x 1 >&-; cat x", "1\n", 0),
    "input": ("ocpiq -s . <&-", "[]\n", 0),
    "a query on input": ("ocpiq <&-", "error: no query (see ocpiq --help)\n", 2),
    "all": ("ocpiq -n 1 <&- >&- 2>&-", "", 2),
}


@pytest.mark.parametrize(("command", "printed", "code"), CLOSED.values(), ids=CLOSED)
def test_streams_may_be_closed(
    command: str, printed: str, code: int, home: dict[str, str], tmp_path: Path
) -> None:
    script = f'ocpiq() {{ {sys.executable} -m ocpiq "$@"; }}; {command}'
    env = {**home, "PYTHONPATH": str(Path(__file__).parents[2])}
    run = subprocess.run(
        ["bash", "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=env,
        cwd=tmp_path,
        check=False,
    )
    assert (run.stdout, run.returncode) == (printed, code)


def test_texts_are_utf8_whatever_the_locale(home: dict[str, str]) -> None:
    run = subprocess.run(
        [*OCPIQ, "help", "sum"], capture_output=True, env={**home, "PYTHONIOENCODING": "cp1252"}, check=True
    )
    assert "→" in run.stdout.decode("utf-8")


def test_a_pipe_with_a_name_is_written_to_as_it_is(home: dict[str, str], tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    with subprocess.Popen(["timeout", "20", "cat", str(tmp_path / "fifo")], stdout=subprocess.PIPE) as reader:
        run = ocpiq("-n", "-o", str(tmp_path / "fifo"), "1", env=home)
        assert (run.returncode, reader.communicate(timeout=30)[0]) == (0, b"1\n")
    assert (tmp_path / "fifo").is_fifo()


ENDLESS = ["range(1e12) | empty", "-n"]


@pytest.mark.parametrize(
    ("argv", "number", "code"),
    [
        pytest.param(ENDLESS, signal.SIGINT, 130, id="Ctrl-C"),
        pytest.param(["."], signal.SIGINT, 130, id="Ctrl-C while waiting for input"),
        pytest.param(ENDLESS, signal.SIGTERM, 143, id="kill"),
        pytest.param(ENDLESS, signal.SIGHUP, 129, id="the terminal is closed"),
    ],
)
def test_an_interrupt_ends_at_once_without_a_word_or_a_file(
    argv: list[str], number: signal.Signals, code: int, home: dict[str, str], tmp_path: Path
) -> None:
    with subprocess.Popen(
        [*OCPIQ, "-o", str(tmp_path / "out"), *argv],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=home,
    ) as process:
        deadline = time.monotonic() + 30
        while not list(tmp_path.glob(".out.*")):  # running, its file begun
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.send_signal(number)
        assert process.wait(30) == code
        assert process.communicate() == (b"", b"")
    assert not [path for path in tmp_path.iterdir() if "out" in path.name]


def test_recursion_far_beyond_the_usual_stack(home: dict[str, str]) -> None:
    run = ocpiq("-n", "def f: if . > 100000 then . else . + 1 | f end; 0 | f", env=home)
    assert (run.returncode, run.stdout, run.stderr) == (0, "100001\n", "")


@pytest.mark.parametrize("query", ["length", ". == .", "tojson | length"])
@pytest.mark.parametrize("levels", [50_000, 240_000])
def test_input_far_deeper_than_any_is_read_or_refused(query: str, levels: int, home: dict[str, str]) -> None:
    run = ocpiq(query, text="[" * levels + "]" * levels, env=home)
    assert run.returncode in (0, 2, 5)
    assert run.stderr.startswith("error") or run.returncode == 0


def test_endless_recursion_is_an_error_and_no_crash(home: dict[str, str]) -> None:
    run = ocpiq("-n", "def f: [f]; f", env=home)
    assert run.returncode == 5
    assert run.stderr.startswith("error: ")
    assert "Traceback" not in run.stderr


def test_what_nobody_foresaw_shows_its_place_and_no_value(home: dict[str, str], tmp_path: Path) -> None:
    program = (
        "import sys, ocpiq.app.run as q, ocpiq.cli.main as m\n"
        "def broken(given, shutdown): raise ZeroDivisionError('personal value')\n"
        "q.run = broken\n"
        "sys.exit(m.main(['-n', '1']))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=home, check=False
    )
    assert run.returncode == 5
    assert run.stderr == "internal error: ZeroDivisionError at <string>:2 (please report)\n"
    run = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env={**home, "OCPIQ_DEBUG": "1"},
        check=False,
    )
    assert "personal value" in run.stderr


def test_a_saved_query_explains_itself(home: dict[str, str], tmp_path: Path) -> None:
    """As a command of its own, with `#!/usr/bin/env -S ocpiq -f` as its first line."""
    script = tmp_path / "bin" / "ocpiq"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\nexec {sys.executable} -m ocpiq "$@"\n')
    script.chmod(0o755)
    file = tmp_path / "idle.ocpiq"
    file.write_text((Path(__file__).parents[2] / "examples" / "idle_ports.ocpiq").read_text("utf-8"), "utf-8")
    file.chmod(0o755)
    env = {**home, "PATH": f"{script.parent}:{home['PATH']}", "PYTHONPATH": str(Path(__file__).parents[2])}
    run = subprocess.run(
        ["./idle.ocpiq", "--help"], capture_output=True, text=True, env=env, cwd=tmp_path, check=False
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert "\nParameters\n  period  " in run.stdout and "\n  sessions: passes " in run.stdout
    run = subprocess.run(
        ["./idle.ocpiq", "--year", "2026"],
        capture_output=True,
        text=True,
        env=env,
        cwd=tmp_path,
        check=False,
    )
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr == "error: unknown option --year (for a parameter: --arg year 2026)\n"


def test_login_and_pull(home: dict[str, str], tmp_path: Path) -> None:
    """The way of a user: a platform, a login, a pull; the same by --demo, and by --source from a file."""
    query = (
        'sessions pass start_date_time, kwh, status | select(.status == "COMPLETED")'
        " | aggregate {sessions: count, kwh: sum(.kwh)} by {month: .start_date_time[0:7]}"
    )
    with subprocess.Popen([*OCPIQ, "demo"], stdout=subprocess.PIPE, text=True, env=home) as platform:
        assert platform.stdout is not None
        url = platform.stdout.readline().removeprefix("versions URL: ").strip()
        token = platform.stdout.readline().removeprefix("token: ").strip()
        login = ocpiq("login", url, "--party", "NL-ABC", "--name", "mine", env={**home, "OCPIQ_TOKEN": token})
        assert (login.returncode, login.stdout) == (0, "")
        assert login.stderr.startswith("logged in to mine: OCPI 2.2.1, ")
        assert ocpiq("platforms", env=home).stdout == f"* mine  2.2.1  {url}\n"
        pulled = ocpiq(query, env=home)
        saved = ocpiq(
            "-q", "-o", str(tmp_path / "s.ndjson"), "get", "sessions", "--privacy-pass", ".", env=home
        )
        assert saved.returncode == 0
        platform.send_signal(signal.SIGINT)
        assert platform.wait(30) == 0
    assert pulled.returncode == 0
    assert pulled.stderr == "sessions: 10,000 objects, 11 pages\n"
    assert len(pulled.stdout.splitlines()) == 12
    assert ocpiq("--demo", query, env=home).stdout == pulled.stdout
    assert ocpiq("--source", f"sessions={tmp_path / 's.ndjson'}", query, env=home).stdout == pulled.stdout
    assert ocpiq("logout", env=home).stderr == "logged out of mine\n"
    gone = ocpiq("sessions", env=home)
    assert gone.returncode == 2 and "no platform" in gone.stderr


def test_a_wrong_token(home: dict[str, str]) -> None:
    with subprocess.Popen([*OCPIQ, "demo"], stdout=subprocess.PIPE, text=True, env=home) as platform:
        assert platform.stdout is not None
        url = platform.stdout.readline().removeprefix("versions URL: ").strip()
        run = ocpiq("login", url, "--party", "NL-ABC", "--token", "wr0ng", env=home)
        platform.send_signal(signal.SIGINT)
    assert run.returncode == 6
    assert "wr0ng" not in run.stderr and run.stderr.startswith("error: ")
    assert ocpiq("platforms", env=home).stdout == ""


@pytest.mark.parametrize(
    "output", [[], ["-o", "x.csv"], ["-o", "x.sqlite"]], ids=["stream", "file", "database"]
)
def test_nothing_is_left_for_the_garbage_collector(
    output: list[str], home: dict[str, str], tmp_path: Path
) -> None:
    """Python 3.13 prints what older ones show in development mode: errors while an object is collected."""
    words = ["-q", "--demo", "--audit", "trail", *output, "locations | limit 3"]
    command = [sys.executable, "-X", "dev", "-W", "error", "-m", "ocpiq", *words]
    run = subprocess.run(
        command, capture_output=True, text=True, env=home, cwd=tmp_path, check=False, timeout=120
    )
    assert (run.returncode, run.stderr) == (0, "")


LOADED_AND_COMPILED = """
import re, sys
before, compiled, compile = set(sys.modules), set(), re.compile
def record(text, flags=0):
    compiled.add(sys._getframe(1).f_globals["__name__"])
    return compile(text, flags)
re.compile = record
sys.argv = ["ocpiq", "-n", "1"]
from ocpiq.__main__ import main
main()
heavy = {"asyncio", "concurrent.futures", "hashlib", "inspect", "ipaddress", "logging", "platform", "textwrap"}
heavy |= {"ocpiq.runtime.builtins.formats", "ocpiq.runtime.dates.dates", "ocpiq.runtime.regex.regex"}
print(sorted(heavy & set(sys.modules) - before))
print(sorted(name for name in compiled if name.startswith("ocpiq")))
"""


def test_a_start_loads_and_compiles_nothing_that_it_does_not_use(home: dict[str, str]) -> None:
    """The start is a third of a short query: what libraries import for other uses, expressions of other queries."""
    argv = [sys.executable, "-c", LOADED_AND_COMPILED]
    run = subprocess.run(argv, capture_output=True, text=True, env=home, check=True)
    compiled = "['ocpiq.language.lalr', 'ocpiq.values.json.codec']"
    assert run.stdout == f"1\n[]\n{compiled}\n"


DEFERRED = """
from ocpiq.app.light_imports import import_lightly
import_lightly()
import dataclasses, urllib.parse, uuid
import inspect, ipaddress, platform, textwrap, typing_extensions
assert all(module.__spec__ for module in (inspect, ipaddress, platform, textwrap, typing_extensions))
@dataclasses.dataclass
class Pair:
    x: int
print(Pair.__doc__, urllib.parse.urlsplit("http://[::1]:80/").hostname, uuid.uuid4().version)
"""


def test_a_deferred_module_is_there_for_everyone_else() -> None:
    run = subprocess.run([sys.executable, "-c", DEFERRED], capture_output=True, text=True, check=True)
    assert run.stdout == "Pair(x: int) ::1 4\n"
