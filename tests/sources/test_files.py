"""Saved pages: every form and packing, folders in natural order, standard input, and what cannot be read."""

from __future__ import annotations

import gzip
import io
import json
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.gates import gate_of, ids

import ocpiq
from ocpiq import sources
from ocpiq.errors import Message, PageRead, PullEnded, UsageError, WarningIssued
from ocpiq.sources import Ask, file_source

THREE = [{"id": "a"}, {"id": "b"}, {"id": "c"}]
NDJSON = b"".join(json.dumps(row).encode() + b"\n" for row in THREE)
FORMS = {
    "envelope": json.dumps({"data": THREE, "status_code": 1000}).encode(),
    "indented envelope": json.dumps({"data": THREE, "status_code": 1000}, indent=2).encode(),
    "array": json.dumps(THREE).encode(),
    "indented array": json.dumps(THREE, indent=2).encode(),
    "NDJSON": NDJSON,
    "NDJSON without a last newline": NDJSON[:-1],
    "NDJSON with empty lines": NDJSON.replace(b"\n", b"\r\n\r\n"),
    "a byte order mark": b"\xef\xbb\xbf" + NDJSON,
    "a mark and an array": b"\xef\xbb\xbf \n" + json.dumps(THREE).encode(),
}


def read(path, module="cdrs"):
    notices = []
    source = sources.files({module: path})[module]
    found = ids(source.pages(Ask(module), gate_of(module), notices.append))
    return found, notices


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("content", FORMS.values(), ids=FORMS)
def test_every_form_of_saved_pages(tmp_path, content, packed):
    path = tmp_path / "saved"
    path.write_bytes(gzip.compress(content) if packed else content)
    found, notices = read(path)
    assert found == ["a", "b", "c"]
    assert notices[-1] in (PullEnded("cdrs", 1, 3, True), PullEnded("cdrs", 2, 3, True))


def test_a_single_object_is_one(tmp_path):
    path = tmp_path / "one.json"
    path.write_bytes(json.dumps(THREE[0], indent=2).encode())
    assert read(str(path))[0] == ["a"]


def test_the_files_of_a_folder_are_pages_in_natural_order(tmp_path):
    for number in (10, 9, 1, 2):
        (tmp_path / f"Page{number}.json").write_text(json.dumps([{"id": f"S{number}"}]))
    (tmp_path / "page3.ndjson.gz").write_bytes(gzip.compress(b'{"id": "S3"}\n'))
    (tmp_path / ".hidden").write_text("no JSON")
    (tmp_path / "inner").mkdir()
    found, notices = read(tmp_path)
    assert found == ["S1", "S2", "S3", "S9", "S10"]
    assert notices[-2:] == [PageRead("cdrs", 5, 5, None), PullEnded("cdrs", 5, 5, True)]


def test_standard_input_is_read_and_left_open(monkeypatch):
    stream = io.TextIOWrapper(io.BufferedReader(io.BytesIO(NDJSON)))
    monkeypatch.setattr(sys, "stdin", stream)
    assert read("-")[0] == ["a", "b", "c"]
    assert not stream.closed


def test_a_last_line_needs_no_end(tmp_path):
    path = tmp_path / "lines"
    path.write_bytes(NDJSON.rstrip(b"\n"))
    assert read(path)[0] == ["a", "b", "c"]


def test_an_empty_file_holds_nothing(tmp_path):
    path = tmp_path / "empty"
    path.write_bytes(b"")
    assert read(path) == ([], [PullEnded("cdrs", 0, 0, True)])
    path.write_bytes(b"\n")
    assert read(path)[0] == []


