"""Pages through the gate: envelopes, lines, bad objects, windows, unknown names."""

from __future__ import annotations

from importlib import import_module

import pytest
from support.json_texts import listed
from support.rows import needs, plain, seen

from ocpiq.errors import PlatformError
from ocpiq.gate import Gate, OpenedPage, Window, gate
from ocpiq.schema import VERSIONS
from ocpiq.values.times import epoch_us

# ---------------------------------------------------------------- the envelope


def opened(body: bytes, *paths: str) -> OpenedPage:
    return gate(seen("sessions"), needs(*(paths or ("id",)))).page(body)


@pytest.mark.parametrize(
    ("body", "status", "count", "rows"),
    [
        pytest.param(b'{"data":[{"id":1},{}],"status_code":1000}', 1000, 2, 2, id="a list"),
        pytest.param(b'{"data":[],"status_code":1000}', 1000, 0, 0, id="empty"),
        pytest.param(b'{"status_code":1000}', 1000, 0, 0, id="no data"),
        pytest.param(b'{"data":null,"status_code":1000}', 1000, 0, 0, id="null"),
        pytest.param(b'{"data":{},"status_code":1000}', 1000, 0, 0, id="an empty object"),
        pytest.param(b'{"data":{"id":1},"status_code":1000}', 1000, 1, 1, id="an object"),
        pytest.param(b'{"data":"x","status_code":1000}', 1000, 1, 0, id="a scalar"),
        pytest.param(b'{"data":[{}],"status_code":"1000"}', 1000, 1, 1, id="status as text"),
        pytest.param(b'{"data":[{}],"status_code":1000.0}', 1000, 1, 1, id="status as a float"),
        pytest.param(
            b'{"data":[{}],"status_code":%s}' % (b"1" * 6000), 999_999_999, 0, 0, id="status of 6,000 digits"
        ),
        pytest.param(
            b'{"data":[{}],"status_code":%s}' % (b"1" * 4000), 999_999_999, 0, 0, id="status of 4,000 digits"
        ),
        pytest.param(b'{"data":[{}],"status_code":1000.5}', None, 1, 1, id="status with a fraction"),
        pytest.param(b'{"data":[{}],"status_code":{}}', None, 1, 1, id="status of a wrong shape"),
        pytest.param(b'{"data":[{"id":1}],"status_code":2001}', 2001, 0, 0, id="a failure"),
        pytest.param(b'{"data":[{"id":1}],"status_code":"3000"}', 3000, 0, 0, id="a failure as text"),
        pytest.param(
            b'{"data":[NaN,{"id":1}],"status_code":3000}', 3000, 0, 0, id="a failure that is not JSON"
        ),
        pytest.param(b'{"status_message":"no"}', None, 0, 0, id="a message alone"),
        pytest.param(b'[{"id":1}]', None, 1, 1, id="a bare list"),
        pytest.param(b"[]", None, 0, 0, id="a bare empty list"),
        pytest.param(b'{"id":1}', None, 1, 1, id="a bare object"),
        pytest.param(b"{}", None, 0, 0, id="a bare empty object"),
        pytest.param(b'\xef\xbb\xbf \n{"data":[{}]} \n', None, 1, 1, id="a byte order mark and spaces"),
        pytest.param(b'{"data":[{}],"status_code":1000,"link":NaN}', 1000, 1, 1, id="NaN beside"),
    ],
)
def test_envelopes(body: bytes, status: int | None, count: int, rows: int) -> None:
    result = opened(body)
    assert (result.status_code, result.count, len(result.rows)) == (status, count, rows)


def test_message_and_timestamp_are_cut_and_escaped() -> None:
    result = opened(
        b'{"status_message":"a\\u0007\\u202e\\n%s","timestamp":"2026-01-01T00:00:00Z"}' % (b"x" * 300)
    )
    assert result.status_message.startswith(r"a\x07\u202e\nxxx")
    assert result.status_message.endswith("x…")
    assert len(result.status_message) < 220
    assert result.timestamp == "2026-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        pytest.param(b"", "the response is empty", id="nothing"),
        pytest.param(b" <html>secret</html>", "the response is not JSON but HTML or XML", id="HTML"),
        pytest.param(b"secret", "the response is not JSON", id="text"),
        pytest.param(b'"secret"', "the response is not JSON", id="a JSON string"),
        pytest.param(
            b'{"data":[{"id":"secret"}',
            "the response is not complete JSON",
            id="cut off",
        ),
        pytest.param(b'{"data":[]} secret', "the response is not JSON", id="more after it"),
    ],
)
def test_a_page_that_is_not_json_is_an_error_without_its_content(body: bytes, message: str) -> None:
    with pytest.raises(PlatformError) as caught:
        opened(body)
    assert caught.value.message == message
    assert caught.value.__context__ is None


# ---------------------------------------------------------------- bad objects, lines


