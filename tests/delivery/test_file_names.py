"""File names with the window of the query, without a state."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.cli import command

NAMES = [
    ("cdrs only id during 2026-01", "cdrs_20260101T000000Z_20260201T000000Z.csv"),
    ("cdrs only id since 2026-01-01 until 2026-01-02T06:00Z", "cdrs_20260101T000000Z_20260102T060000Z.csv"),
    ("cdrs only id during $m", "cdrs_20260201T000000Z_20260301T000000Z.csv"),
]


@pytest.mark.parametrize(("query", "name"), NAMES)
def test_the_window_in_the_name(query: str, name: str, tmp_path: Path) -> None:
    pattern = tmp_path / "{module}_{from}_{to}.csv"
    words = ["-q", "--demo", "--arg", "m", "2026-02", "-o", str(pattern), query]
    done = command(tmp_path / "home", words)
    assert (done.code, done.err) == (0, "")
    assert [path.name for path in tmp_path.glob("*.csv")] == [name]


WRONG = [
    ("cdrs only id", "x_{from}.csv", "-o: the fields of a file name are those of a window with two ends"),
    (
        "cdrs only id since 2026-01-01",
        "x_{from}.csv",
        "(write during, or since and until; or use --state NAME)",
    ),
    (
        "cdrs only id during 2026-01",
        "x_{seq}.csv",
        "-o: {seq} counts the deliveries of a state (use --state NAME)",
    ),
    ("cdrs only id during 2026-01", "x_{from}_{tto}.csv", "-o: unknown field {tto} (did you mean to?)"),
    (".", "x_{from}.csv", "-o: the fields of a file name are those of a window with two ends"),
]


@pytest.mark.parametrize(("query", "name", "message"), WRONG)
def test_a_name_that_cannot_be_made(query: str, name: str, message: str, tmp_path: Path) -> None:
    done = command(tmp_path / "home", ["-n", "--demo", "-o", str(tmp_path / name), query])
    assert (done.code, list(tmp_path.glob("*.csv"))) == (2, [])
    assert message in done.err


def test_other_braces_are_as_they_are(tmp_path: Path) -> None:
    assert command(tmp_path / "home", ["-n", "-o", str(tmp_path / "a{b}.json"), "1"]).code == 0
    assert (tmp_path / "a{b}.json").exists()
