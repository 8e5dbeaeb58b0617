"""Files of typed formats, each read by another program than the one that wrote it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from ocpiq.sinks.column_types import CONTENTS


class TypedTable(NamedTuple):
    """What a reader finds: the type of each column by its name, in ocpiq's words, and the rows.

    Times are aware datetimes, and booleans are booleans, whatever the format makes of them.
    """

    types: dict[str, str]
    rows: list[dict[str, object]]

    def column(self, name: str) -> list[object]:
        """Return the cells of a column."""
        return [row[name] for row in self.rows]


class TypedFormat(NamedTuple):
    """A typed format: its name, the ending of its files, and what reads them; the packages that both need.

    `json` is the type that its reader finds for a column of JSON.
    """

    name: str
    ending: str
    read: Callable[[Path], TypedTable]
    packages: tuple[str, ...] = ()
    json: str = "json"

    def need(self) -> None:
        """Skip the test if a package is missing."""
        for package in self.packages:
            pytest.importorskip(package)


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DUCKDB_TYPES = {
    "BOOLEAN": "boolean",
    "BIGINT": "integer",
    "DOUBLE": "number",
    "DECIMAL": "decimal",
    "TIMESTAMP WITH TIME ZONE": "time",
    "VARCHAR": "text",
}


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def read_sqlite(path: Path) -> TypedTable:
    """Read a database with the standard library, and check that no cell has another type than its column."""
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        types = dict(connection.execute("SELECT name, type FROM _columns"))
        cursor = connection.execute("SELECT * FROM results")
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, cells, strict=True)) for cells in cursor]
    for row in rows:
        for name, type_ in types.items():
            if row[name] is not None and type_ in ("time", "boolean"):
                row[name] = moment(row[name]) if type_ == "time" else {0: False, 1: True}[row[name]]
    return TypedTable(types, rows)


def read_parquet(path: Path) -> TypedTable:
    """Read a file with DuckDB, times as microseconds: their conversion to Python needs another package."""
    import duckdb

    with duckdb.connect() as connection:
        return _of_relation(connection.read_parquet(str(path)))


def read_duckdb(path: Path) -> TypedTable:
    """Read a database with DuckDB itself: nothing else does."""
    import duckdb

    with duckdb.connect(path, read_only=True) as connection:
        return _of_relation(connection.table("results"))


def _of_relation(relation: Any) -> TypedTable:
    types = dict(zip(relation.columns, map(str, relation.types), strict=True))
    columns = [
        f'epoch_us("{name}")' if types[name] == "TIMESTAMP WITH TIME ZONE" else f'"{name}"' for name in types
    ]
    found = relation.project(", ".join(columns)).fetchall()
    rows: list[dict[str, object]] = [dict(zip(types, cells, strict=True)) for cells in found]
    for row in rows:
        for name, type_ in types.items():
            if type_ == "TIMESTAMP WITH TIME ZONE" and row[name] is not None:
                row[name] = EPOCH + timedelta(microseconds=row[name])  # type: ignore[arg-type]
    return TypedTable({name: DUCKDB_TYPES[type_.split("(")[0]] for name, type_ in types.items()}, rows)


def read_arrow(path: Path) -> TypedTable:
    """Read a stream with Polars."""
    import polars

    frame = polars.read_ipc_stream(path)
    names = {
        "Boolean": "boolean",
        "Int64": "integer",
        "Float64": "number",
        "Decimal": "decimal",
        "Datetime": "time",
        "String": "text",
    }
    types = {name: names[type_.base_type().__name__] for name, type_ in frame.schema.items()}
    return TypedTable(types, frame.to_dicts())


def read_xlsx(path: Path) -> TypedTable:
    """Read a workbook with openpyxl; the types are those of its second sheet."""
    import openpyxl

    workbook = openpyxl.load_workbook(path, read_only=True)
    names, *cells = workbook["Results"].iter_rows(values_only=True)
    about = list(workbook["About"].iter_rows(max_col=4, values_only=True))
    about = about[next(number for number, row in enumerate(about) if row[0] == "Column") + 1 :]
    words = {holds: type_ for type_, holds in CONTENTS.items()}
    types = {str(name): words[str(holds)] for name, holds, *_ in about[: len(names)]}
    rows = [
        {name: _xlsx_value(cell, types[name]) for name, cell in zip(types, row, strict=True)} for row in cells
    ]
    return TypedTable(types, rows)


def _xlsx_value(cell: object, type_: str) -> object:
    """Return a cell as other formats have it: openpyxl reads whole numbers as integers, and times without a zone."""
    if cell is None or (cell == "#NA" and type_ != "text"):
        return None
    match type_:
        case "time":
            assert isinstance(cell, datetime)
            return cell.replace(tzinfo=UTC)
        case "number":
            return float(cell)  # type: ignore[arg-type]
        case "integer":
            return int(cell)  # type: ignore[call-overload]
        case "decimal":
            return Decimal(str(cell))
    return cell


FORMATS = (
    TypedFormat("sqlite", ".sqlite", read_sqlite),
    TypedFormat("parquet", ".parquet", read_parquet, ("pyarrow", "duckdb"), json="text"),
    TypedFormat("duckdb", ".duckdb", read_duckdb, ("duckdb", "pyarrow"), json="text"),
    TypedFormat("xlsx", ".xlsx", read_xlsx, ("xlsxwriter", "openpyxl")),
    TypedFormat("arrow", ".arrow", read_arrow, ("pyarrow", "polars"), json="text"),
)


def saved_objects(path: Path, *objects: object) -> None:
    """Save objects of a module, one per line."""
    path.write_text("".join(json.dumps(entry) + "\n" for entry in objects), "utf-8")