@pytest.mark.parametrize("paths", [("id",), (".",)], ids=str)
def test_items_that_are_not_objects_are_reported_by_position(paths: tuple[str, ...]) -> None:
    result = opened(b'[{"id":1},5,null,"x",[{"id":2}],{"id":NaN},{"id" 3}]', *paths)
    assert (result.count, len(result.rows), result.bad) == (7, 2, (1, 2, 3, 4, 6))


@pytest.mark.parametrize("paths", [("id",), (".",)], ids=str)
@pytest.mark.parametrize(
    ("chunk", "count", "bad"),
    [
        pytest.param(b"", 0, (), id="nothing"),
        pytest.param(b'{"id":1}\n{"id":2}\n', 2, (), id="two lines"),
        pytest.param(b'{"id":1}\n{"id":2}', 2, (), id="no line end"),
        pytest.param(b'{"id":1}\r\n {"id":2} \r\n', 2, (), id="blanks"),
        pytest.param(b'{"id":1}\n5\n{"id":\n{"id":NaN}\n[]\n', 5, (1, 2, 4), id="bad lines"),
        pytest.param(b'{"id":1}{"id":2}\n', 1, (0,), id="two on a line"),
        pytest.param(b'{"id":\n1}\n', 2, (0, 1), id="one on two lines"),
        pytest.param(b'{"id":1} {"id":2}\n{\n"id":3}', 3, (0, 1, 2), id="as many objects as lines"),
    ],
)
def test_lines(paths: tuple[str, ...], chunk: bytes, count: int, bad: tuple[int, ...]) -> None:
    result = gate(seen("sessions"), needs(*paths)).lines(
        [line for line in chunk.split(b"\n") if line.strip()]
    )
    assert (result.count, len(result.rows), result.bad) == (count, count - len(bad), bad)


# ---------------------------------------------------------------- windows


DATES = [
    b'"2025-12-31T23:59:59Z"',
    b'"2026-01-01T00:00:00Z"',
    b'"2026-01-31 23:59:59.9"',
    b'"2026-02-01T00:00:00Z"',
]
ODD_DATES = [b"null", b"5", b'"soon"', b'"1970-1-1T00:00:00Z"', b'{"a":1}', b"NaN"]
JANUARY = Window(epoch_us("2026-01-01"), epoch_us("2026-02-01"))


def dated(dates: list[bytes]) -> list[bytes]:
    return [b'{"id":%d,"last_updated":%s}' % (number, date) for number, date in enumerate(dates)]


def ids(opening: Gate, rows: object) -> list[object]:
    """Return the ids in rows of any kind."""
    if opening.shape is None:
        return [row["id"] for row in rows]  # type: ignore[attr-defined]
    return [getattr(row, opening.shape.slots["id"].attribute) for row in rows]  # type: ignore[attr-defined]


READINGS = [
    pytest.param((), ("id",), id="sealed"),
    pytest.param((), ("id", "last_updated"), id="blank"),
    pytest.param(("last_updated",), ("id", "last_updated"), id="passed"),
    pytest.param((), (".",), id="whole"),
    pytest.param((".",), (".",), id="everything passed"),
    pytest.param((".",), ("id",), id="everything passed, one field read"),
]


@pytest.mark.parametrize("nan", [False, True], ids=["JSON", "NaN beside"])
@pytest.mark.parametrize(("passed", "paths"), READINGS)
def test_a_window_keeps_the_objects_in_it(passed: tuple[str, ...], paths: tuple[str, ...], nan: bool) -> None:
    opening = gate(seen("sessions", passed), needs(*paths), window=JANUARY)
    result = opening.page(listed(dated(DATES) + [b'{"id":9,"last_updated":"2025-01-01","x":NaN}'] * nan))
    assert (ids(opening, result.rows), result.count, result.undated) == ([1, 2], 4 + nan, 0)


@pytest.mark.parametrize(("passed", "paths"), READINGS)
def test_an_object_with_an_unreadable_date_is_kept(passed: tuple[str, ...], paths: tuple[str, ...]) -> None:
    opening = gate(seen("sessions", passed), needs(*paths), window=JANUARY)
    result = opening.page(listed([*dated(ODD_DATES), b'{"id":6}', *dated(DATES[:1])]))
    assert (ids(opening, result.rows), result.undated) == (list(range(7)), 7)


def test_the_date_of_a_window_does_not_leave_the_gate() -> None:
    for body in (listed(dated(DATES)), listed([*dated(DATES), b'{"x":NaN}'])):
        rows = gate(seen("sessions"), needs("id"), window=JANUARY).page(body).rows
        assert all("2026" not in str(plain(row)) for row in rows)


# ---------------------------------------------------------------- unknown names


