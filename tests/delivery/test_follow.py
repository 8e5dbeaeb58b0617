"""Following: when it polls again, what it says, and what ends it."""

from __future__ import annotations

import itertools
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from support.changing_platform import ChangingPlatform
from support.cli import command
from support.following import FakeClock, use_clock
from support.platforms import TOKEN, Response, serving
from support.programs import program

from ocpiq.delivery.follow import Follower, Schedule, duration
from ocpiq.errors import IncompleteError, PlatformError, PrivacyError, say
from ocpiq.ocpi.http.failures import Failure

OCPIQ = (sys.executable, "-m", "ocpiq")
MINUTE = 60.0


def followed(
    poll: Callable[[float], int], hours: float, interval: float = MINUTE, heartbeat: float | None = None
) -> tuple[list[float], list[str]]:
    """Return the minutes at which it polled, and what it said, with the minute."""
    fake, times, said = FakeClock(hours * 3600), list[float](), list[str]()
    start = fake.time

    def polled() -> int:
        times.append((fake.time - start) / 60)
        return poll(times[-1])

    def heard(text: str) -> None:
        said.append(f"{(fake.time - start) / 60:.0f}: {text}")

    Follower(polled, Schedule(interval, heartbeat), fake.clock, heard, lambda: "2026-01-01T00:00:00Z").run()
    return times, said


def test_polls_are_an_interval_apart_give_or_take_a_tenth() -> None:
    times, said = followed(lambda _: 1, 10)
    lengths = [after - before for before, after in itertools.pairwise(times)]
    assert 545 < len(times) < 667 and times[0] == 0
    assert all(0.899 <= length <= 1.101 for length in lengths)
    assert len({round(length, 6) for length in lengths}) > 100
    assert said == []


def test_a_slow_poll_is_said_once_and_never_overtaken() -> None:
    fake = FakeClock(3600)
    said: list[str] = []
    running = 0

    def poll() -> int:
        nonlocal running
        running += 1
        assert running == 1
        fake.time += 90
        running -= 1
        return 0

    Follower(poll, Schedule(MINUTE), fake.clock, said.append, lambda: "").run()
    assert said == ["warning: a poll took 90s, longer than --poll 60s"]


def failing(begin: float, end: float, error: Callable[[], Exception]) -> Callable[[float], int]:
    def poll(minute: float) -> int:
        if begin <= minute < end:
            raise error()
        return 1

    return poll


def absent() -> Exception:
    return PlatformError(say("locations: no answer"))


def test_an_absence_is_waited_out_and_said_at_its_start_doublings_and_end() -> None:
    times, said = followed(failing(0.5, 200, absent), 5)
    during = [time for time in times if 0.5 <= time < 200]
    lengths = [round(after - before) for before, after in itertools.pairwise(during)]
    assert lengths == [1, 2, 4, 8, *[15] * 12]
    assert [line.partition(": ")[2] for line in said] == [
        "warning: locations: no answer; polling again in 60s",
        "warning: no poll succeeded for 60s: locations: no answer",
        "warning: no poll succeeded for 3m: locations: no answer",
        "warning: no poll succeeded for 7m: locations: no answer",
        "warning: no poll succeeded for 15m: locations: no answer",
        "warning: no poll succeeded for 30m: locations: no answer",
        "warning: no poll succeeded for 45m: locations: no answer",
        "warning: no poll succeeded for 75m: locations: no answer",
        "warning: no poll succeeded for 135m: locations: no answer",
        "the platform is back after 210m",
    ]


def test_an_incomplete_poll_is_an_absence_too() -> None:
    _, said = followed(failing(0.5, 1.5, lambda: IncompleteError(say("incomplete"))), 0.2)
    assert said[0].endswith("warning: incomplete; polling again in 60s")
    assert said[1].endswith("the platform is back after 60s")


def test_what_the_platform_asks_for_is_waited() -> None:
    def limited() -> Exception:
        failure = Failure(say("too many requests"), status=429)
        failure.wait = 600.0
        return failure

    times, _ = followed(failing(0.5, 5, limited), 0.5)
    assert round(times[2] - times[1]) == 10


@pytest.mark.parametrize("status", [401, 403])
def test_refused_credentials_end_it_after_three_tries(status: int) -> None:
    tries: list[float] = []

    def poll(minute: float) -> int:
        tries.append(minute)
        raise Failure(say("refuses the token"), status=status)

    with pytest.raises(Failure, match="refuses the token"):
        followed(poll, 24)
    assert len(tries) == 3


def test_what_does_not_heal_ends_it_at_once() -> None:
    with pytest.raises(PrivacyError):
        followed(failing(2, 60, lambda: PrivacyError("private")), 1)


def test_heartbeats() -> None:
    _, said = followed(failing(20, 50, absent), 1, heartbeat=600)
    beats = [line for line in said if "alive" in line]
    assert [beat.partition(" mark")[0] for beat in beats] == [
        f"{minute}: alive 2026-01-01T00:{minute}:00Z" for minute in (10, 20, 30, 40, 50)
    ]
    assert all("mark 2026-01-01T00:00:00Z polls " in beat for beat in beats)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0s"), (90, "90s"), (120, "2m"), (5400, "90m"), (7200, "2h"), (8100, "135m")]
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


# ---------------------------------------------------------------- through the command line


@pytest.fixture
def platform() -> Iterator[ChangingPlatform]:
    found = ChangingPlatform(modules=("locations",), size=2, offered=("2.2.1",))
    with serving(found):
        yield found


@pytest.fixture
def home(tmp_path: Path, platform: ChangingPlatform) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    login = ["login", platform.versions_url, "--party", "NL-GOV", "--name", "mine", "--token", TOKEN]
    assert command(folder, login).code == 0
    return folder


