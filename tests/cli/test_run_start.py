"""A run has one start: windows, policy, audit trail and manifest agree, also where midnight passes in the middle."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.cli import command

BEFORE_MIDNIGHT = datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC)
QUERY = "cdrs only id, end_date_time during this month | .id"
JANUARY = ["2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """A clock that is two seconds later each time that it is read."""
    readings: list[datetime] = []

    def ticks() -> Iterator[datetime]:
        moment = BEFORE_MIDNIGHT
        while True:
            yield moment
            moment += timedelta(seconds=2)

    clock = ticks()

    def now() -> int:
        readings.append(next(clock))
        return int(readings[-1].timestamp() * 1_000_000)

    monkeypatch.setattr("ocpiq.query.start.now", now)
    return readings


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    ends = {"january": "2026-01-20T00:00:00Z", "february": "2026-02-20T00:00:00Z"}
    path = tmp_path / "cdrs.json"
    path.write_text(json.dumps([{"id": name, "end_date_time": end} for name, end in ends.items()]))
    return path


def test_a_run_over_midnight_has_one_window(tmp_path: Path, pages: Path, clock: list[datetime]) -> None:
    home, trail = tmp_path / "home", tmp_path / "trail"
    policy = tmp_path / "policy.toml"
    policy.write_text('[cdrs]\npass = ["id", "end_date_time"]\nwindow_max = "31d"\n')
    words = ["--source", f"cdrs={pages}", "--policy", str(policy), "--audit", str(trail)]
    done = command(home, [*words, "--manifest", "-o", str(tmp_path / "out.json"), QUERY])
    assert (done.code, done.err) == (0, "cdrs: 2 objects, 1 page\n")
    assert (tmp_path / "out.json").read_text() == '[\n  "january"\n]\n'
    begun = json.loads(trail.read_text().splitlines()[0])
    assert begun["sources"][0]["during"] == JANUARY
    manifest = json.loads((tmp_path / "out.json.manifest.json").read_text())
    assert "charged from 2026-01-01 until 2026-02-01" in json.dumps(manifest)
    assert "2026-01-31T23:59:59Z" in json.dumps(manifest)
    assert len(clock) == 1


RELATIVE = [
    (
        "cdrs only id during last month",
        (),
        "charged during last month (2025-12-01T00:00:00Z to 2026-01-01T00:00:00Z)",
    ),
    (
        "cdrs only id during $month",
        ("--arg", "month", "2026-01"),
        "charged during $month (2026-01-01T00:00:00Z to 2026-02-01T00:00:00Z)",
    ),
    (
        "cdrs only id since yesterday until $end",
        ("--arg", "end", "2026-01-31"),
        "last updated from yesterday (2026-01-30T00:00:00Z) and before $end (2026-01-31T00:00:00Z)",
    ),
    ("cdrs only id newest $n", ("--arg", "n", "3"), "the newest $n (3)"),
    ("cdrs only id since 2026-01-01", (), "last updated from 2026-01-01T00:00:00Z"),
]


@pytest.mark.parametrize(("query", "words", "shown"), RELATIVE)
def test_explain_shows_the_dates_beside_the_words(
    query: str, words: tuple[str, ...], shown: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ocpiq.query.start.now", lambda: int(BEFORE_MIDNIGHT.timestamp() * 1_000_000))
    text = command(tmp_path / "home", ["explain", *words, query]).out.decode()
    asks_for = text.partition("asks for")[2].partition("  passes")[0]
    assert " ".join(asks_for.split()) == shown
    sheet = command(tmp_path / "home", ["explain", "--to", "markdown", *words, query]).out.decode()
    assert f"all pages of `cdrs`, {shown}.\n" in sheet
    data = json.loads(command(tmp_path / "home", ["explain", "--json", *words, query]).out)
    assert data["sources"][0]["window"].keys() <= {"since", "until", "during", "newest"}
    dates = re.findall(r"2[-0-9]+T[:0-9]+Z", shown)
    assert all(date in str(data["sources"][0]["window"]) for date in dates)


def test_explain_shows_no_dates_where_a_parameter_is_missing(tmp_path: Path) -> None:
    query = 'module {params: {month: {type: "period"}}}; cdrs only id during $month'
    assert "charged during $month\n" in command(tmp_path / "home", ["explain", query]).out.decode()
    data = json.loads(command(tmp_path / "home", ["explain", "--json", query]).out)
    assert data["sources"][0]["window"] is None
