"""Lists of objects have columns of their own in page files: a query reads the same as from the pages."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from support.cli import Outcome, command
from support.faults import zstd

from ocpiq.snapshots import page_files
from ocpiq.snapshots.manifest import FORMAT, load

PERIODS = [
    {"start_date_time": "2026-01-01T00:00:00Z", "dimensions": [{"type": "ENERGY", "volume": 1.50}]},
    {"start_date_time": "2026-01-01T01:00:00Z", "dimensions": []},
]
CDRS: list[dict[str, Any]] = [
    {
        "id": "A",
        "currency": "EUR",
        "tariffs": [{"id": "T", "charging_periods": 0}],
        "charging_periods": PERIODS,
    },
    {"charging_periods": PERIODS[:1], "id": "B", "tariffs": None, "total_energy": 2},
    {"id": 'C "charging_periods":0e0,', "currency": "EUR"},
    {"id": "D", "charging_periods": [], "tariffs": "none", "last_updated": "2026-01-02T00:00:00Z"},
    {"id": "E", "charging_periods": 0, "currency": "GBP", "tariffs": [], "total_energy": 0e0},
    {"id": "F", "charging_periods": [1, None, PERIODS[1]], "currency": "\ud800", "vendor": {"tariffs": 0e0}},
]
PASSED = "cdrs pass charging_periods, tariffs, total_energy, last_updated"
QUERIES = [
    PASSED,
    f"{PASSED} | {{id, charging_periods, tariffs}}",
    f"{PASSED} | .charging_periods",
    f"{PASSED} | .tariffs",
    f"{PASSED} | {{charging_periods}}",
    f"{PASSED} | keys_unsorted",
    f'{PASSED} | has("tariffs")',
    f"{PASSED} | select(.charging_periods == []) | .id",
    f"{PASSED} | [.charging_periods[]?.dimensions[]?.volume] | add",
    f"{PASSED} until 2026-01-02 | .charging_periods",
    "cdrs pass charging_periods | {id, t: .tariffs}",
    "cdrs | .id",
    "cdrs pass total_energy | .total_energy",
    "cdrs | {}",
]


def snapshot(folder: Path, query: str) -> Path:
    """Store the CDRs in small page files."""
    (folder / "home").mkdir()
    (folder / "cdrs.ndjson").write_text("".join(f"{json.dumps(cdr)}\n" for cdr in CDRS))
    with patch.object(page_files, "OBJECTS", 4):
        words = [
            "pull",
            "-q",
            "--source",
            f"cdrs={folder / 'cdrs.ndjson'}",
            query,
            "--into",
            str(folder / "s"),
        ]
        done = command(folder / "home", words)
    assert done.code == 0, done.err
    return folder / "s"


@pytest.fixture
def pulled(tmp_path: Path) -> Path:
    return snapshot(tmp_path, PASSED)


def ask(stored: Path, query: str, *words: str) -> Outcome:
    done = command(stored.parent / "home", ["-q", *(words or ("--snapshot", str(stored))), query])
    assert done.code in (0, 5), done.err
    return done


def direct(stored: Path, query: str) -> Outcome:
    return ask(stored, query, "--source", f"cdrs={stored.parent / 'cdrs.ndjson'}")


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_reads_what_it_reads_from_the_pages(pulled: Path, query: str) -> None:
    stored, read = ask(pulled, query), direct(pulled, query)
    assert (stored.out, stored.code) == (read.out, read.code)
    assert stored.out or stored.code


@pytest.mark.parametrize("query", ["cdrs pass .", "cdrs only charging_periods", "cdrs only tariffs.elements"])
def test_other_views(tmp_path: Path, query: str) -> None:
    stored = snapshot(tmp_path, query)
    assert ask(stored, query).out == direct(stored, query).out


def test_each_list_has_a_column(pulled: Path) -> None:
    files = load(pulled).modules[0].files
    assert [list(file.lists) for file in files] == [["tariffs", "charging_periods"]] * 2
    assert b"dimensions" not in b"".join(page_files.lines(pulled / "cdrs", files[0], {"id", "currency"}))
    assert list(page_files.lines(pulled / "cdrs", files[0], {"charging_periods"}))[2] == b"{}\n"


def test_a_pull_without_lists_has_no_further_column(tmp_path: Path) -> None:
    stored = snapshot(tmp_path, "cdrs only id, total_energy")
    assert [file.lists for file in load(stored).modules[0].files] == [{}, {}]


def as_format_1(stored: Path) -> None:
    """Write a snapshot as the first version did: one column, and a manifest that knows of no other."""
    manifest = json.loads((stored / "snapshot.json").read_text())
    manifest["format"] = 1
    files = [file for window in manifest["modules"][0]["windows"] for file in window["files"]]
    for file, known in zip(files, load(stored).modules[0].files, strict=True):
        data = zstd.compress(b"".join(page_files.lines(stored / "cdrs", known)))
        (stored / "cdrs" / known.name).write_bytes(data)
        del file["lists"]
        file |= {"bytes": len(data), "sha256": sha256(data).hexdigest()}
    (stored / "snapshot.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize("query", QUERIES)
def test_a_snapshot_of_the_first_format_is_read(pulled: Path, query: str) -> None:
    before = ask(pulled, query).out
    as_format_1(pulled)
    assert ask(pulled, query).out == before


@pytest.mark.parametrize("is_first_format", [False, True])
def test_compaction_keeps_every_byte(pulled: Path, is_first_format: bool) -> None:
    before = [ask(pulled, query).out for query in QUERIES]
    if is_first_format:
        as_format_1(pulled)
    done = command(pulled.parent / "home", ["pull", "--compact", str(pulled)])
    assert done.code == 0, done.err
    assert [ask(pulled, query).out for query in QUERIES] == before
    assert json.loads((pulled / "snapshot.json").read_text())["format"] == FORMAT
