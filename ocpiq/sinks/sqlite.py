"""Values as an SQLite database: tables `results`, `_columns` and `_about`, in the standard library's own SQLite."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Final

from ocpiq.errors import FormatError, say
from ocpiq.plan.columns import Columns
from ocpiq.sinks.about import facts, outcome
from ocpiq.sinks.column_types import TypedColumn
from ocpiq.sinks.conversion import TimeForm
from ocpiq.sinks.sink import FormatSettings, Sink, StoredType
from ocpiq.sinks.sql import quoted
from ocpiq.sinks.target import Target
from ocpiq.sinks.typed import TypedSink

TYPES: Final[dict[StoredType, str]] = {
    "boolean": "INTEGER",
    "integer": "INTEGER",
    "number": "REAL",
    "decimal": "TEXT",
    "time": "TEXT",
    "text": "TEXT",
    "json": "TEXT",
}
STRICT_SINCE: Final = (3, 37)
MAX_COLUMNS: Final = 2000


def open_sqlite(target: Target, columns: Columns, settings: FormatSettings) -> Sink:
    """Open a sink for an SQLite database."""
    return TypedSink(target, columns, settings, SqliteWriter(target))


class SqliteWriter:
    """Writes rows in one transaction without a journal: the file replaces another only when it is complete."""

    time_form: TimeForm = "text"
    batch = 1000
    fold_case = True
    blank = None

    def __init__(self, target: Target) -> None:
        assert target.path is not None
        self._target = target
        self._connection = sqlite3.connect(target.path, isolation_level=None)
        self._insert = ""
        self._decimals: list[int] = []

    def begin(self, columns: Sequence[TypedColumn]) -> None:
        """Create the table of results."""
        if len(columns) > MAX_COLUMNS:
            raise FormatError(
                say(
                    "{count:,} columns, but SQLite has room for {most:,}",
                    count=len(columns),
                    most=MAX_COLUMNS,
                )
            )
        self._decimals = [number for number, column in enumerate(columns) if column.type == "decimal"]
        names = [f"{quoted(column.name)} {TYPES[column.type]}" for column in columns]
        self._execute("PRAGMA journal_mode = OFF")
        self._execute("PRAGMA synchronous = OFF")  # the file is synchronized once, when it is complete
        self._execute("BEGIN")
        self._create("results", names)
        self._insert = f"INSERT INTO results VALUES ({', '.join('?' * len(columns))})"  # noqa: S608 - only marks

    def write(self, cells: Sequence[Sequence[object]]) -> None:
        """Insert rows."""
        prepared = list(cells)
        for number in self._decimals:
            prepared[number] = [_decimal_text(cell) for cell in cells[number]]
        with _errors():
            self._connection.executemany(self._insert, zip(*prepared, strict=True))

    def end(self, columns: Sequence[TypedColumn]) -> None:
        """Write the tables about the columns and the run."""
        self._create("_columns", ["name TEXT", "type TEXT", "source TEXT", "blank INTEGER"])
        with _errors():
            self._connection.executemany(
                "INSERT INTO _columns VALUES (?, ?, ?, ?)",
                [(column.name, column.type, column.path or None, column.blank) for column in columns],
            )
        self._create("_about", ["name TEXT", "value TEXT"])
        about = self._target.about()
        with _errors():
            self._connection.executemany("INSERT INTO _about VALUES (?, ?)", [*facts(about), *outcome(about)])
        self._execute("COMMIT")
        self.discard()

    def discard(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _create(self, name: str, columns: list[str]) -> None:
        strict = " STRICT" if sqlite3.sqlite_version_info >= STRICT_SINCE else ""
        self._execute(f"CREATE TABLE {name} ({', '.join(columns)}){strict}")

    def _execute(self, statement: str) -> None:
        with _errors():
            self._connection.execute(statement)


def _decimal_text(cell: object) -> str | None:
    return format(cell, "f") if isinstance(cell, Decimal) else None


@contextmanager
def _errors() -> Iterator[None]:
    """Raise an error of the disk as OSError, which is reported as one of any other output."""
    try:
        yield
    except sqlite3.OperationalError as error:
        full = getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_FULL
        code = errno.ENOSPC if full else errno.EIO
        raise OSError(code, os.strerror(code)) from None
