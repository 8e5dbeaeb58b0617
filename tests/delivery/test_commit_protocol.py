"""Killed at any step, cut off from power, or with a full disk: nothing is lost, nothing comes twice."""

from __future__ import annotations

import json
import random
import resource
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path
from typing import get_args

import pytest
from support.changing_platform import START, ChangingPlatform, Rates
from support.cli import Outcome, command
from support.deliveries import Client, client, counted, doubled, lost
from support.forgetful_disk import ForgetfulDisk, Label
from support.full import FULL
from support.killing import STEPS

KILLING = str(Path(__file__).parents[1] / "support/killing.py")
PACE = 1200.0  # seconds between two deliveries
LONGEST = 0.9  # seconds that a delivery takes, about
MOMENTS = [(step, when) for step in STEPS for when in ("before", "after")] + [
    ("select", "0"),
    ("select", "1"),
]
RANDOM_RUNS = 200 if FULL else 60


def busy(seed: int) -> ChangingPlatform:
    """A platform whose history is the same for the same seed, whatever a client does."""
    rates = Rates(insert=20, update=30, hidden=10)
    return ChangingPlatform(seed=seed, size=12, cap=10, rates=rates, now=START + 60)


class Twins:
    """Two clients of the same history: one is disturbed, the other is not."""

    def __init__(self, tmp_path: Path, stack: ExitStack, seed: int = 1, *, mover: bool = False) -> None:
        self.calm, self.disturbed = (
            stack.enter_context(client(tmp_path / name, busy(seed), mover=mover))
            for name in ("calm", "disturbed")
        )

    def deliver(self) -> None:
        """Deliver to both, and let time pass."""
        for one in (self.calm, self.disturbed):
            done = one.run()
            assert done.code == 0, done.err
            one.platform.step(PACE)

    def check(self) -> None:
        """Nothing differs: not a row, not a file, not a name."""
        assert contents(self.disturbed) == contents(self.calm)
        assert not list(self.disturbed.folder.glob(".*"))
        assert sorted(path.name for path in self.disturbed.state.iterdir()) == ["secret.key", "state.sqlite"]


def contents(one: Client) -> dict[str, bytes]:
    return one.taken | {path.name: path.read_bytes() for path in one.files()}


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


@pytest.mark.parametrize("mover", [False, True])
@pytest.mark.parametrize(("step", "when"), MOMENTS)
def test_killed_at_a_step(tmp_path: Path, stack: ExitStack, step: str, when: str, mover: bool) -> None:
    twins = Twins(tmp_path, stack, mover=mover)
    for _ in range(2):  # in the first run, and in a later one
        process = twins.disturbed.process(KILLING, step, when)
        process.communicate(timeout=60)
        later = step in ("create", "rename") and twins.disturbed.state.exists()
        assert process.returncode == -signal.SIGKILL or later or step in ("create", "recover")
        twins.disturbed.move()
        twins.deliver()
    twins.check()


def kill_at_random(tmp_path: Path, stack: ExitStack, seed: int) -> None:
    chance = random.Random(seed)
    twins = Twins(tmp_path, stack, seed, mover=chance.random() < 0.5)
    for _ in range(2):
        process = twins.disturbed.process()
        time.sleep(chance.uniform(0.05, LONGEST))
        process.kill()
        process.communicate(timeout=60)
        twins.disturbed.move()
        twins.deliver()
    twins.check()


@pytest.mark.parametrize("seed", range(5))
def test_killed_at_random_moments(tmp_path: Path, stack: ExitStack, seed: int) -> None:
    kill_at_random(tmp_path, stack, seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5, RANDOM_RUNS))
def test_killed_at_many_random_moments(tmp_path: Path, stack: ExitStack, seed: int) -> None:
    kill_at_random(tmp_path, stack, seed)


@pytest.mark.parametrize("seed", range(4))
def test_killed_while_the_platform_goes_on(tmp_path: Path, seed: int) -> None:
    """The rows of the second try are not those of the first: what counts is that none is lost or doubled."""
    platform = busy(seed)
    platform.page_seconds = 5.0
    chance = random.Random(seed)
    with client(tmp_path, platform, mover=True) as found:
        for _ in range(3):
            process = found.process(KILLING, *chance.choice(MOMENTS))
            process.communicate(timeout=60)
            found.move()
            platform.step(chance.uniform(0, PACE))
            assert found.run().code == 0
        platform._queue.clear()
        settled = platform.now
        platform.step(300)
        found.run()
        rows = found.delivered()
        assert (lost(platform, rows, settled), doubled(rows)) == ([], [])


