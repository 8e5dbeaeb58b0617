"""Signals and real processes: an endless pull that is told to end, again and again; what it leaves, what it says."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pexpect
import pytest
from support.cli import command
from support.platforms import TOKEN, Platform, Request, Response, envelope, serving
from support.typed_files import FORMATS, TypedFormat

OCPIQ = (sys.executable, "-m", "ocpiq")
TRIES = 12
QUERIES = (
    "sessions pass kwh",
    "sessions pass kwh | aggregate max(.kwh)",
    "reduce (sessions) as $s (0; . + 1)",
)
MOMENT = 10.0  # seconds in which a process ends at the latest, on a busy machine; it has one to end by itself


def endless(platform: Platform) -> Callable[[Request], Response]:
    """Return a platform's sessions without an end, each page with others and a link to the next."""

    def answer(request: Request) -> Response:
        if len(platform.requests) > 200:  # else it takes the client for one that goes round in circles
            del platform.requests[:100]
        offset = int(request.query.get("offset", 0))
        link = f'<{platform.url}{request.path}?offset={offset + 100}>; rel="next"'
        page = [{"id": f"S{offset + number}", "kwh": 1} for number in range(100)]
        return Response(envelope(page), headers={"Link": link})

    return answer


def silent(request: Request) -> Response:
    return Response(b"", silent=60.0)


@pytest.fixture
def platform() -> Iterator[Platform]:
    found = Platform()
    with serving(found):
        yield found


@pytest.fixture
def environment(platform: Platform, home: Path, tmp_path: Path) -> dict[str, str]:
    """The environment of a user who logged in to the platform."""
    login = ["login", platform.versions_url, "--party", "NL-GOV", "--token", TOKEN, "--name", "test"]
    assert command(home, login).code == 0
    platform.special = {"sessions": endless(platform)}  # type: ignore[dict-item]
    others = {name: text for name, text in os.environ.items() if not name.startswith(("XDG_", "OCPIQ_"))}
    return {**others, "HOME": str(home), "OCPIQ_CACHE": str(tmp_path / "cache")}


def started(environment: dict[str, str], *argv: str, **streams: int) -> subprocess.Popen[bytes]:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams}
    return subprocess.Popen([*OCPIQ, *argv], env=environment, **pipes)  # type: ignore[call-overload]


