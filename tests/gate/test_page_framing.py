"""Page framing: envelope or object, and which list contains the objects, decided by names alone."""

from __future__ import annotations

import pytest
from support.rows import needs, plain, seen

from ocpiq.errors import PlatformError
from ocpiq.gate import TwoListsError, gate

SESSIONS = gate(seen("sessions"), needs("id")).framing
INNER = b'[{"id":"Jane","currency":"+316"},{"id":"Joe"}]'


@pytest.mark.parametrize("paths", [("id",), (".",)], ids=["a few fields", "whole"])
@pytest.mark.parametrize(
    ("module", "body", "form"),
    [
        pytest.param("sessions", b'{"id":"S1","data":%s}', "object", id="an id"),
        pytest.param("sessions", b'{"data":%s,"kwh":1}', "object", id="any field, after data"),
        pytest.param("sessions", b'{"d\\u0061ta":%s,"id":"S1"}', "object", id="written with an escape"),
        pytest.param("sessions", b'{"data":%s,"auth_id":1}', "object", id="a field of another version"),
        pytest.param("sessions", b'{"id":NaN,"data":%s}', "object", id="a value that is not JSON"),
        pytest.param("sessions", b'{"data":%s,"id":"S1","status_message":"x"}', "object", id="a message"),
        pytest.param(
            "sessions", b'{"data":%s,"id":"S1","status_code":1000}', "object", id="a code and an id"
        ),
        pytest.param("sessions", b'{"id":"S1","status_code":2001,"x":%s}', "object", id="a code, no data"),
        pytest.param("sessions", b'{"kwh":1,"status_message":"x","x":%s}', "object", id="a message, no data"),
        pytest.param("cdrs", b'{"total_cost":1,"data":%s}', "object", id="another module"),
        pytest.param("locations", b'{"evses":[],"data":%s}', "object", id="a list of the module beside"),
        pytest.param("sessions", b'{"x_depot":1,"data":%s}', "envelope", id="a vendor's field beside data"),
        pytest.param("sessions", b'{"total_cost_":1,"ID":1,"data":%s}', "envelope", id="nearly a field"),
        pytest.param("sessions", b'{"status":"ok","data":%s,"status_code":1000}', "envelope", id="a status"),
        pytest.param("cdrs", b'{"status":"ok","data":%s}', "envelope", id="a status of no such module"),
        pytest.param("sessions", b'{"data":{"content":%s,"page":1}}', "envelope", id="wrapped in data"),
        pytest.param("sessions", b'{"data":{"data":%s}}', "envelope", id="data in data"),
        pytest.param("sessions", b'{"status_code":1000,"items":%s}', "envelope", id="no data, one list"),
        pytest.param("sessions", b'{"data":null,"items":%s}', "envelope", id="null as data, one list"),
        pytest.param("sessions", b'{"content":%s,"total":7}', "wrapped", id="wrapped"),
        pytest.param("sessions", b'{"sessions":%s}', "wrapped", id="wrapped under any name"),
        pytest.param("sessions", b'{"content":%s,"x":NaN}', "wrapped", id="wrapped with no JSON beside"),
        pytest.param("sessions", b'{"x_depot":{"content":%s}}', "object", id="not deeper"),
        pytest.param("sessions", b'{"errors":%s}', "object", id="a list of errors"),
    ],
)
def test_form_of_a_page(module: str, body: bytes, form: str, paths: tuple[str, ...]) -> None:
    opened = gate(seen(module), needs(*paths)).page(body % INNER)
    assert (opened.form, opened.count) == (form, 1 if form == "object" else 2)
    if form == "object":
        assert "Jane" not in str([plain(row) for row in opened.rows])


def test_nested_objects_of_an_object_with_data_are_its_own() -> None:
    body = b'{"id":"L1","data":[{"evses":[{"uid":"Jane"}]}],"evses":[{"uid":"E1"}]}'
    opened = gate(seen("evses"), needs(".")).page(body)
    assert opened.form == "object"
    assert [row["uid"] for row in opened.rows] == ["E1"]  # type: ignore[index]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"content":[],"warnings":[]}', id="in the page"),
        pytest.param(b'{"data":{"content":[{"id":1}],"warnings":[]}}', id="in data"),
        pytest.param(b'{"status_code":1000,"content":[],"warnings":[]}', id="in an envelope without data"),
    ],
)
def test_two_lists_are_an_error_with_their_names(body: bytes) -> None:
    with pytest.raises(TwoListsError) as caught:
        gate(seen("sessions"), needs("id")).page(body)
    assert caught.value.message == "the response has 2 lists where one belongs: content, warnings"
    assert caught.value.__context__ is None


def test_list_names_are_shown_only_if_they_are_plain() -> None:
    with pytest.raises(PlatformError) as caught:
        gate(seen("sessions"), needs("id")).page(b'{"Jane Doe":[],"\\u001b[2J":[],"x":[]}')
    assert caught.value.message == "the response has 3 lists where one belongs: x"


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        pytest.param(b"", "lines", id="nothing"),
        pytest.param(b'{"id":1}\n', "lines", id="an object"),
        pytest.param(b'\xef\xbb\xbf {"id":1}\n', "lines", id="a byte order mark and spaces"),
        pytest.param(b'{"id":1,"kwh":2', "lines", id="the beginning of a long line"),
        pytest.param(b'{"data":[{"id":1}],"status_code":1000}\n', "page", id="an envelope"),
        pytest.param(b'{"data":[{"id":1},{"id":', "page", id="the beginning of an envelope"),
        pytest.param(b'{"status_code":1000,"data":[{"id":', "page", id="the beginning of another"),
        pytest.param(b'{\n  "data": [\n', "page", id="an envelope on many lines"),
        pytest.param(b'{\n  "id": 1\n', "page", id="an object on many lines"),
        pytest.param(b'[{"id":1},\n{"id":2}]', "page", id="a list"),
        pytest.param(b"<html>", "page", id="not JSON"),
        pytest.param(b'{"id":1,"data":[{"id":', "lines", id="the beginning of an object with data"),
        pytest.param(b'{"id":1,"data":[{}]}\n', "lines", id="an object with data"),
        pytest.param(b'{"id":1,"status_code":2001}\n', "lines", id="an object with a status_code"),
        pytest.param(b'{"content":[]}', "page", id="a wrapped list"),
        pytest.param(b'{"content":[],"items":[]}', "page", id="two lists"),
        pytest.param(b'{"id":1,"charging_periods":[]}', "lines", id="an object with a list"),
        pytest.param(b'{"x_depot":1}', "lines", id="an object without a field of the module"),
    ],
)
def test_form_of_a_file(start: bytes, expected: str) -> None:
    assert SESSIONS.file_form(start) == expected