@pytest.mark.parametrize("step", ["stage", "rename", "publish", "commit"])
def test_a_delivery_that_is_completed_later_ends_in_the_audit_trail(tmp_path: Path, step: str) -> None:
    trail = tmp_path / "trail"
    with client(tmp_path, busy(1)) as found:
        found.options = (*found.options, "--audit", str(trail))
        assert found.run().code == 0
        found.platform.step(PACE)
        process = found.process(KILLING, step, "after")
        process.communicate(timeout=60)
        assert process.returncode == -signal.SIGKILL
        assert found.run("--fail-if-empty").code == (9 if step == "commit" else 0)
        assert found.run().code == 0
        entries = [json.loads(line) for line in trail.read_text().splitlines()]
        (begun,) = [entry for entry in entries if entry["event"] == "begun"][1:2]
        (ended,) = [entry for entry in entries if entry["event"] == "ended" and entry["run"] == begun["run"]]
        file = found.files()[-1]
        assert (ended["file"], ended["sha256"]) == (str(file), sha256(file.read_bytes()).hexdigest())
        assert ended["rows"] == len(file.read_text().splitlines())
        assert command(found.home, ["audit", "verify", "--audit", str(trail)]).code == 0


# ---------------------------------------------------------------- a power cut


def in_process(found: Client) -> Outcome:
    """Run in this process, where the disk can be watched."""
    found.platform.requests.clear()
    return command(found.home, found.words())


def cut_everywhere(tmp_path: Path, stack: ExitStack, ignored: Label = "") -> list[str]:
    """Cut the power before and after each sync and commit of a second delivery; return where rows then differ."""
    problems = []
    for crash_at in range(100):
        twins = Twins(tmp_path / str(crash_at), stack)
        twins.deliver()
        one = twins.disturbed
        disk = ForgetfulDisk(one.folder, one.state.parent, crash_at, ignored)
        with disk.installed():
            in_process(one)
        if not disk.survivors:
            return problems
        for other in (twins.calm, one):
            if other.run().code:
                problems.append(f"{crash_at}: the next run fails")
        if counted(one.delivered()) != counted(twins.calm.delivered()):
            problems.append(f"{crash_at}: other rows")
    raise AssertionError("no end")


def test_a_power_cut_loses_nothing(tmp_path: Path, stack: ExitStack) -> None:
    assert cut_everywhere(tmp_path, stack) == []


@pytest.mark.parametrize("ignored", ["part", "out", "database"])
def test_every_sync_is_needed(tmp_path: Path, stack: ExitStack, ignored: Label) -> None:
    assert ignored in get_args(Label)
    assert cut_everywhere(tmp_path, stack, ignored) != []


@pytest.mark.parametrize(("ignored", "fails"), [("", False), ("states", True), ("secret", True)])
def test_a_power_cut_in_the_first_run(tmp_path: Path, stack: ExitStack, ignored: Label, fails: bool) -> None:
    failed = False
    for crash_at in range(100):
        twins = Twins(tmp_path / str(crash_at), stack)
        one = twins.disturbed
        disk = ForgetfulDisk(one.folder, one.state.parent, crash_at, ignored)
        with disk.installed():
            in_process(one)
        if not disk.survivors:
            break
        codes = [twins.calm.run().code, one.run().code]
        failed = failed or codes != [0, 0] or contents(one) != contents(twins.calm)
    assert failed == fails


# ---------------------------------------------------------------- a full disk


@pytest.mark.parametrize("first", [True, False])
def test_a_full_disk_at_every_step(tmp_path: Path, stack: ExitStack, first: bool) -> None:
    for step in range(100):
        twins = Twins(tmp_path / str(step), stack)
        one = twins.disturbed
        if not first:
            twins.deliver()
        disk = ForgetfulDisk(one.folder, one.state.parent, step, full=True)
        with disk.installed():
            done = in_process(one)
        if disk.operations <= step:
            return
        assert (done.code, done.err.count("\n")) == (2, 1), done.err
        assert done.err.startswith(("error: could not", "error: cannot write"))
        twins.deliver()
        twins.check()


@pytest.mark.parametrize("size", [0, 100, 4000, 5000, 9000, 21_000, 30_000])
def test_the_real_command_without_room(tmp_path: Path, stack: ExitStack, size: int) -> None:
    """No file can grow beyond `size` bytes: for SQLite and for results alike."""
    twins = Twins(tmp_path, stack)
    words = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)),) * 2)\n"
        "from ocpiq.cli.main import main; sys.exit(main())"
    )
    assert resource.RLIMIT_FSIZE >= 0
    for _ in range(2):
        process = twins.disturbed.process("-c", words, str(size))
        _, error = process.communicate(timeout=60)
        assert process.returncode in (0, 2), error
        assert b"internal error" not in error
        assert error.count(b"\n") <= 1
        twins.deliver()
    twins.check()
    assert sys.platform != "win32"
