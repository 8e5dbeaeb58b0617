"""Typed formats through the command line: every type there and back, and nothing that is lost silently."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from support.cli import command
from support.typed_files import FORMATS, TypedFormat, TypedTable, saved_objects

from ocpiq.sinks import registry


@pytest.fixture(params=FORMATS, ids=lambda form: form.name)
def form(request: pytest.FixtureRequest) -> TypedFormat:
    chosen: TypedFormat = request.param
    chosen.need()
    return chosen


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def written(
    home: Path, form: TypedFormat, *words: str, inputs: object = None, warned: str = ""
) -> TypedTable:
    """Write a file with the command line, on inputs if there are some, and read it back."""
    if inputs is not None:
        assert isinstance(inputs, list)
        saved_objects(Path("inputs"), *inputs)
        words = (*words, "inputs")
    run = command(home, ["-q", "-o", f"x{form.ending}", *words])
    assert (run.code, run.out) == (0, b""), run.err
    assert warned in run.err and bool(run.err) == bool(warned)
    return form.read(Path(f"x{form.ending}"))


# ---------------------------------------------------------------- every type, there and back

CDR = {
    "country_code": "NL",
    "id": "C1",
    "start_date_time": "2026-01-02T03:04:05Z",
    "end_date_time": "2026-01-02T04:04:05.250Z",
    "total_energy": 12.5,
    "total_time": 1,
    "credit": True,
    "cdr_token": {"uid": "secret"},
    "cdr_location": {"id": "L1", "coordinates": {"latitude": "52.070000", "longitude": "4.300000"}},
    "charging_periods": [{"start_date_time": "2026-01-02T03:04:05Z", "dimensions": []}],
}
CONNECTORS = {"id": "L1", "evses": [{"uid": "E1", "connectors": [{"id": "1", "max_voltage": 230}]}]}
TYPES = {
    "string": ("id", "text", "C1"),
    "DateTime": ("start_date_time", "time", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
    "DateTime with milliseconds": (
        "end_date_time",
        "time",
        datetime(2026, 1, 2, 4, 4, 5, 250_000, tzinfo=UTC),
    ),
    "number": ("total_energy", "number", 12.5),
    "an integer in a number column": ("total_time", "number", 1.0),
    "boolean": ("credit", "boolean", True),
    "decimal text": ("latitude", "text", "52.070000"),
    "a list": (
        "charging_periods",
        "json",
        json.dumps(CDR["charging_periods"], separators=(",", ":")),
    ),
}
CDRS = (
    "cdrs pass start_date_time, end_date_time, total_energy, total_time, credit, cdr_location.coordinates,"
    " charging_periods | {id, start_date_time, end_date_time, total_energy, total_time, credit,"
    " latitude: .cdr_location.coordinates.latitude, charging_periods, uid: .cdr_token.uid}"
)


def test_every_schema_type(form: TypedFormat, home: Path, work: Path) -> None:
    saved_objects(work / "cdrs.ndjson", CDR, {"id": "C2"})
    table = written(home, form, "--source", "cdrs=cdrs.ndjson", CDRS)
    assert len(table.rows) == 2
    for name, type_, value in TYPES.values():
        expected_type = form.json if type_ == "json" else type_
        assert (name, table.types[name], table.column(name)[0]) == (name, expected_type, value)
        assert name == "id" or table.column(name)[1] is None


def test_integers_of_the_schema(form: TypedFormat, home: Path, work: Path) -> None:
    saved_objects(work / "locations.ndjson", CONNECTORS)
    words = ("--source", "locations=locations.ndjson", "connectors pass . | {id, max_voltage}")
    table = written(home, form, *words)
    assert (table.types["max_voltage"], table.rows) == ("integer", [{"id": "1", "max_voltage": 230}])


def test_blanks_are_typed_nulls(form: TypedFormat, home: Path, work: Path) -> None:
    saved_objects(work / "cdrs.ndjson", CDR)
    words = ("--source", "cdrs=cdrs.ndjson", "cdrs | {id, start_date_time, total_energy}")
    table = written(home, form, *words)
    assert table.types == {"id": "text", "start_date_time": "time", "total_energy": "number"}
    assert table.rows == [{"id": "C1", "start_date_time": None, "total_energy": None}]


VALUES = {
    "booleans": ([True, None, False], "boolean", [True, None, False]),
    "integers": ([1, None, -(2**63), 2**63 - 1], "integer", [1, None, -(2**63), 2**63 - 1]),
    "numbers": ([1, 2.5, None, -0.0], "number", [1.0, 2.5, None, 0.0]),
    "large and small": ([9.99e307, 5e-324], "number", [9.99e307, 5e-324]),
    "text": (["a", "", None], "text", ["a", "", None]),
    "emoji and quotes": (["😀\u200d🔥", "\"'`;--\\", "ü\n\t"], "text", ["😀\u200d🔥", "\"'`;--\\", "ü\n\t"]),
    "text that looks like something else": (
        ["0012", "1e5", "=1+1", "http://x", "2026-01-01", "true", "NULL", "#NA"],
        "text",
        ["0012", "1e5", "=1+1", "http://x", "2026-01-01", "true", "NULL", "#NA"],
    ),
    "huge integers": ([1, 2**64, 10**40], "text", ["1", str(2**64), "1" + "0" * 40]),
    "integers beyond a double among numbers": ([0.5, 2**53 + 1], "text", ["0.5", str(2**53 + 1)]),
    "numbers and text": ([1.50, "a", True], "text", ["1.5", "a", "true"]),
    "lists and objects": ([[1, "é"], {}, []], "json", ['[1,"é"]', "{}", "[]"]),
    "lists and text": ([[1], "a"], "text", ["[1]", "a"]),
    "nothing but null": ([None, None], "text", [None, None]),
}


@pytest.mark.parametrize(("values", "type_", "cells"), VALUES.values(), ids=VALUES)
def test_types_from_the_first_rows(
    values: list[object], type_: str, cells: list[object], form: TypedFormat, home: Path, work: Path
) -> None:
    table = written(home, form, "{n: 0, v: .}", inputs=values)
    assert table.types["v"] == (form.json if type_ == "json" else type_)
    assert table.column("v") == cells


TIMES = {
    "after a day that Excel alone has": ("1900-03-01T00:00:00Z", datetime(1900, 3, 1, tzinfo=UTC)),
    "the last": ("9999-12-31T23:59:59.999Z", datetime(9999, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)),
    "the epoch": ("1970-01-01T00:00:00Z", datetime(1970, 1, 1, tzinfo=UTC)),
    "a leap day": ("2024-02-29T12:00:00Z", datetime(2024, 2, 29, 12, tzinfo=UTC)),
    "midnight as 24": ("2026-01-01T24:00:00Z", datetime(2026, 1, 2, tzinfo=UTC)),
    "a leap second": ("2016-12-31T23:59:60Z", datetime(2017, 1, 1, tzinfo=UTC)),
    "without a zone": ("2026-01-01T12:00:00", datetime(2026, 1, 1, 12, tzinfo=UTC)),
}
CONVERTED_TIMES = {
    "an offset": ("2026-01-01T12:00:00+02:00", datetime(2026, 1, 1, 10, tzinfo=UTC)),
    "a date": ("2026-01-01", datetime(2026, 1, 1, tzinfo=UTC)),
    "RFC 1123": ("Thu, 01 Jan 2026 12:00:00 GMT", datetime(2026, 1, 1, 12, tzinfo=UTC)),
    "a number": (1767225600, datetime(2026, 1, 1, tzinfo=UTC)),
}


@pytest.mark.parametrize(("text", "expected"), TIMES.values(), ids=TIMES)
def test_times_at_the_edges(text: str, expected: datetime, form: TypedFormat, home: Path, work: Path) -> None:
    assert written(home, form, "--type", "t=time", "{t: .}", inputs=[text]).rows == [{"t": expected}]


@pytest.mark.parametrize(("text", "expected"), CONVERTED_TIMES.values(), ids=CONVERTED_TIMES)
def test_other_times_are_converted_and_counted(
    text: object, expected: datetime, form: TypedFormat, home: Path, work: Path
) -> None:
    table = written(home, form, "--type", "t=time", "{t: .}", inputs=[text], warned="booleans: t (1)\n")
    assert table.rows == [{"t": expected}]


def test_finer_times_than_the_format_stores_are_counted(form: TypedFormat, home: Path, work: Path) -> None:
    warning = "warning: times have more digits than the format stores: t (1)\n"
    inputs = ["2026-01-01T00:00:00.1234567Z", "2026-01-01T00:00:00.1230000Z"]
    table = written(home, form, "--type", "t=time", "{t: .}", inputs=inputs, warned=warning)
    assert all(str(cell).startswith("2026-01-01 00:00:00.123") for cell in table.column("t"))


# ---------------------------------------------------------------- options

OPTIONS = {
    "--text": (["--text", "v"], [1, 2.50, None, 2**70], "text", ["1", "2.5", None, str(2**70)]),
    "--type number": (["--type", "v=number"], [1, 2], "number", [1.0, 2.0]),
    "--type integer of whole numbers": (["--type", "v=integer"], [1.0, 2], "integer", [1, 2]),
    "the last counts": (["--text", "v", "--type=v=boolean"], [True], "boolean", [True]),
}


@pytest.mark.parametrize(("words", "values", "type_", "cells"), OPTIONS.values(), ids=OPTIONS)
def test_options_set_the_type(
    words: list[str],
    values: list[object],
    type_: str,
    cells: list[object],
    form: TypedFormat,
    home: Path,
    work: Path,
) -> None:
    table = written(home, form, *words, "{v: .}", inputs=values)
    assert (table.types["v"], table.column("v")) == (type_, cells)


CONVERTED = {
    "numbers": ("number", ["12.50", "-1e3", 7], [12.5, -1000.0, 7.0]),
    "integers": ("integer", ["12", 3], [12, 3]),
    "booleans": ("boolean", ["true", "false", True], [True, False, True]),
}


@pytest.mark.parametrize(("type_", "values", "cells"), CONVERTED.values(), ids=CONVERTED)
def test_text_that_is_exactly_a_value_is_converted_and_counted(
    type_: str, values: list[object], cells: list[object], form: TypedFormat, home: Path, work: Path
) -> None:
    texts = sum(isinstance(value, str) for value in values)
    warning = f"warning: text was converted to numbers, times or booleans: v ({texts})\n"
    table = written(home, form, "--type", f"v={type_}", "{v: .}", inputs=values, warned=warning)
    assert table.column("v") == cells


def test_decimals_keep_their_digits(form: TypedFormat, home: Path, work: Path) -> None:
    words = ("--decimal", "v=18,3", "{v: .}")
    table = written(home, form, *words, inputs=[12.5, 123456789012345, "0.125", None], warned="v (1)")
    assert table.types["v"] == "decimal"
    digits = [Decimal("12.500"), Decimal("123456789012345.000"), Decimal("0.125"), None]
    assert [None if cell is None else Decimal(str(cell)) for cell in table.column("v")] == digits


def test_explode_gives_a_row_for_each_item(form: TypedFormat, home: Path, work: Path) -> None:
    periods = [{"start_date_time": f"2026-01-02T0{hour}:00:00Z", "dimensions": []} for hour in (1, 2)]
    saved_objects(work / "cdrs.ndjson", {"id": "C0"}, {**CDR, "charging_periods": periods})
    words = ("--source", "cdrs=cdrs.ndjson", "--explode", "charging_periods")
    query = "cdrs pass charging_periods | {id, charging_periods}"
    table = written(home, form, *words, query)
    assert table.column("id") == ["C0", "C1", "C1"]
    assert table.types["charging_periods.start_date_time"] == "time"
    assert table.column("charging_periods.start_date_time") == [
        None,
        datetime(2026, 1, 2, 1, tzinfo=UTC),
        datetime(2026, 1, 2, 2, tzinfo=UTC),
    ]


WRONG_OPTIONS = {
    "a type": (["--type", "a=date"], "--type takes COLUMN=TYPE (types: text, number"),
    "no column": (["--type", "number"], "--type takes COLUMN=TYPE"),
    "too many digits": (["--decimal", "a=39,3"], "--decimal takes COLUMN=DIGITS,SCALE"),
    "more decimals than digits": (["--decimal", "a=3,4"], "--decimal takes COLUMN=DIGITS,SCALE"),
    "a column that does not exist": (
        ["--text", "kwhh"],
        "error: there is no column kwhh (did you mean kwh?)",
    ),
    "a field that is no list": (["--explode", "kwh"], "--explode: the field is not a list"),
    "a field that does not exist": (["--explode", "kw"], "--explode: there is no field kw (did you mean"),
}


@pytest.mark.parametrize(("words", "message"), WRONG_OPTIONS.values(), ids=WRONG_OPTIONS)
def test_wrong_options_are_reported_before_anything_is_fetched(
    words: list[str], message: str, home: Path, work: Path
) -> None:
    query = "sessions pass kwh | {id, kwh}"
    run = command(home, [*words, "-o", "x.sqlite", "--source", "sessions=missing", query])
    assert (run.code, list(work.iterdir())) == (2, [])
    run = command(home, [*words, "-o", "x.sqlite", "--demo", query])
    assert (run.code, list(work.iterdir())) == (2, [])
    assert message in run.err and run.err.count("\n") == 1


def test_options_of_typed_formats_are_refused_elsewhere(home: Path, work: Path) -> None:
    run = command(home, ["-n", "--text", "a", "--to", "csv", "{a: 1}"])
    assert run.code == 2 and "--text is for " in run.err and run.err.endswith(", not for csv\n")


# ---------------------------------------------------------------- what does not fit stops the run

SECRET = "Qz7private"
MISFITS = {
    "text in a number column": ("v=number", [1.5, SECRET], "numbers of double precision (--text v)"),
    "a leading zero": ("v=number", ["012"], "numbers of double precision (--text v)"),
    "an integer beyond a double": ("v=number", [2**53 + 1], "numbers of double precision (--text v)"),
    "infinity as text": ("v=number", ["1e999"], "numbers of double precision (--text v)"),
    "an integer beyond 64 bits": (
        "v=integer",
        [2**63],
        "integers of 64 bits (--type v=number, or --text v)",
    ),
    "a fraction in an integer column": (
        "v=integer",
        [1, 1.5],
        "integers of 64 bits (--type v=number, or --text v)",
    ),
    "a boolean in an integer column": (
        "v=integer",
        [1, True],
        "integers of 64 bits (--type v=number, or --text v)",
    ),
    "a list in a number column": ("v=number", [[SECRET]], "numbers of double precision (--text v)"),
    "text in a time column": ("v=time", ["2026-01-01T00:00:00Z", SECRET], "times (--text v)"),
    "a month that does not exist": ("v=time", ["2026-13-45T00:00:00Z"], "times (--text v)"),
    "a number in a boolean column": ("v=boolean", [True, 1], "true and false (--text v)"),
}


@pytest.mark.parametrize(("type_", "values", "message"), MISFITS.values(), ids=MISFITS)
def test_a_value_that_does_not_fit_stops_the_run(
    type_: str, values: list[object], message: str, form: TypedFormat, home: Path, work: Path
) -> None:
    saved_objects(work / "inputs", *values)
    run = command(home, ["-o", f"x{form.ending}", "--type", type_, "{v: .}", "inputs"])
    expected = f"error: result {len(values)} does not fit column v, which holds {message}\n"
    assert (run.code, run.err) == (5, expected)
    assert [path.name for path in work.iterdir()] == ["inputs"]


def test_the_types_of_the_first_rows_are_kept(form: TypedFormat, home: Path, work: Path) -> None:
    values = [*range(1200), 0.5]
    saved_objects(work / "inputs", *values)
    run = command(home, ["-o", f"x{form.ending}", "{v: .}", "inputs"])
    assert run.code == 5 and run.err.startswith("error: result 1201 does not fit column v, which holds int")
    assert [path.name for path in work.iterdir()] == ["inputs"]
    assert written(home, form, "--type", "v=number", "{v: .}", inputs=values).column("v") == values


def test_many_rows_come_in_order(form: TypedFormat, home: Path, work: Path) -> None:
    table = written(home, form, "-n", 'range(25000) | {v: ., t: "x\\(.)"}')
    assert table.rows == [{"v": number, "t": f"x{number}"} for number in range(25000)]


def test_columns_without_a_row(form: TypedFormat, home: Path, work: Path) -> None:
    saved_objects(work / "cdrs.ndjson", CDR)
    words = ("--source", "cdrs=cdrs.ndjson", 'cdrs only id, total_energy | select(.id == "none")')
    table = written(home, form, *words, warned=f"x{form.ending} has no rows")
    assert (table.types, table.rows) == ({"id": "text", "total_energy": "number"}, [])


def test_no_row_and_no_columns(form: TypedFormat, home: Path, work: Path) -> None:
    table = written(home, form, "-n", "empty", warned=f"x{form.ending} has no rows")
    assert (table.types, table.rows) == ({"value": "text"}, [])


# ---------------------------------------------------------------- complete, or not there


def test_a_full_disk_is_one_error_and_leaves_nothing(form: TypedFormat, home: Path, work: Path) -> None:
    """The process may write 64 KB to a file; the random text cannot be compressed."""
    program = f"""\
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, 1 << 16))
sys.argv = ["ocpiq", "-o", "x{form.ending}", ".", "inputs"]
from ocpiq.__main__ import main
sys.exit(main())
"""
    saved_objects(work / "inputs", *({"v": os.urandom(40).hex()} for _ in range(20_000)))
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert run.returncode == 2, run.stderr
    assert run.stderr.startswith("error: cannot write the results: ") and run.stderr.count("\n") == 1
    assert [path.name for path in work.iterdir()] == ["inputs"]


def test_an_error_of_the_query_leaves_nothing(form: TypedFormat, home: Path, work: Path) -> None:
    run = command(home, ["-n", "-o", f"x{form.ending}", '{a: 1}, error("x")'])
    assert (run.code, list(work.iterdir())) == (5, [])


WIDE = [form for form in FORMATS if form.name != "xlsx"]


@pytest.mark.parametrize("form", WIDE, ids=lambda form: form.name)
def test_what_a_workbook_has_no_room_for_fits_elsewhere(form: TypedFormat, home: Path, work: Path) -> None:
    form.need()
    inputs = [{"n": 1.7976931348623157e308, "t": "0001-01-01T00:00:00Z", "s": "x" * 40_000}]
    table = written(home, form, "--type", "t=time", ".", inputs=inputs)
    assert table.rows == [{**inputs[0], "t": datetime(1, 1, 1, tzinfo=UTC)}]


BEYOND_A_WORKBOOK = {
    "a date before March 1900": (
        "time",
        "1900-02-28T23:59:59Z",
        "a workbook has no reliable dates before March 1900",
    ),
    "a number of 309 digits": (
        "number",
        1.7976931348623157e308,
        "a workbook has no numbers of more than 308 digits",
    ),
    "a text of 32,768 characters": ("text", "x" * 32_768, "a cell has room for 32,767 characters"),
    "a text that Excel counts as longer": ("text", "😀" * 16_384, "a cell has room for 32,767 characters"),
}


@pytest.mark.parametrize(("type_", "value", "reason"), BEYOND_A_WORKBOOK.values(), ids=BEYOND_A_WORKBOOK)
def test_what_a_workbook_has_no_room_for_stops_the_run(
    type_: str, value: object, reason: str, home: Path, work: Path
) -> None:
    pytest.importorskip("xlsxwriter")
    saved_objects(work / "inputs", None, value)
    run = command(home, ["-o", "x.xlsx", "--type", f"v={type_}", "{v: .}", "inputs"])
    hint = "" if type_ == "text" else " (--text v)"
    assert (run.code, run.err) == (5, f"error: result 2 does not fit: {reason}{hint}\n")
    assert [path.name for path in work.iterdir()] == ["inputs"]


def test_a_sheet_has_no_room_for_more_rows(home: Path, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is Excel's 1,048,576 rows; a lower one shows where it is checked."""
    xlsx = pytest.importorskip("ocpiq.sinks.xlsx")
    assert xlsx.MAX_ROWS == 1_048_576
    monkeypatch.setattr(xlsx, "MAX_ROWS", 5000)
    assert command(home, ["-n", "-o", "x.xlsx", "range(4999) | {a: .}"]).code == 0
    run = command(home, ["-n", "-o", "y.xlsx", "range(5000) | {a: .}"])
    message = "error: result 5000 does not fit: a sheet has 5,000 rows, with the names of the columns"
    message += " (--to csv or parquet has no limit)\n"
    assert (run.code, run.err) == (5, message)
    assert [path.name for path in work.iterdir()] == ["x.xlsx"]