def wait_for(what: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
@pytest.mark.parametrize(
    "query",
    ["sessions pass kwh", "sessions pass kwh | aggregate max(.kwh)", "reduce (sessions) as $s (0; . + 1)"],
)
def test_an_endless_pull_to_a_file_ends_at_the_first_signal(
    query: str, number: signal.Signals, platform: Platform, environment: dict[str, str], tmp_path: Path
) -> None:
    """At whatever moment it comes, also while a thread is being started."""
    chance = random.Random(1)
    folder = tmp_path / "work"
    folder.mkdir()
    for _ in range(TRIES // 3):
        platform.requests.clear()
        with started(environment, "-q", "-o", str(folder / "out"), query) as process:
            wait_for(lambda: list(folder.iterdir()) and platform.requests)
            time.sleep(chance.uniform(0, 0.5))
            process.send_signal(number)
            assert process.wait(MOMENT) == 128 + number
            assert process.communicate() == (b"", b"")
        assert list(folder.iterdir()) == []


@pytest.mark.parametrize("wait", [0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3])
def test_a_signal_while_it_starts(wait: float, environment: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    with started(environment, "-n", "-o", str(folder / "out"), "range(1e12) | empty") as process:
        time.sleep(wait)
        process.send_signal(signal.SIGTERM)
        assert process.wait(MOMENT) in (128 + signal.SIGTERM, -signal.SIGTERM)
        assert process.communicate() == (b"", b"")
    assert list(folder.iterdir()) == []


SLOW_START = """
import sys, time
class Slow:
    def find_spec(self, name, *_):
        if name == "ocpiq.cli.main":
            print("loading", flush=True)
            time.sleep(60)
sys.meta_path.insert(0, Slow())
from ocpiq.__main__ import main
sys.exit(main())
"""


def test_no_module_in_c_is_loaded_before_an_interrupt_is_handled() -> None:
    """An interrupt that Python raises while a module in C is loading can end the process with a crash."""
    source = (
        "import sys; before = set(sys.modules); import ocpiq.__main__; print(*(set(sys.modules) - before))"
    )
    run = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    loaded = {name for name in run.stdout.split() if name.partition(".")[0] not in sys.stdlib_module_names}
    assert loaded == {"ocpiq", "ocpiq.__main__"}


def test_an_interrupt_while_it_is_loaded_says_nothing(environment: dict[str, str]) -> None:
    argv = [sys.executable, "-c", SLOW_START]
    with subprocess.Popen(argv, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdout.readline() == b"loading\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(MOMENT) == -signal.SIGINT
        assert process.communicate() == (b"", b"")


BLOCKED = {
    "a platform that is silent": ["-q", "sessions"],
    "an input that nobody writes to": ["."],
    "an input that it adds up": ["-n", "reduce inputs as $i (0; . + 1)"],
    "a computation": ["-n", "[range(1e12)] | length"],
    "the name of a pipe that nobody reads": ["-n", "-o", "fifo", "1"],
}


@pytest.mark.parametrize("argv", BLOCKED.values(), ids=BLOCKED)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_what_waits_ends_as_well(
    argv: list[str],
    number: signal.Signals,
    platform: Platform,
    environment: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("fifo")
    platform.special = {"sessions": silent}
    with started(environment, *argv) as process:
        time.sleep(0.7)
        began = time.monotonic()
        process.send_signal(number)
        assert process.wait(MOMENT) in (128 + number, -number)
        assert time.monotonic() - began < MOMENT
        assert process.communicate() == (b"", b"")


def test_what_was_written_before_the_signal_is_seen(platform: Platform, environment: dict[str, str]) -> None:
    with started(environment, "-q", "sessions only id | .id") as process:
        wait_for(lambda: len(platform.requests) > 20)
        process.send_signal(signal.SIGTERM)
        out = process.communicate(timeout=MOMENT)[0].decode().split()
    assert out == [f'"S{number}"' for number in range(len(out))]
    assert len(out) >= 1000


def test_a_second_signal_ends_it_at_once(environment: dict[str, str], tmp_path: Path) -> None:
    with started(environment, "-n", "range(1e12) | empty") as process:
        time.sleep(0.7)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.2)  # less than it has to end by itself
        process.send_signal(signal.SIGTERM)
        assert process.wait(MOMENT) == -signal.SIGTERM


def test_what_a_kill_leaves_the_next_run_removes(environment: dict[str, str], tmp_path: Path) -> None:
    """And no run removes what another is writing."""
    folder = tmp_path / "work"
    folder.mkdir()
    argv = ("-q", "-o", str(folder / "out"), "sessions pass kwh")
    with started(environment, *argv) as killed:
        wait_for(lambda: list(folder.iterdir()))
        with started(environment, *argv) as other:
            wait_for(lambda: len(list(folder.iterdir())) == 2)
            killed.send_signal(signal.SIGKILL)
            assert killed.wait(MOMENT) == -signal.SIGKILL
            assert len(list(folder.iterdir())) == 2
            done = subprocess.run(
                [*OCPIQ, "-n", "-o", str(folder / "other"), "1"], env=environment, check=False
            )
            assert done.returncode == 0
            left = sorted(path.name for path in folder.iterdir())
            assert len(left) == 2 and left[0].startswith(".out.") and left[1] == "other"
            other.send_signal(signal.SIGTERM)
            assert other.wait(MOMENT) == 128 + signal.SIGTERM
    assert [path.name for path in folder.iterdir()] == ["other"]


def test_signals_that_are_ignored_stay_so(environment: dict[str, str]) -> None:
    """As below `nohup`, and for a process in the background of a script."""
    script = f"trap '' HUP INT; exec {sys.executable} -m ocpiq -n 'range(1e12) | empty'"
    with subprocess.Popen(["bash", "-c", script], env=environment) as process:
        time.sleep(0.7)
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(MOMENT) == 128 + signal.SIGTERM


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 143)])
def test_the_demo_ends(number: signal.Signals, code: int, environment: dict[str, str]) -> None:
    with started(environment, "demo") as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b"versions URL: ")
        process.send_signal(number)
        assert process.wait(MOMENT) == code
        assert process.communicate()[1] == b""


