"""A month of polls: 20,000 of a query with rotating files, and 20,000 of a status log, in memory that stays flat.

Memory is measured, so each month runs in a process of its own: nothing that other tests left behind counts.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.changing_platform import START, ChangingPlatform, Rates
from support.cli import command
from support.deliveries import Row, client, doubled, lost
from support.following import FakeClock, use_clock
from support.full import FULL

POLLS = 20_000
MINUTE = 60.0
WARM = 0.1  # of the time, after which memory is measured first
MOST = 5 << 20  # bytes that it may grow by
STATM = Path("/proc/self/statm")
RATES = Rates(update=6, child=12)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not STATM.exists(), reason="memory is read from /proc"),
]


@dataclass(frozen=True)
class Month:
    """What a month of polls showed and left."""

    code: int
    err: str
    polls: int
    growth: int  # bytes by which memory has grown since it was measured first
    files: list[bytes]
    doubled: list[Row]
    lost: list[str]


class Steps:
    """Steps a platform, forgets all but the last change of each object, and measures the memory of this process."""

    def __init__(self, platform: ChangingPlatform) -> None:
        self.platform = platform
        self.polls = 0
        self.first = 0

    def step(self, seconds: float) -> None:
        self.platform.step(seconds)
        self.polls += bool(self.platform.requests)
        self.platform.requests.clear()
        self.platform.changes[:] = {change.id: change for change in self.platform.changes}.values()
        if not self.first and self.platform.now - START > WARM * POLLS * MINUTE:
            self.first = memory()


def memory() -> int:
    """Return the bytes of this process that are in memory."""
    gc.collect()
    return int(STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def follow(folder: Path, module: str, options: Sequence[str], query: str) -> Month:
    """Follow a query for a month; `{out}` in the options is the folder that it writes to."""
    platform = ChangingPlatform(modules=(module,), rates=RATES, size=10, cap=100)
    with client(folder, platform) as found, pytest.MonkeyPatch.context() as patch:
        steps = Steps(platform)
        use_clock(patch, FakeClock(POLLS * MINUTE, steps.step))
        words = [option.replace("{out}", str(found.folder)) for option in options]
        outcome = command(found.home, ["--follow", *words, query])
        growth = memory() - steps.first
        files = [path.read_bytes() for path in found.files()]
        rows = found.delivered() if module == "sessions" else []
        settled = START + 13 * 86_400 - 120
        missed = lost(platform, rows, settled) if rows else []
        return Month(outcome.code, outcome.err, steps.polls, growth, files, doubled(rows), missed)


@pytest.fixture
def month(tmp_path: Path) -> Callable[..., Month]:
    """Follow a query for a month, in a process of its own."""

    def run(module: str, options: Sequence[str], query: str) -> Month:
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
            return process.submit(follow, tmp_path, module, options, query).result()

    return run


def test_a_month_of_a_query(month: Callable[..., Month]) -> None:
    options = ["--state", "d", "--all", "--rotate", "day", "-o", "{out}/{from}_{to}.ndjson"]
    found = month("sessions", options, "sessions only id, kwh, status")
    assert (found.code, found.err) == (0, "")
    assert abs(found.polls - POLLS) < POLLS / 100
    assert len(found.files) == 14 and sum(text.count(b"\n") for text in found.files) > 1500
    assert (found.doubled, found.lost) == ([], [])
    assert found.growth < MOST


@pytest.mark.skipif(not FULL, reason="FULL=1 runs it")
def test_a_month_of_a_status_log(month: Callable[..., Month]) -> None:
    found = month("locations", ["--status-log", "{out}"], "locations")
    assert (found.code, found.err) == (0, "")
    assert sum(text.count(b'{"poll"') for text in found.files) == found.polls
    assert sum(text.count(b'"by":"gap"') for text in found.files) == 0
    assert sum(text.count(b'"by":"stamp"') for text in found.files) > 3000
    assert found.growth < MOST
