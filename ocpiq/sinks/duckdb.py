"""Values as a DuckDB database, by Arrow tables: one row at a time takes a hundred times as long.

The database is written in a folder of the run, because DuckDB keeps a log and temporary files beside it, and copied.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import duckdb
import pyarrow as pa

from ocpiq.plan.columns import Columns
from ocpiq.sinks.about import facts, outcome
from ocpiq.sinks.arrow_tables import arrow_schema, arrow_table
from ocpiq.sinks.column_types import TypedColumn
from ocpiq.sinks.conversion import TimeForm
from ocpiq.sinks.sink import FormatSettings, Sink
from ocpiq.sinks.sql import quoted
from ocpiq.sinks.target import Target
from ocpiq.sinks.typed import TypedSink

INSERTED: Final = 122_880  # rows at a time: a whole row group of DuckDB
INSERTED_BYTES: Final = 32 << 20  # of Arrow, if that is less
CONFIG: Final = {
    "autoinstall_known_extensions": "false",  # nothing is fetched from anywhere
    "autoload_known_extensions": "false",
    "checkpoint_threshold": "4MB",  # a longer log would take memory
    "threads": "1",  # further ones cost memory and save no time at this size
}


def open_duckdb(target: Target, columns: Columns, settings: FormatSettings) -> Sink:
    """Open a sink for a DuckDB database."""
    return TypedSink(target, columns, settings, DuckdbWriter(target))


class DuckdbWriter:
    """Collects batches of rows as Arrow, and inserts them a row group at a time, which keeps the memory flat."""

    time_form: TimeForm = "aware"
    batch = 4096  # divides a row group
    fold_case = True
    blank = None

    def __init__(self, target: Target) -> None:
        assert target.folder is not None
        self._target = target
        self._path = target.folder() / "results.duckdb"
        with _errors():
            self._connection = duckdb.connect(self._path, config=dict(CONFIG))
        self._schema = pa.schema([])
        self._tables: list[pa.Table] = []
        self._rows = 0
        self._bytes = 0

    def begin(self, columns: Sequence[TypedColumn]) -> None:
        """Create the table of results."""
        for column in columns:
            quoted(column.name)
        self._schema = arrow_schema(columns, ())
        with _errors():
            self._create("results", self._schema.empty_table())

    def write(self, cells: Sequence[Sequence[object]]) -> None:
        """Take rows, and insert them if there are enough."""
        table = arrow_table(self._schema, cells)
        self._tables.append(table)
        self._rows += table.num_rows
        self._bytes += table.nbytes
        if self._rows >= INSERTED or self._bytes >= INSERTED_BYTES:
            self._insert()

    def end(self, columns: Sequence[TypedColumn]) -> None:
        """Write the tables about the columns and the run, and copy the database to its place."""
        self._insert()
        described = {
            "name": [column.name for column in columns],
            "type": [column.type for column in columns],
            "source": pa.array([column.path or None for column in columns], pa.string()),
            "blank": [column.blank for column in columns],
        }
        about = self._target.about()
        known = [*facts(about), *outcome(about)]
        with _errors():
            self._create("_columns", pa.table(described))
            self._create(
                "_about",
                pa.table({"name": [name for name, _ in known], "value": [value for _, value in known]}),
            )
            self._connection.execute("CHECKPOINT")
            self._connection.close()
        with self._path.open("rb") as database:
            shutil.copyfileobj(database, self._target.stream, 1 << 20)

    def discard(self) -> None:
        """Close the database; its folder is removed with the output."""
        self._connection.close()

    def _create(self, name: str, table: pa.Table) -> None:
        self._connection.register("rows", table)
        self._connection.execute(f"CREATE TABLE {name} AS SELECT * FROM rows")  # noqa: S608 - a fixed name
        self._connection.unregister("rows")

    def _insert(self) -> None:
        if not self._tables:
            return
        with _errors():
            self._connection.register("rows", pa.concat_tables(self._tables))
            self._connection.execute("INSERT INTO results SELECT * FROM rows")
            self._connection.unregister("rows")
        self._tables.clear()
        self._rows = self._bytes = 0


@contextmanager
def _errors() -> Iterator[None]:
    """Raise an error of the disk as OSError, which is reported as one of any other output."""
    try:
        yield
    except (duckdb.IOException, duckdb.FatalException, duckdb.TransactionException) as error:
        code = errno.ENOSPC if "No space left" in str(error) else errno.EIO
        raise OSError(code, os.strerror(code)) from None