@pytest.mark.parametrize(
    ("ending", "count", "message"),
    [
        (".xlsx", 16_385, "16,385 columns, but a workbook has room for 16,384"),
        (".sqlite", 2001, "2,001 columns, but SQLite has room for 2,000"),
    ],
)
def test_more_columns_than_a_format_has(
    ending: str, count: int, message: str, home: Path, work: Path
) -> None:
    if ending == ".xlsx":
        pytest.importorskip("xlsxwriter")
    run = command(home, ["-n", "-o", f"x{ending}", f'[range({count}) | {{"c\\(.)": 1}}] | add'])
    assert (run.code, run.err, list(work.iterdir())) == (5, f"error: {message}\n", [])


DATABASES = [form for form in FORMATS if form.name in ("sqlite", "duckdb")]
NAMES = {
    "case": ("{a: 1, A: 2}", "two columns are named a, apart from upper and lower case"),
    "empty": ('{"": 1}', "cannot be the name of a column in a database"),
    "NUL": ('{"a\\u0000": 1}', "cannot be the name of a column in a database"),
}


@pytest.mark.parametrize(
    "form", [form for form in FORMATS if form.name in ("sqlite", "duckdb")], ids=lambda form: form.name
)
@pytest.mark.parametrize(("query", "message"), NAMES.values(), ids=NAMES)
def test_names_that_a_database_cannot_have(
    query: str, message: str, form: TypedFormat, home: Path, work: Path
) -> None:
    form.need()
    run = command(home, ["-n", "-o", f"x{form.ending}", query])
    assert (run.code, list(work.iterdir())) == (5, []) and message in run.err


