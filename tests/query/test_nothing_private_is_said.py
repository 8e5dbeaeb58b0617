"""No error, warning or file of a run holds what a query does not pass.

Two ways to know: every text that the packages next to the data can put together is made of parts that are listed here,
and whatever is wrong with the data, a marker in every private field is seen nowhere.
"""

from __future__ import annotations

import ast
import gzip
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from support.cli import Outcome, command, saved

import ocpiq
from ocpiq import schema
from ocpiq.cli.main import run
from ocpiq.query import Query
from ocpiq.schema import SchemaField

PACKAGE = Path(ocpiq.__file__).parent
MARKER = "Qz7private"

# ---------------------------------------------------------------- what texts are made of

NEAR_THE_DATA = ("gate/*",)
PARTS = {
    "numbers of objects, pages, bytes allowed, statuses": (
        "self.status_code",
        "self.count",
        "len(self.rows)",
        "len(self)",
        "number",
        "index",
        "self.pages",
        "status",
        "code",
        "self.status",
        "self.code",
        "opened.status_code",
        "self.total",
        "self.distinct",
        "of",
        "EXACT",
        "counted(self.bad, 'item')",
        "counted(self.undated, 'object')",
        "counted(self.unended, 'object')",
        "pull.objects",
        "pull.objects - pull.unended",
        "counted(len(names) + self.met.unnamed, 'field')",
        "len(names)",
        "bounds.largest >> 20",
        "bounds.LARGEST >> 20",
        "bounds.RATIO",
        "bounds.ratio",
        "bounds.slowest / 1000",
        "places",
        "self.progress",
        "progress.total",
        "progress.distinct",
        "within",
        "across",
        "seconds",
        "empty[0].no_list",
        "page.no_list",
        "port",
        "limit",
    ),
    "words of this program, other texts made here": (
        "problem",
        "content",
        "meaning",
        "unusable_reason(failure)",
        "text",
        "thing",
        "reason",
        "failure.message",
        "error.message",
        "failure.answer",
        "failure.answer if failure.answered else 'no answer'",
    ),
    "names of parties, modules, versions and fields that no version has, where they are plain": (
        "self.module",
        "self.name",
        "module",
        "subject",
        "self.subject",
        "self.reader.module",
        "prefix",
        "name",
        "listed",
        "', '.join(plain)",
        "self.lists",
        "error.lists",
        "', '.join(VERSIONS)",
        "login.version",
        "self.version",
        "version",
        "wanted",
        "wanted or common[0]",
        "recipient",
        "offered",
    ),
    "names of members about paging, where they are plain": (
        "NEXT",
        "COUNTED",
        "path",
        "inner",
        "body.more",
        "body.total_name",
    ),
    "what the user gave": (
        "ascii(version)[1:-1]",
        "ascii(name)[1:-1]",
        "ascii(wanted)[1:-1]",
        "shown(path)",
        "shown(self.path)",
        "login.name",
        "file",
        "tls.client_key",
    ),
    "addresses without their query strings and without the token": (
        "shown",
        "subject.shown(url)",
        "subject.host(url)",
        "self.subject('versions').shown(base)",
        "allowed.subject.host(start)",
        "redact(target, self.subject.token, cut=False)",
        "origin(login.url)",
        "scheme",
        "format_host(name, None if port == PORTS.get(scheme) else port)",
        "self.where",
        "where",
        "to",
        "parts.scheme",
        "host_and_port(parts)",
        "parts.path",
        "parts.path.rstrip('/')",
        "bracketed",
        "values[name]",
        "paging",
    ),
    "the platform's own message, cut and without the token": ("quoted(said)", "said"),
    "why a certificate is not trusted": ("redact(error.verify_message.rstrip('.'), subject.token)",),
    "what a request asks for": (
        "parts.path or '/'",
        "f'?{parts.query}' if parts.query else ''",
        "parts.query",
        "bound.isoformat()",
        "bound.isoformat(timespec='milliseconds')",
        "proxy",
    ),
    "the name of an encoding, a word of ours": ("encoding", "kind"),
    "what is hashed at once and kept as a number": ("SECRET", "joined"),
    "a header that is sent": ("base64_token(token.value) if token.form == 'base64' else token.value",),
}
KNOWN = {part for parts in PARTS.values() for part in parts}


def interpolated() -> Iterator[tuple[str, str]]:
    """Yield where and what is put into a text."""
    for pattern in NEAR_THE_DATA:
        paths = sorted(PACKAGE.glob(f"{pattern}.py"))
        assert paths, pattern
        for path in paths:
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.FormattedValue):
                    yield str(path.relative_to(PACKAGE)), ast.unparse(node.value)
                assert not (isinstance(node, ast.Attribute) and node.attr == "format"), path


def test_texts_near_the_data_are_made_of_known_parts() -> None:
    """Something new in an f-string of these packages is looked at by a person, and then listed above."""
    assert [(where, part) for where, part in interpolated() if part not in KNOWN] == []


def test_decoders_errors_are_not_repeated() -> None:
    """`str(error)`, `{error}` and `raise … from error` would show what a decoder stumbled over."""
    for path in sorted((PACKAGE / "privacy").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Raise):
                assert not isinstance(node.cause, ast.Name), f"{path.name}:{node.lineno}"


# ---------------------------------------------------------------- what is seen of a marker

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