def test_a_large_file_is_read_page_by_page_and_no_further_than_wanted(tmp_path):
    path = tmp_path / "large.ndjson"
    path.write_bytes(b"".join(b'{"id": "%06d", "remark": "%s"}\n' % (n, b"x" * 200) for n in range(20_000)))
    notices = []
    pages = sources.files({"cdrs": path})["cdrs"].pages(Ask("cdrs"), gate_of("cdrs"), notices.append)
    first = next(pages)
    pages.close()
    assert notices == [PageRead("cdrs", 1, 50, None)]
    assert first.count == 50
    assert read(path)[0] == [f"{n:06}" for n in range(20_000)]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.text('ab \\"é', max_size=30), max_size=12),
    st.integers(1, 5),
    st.booleans(),
)
def test_pages_are_numbers_of_lines_and_nothing_is_lost(lines, size, closed):
    content = "\n".join(lines).encode() + (b"\n" if closed else b"")
    file = io.BytesIO(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(file_source, "LINES", size)
        start = file_source.first_line(Path("x"), file)
        pages = list(file_source.pages_of_lines([start, *file])) if start else []
    sent = [line.strip(b"\n") for page in pages for line in page]
    assert sent == [line.encode() for line in lines if line.strip()]
    assert all(len(page) == size for page in pages[:-1])


def test_what_is_odd_is_said_once_at_the_end(tmp_path):
    path = tmp_path / "odd"
    path.write_bytes(json.dumps([{"id": "a", "x_depot": "private"}, 7, None, {"id": "b"}]).encode())
    found, notices = read(path)
    assert found == ["a", "b"]
    assert notices[1:] == [
        WarningIssued(Message("cdrs: 2 items are not objects, left out (page 1 index 1, page 1 index 2)")),
        WarningIssued(Message("cdrs: 1 field is not OCPI's, left out: x_depot")),
        PullEnded("cdrs", 1, 4, True),
    ]


BROKEN = {
    "not JSON": (b"hello", "FILE: the response is not JSON"),
    "cut": (b'[{"id": "private', "FILE: the response is not"),
    "CSV": (b"id,kwh\nprivate,1\n", "FILE: the response is not JSON"),
    "HTML": (b"<html>private</html>", "FILE: the response is not JSON but HTML or XML"),
    "an OCPI error": (
        b'{"status_code": 2001, "data": null}',
        "FILE holds an answer with OCPI status 2001 and no objects",
    ),
    "cut lines": (NDJSON + b'{"id": "private', "FILE ends in the middle of an object"),
    "cut gzip": (gzip.compress(NDJSON * 50)[:-20], "FILE cannot be read: it is broken"),
    "bad gzip": (b"\x1f\x8bprivate....", "FILE cannot be read: it is broken"),
}


@pytest.mark.parametrize(("content", "message"), BROKEN.values(), ids=BROKEN)
def test_what_cannot_be_read_is_named(tmp_path, content, message):
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        read(path)
    assert caught.value.message.startswith(message.replace("FILE", str(path)))
    assert "private" not in str(caught.value)


FOREIGN = {
    "lines": b'{"Sessie": "private", "Laadpunt": 1}\n' * 3,
    "a list": b'[{"Sessie": "private"}, {"Laadpunt": 1}]',
    "an envelope": b'{"status_code": 1000, "data": [{"Sessie": "private"}]}',
    "GeoJSON": b'{"features": [{"properties": {"id": "private"}}]}',
    "one object": b'{\n"openapi": "3.1", "info": {}}',
    "numbers": b"[1, 2, 3]",
    "rows as lists": b'[["id", "currency"], ["private", "EUR"]]',
    "lines of lists": b'{"Sessie": 1}\n["private"]\n',
}


@pytest.mark.parametrize(
    "query", ["cdrs | aggregate count", "cdrs only id", "cdrs pass .", "cdrs | .currency"]
)
@pytest.mark.parametrize("content", FOREIGN.values(), ids=FOREIGN)
def test_a_file_without_a_field_of_the_module_is_refused(tmp_path, content, query):
    path = tmp_path / "export.json"
    path.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        list(ocpiq.compile(query).run(sources=sources.files({"cdrs": path})))
    assert caught.value.message == f"no object in {path} has a field of cdrs"
    assert caught.value.hint == "--source takes saved pages, lists or NDJSON of a module"


@pytest.mark.parametrize("query", ["cdrs | aggregate count", "cdrs | .currency", "cdrs only id"])
def test_each_file_of_a_folder_is_looked_at(tmp_path, query):
    (tmp_path / "1.json").write_text(json.dumps([{"id": str(number)} for number in range(150)]))
    (tmp_path / "2.json").write_text(json.dumps([{"Sessie": 1}]))
    with pytest.raises(UsageError, match=r"no object in .*2\.json has a field of cdrs"):
        list(ocpiq.compile(query).run(sources=sources.files({"cdrs": tmp_path})))


FAMILIAR = {
    "a field of another version": b'[{"auth_id": 1}]',
    "one object of many": b'[{"Sessie": 1}, {"currency": "EUR"}]',
    "no field at all": b"[{}]",
    "nothing": b"[]",
}


@pytest.mark.parametrize("content", FAMILIAR.values(), ids=FAMILIAR)
def test_a_file_with_a_field_of_the_module_is_read(tmp_path, content):
    path = tmp_path / "export.json"
    path.write_bytes(content)
    list(ocpiq.compile("cdrs | aggregate count").run(sources=sources.files({"cdrs": path})))


def test_a_vendors_field_that_the_query_names_is_one(tmp_path):
    path = tmp_path / "export.json"
    path.write_bytes(b'[{"Sessie": 7}]')
    query = ocpiq.compile('cdrs only "Sessie" | .Sessie')
    assert list(query.run(sources=sources.files({"cdrs": path}))) == [7]


def test_the_parts_of_locations_are_in_files_of_locations(tmp_path):
    path = tmp_path / "export.json"
    path.write_bytes(b'[{"EVSE": 7}]')
    with pytest.raises(UsageError, match=r"no object in .* has a field of locations"):
        list(ocpiq.compile("evses | .uid").run(sources=sources.files({"evses": path})))


def test_what_is_not_there_is_named(tmp_path):
    with pytest.raises(UsageError, match="there is no file or folder"):
        read(tmp_path / "none")
    (tmp_path / "folder").mkdir()
    with pytest.raises(UsageError, match="holds no file"):
        read(tmp_path / "folder")


def test_a_module_or_version_that_is_not_known():
    with pytest.raises(UsageError) as caught:
        sources.files({"sesions": "x"})
    assert (caught.value.message, caught.value.hint) == (
        "unknown module sesions",
        "did you mean sessions?",
    )
    with pytest.raises(UsageError, match=r"OCPI 2\.5 is not known"):
        sources.files({"cdrs": "x"}, "2.5")
    assert sources.files({"cdrs": "x"}, "2.1.1")["cdrs"].version == "2.1.1"


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("2.1.1", []),
        ("2.2.1", ["cdrs: the objects have fields of OCPI 2.1.1, and are read as 2.2.1 (--ocpi-version)"]),
    ],
)
def test_objects_of_another_version_than_was_said(tmp_path, version, said):
    path = tmp_path / "cdrs.json"
    path.write_text(json.dumps([{"id": "a", "auth_id": "x", "stop_date_time": "2026-01-01T00:00:00Z"}]))
    notices = []
    source = sources.files({"cdrs": path}, version)["cdrs"]
    assert ids(source.pages(Ask("cdrs"), gate_of("cdrs"), notices.append)) == ["a"]
    assert [each for each in notices if isinstance(each, WarningIssued)] == [
        WarningIssued(Message(text)) for text in said
    ]