def test_a_workbook_shows_what_it_holds(home: Path, work: Path) -> None:
    """Header frozen and bold, filters, formats, notes, grey blanks, long integers as text, no formulas and links."""
    openpyxl = pytest.importorskip("openpyxl")
    pytest.importorskip("xlsxwriter")
    saved_objects(work / "cdrs.ndjson", {**CDR, "id": "=1+1"}, {"id": "http://example.com"})
    query = (
        "cdrs pass start_date_time | {id, start_date_time, total_energy,"
        " n: 1234567890123456, d: 12.5, e: null}"
    )
    words = [
        "-q",
        "--source",
        "cdrs=cdrs.ndjson",
        "-o",
        "x.xlsx",
        "--decimal",
        "d=6,2",
        "--type",
        "n=integer",
    ]
    assert command(home, [*words, query]).code == 0
    workbook = openpyxl.load_workbook("x.xlsx")
    assert workbook.sheetnames == ["Results", "About"]
    sheet = workbook["Results"]
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:F3")
    assert all(cell.font.bold for cell in sheet[1])
    identity, start, blank, long, decimal, null = sheet[2]
    assert (identity.value, identity.data_type) == ("=1+1", "s")
    assert sheet["A3"].hyperlink is None
    assert (start.number_format, sheet["B1"].comment.text) == ("yyyy-mm-dd hh:mm:ss", "Times in UTC.")
    assert (blank.value, blank.font.color.rgb) == ("#NA", "FF808080")
    assert sheet["C1"].comment.text == "Blanked: the query does not pass cdrs.total_energy."
    assert (long.value, long.data_type) == ("1234567890123456", "s")
    assert (decimal.value, decimal.number_format) == (12.5, "0.00")
    assert null.value is None
    assert sheet.column_dimensions["A"].width > 15
    about = [[cell.value for cell in row] for row in workbook["About"]]
    assert ["total_energy", "numbers of double precision", "cdrs.total_energy", "yes"] in about
    assert workbook.properties.description == next(row[1] for row in about if row[0] == "query")


