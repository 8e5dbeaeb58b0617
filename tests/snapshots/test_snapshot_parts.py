"""`--snapshot DIR --jobs N`: page files are read by several processes, with the results of one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.cli import Outcome, command
from support.snapshots import OBJECTS

import ocpiq
from ocpiq.snapshots import page_files

CDRS = [
    {"id": f"C{number}", "currency": "EUR" if number % 3 else "GBP", "total_energy": number / 7}
    for number in range(40)
]
QUERIES = [
    "cdrs only id, total_energy | select(.total_energy > 2)",
    "cdrs only total_energy, currency | aggregate {n: count, m: median(.total_energy)} by .currency",
    "cdrs only id, total_energy | top 5 by .total_energy | .id",
    "cdrs only id | limit 3 | .id",
    "cdrs only id, currency | join tariffs as $t only id, currency on .currency == $t.currency | [.id, $t.id]",
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A snapshot of saved pages, in ten page files."""
    monkeypatch.setattr(page_files, "OBJECTS", OBJECTS)
    (tmp_path / "home").mkdir()
    (tmp_path / "c.json").write_text(json.dumps(CDRS))
    (tmp_path / "t.json").write_text(
        json.dumps([{"id": "T1", "currency": "EUR"}, {"id": "T2", "currency": "GBP"}])
    )
    sources = [
        word for name in ("cdrs", "tariffs") for word in ("--source", f"{name}={tmp_path / name[0]}.json")
    ]
    join = "join tariffs as $t only id, currency on .currency == $t.currency"
    query = f"cdrs only id, currency, total_energy | {join} | 1"
    done = command(tmp_path / "home", ["pull", "-q", *sources, query, "--into", str(tmp_path / "snapshot")])
    assert done.code == 0, done.err
    return tmp_path / "snapshot"


def ask(folder: Path, query: str, *words: str) -> Outcome:
    return command(folder.parent / "home", ["--snapshot", str(folder), *words, query])


@pytest.mark.parametrize("query", QUERIES)
def test_the_bytes_are_those_of_one_process(folder: Path, query: str) -> None:
    one, two = ask(folder, query, "--jobs", "1"), ask(folder, query, "--jobs", "2")
    assert one.code == 0, one.err
    assert (two.out, two.code) == (one.out, 0), two.err
    assert two.err == one.err


def test_a_query_that_cannot_be_split_says_why(folder: Path) -> None:
    done = ask(folder, "[cdrs only id] | length", "--jobs", "2")
    assert (done.code, done.out, "the query cannot run in parts" in done.err) == (0, b"40\n", True)


def test_stale_objects_are_left_out_in_each_part(folder: Path) -> None:
    """A part reads the keys of later windows that other parts have."""
    from support.snapshots import load, save

    manifest = load(folder)
    module = manifest.module("cdrs")
    assert module is not None
    keys = folder / "cdrs"
    first, last = module.files[0], module.files[-1]
    (keys / last.keys_name).write_bytes((keys / first.keys_name).read_bytes())  # the same objects once more
    (window,) = module.windows
    windows = (
        window.__class__(
            None, 1, (first.__class__(1, 4, first.bytes, first.sha256, stale=4), *window.files[1:-1])
        ),
        window.__class__(1, window.end, (last,)),
    )
    changed = module.__class__(module.module, module.query, module.view, windows=windows)
    save(folder, manifest.with_module(changed))
    one, two = (ask(folder, "cdrs only id | .id", "--jobs", number) for number in ("1", "2"))
    assert one.out.splitlines() == [f'"C{number}"'.encode() for number in range(4, 40)]
    assert two.out == one.out


def test_a_snapshot_in_python(folder: Path) -> None:
    query = ocpiq.compile("cdrs only total_energy | aggregate count")
    assert list(query.run(sources=ocpiq.snapshot(folder))) == [40]
    part = query.partial(ocpiq.snapshot(folder))
    assert list(ocpiq.merge(query, [part])) == [40]