# ---------------------------------------------------------------- a slow pull


@pytest.fixture
def slow(platform: Platform, environment: dict[str, str]) -> dict[str, str]:
    """A platform that gives one page and keeps the next for itself."""
    give = endless(platform)
    platform.special = {
        "sessions": lambda request: silent(request) if int(request.query.get("offset", 0)) else give(request)
    }
    return environment


@pytest.mark.parametrize("form", ["ndjson", "json", "csv", "tsv"])
def test_a_row_of_a_slow_pull_is_seen_at_once_in_a_pipe(form: str, slow: dict[str, str]) -> None:
    with started(slow, "-q", "--to", form, "sessions only id | .id") as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(100)]
        assert b"S98" in b"".join(lines)
        process.send_signal(signal.SIGTERM)
        assert process.wait(MOMENT) == 128 + signal.SIGTERM


@pytest.mark.parametrize("form", ["json", "csv", "table", "markdown"])
def test_a_row_of_a_slow_pull_is_seen_at_once_on_a_terminal(form: str, slow: dict[str, str]) -> None:
    process = pexpect.spawn(
        sys.executable,
        ["-m", "ocpiq", "-q", "--to", form, 'sessions only id | .id | select(endswith("7"))'],
        env={**slow, "TERM": "xterm"},
        encoding="utf-8",
        timeout=30,
        dimensions=(200, 80),
    )
    process.expect("S97")
    process.sendintr()
    process.expect(pexpect.EOF)
    process.close()
    assert process.exitstatus == 130


@pytest.mark.parametrize("words", [[".|debug"], ["-R", ".|debug"], ["--stream", ".[1]|debug"]])
def test_results_of_an_input_that_does_not_end_are_written_at_a_signal(
    words: list[str], environment: dict[str, str]
) -> None:
    """The thread that waits for the input ends by itself, which writes them: `tail -f log | ocpiq . | tee x`."""
    with started(environment, "-c", *words) as process:
        assert process.stdin is not None and process.stdout is not None and process.stderr is not None
        process.stdin.write(b"1\n2\n")
        process.stdin.flush()
        assert b"1" in process.stderr.readline()
        assert b"2" in process.stderr.readline()  # so the first result was handed out
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline().strip(b'"\n') == b"1"
        assert process.wait(MOMENT) == 130


def test_ctrl_c_ends_a_query_that_waits_for_the_terminal(environment: dict[str, str]) -> None:
    words = ["-m", "ocpiq", "-c", "."]
    process = pexpect.spawn(sys.executable, words, env={**environment, "TERM": "xterm"}, timeout=30)
    process.sendline("[1,2]")
    process.expect_exact("2")  # the echo
    process.expect_exact("]")
    process.expect_exact("2")  # the result
    process.sendintr()
    process.expect(pexpect.EOF)
    process.close()
    assert process.exitstatus == 130
    assert b"\x1b[K" not in process.before  # as it is cleared after work that did not end


def test_unbuffered_each_value_is_seen_at_once(environment: dict[str, str]) -> None:
    with started(environment, "--unbuffered", ".") as process:
        assert process.stdin is not None and process.stdout is not None
        for number in range(3):
            process.stdin.write(b"%d\n" % number)
            process.stdin.flush()
            assert process.stdout.readline() == b"%d\n" % number
        process.stdin.close()
        assert process.wait(MOMENT) == 0


@pytest.mark.parametrize("typed", FORMATS, ids=lambda typed: typed.name)
def test_a_signal_leaves_nothing_of_a_typed_file(
    typed: TypedFormat, platform: Platform, environment: dict[str, str], tmp_path: Path
) -> None:
    """Neither the file nor what its library wrote beside it."""
    typed.need()
    folder = tmp_path / "work"
    folder.mkdir()
    path = folder / f"out{typed.ending}"
    with started(environment, "-q", "-o", str(path), "sessions only id, kwh") as process:
        wait_for(lambda: len(platform.requests) > 30 and list(folder.iterdir()))
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=MOMENT)
    assert (process.returncode, err, list(folder.iterdir())) == (128 + signal.SIGTERM, b"", [])
