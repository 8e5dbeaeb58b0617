"""Damaged files: each is named in one line with a fix, whether one process, several or a cluster read it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from support.cli import Outcome, command
from support.snapshots import OBJECTS

from ocpiq.snapshots import page_files
from ocpiq.values import zstd

CDRS = [
    {
        "id": f"C{number}",
        "currency": "EUR",
        "total_energy": number / 7,
        "last_updated": "2026-01-01T00:00:00Z",
    }
    for number in range(200)
]
LINES = b"".join(json.dumps(cdr).encode() + b"\n" for cdr in CDRS)
ENVELOPE = json.dumps({"status_code": 1000, "data": CDRS, "timestamp": "2026-01-01T00:00:00Z"}).encode()
COMPRESSOR = zstd.ZstdCompressor()
GZIP, ZSTD = gzip.compress(LINES), COMPRESSOR.compress(LINES) + COMPRESSOR.flush()
AGAIN = "it was cut or damaged; get it again"
TAKES = "--source takes saved pages, lists or NDJSON of a module"
FILES = {
    "NDJSON, cut": ("a.ndjson", LINES[:-20], "ends in the middle of an object", AGAIN),
    "an envelope, cut": ("a.json", ENVELOPE[:5000], ": the response is not complete JSON", AGAIN),
    "an envelope of an error": (
        "a.json",
        b'{"status_code":2001,"data":null}',
        "holds an answer with OCPI status 2001 and no objects",
        "get it again",
    ),
    "a list, cut": ("a.json", b'[{"id":"1"},{"id', ": the response is not complete JSON", AGAIN),
    "HTML": ("a.json", b"<html></html>", ": the response is not JSON but HTML or XML", TAKES),
    "gzip, cut": ("a.ndjson.gz", GZIP[:-20], "cannot be read: it is broken", AGAIN),
    "gzip, another checksum": (
        "a.ndjson.gz",
        GZIP[:-8] + bytes(4) + GZIP[-4:],
        "cannot be read: it is broken",
        AGAIN,
    ),
    "gzip, other bytes": (
        "a.ndjson.gz",
        GZIP[:60] + b"xxxxxxxx" + GZIP[68:],
        "cannot be read: it is broken",
        AGAIN,
    ),
    "zstd": ("a.ndjson.zst", ZSTD, "is compressed with zstd", "decompress it first: zstd -d"),
    "zstd, cut": ("a.ndjson.zst", ZSTD[:-20], "is compressed with zstd", "decompress it first: zstd -d"),
    "bzip2": ("a.bz2", b"BZh91AY&SY", "is compressed with bzip2", "decompress it first: bunzip2"),
    "xz": ("a.xz", b"\xfd7zXZ\0\0", "is compressed with xz", "decompress it first: unxz"),
    "a zip archive": ("a.zip", b"PK\x03\x04\0\0", "is a zip archive", "unpack it first: unzip"),
    "Parquet": ("a.parquet", b"PAR1\0\0PAR1", "is a Parquet file", TAKES),
}
QUERIES = ("cdrs only id | .id", "cdrs only total_energy | aggregate sum(.total_energy)")
PROCESSES = ((), ("--jobs", "2"))
CLUSTER = (("--cluster", "local:2"),)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


def errors(outcome: Outcome) -> list[str]:
    """Return the lines of a run that are not warnings."""
    return [line for line in outcome.err.splitlines() if not line.startswith("warning: ")]


def check_file(home: Path, case: str, runs: Sequence[Sequence[str]]) -> None:
    """Read a damaged file between two whole ones."""
    name, content, problem, fix = FILES[case]
    folder = home.parent / "pages"
    folder.mkdir()
    for file, data in (("0.ndjson", LINES), (name, content), ("z.ndjson", LINES)):
        (folder / file).write_bytes(data)
    for query in QUERIES:
        for words in runs:
            done = command(home, ["-q", *words, "--source", f"cdrs={folder}", query])
            separator = "" if problem[0] == ":" else " "
            assert errors(done) == [f"error: {folder / name}{separator}{problem} ({fix})"], (case, words)
            assert done.code == 2


@pytest.mark.parametrize("case", FILES)
def test_a_damaged_file_is_named(home: Path, case: str) -> None:
    check_file(home, case, PROCESSES[:1])


@pytest.mark.slow
@pytest.mark.parametrize("case", FILES)
def test_a_damaged_file_is_named_by_several_processes(home: Path, case: str) -> None:
    check_file(home, case, PROCESSES[1:])


@pytest.mark.slow
@pytest.mark.parametrize("case", ["NDJSON, cut", "gzip, cut", "zstd"])
def test_a_damaged_file_is_named_on_a_cluster(home: Path, case: str) -> None:
    check_file(home, case, CLUSTER)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-5])


def lengthen(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"x")


def change(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def put_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


PAGE_FILES: dict[str, tuple[Callable[[Path], None], str]] = {
    "missing": (Path.unlink, "is missing"),
    "cut": (cut, "is cut"),
    "empty": (empty, "is cut"),
    "longer": (lengthen, "is damaged"),
    "changed": (change, "is damaged"),
    "a folder": (put_a_folder, "is missing"),
}


def check_page_file(home: Path, case: str, runs: Sequence[Sequence[str]]) -> None:
    damage, problem = PAGE_FILES[case]
    pages, snapshot = home.parent / "cdrs.ndjson", home.parent / "snapshot"
    pages.write_bytes(b"".join(LINES.splitlines(keepends=True)[:20]))
    pull = ["pull", "-q", "--source", f"cdrs={pages}", "cdrs only id, total_energy", "--into", str(snapshot)]
    assert command(home, pull).code == 0
    path = snapshot / "cdrs" / "00000002.ndjson.zst"
    damage(path)
    fix = f"drop it and pull its window again: ocpiq pull --repair {snapshot}"
    for query in QUERIES:
        for words in runs:
            done = command(home, ["-q", *words, "--snapshot", str(snapshot), query])
            assert errors(done) == [f"error: the page file {path} {problem} ({fix})"], (case, words)
            assert done.code == 5


@pytest.mark.parametrize("case", PAGE_FILES)
def test_a_damaged_page_file_is_named(home: Path, case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_files, "OBJECTS", OBJECTS)
    check_page_file(home, case, PROCESSES)


@pytest.mark.slow
def test_a_damaged_page_file_is_named_on_a_cluster(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_files, "OBJECTS", OBJECTS)
    check_page_file(home, "changed", CLUSTER)
