"""Values as an Arrow stream in memory, for libraries that take the PyCapsule interface."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

import pyarrow as pa

from ocpiq.errors import SourceError, say
from ocpiq.plan.columns import Columns
from ocpiq.sinks.arrow_tables import arrow_schema, arrow_table
from ocpiq.sinks.column_types import TypedColumn
from ocpiq.sinks.conversion import TimeForm
from ocpiq.sinks.sink import FormatSettings
from ocpiq.sinks.target import Target
from ocpiq.sinks.typed import TypedSink
from ocpiq.values.types import Value


class ArrowStream:
    """Results as an Arrow stream, which polars, DuckDB, pandas and others read without a file.

    The query runs while the stream is read, and only once. Several readers may be opened, as DuckDB does to see the
    schema, but only one can read.
    """

    def __init__(
        self, values: Iterator[Value], columns: Columns, settings: FormatSettings, target: Target
    ) -> None:
        self._collector = TableCollector()
        self._sink = TypedSink(target, columns, settings, self._collector)
        self._values = values
        self._first: list[pa.RecordBatch] = []
        self._remaining: Iterator[pa.RecordBatch] | None = None
        self._read = False

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.reader().__arrow_c_stream__(requested_schema)

    def reader(self) -> pa.RecordBatchReader:
        """Return a reader of the batches for pyarrow. Raises SourceError once a reader has begun to read."""
        if self._read:
            raise SourceError(say("the stream was already read"), hint=say("call Query.arrow() again"))
        if self._remaining is None:
            self._remaining = self._batches()
            self._first.extend(islice(self._remaining, 1))  # then the types of the columns are known
        return pa.RecordBatchReader.from_batches(self._collector.schema, self._batches_once())

    def _batches_once(self) -> Iterator[pa.RecordBatch]:
        if self._read:
            raise SourceError(say("the stream was already read"), hint=say("call Query.arrow() again"))
        self._read = True
        yield from self._first
        self._first.clear()
        if self._remaining is not None:
            yield from self._remaining

    def _batches(self) -> Iterator[pa.RecordBatch]:
        for value in self._values:
            self._sink.write(value)
            yield from self._collector.take()
        self._sink.close()
        yield from self._collector.take()


class TableCollector:
    """Keeps the tables of the batches until they are taken."""

    time_form: TimeForm = "aware"
    batch = 4096
    fold_case = False
    blank = None

    def __init__(self) -> None:
        self.schema = pa.schema([])
        self._tables: list[pa.Table] = []

    def begin(self, columns: Sequence[TypedColumn]) -> None:
        """Note the schema."""
        self.schema = arrow_schema(columns, ())

    def write(self, cells: Sequence[Sequence[object]]) -> None:
        """Keep a batch."""
        self._tables.append(arrow_table(self.schema, cells))

    def end(self, columns: Sequence[TypedColumn]) -> None:
        """Do nothing."""

    def discard(self) -> None:
        """Do nothing."""

    def take(self) -> Iterator[pa.RecordBatch]:
        """Yield the batches that are kept, and forget them."""
        tables, self._tables = self._tables, []
        for table in tables:
            yield from table.to_batches()
