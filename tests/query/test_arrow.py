"""`Query.arrow()`: results for other libraries without a file."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

import ocpiq
from ocpiq.errors import Notice, WarningIssued
from ocpiq.sources import memory

pa = pytest.importorskip("pyarrow")

SESSIONS = [
    {"id": "S1", "kwh": 1.5, "start_date_time": "2026-01-02T03:04:05Z", "cdr_token": {"uid": "secret"}},
    {"id": "S2", "kwh": 2, "start_date_time": None},
]
QUERY = "sessions pass kwh, start_date_time | {id, kwh, start: .start_date_time, uid: .cdr_token.uid}"
START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ROWS = [
    {"id": "S1", "kwh": 1.5, "start": START, "uid": None},
    {"id": "S2", "kwh": 2.0, "start": None, "uid": None},
]


def source(objects: list[dict[str, object]] = SESSIONS) -> Any:
    return memory({"sessions": objects})


def stream() -> Any:
    return ocpiq.compile(QUERY).arrow(sources=source())


def test_pyarrow_reads_it() -> None:
    table = pa.table(stream())
    assert table.to_pylist() == ROWS
    assert table.schema.field("uid").metadata[b"ocpiq:blank"] == b"true"
    assert table.schema.field("start").type == pa.timestamp("us", tz="UTC")


def test_polars_reads_it() -> None:
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame(stream())
    assert frame.to_dicts() == ROWS
    assert frame.schema["kwh"] == polars.Float64


def test_duckdb_reads_it() -> None:
    duckdb = pytest.importorskip("duckdb")
    results = stream()
    with duckdb.connect() as connection:
        connection.register("results", results.reader())
        assert connection.sql("SELECT sum(kwh), count(start) FROM results").fetchall() == [(3.5, 1)]


def test_duckdb_finds_it_by_its_name() -> None:
    duckdb = pytest.importorskip("duckdb")
    results = stream()
    assert results is not None
    assert duckdb.sql("SELECT id FROM results ORDER BY id").fetchall() == [("S1",), ("S2",)]


def test_pandas_reads_it() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame.from_arrow(stream())
    assert list(frame["kwh"]) == [1.5, 2.0]
    assert frame["start"][0] == pandas.Timestamp(START)


def test_the_query_runs_while_it_is_read_and_only_once() -> None:
    seen: list[int] = []

    def inputs() -> Any:
        for number in range(50_000):
            seen.append(number)
            yield number

    results = ocpiq.compile("{n: .}").arrow(inputs=inputs())
    assert seen == []
    reader = results.reader()
    assert 0 < len(seen) < 10_000
    assert sum(batch.num_rows for batch in reader) == 50_000
    with pytest.raises(ocpiq.UsageError, match="already read"):
        results.reader()


def test_no_result_has_columns() -> None:
    table = pa.table(ocpiq.compile(QUERY).arrow(sources=source([])))
    assert (table.num_rows, table.column_names) == (0, ["id", "kwh", "start", "uid"])


def test_types_and_warnings() -> None:
    notices: list[Notice] = []
    query = ocpiq.compile("{n: .}")
    table = pa.table(query.arrow(inputs=iter(["1", 2]), types={"n": "integer"}, notify=notices.append))
    assert table.to_pylist() == [{"n": 1}, {"n": 2}]
    warnings = [notice.message for notice in notices if isinstance(notice, WarningIssued)]
    assert warnings == ["text was converted to numbers, times or booleans: n (1)"]


FAILURES = {
    "a value that does not fit": ({"n": "integer"}, [1, "Qz7private"], "result 2 does not fit column n"),
    "an error of the query": ({}, [1, {"a": 1}], "result 2 has an object in n"),
}


@pytest.mark.parametrize(("types", "inputs", "message"), FAILURES.values(), ids=FAILURES)
def test_errors_reach_the_reader(types: dict[str, Any], inputs: list[Any], message: str) -> None:
    with pytest.raises(Exception, match=message) as error:
        pa.table(ocpiq.compile("{n: .}").arrow(inputs=iter(inputs), types=types))
    assert "Qz7private" not in str(error.value)


def test_an_incomplete_pull_is_an_error_of_the_reader() -> None:
    """Not a shorter table."""
    sessions = [
        {"id": "S1", "end_date_time": "2026-01-02T00:00:00Z"},
        {"id": "S2", "end_date_time": "Qz7private"},
    ]
    query = ocpiq.compile("sessions during 2026-01 | {id}")
    with pytest.raises(Exception, match="incomplete: 1 of 2 objects") as error:
        pa.table(query.arrow(sources=source(sessions)))
    assert "Qz7private" not in str(error.value)


def test_without_pyarrow_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ocpiq.query.query.find_spec", lambda name: None)
    with pytest.raises(ocpiq.UsageError) as error:
        stream()
    assert (error.value.message, error.value.hint) == (
        "Query.arrow() needs pyarrow",
        "pip install 'ocpiq[parquet]'",
    )
