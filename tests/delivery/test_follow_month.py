"""A month of polls: 20,000 of a query with rotating files, and 20,000 of a status log, in memory that stays flat."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.changing_platform import START, ChangingPlatform, Rates
from support.cli import command
from support.deliveries import Client, client, doubled, lost
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


class Month:
    """Steps a platform, forgets all but the last change of each object, and measures the memory of this process."""

    def __init__(self, platform: ChangingPlatform, patch: pytest.MonkeyPatch) -> None:
        self.platform = platform
        self.polls = 0
        self.first = 0
        use_clock(patch, FakeClock(POLLS * MINUTE, self.step))

    def step(self, seconds: float) -> None:
        self.platform.step(seconds)
        self.polls += bool(self.platform.requests)
        self.platform.requests.clear()
        self.platform.changes[:] = {change.id: change for change in self.platform.changes}.values()
        if not self.first and self.platform.now - START > WARM * POLLS * MINUTE:
            self.first = memory()

    @property
    def growth(self) -> int:
        """The bytes by which memory has grown since it was measured first."""
        return memory() - self.first


def memory() -> int:
    """Return the bytes of this process that are in memory."""
    gc.collect()
    return int(STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def followed(tmp_path: Path, module: str) -> Iterator[Client]:
    platform = ChangingPlatform(modules=(module,), rates=RATES, size=10, cap=100)
    with client(tmp_path, platform) as found:
        yield found


@pytest.fixture
def sessions(tmp_path: Path) -> Iterator[Client]:
    yield from followed(tmp_path, "sessions")


@pytest.fixture
def locations(tmp_path: Path) -> Iterator[Client]:
    yield from followed(tmp_path, "locations")


def test_a_month_of_a_query(sessions: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    month = Month(sessions.platform, monkeypatch)
    path = sessions.folder / "{from}_{to}.ndjson"
    words = ["--follow", "--state", "d", "--all", "--rotate", "day", "-o", str(path)]
    outcome = command(sessions.home, [*words, "sessions only id, kwh, status"])
    assert (outcome.code, outcome.err) == (0, "")
    assert abs(month.polls - POLLS) < POLLS / 100
    rows = sessions.delivered()
    assert len(sessions.files()) == 14 and len(rows) > 1500
    assert doubled(rows) == []
    assert lost(sessions.platform, rows, START + 13 * 86_400 - 120) == []
    assert month.growth < MOST


@pytest.mark.skipif(not FULL, reason="FULL=1 runs it")
def test_a_month_of_a_status_log(locations: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    month = Month(locations.platform, monkeypatch)
    outcome = command(locations.home, ["--follow", "--status-log", str(locations.folder), "locations"])
    assert (outcome.code, outcome.err) == (0, "")
    texts = [path.read_bytes() for path in locations.files()]
    assert sum(text.count(b'{"poll"') for text in texts) == month.polls
    assert sum(text.count(b'"by":"gap"') for text in texts) == 0
    assert sum(text.count(b'"by":"stamp"') for text in texts) > 3000
    assert month.growth < MOST