BLANKS = b" " * (32 << 20)


@pytest.mark.parametrize(
    "body", [b"[" + BLANKS + b"]", b'{"id": "a"}\n' + BLANKS, b'{"id": "a"}\n' * (2 << 20)]
)
def test_a_file_that_unpacks_to_much_more_than_it_is(tmp_path, body):
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(body))
    with pytest.raises(UsageError, match=r"bomb\.gz unpacks to more than 200 times its size"):
        read(path)


@pytest.mark.parametrize(
    "body", [b"[" + b" " * 3000 + b"]", b'{"id": "a"}\n{"id": "' + b"x" * 3000, b" " * 3000 + b"{}"]
)
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_a_page_or_a_line_that_is_too_large(tmp_path, monkeypatch, body, packed):
    monkeypatch.setattr(file_source.bounds, "LARGEST", 2000)
    path = tmp_path / "large"
    path.write_bytes(gzip.compress(body) if packed else body)
    with pytest.raises(UsageError, match="large holds more than 0 MB in one piece"):
        read(path)


def test_many_lines_may_be_more_than_a_page(tmp_path, monkeypatch):
    monkeypatch.setattr(file_source.bounds, "LARGEST", 2000)
    path = tmp_path / "many.ndjson"
    path.write_bytes(b"".join(b'{"id": "%d"}\n' % number for number in range(1000)))
    assert len(read(path)[0]) == 1000