def test_a_row_of_nulls_is_a_row(form: TypedFormat, home: Path, work: Path) -> None:
    assert len(written(home, form, "{v: .}", inputs=[1, None, None]).rows) == 3


# ---------------------------------------------------------------- what stands beside the rows

SESSION = {"id": "S1", "kwh": 1.5, "cdr_token": {"uid": "secret"}}
BESIDE = "sessions pass kwh | {id, kwh, uid: .cdr_token.uid, twice: (.kwh * 2)}"
COLUMNS = [
    ("id", "text", "sessions.id", False),
    ("kwh", "number", "sessions.kwh", False),
    ("uid", "text", "sessions.cdr_token.uid", True),
    ("twice", "number", None, False),
]


def of_sqlite(path: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT name, type, source, blank FROM _columns").fetchall()
    return [(*others, bool(blank)) for *others, blank in rows]


def of_arrow_schema(schema: Any) -> list[tuple[object, ...]]:
    found = []
    for field in schema:
        metadata = {name.decode(): value.decode() for name, value in field.metadata.items()}
        blank = metadata["ocpiq:blank"] == "true"
        found.append((field.name, metadata["ocpiq:type"], metadata.get("ocpiq:path"), blank))
    return found


def of_parquet(path: Path) -> list[tuple[object, ...]]:
    return of_arrow_schema(pytest.importorskip("pyarrow.parquet").read_schema(path))


def of_arrow(path: Path) -> list[tuple[object, ...]]:
    return of_arrow_schema(pytest.importorskip("pyarrow.ipc").open_stream(path).schema)


def of_duckdb(path: Path) -> list[tuple[object, ...]]:
    with pytest.importorskip("duckdb").connect(path, read_only=True) as connection:
        found: list[tuple[object, ...]] = connection.table("_columns").fetchall()
    return found


READERS = {".duckdb": of_duckdb, ".sqlite": of_sqlite, ".parquet": of_parquet, ".arrow": of_arrow}


@pytest.mark.parametrize(("ending", "read"), READERS.items(), ids=READERS)
def test_each_column_says_where_it_comes_from_and_whether_it_is_blanked(
    ending: str, read: Callable[[Path], list[tuple[object, ...]]], home: Path, work: Path
) -> None:
    next(form for form in FORMATS if form.ending == ending).need()
    saved_objects(work / "sessions.ndjson", SESSION)
    words = ["-q", "--source", "sessions=sessions.ndjson", "-o", f"x{ending}", "--type", "twice=number"]
    assert command(home, [*words, BESIDE]).code == 0
    assert read(work / f"x{ending}") == COLUMNS


ABOUT = {
    ".sqlite": lambda path: dict(rows_of(path, "SELECT name, value FROM _about")),
    ".duckdb": lambda path: dict(
        pytest.importorskip("duckdb").connect(path, read_only=True).table("_about").fetchall()
    ),
    ".parquet": lambda path: metadata_of(pytest.importorskip("pyarrow.parquet").read_metadata(path)),
    ".arrow": lambda path: metadata_of(pytest.importorskip("pyarrow.ipc").open_stream(path).schema),
    ".xlsx": lambda path: {
        row[0]: row[1]
        for row in pytest.importorskip("openpyxl").load_workbook(path)["About"].iter_rows(values_only=True)
    },
}


def rows_of(path: Path, query: str) -> list[Any]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def metadata_of(schema: Any) -> dict[str, str]:
    return {name.decode().removeprefix("ocpiq:"): value.decode() for name, value in schema.metadata.items()}


@pytest.mark.parametrize(("ending", "read"), ABOUT.items(), ids=ABOUT)
def test_a_file_says_what_it_shows_of_which_data(
    ending: str, read: Callable[[Path], dict[str, str]], home: Path, work: Path
) -> None:
    next(form for form in FORMATS if form.ending == ending).need()
    saved_objects(work / "sessions.ndjson", {**SESSION, "last_updated": "2026-01-02T00:00:00Z"})
    words = ["-q", "--source", "sessions=sessions.ndjson", "-o", f"x{ending}"]
    query = (
        'sessions since 2026-01-01 pass kwh | select(.id != "Qz7private") | {id, kwh, uid: .cdr_token.uid}'
    )
    assert command(home, [*words, query], SOURCE_DATE_EPOCH="1767225600").code == 0
    about = read(work / f"x{ending}")
    expected = {
        "platform": "saved pages",
        "time_zone": "UTC",
        "created": "2026-01-01T00:00:00Z",
        "sessions.window": "updated from 2026-01-01",
        "sessions.passed": "kwh",
        "sessions.blanked": "cdr_token.uid",
        **({} if ending == ".arrow" else {"complete": "yes", "sessions.objects": "1"}),
    }
    assert {name: about.get(name) for name in expected} == expected
    assert about["version"].startswith("ocpiq ") and "sessions" in about["query"]
    assert "Qz7private" not in repr(about)


def test_a_workbook_has_local_times(home: Path, work: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    pytest.importorskip("xlsxwriter")
    saved_objects(work / "cdrs.ndjson", CDR)
    words = ["-q", "--source", "cdrs=cdrs.ndjson", "-o", "x.xlsx", "--tz", "Europe/Amsterdam"]
    assert command(home, [*words, "cdrs pass start_date_time | {start_date_time}"]).code == 0
    sheet = openpyxl.load_workbook("x.xlsx")["Results"]
    assert sheet["A2"].value == datetime(2026, 1, 2, 4, 4, 5)
    assert sheet["A1"].comment.text == "Times in Europe/Amsterdam."


# ---------------------------------------------------------------- where they can be written

PIPED = [form for form in FORMATS if form.name in ("parquet", "arrow")]


@pytest.mark.parametrize("form", PIPED, ids=lambda form: form.name)
def test_a_pipe_gets_the_bytes_of_the_file(form: TypedFormat, home: Path, work: Path) -> None:
    form.need()
    words = ["-n", "range(3) | {a: .}"]
    piped = command(home, ["--to", form.name, *words], SOURCE_DATE_EPOCH="0")
    assert (piped.code, piped.err) == (0, "")
    assert command(home, ["-o", f"x{form.ending}", *words], SOURCE_DATE_EPOCH="0").code == 0
    assert piped.out == (work / f"x{form.ending}").read_bytes()


@pytest.mark.parametrize("form", PIPED, ids=lambda form: form.name)
def test_a_terminal_is_refused_before_anything_is_fetched(form: TypedFormat, home: Path, work: Path) -> None:
    form.need()
    leader, follower = os.openpty()
    argv = [sys.executable, "-m", "ocpiq", "--source", "sessions=missing", "--to", form.name, "sessions"]
    (work / "missing").write_text("[]")
    run = subprocess.run(argv, stdout=follower, stderr=subprocess.PIPE, check=False)
    os.close(follower)
    os.close(leader)
    message = f"error: --to {form.name} cannot be shown on a terminal (write it to a file or a pipe)\n"
    assert (run.returncode, run.stderr.decode()) == (2, message)


@pytest.mark.parametrize("form", PIPED, ids=lambda form: form.name)
def test_a_full_device_is_one_error(form: TypedFormat) -> None:
    form.need()
    argv = [sys.executable, "-m", "ocpiq", "-n", "--to", form.name, "{a: 1}"]
    with Path("/dev/full").open("wb") as full:
        run = subprocess.run(argv, stdout=full, stderr=subprocess.PIPE, check=False)
    message = "error: cannot write the results: No space left on device\n"
    assert (run.returncode, run.stderr.decode()) == (2, message)


@pytest.mark.parametrize(
    "form",
    [form for form in FORMATS if form.name in ("sqlite", "xlsx", "duckdb")],
    ids=lambda form: form.name,
)
def test_a_format_that_is_not_a_stream_needs_a_file(form: TypedFormat, home: Path) -> None:
    form.need()
    run = command(home, ["-n", "--to", form.name, "{a: 1}"])
    assert (run.code, run.err) == (2, f"error: --to {form.name} needs a file (-o NAME{form.ending})\n")


@pytest.mark.parametrize("form", [form for form in FORMATS if form.packages], ids=lambda form: form.name)
def test_a_missing_extra_is_reported_before_anything_is_fetched(
    form: TypedFormat, home: Path, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    format_ = registry.by_name(form.name)
    monkeypatch.setattr(registry, "find_spec", lambda package: None)
    run = command(home, ["--demo", "-o", f"x{form.ending}", "sessions"])
    needs = " and ".join(format_.packages)
    message = f"error: --to {form.name} needs {needs} (pip install 'ocpiq[{format_.extra}]')\n"
    assert (run.code, run.err, list(work.iterdir())) == (2, message, [])


def test_no_library_of_a_typed_format_is_imported_unless_it_is_used() -> None:
    program = (
        "import sys; sys.argv = ['ocpiq', '-n', '1']; from ocpiq.__main__ import main; main();"
        "print([name for name in ('pyarrow', 'sqlite3', 'duckdb', 'xlsxwriter') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout == "1\n[]\n"


def test_nothing_is_written_elsewhere(form: TypedFormat, home: Path, work: Path) -> None:
    """XlsxWriter and DuckDB need temporary files; they would hold the results."""
    program = f"""\
import os, sys
written = set()
def hook(event, args):
    if event == "open" and isinstance(args[0], str) and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        written.add(os.path.dirname(os.path.realpath(args[0])))
sys.addaudithook(hook)
sys.argv = ["ocpiq", "-n", "-o", "x{form.ending}", 'range(5000) | {{v: "text"}}']
from ocpiq.__main__ import main
code = main()
print(sorted(folder for folder in written if not folder.startswith((os.getcwd(), "/dev"))))
sys.exit(code)
"""
    environment = {**os.environ, "TMPDIR": str(home), "PYTHONDONTWRITEBYTECODE": "1", "HOME": str(home)}
    argv = [sys.executable, "-c", program]
    run = subprocess.run(argv, capture_output=True, text=True, check=False, env=environment)
    assert (run.returncode, run.stdout, run.stderr) == (0, "[]\n", "")
    assert [path.name for path in work.iterdir()] == [f"x{form.ending}"]
    assert not [path for path in home.rglob("*") if path.is_file()]