def test_a_status_log_is_followed(
    home: Path, platform: ChangingPlatform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def on_wait(seconds: float) -> None:
        platform.step(seconds)
        minute = int((fake.time - fake.end + 3600) / 60)
        platform.down = Response(b"", 404) if 20 <= minute < 40 else None
        if minute == 10:
            platform.set_status("L000001-0", "OUTOFORDER")

    fake = FakeClock(3600, on_wait)
    use_clock(monkeypatch, fake)
    log = tmp_path / "log"
    words = ["--follow", "--status-log", str(log), "--heartbeat", "30m", "locations"]
    outcome = command(home, words)
    assert (outcome.out, outcome.code) == (b"", 0)
    said = outcome.err.splitlines()
    assert "polling again in 60s" in said[0]
    assert sum(line.startswith("alive ") for line in said) == 1
    assert any(line.startswith("the platform is back after ") for line in said)
    text = (log / "2026-01-05.ndjson").read_text()
    assert 25 < text.count('{"poll"') < 45
    assert text.count('"OUTOFORDER"') == 2 and text.count('"by":"gap"') == 6


def started(home: Path, *words: str, **variables: str) -> subprocess.Popen[bytes]:
    others = {name: text for name, text in os.environ.items() if not name.startswith(("XDG_", "OCPIQ_"))}
    return subprocess.Popen(
        [*OCPIQ, *words],
        env={**others, "HOME": str(home), **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def polls_in(log: Path) -> int:
    with suppress(OSError):
        return (log / "2026-01-05.ndjson").read_bytes().count(b'{"poll"')
    return 0


posix = pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")


@posix
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("during_a_poll", [False, True])
def test_a_signal_ends_it_with_success(
    home: Path, platform: ChangingPlatform, tmp_path: Path, number: int, during_a_poll: bool
) -> None:
    log = tmp_path / "log"
    if during_a_poll:
        platform.special["locations"] = lambda request: Response(b"", silent=60.0)
    with started(home, "--follow", "--status-log", str(log), "locations") as run:
        wait_for(platform.pulls if during_a_poll else lambda: polls_in(log))
        started_at = time.monotonic()
        run.send_signal(number)
        out, err = run.communicate(timeout=20)
    assert (run.returncode, out, err) == (0, b"", b"")
    assert time.monotonic() - started_at < 10
    assert polls_in(log) == (not during_a_poll)


@posix
def test_a_hangup_does_not_end_it(home: Path, platform: ChangingPlatform, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with started(home, "--follow", "--poll", "5s", "--status-log", str(log), "locations") as run:
        wait_for(lambda: polls_in(log) == 1)
        run.send_signal(signal.SIGHUP)
        time.sleep(0.3)
        assert run.poll() is None
        platform.step(5)
        wait_for(lambda: polls_in(log) == 2)
        run.send_signal(signal.SIGHUP)
        run.send_signal(signal.SIGTERM)
        assert run.communicate(timeout=20) == (b"", b"")
    assert run.returncode == 0


UNITS = Path(__file__).parents[2] / "examples/systemd"


@pytest.mark.heavy
def test_the_units_are_valid(tmp_path: Path) -> None:
    analyze = program("systemd-analyze")
    ocpiq = tmp_path / "ocpiq"
    ocpiq.write_text("#!/bin/sh\n")
    ocpiq.chmod(0o755)
    for unit in UNITS.glob("ocpiq-*"):
        (tmp_path / unit.name).write_text(unit.read_text().replace("/usr/bin/ocpiq", str(ocpiq)))
    units = sorted(map(str, tmp_path.glob("ocpiq-*")))
    assert len(units) == 4
    found = subprocess.run(
        [analyze, "verify", "--man=no", *units], capture_output=True, text=True, check=False
    )
    said = [line for line in found.stderr.splitlines() if "ocpiq-" in line]  # not of the machine's own units
    assert (found.returncode, said) == (0, [])


def commands() -> Iterator[object]:
    """Yield the commands of the units and of the crontab, as words."""
    for unit in sorted(UNITS.glob("*.service")):
        (line,) = re.findall(r"^ExecStart=/usr/bin/ocpiq (.*)$", unit.read_text(), re.MULTILINE)
        yield pytest.param(shlex.split(line), id=unit.name)
    for number, line in enumerate(
        re.findall(r"(?:\* |&& )ocpiq (.*)$", (UNITS / "crontab").read_text(), re.MULTILINE)
    ):
        yield pytest.param(shlex.split(line), id=f"crontab {number}")


@pytest.mark.parametrize("words", list(commands()))
def test_the_commands_of_units_and_crontab_run(
    words: list[str], tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    use_clock(monkeypatch, FakeClock(300))
    here = [word.replace("/var/lib/ocpiq", str(tmp_path)) for word in words]
    outcome = command(home, ["--demo", *here])
    assert (outcome.out, outcome.code) == (b"", 0), outcome.err
    assert any(path.suffix in (".ndjson", ".csv", ".part") for path in tmp_path.rglob("*"))


@posix
def test_systemd_is_told_that_it_is_ready_alive_and_ending(
    home: Path, platform: ChangingPlatform, tmp_path: Path
) -> None:
    log, path = tmp_path / "log", tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(path))
        systemd.settimeout(20)
        with started(home, "--follow", "--status-log", str(log), "locations", NOTIFY_SOCKET=str(path)) as run:
            told = list(iter(lambda: systemd.recv(100), b"READY=1"))
            assert set(told) == {b"WATCHDOG=1"} and polls_in(log) == 1
            assert systemd.recv(100) == b"WATCHDOG=1"
            run.send_signal(signal.SIGTERM)
            assert systemd.recv(100) == b"STOPPING=1"
            run.communicate(timeout=20)
    assert run.returncode == 0