def test_unknown_fields_of_the_first_objects_are_named() -> None:
    opening = gate(seen("sessions", ['"x_c.d"']), needs("id"))
    objects = [
        b'{"id":1,"x_b":1,"cdr_token":{"x_a":{"y":1},"uid":1}}',
        b'{"x_b":2,"":1,"Ann Doe":1,"x_c":{"d":1,"e":2}}',
    ]
    first = opening.page(listed(objects))
    assert (first.field_report.unknown, first.field_report.unnamed) == (("cdr_token.x_a", "x_b"), 2)
    second = opening.page(listed([b'{"x_d":1,"Ann Doe":1}', *[b"{}"] * 96]))
    assert (second.field_report.unknown, second.field_report.unnamed) == (("cdr_token.x_a", "x_b", "x_d"), 2)
    third = opening.lines([b'{"x_e":1}', b'{"x_f":1}'])
    assert (third.field_report.unknown, third.field_report.objects) == (
        ("cdr_token.x_a", "x_b", "x_d", "x_e"),
        100,
    )


@pytest.mark.parametrize(
    "later",
    [
        pytest.param(
            b'{"id":2,"charging_periods":[{"dimensions":[{"type":"A"}]},{"dimensions":[{"x":1}]}]}',
            id="inside",
        ),
        pytest.param(b'{"id":2,"charging_periods":[[[{"dimensions":{"x":1}}]],7,null]}', id="lists in lists"),
        pytest.param(
            b'{"charging_periods":[{"dimensions":[{"x":1,"y\\ud800":2}]}]}', id="beside a lone surrogate"
        ),
        pytest.param(b'{"charging_periods":[{"dimensions":[7,{"x":NaN}]}]}', id="in what only we can read"),
    ],
)
def test_an_unknown_field_in_a_later_object_with_the_same_names_is_named(later: bytes) -> None:
    opening = gate(seen("cdrs"), needs("id"))
    usual = b'{"id":1,"charging_periods":[{"dimensions":[{"type":"A"}]}]}'
    report = opening.page(listed([usual, usual, later])).field_report
    assert report.unknown == ("charging_periods.dimensions.x",)


@pytest.mark.parametrize(
    ("sent", "versions"),
    [
        pytest.param([b'{"id":1,"auth_id":2}'], ("2.1.1",), id="fields of one version"),
        pytest.param([b'{"id":1}', b'{"cdr_token":{"uid":1}}'], ("2.2", "2.2.1", "2.3.0"), id="of several"),
        pytest.param([b'{"auth_id":1,"cdr_token":{}}'], (), id="of none together"),
        pytest.param([b'{"x_depot":1}', b"7"], (), id="of none at all"),
    ],
)
def test_the_versions_that_have_all_fields(sent: list[bytes], versions: tuple[str, ...]) -> None:
    opening = gate(seen("cdrs", ["total_cost"]), needs("total_cost"))
    assert opening.page(listed(sent)).field_report.versions == versions
    assert opening.page(listed(sent)).field_report.versions == versions


def test_a_field_that_the_view_leaves_out_excludes_no_version() -> None:
    opening = gate(seen("cdrs", only=["id"]), needs("id"))
    assert opening.page(listed([b'{"id":1,"auth_id":2}'])).field_report.versions == VERSIONS


def test_no_repr_shows_a_value() -> None:
    opening = gate(seen("sessions", ["kwh"]), needs("kwh", "id"), window=JANUARY)
    result = opening.page(b'[{"kwh":"secret","id":"secret","last_updated":"2026-01-01"}]')
    later = gate(seen("sessions", ["."]), needs(".")).page(b'[{"kwh":"secret"}]')
    assert "secret" not in f"{result!r} {result} {result.rows!r} {later!r} {later.rows!r} {opening!r}"


@pytest.mark.parametrize("read", [["kwh"], ["kwh", "total_cost.excl_vat"], ["."]])
@pytest.mark.parametrize("window", [None, Window(0, 1_767_225_600_000_000)])
def test_a_large_page_has_the_same_rows(monkeypatch, read, window):
    sent = (
        b'[{"id": "a", "kwh": 1, "total_cost": {"excl_vat": 2}, "last_updated": "2025-01-01T00:00:00Z"},'
        b' {"id": "b", "kwh": 2, "last_updated": "2027-01-01T00:00:00Z"}, {"kwh": [3]}, {"id": "a"}]'
    )
    result = []
    for large in (1 << 24, 0):
        monkeypatch.setattr(import_module("ocpiq.gate.gate"), "LARGE", large)
        keys: list[int] = []
        opened = gate(seen("sessions", ["kwh"]), needs(*read), window=window, key=("id",)).page(
            sent, lambda page_keys, keys=keys: keys.extend(page_keys) or [3]
        )
        result.append(
            (plain([plain(row) for row in opened.rows]), keys, opened.count, opened.repeated, opened.undated)
        )
    assert result[0] == result[1]
