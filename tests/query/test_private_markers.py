"""No error, warning or file of a run holds what a query does not pass.

Whatever is wrong with the data, a marker in every private field is seen nowhere.
"""

from __future__ import annotations

import gzip
import json
import os
import sys
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from support.cli import Outcome, command, saved

from ocpiq import schema
from ocpiq.cli.main import run
from ocpiq.query import Query
from ocpiq.schema import SchemaField

MARKER = "Qz7private"

SHAPES: list[Any] = [MARKER, [MARKER], {MARKER: MARKER}, [[MARKER]], [{"id": MARKER}]]


def marked(field: SchemaField, shape: int) -> Any:
    """Return an object with the marker in every private field, in some shape."""
    if field.leaf:
        return "shown" if field.shown else SHAPES[shape % len(SHAPES)]
    below = {name: marked(child, shape + at) for at, (name, child) in enumerate(field.children.items())}
    return [below] if field.many and field.path else below


def objects(module: str, version: str) -> list[bytes]:
    root = schema.module(schema.module(module, version).pulled, version).root
    return [json.dumps(marked(root, shape)).encode() for shape in range(len(SHAPES))]


QUOTED = json.dumps(MARKER).encode()


def files(module: str, version: str) -> dict[str, bytes]:
    """Return files with everything that can be wrong with them."""
    sent = objects(module, version)
    array = b"[" + b",".join(sent) + b"]"
    page = b'{"status_code":1000,"data":%s}' % array
    return {
        "whole.json": page,
        "lines.ndjson": b"\n".join(sent),
        "one.json": sent[0],
        "no_objects.json": b"[%s,[%s],%s]" % (QUOTED, QUOTED, sent[0]),
        "broken_lines.ndjson": b"\n".join([sent[0], sent[1][:-9], QUOTED, MARKER.encode()]),
        "broken_inside.json": page.replace(QUOTED, b"\xff" + QUOTED, 3),
        "bad_text.json": page.replace(MARKER.encode(), MARKER.encode() + b"\xff\\ud800", 3),
        "no_number.json": page.replace(QUOTED, QUOTED + b"NaN", 2),
        "twice.json": array.replace(b"{", b'{"id":%s,"kwh":%s,' % (QUOTED, QUOTED)),
        "unknown.json": array.replace(b"{", b'{"x_own":%s,' % QUOTED),
        "cut.json": page[: len(page) // 2],
        "cut_text.json": page[: page.index(MARKER.encode()) + 4],
        "more.json": page + QUOTED,
        "text.json": MARKER.encode(),
        "html.json": b"<p>%s</p>" % MARKER.encode(),
        "refused.json": b'{"status_code":2001,"status_message":"no","data":%s}' % array,
        "strange.json": b'{"status_code":%s,"timestamp":[%s],"data":%s}' % (QUOTED, QUOTED, array),
        "packed.json.gz": gzip.compress(page, mtime=0)[:-20],
        "empty.json": b"",
    }


QUERIES = [
    "{m}",
    "{m} | .. | scalars | error",
    "{m} | tojson | error",
    "{m} | error",
    "{m} | debug | stderr | empty",
    "{m} | to_entries[] | .value + 1",
    "{m} | [.[]?] | sort",
    "{m} | .[]? | ascii_downcase",
    "{m} | .id | keys",
    "{m} | halt_error",
    "{m} | @csv",
    "{m} since 2026-01-01",
    "{m} only id | try error catch .",
    "[{m}] | group_by(.id) | map(length)",
    "{m} | aggregate count by .id",
    "{m} | aggregate {{n: count, c: collect(.)}}",
    "{m} | sort by .id | input",
    "reduce {m} as $x (null; . + $x)",
    "{m} | {{(.id): .}} | .[0]",
]
SOME = 1 if os.environ.get("CI") == "true" else 6  # of the queries on each file
SOURCES = [
    (module, "2.2.1") for module in ("sessions", "cdrs", "locations", "tariffs", "tokens", "evses")
] + [
    ("sessions", "2.1.1"),
    ("cdrs", "2.1.1"),
]


def all_of(outcome: Outcome) -> str:
    return outcome.out.decode() + outcome.err + repr(outcome.saved)


@pytest.mark.parametrize(("module", "version"), SOURCES, ids=[" ".join(source) for source in SOURCES])
def test_a_marker_in_private_fields_is_seen_nowhere(module: str, version: str, tmp_path: Path) -> None:
    home, work = tmp_path / "home", tmp_path / "work"
    home.mkdir()
    work.mkdir()
    codes = set()
    for place, (name, body) in enumerate(files(module, version).items()):
        sent = tmp_path / name
        sent.write_bytes(body)
        for number, query in enumerate(QUERIES):
            if number and (number + place) % SOME:
                continue
            words = ["--ocpi-version", version, "--source", f"{module}={sent}", query.format(m=module)]
            if number == 0:
                words += ["-o", str(work / f"{name}.out.ndjson")]
            found = command(home, words)
            codes.add(found.code)
            assert MARKER not in all_of(found), words
            assert "internal error" not in found.err, (words, found.err)
    assert MARKER.encode() not in b"".join(saved(home, work).values())
    assert {0, 2, 5, 7} <= codes, "every kind of error was provoked"


def test_the_marker_is_seen_where_it_is_passed(tmp_path: Path) -> None:
    """The test above looks where it would show."""
    (tmp_path / "home").mkdir()
    sent = tmp_path / "one.json"
    sent.write_bytes(objects("sessions", "2.2.1")[0])
    found = command(tmp_path / "home", ["--source", f"sessions={sent}", "sessions pass kwh | .kwh | error"])
    assert MARKER in found.err


def test_an_internal_error_shows_its_place_and_no_value(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*given: object, **named: object) -> object:
        raise KeyError(MARKER)

    monkeypatch.delenv("OCPIQ_DEBUG", raising=False)
    with (
        patch.object(Query, "run", broken),
        (tmp_path / "out").open("w") as out,
        patch.object(sys, "stdout", out),
    ):
        assert run(["-n", "1"]) == 5
    said = capsys.readouterr().err
    assert "internal error: KeyError at " in said
    assert MARKER not in said
