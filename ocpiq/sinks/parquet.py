"""Values as an Apache Parquet file, with pyarrow: compressed with zstd, and never more than one row group in memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO, Final

import pyarrow.parquet as pq
from pyarrow import Schema, Table, concat_tables

from ocpiq.plan.columns import Columns
from ocpiq.sinks.about import facts, outcome
from ocpiq.sinks.arrow_tables import arrow_schema, arrow_table, metadata
from ocpiq.sinks.column_types import TypedColumn
from ocpiq.sinks.conversion import TimeForm
from ocpiq.sinks.sink import FormatSettings, Sink
from ocpiq.sinks.target import Target
from ocpiq.sinks.typed import TypedSink

ROW_GROUP: Final = 20_000  # rows
ROW_GROUP_BYTES: Final = 32 << 20  # of Arrow, if that is less


def open_parquet(target: Target, columns: Columns, settings: FormatSettings) -> Sink:
    """Open a sink for a Parquet file."""
    return TypedSink(target, columns, settings, ParquetWriter(target))


class ParquetWriter:
    """Collects batches of rows, already as Arrow, into row groups."""

    time_form: TimeForm = "aware"
    batch = 4096
    fold_case = False
    blank = None

    def __init__(self, target: Target) -> None:
        self._target = target
        self._stream = CountingStream(target.stream)
        self._writer: pq.ParquetWriter | None = None
        self._schema: Schema | None = None
        self._tables: list[Table] = []
        self._rows = 0
        self._bytes = 0

    def begin(self, columns: Sequence[TypedColumn]) -> None:
        """Write the beginning of the file."""
        self._schema = arrow_schema(columns, facts(self._target.about()))
        self._writer = pq.ParquetWriter(self._stream, self._schema, compression="zstd")

    def write(self, cells: Sequence[Sequence[object]]) -> None:
        """Take rows, and write a row group if there are enough."""
        assert self._schema is not None
        table = arrow_table(self._schema, cells)
        self._tables.append(table)
        self._rows += table.num_rows
        self._bytes += table.nbytes
        if self._rows >= ROW_GROUP or self._bytes >= ROW_GROUP_BYTES:
            self._write_group()

    def _write_group(self) -> None:
        assert self._writer is not None
        if self._tables:
            self._writer.write_table(concat_tables(self._tables), row_group_size=2 * ROW_GROUP)
            self._tables.clear()
            self._rows = self._bytes = 0

    def end(self, columns: Sequence[TypedColumn]) -> None:
        """Write the end of the file, which readers start from."""
        self._write_group()
        assert self._writer is not None
        self._writer.add_key_value_metadata(metadata(outcome(self._target.about())))
        self._writer.close()
        self._writer = None

    def discard(self) -> None:
        """Close the writer, which would close itself later, and throw away what it writes then."""
        self._stream.discarded = True
        if self._writer is not None:
            self._writer.close()
            self._writer = None


class CountingStream:
    """A stream that tells its position, which a pipe cannot; once it is `discarded`, nothing more is written."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._position = 0
        self.closed = False
        self.discarded = False

    def write(self, data: bytes) -> int:
        """Write bytes."""
        self._position += len(data)
        return len(data) if self.discarded else self._stream.write(data)

    def flush(self) -> None:
        """Do nothing: the stream is flushed by its opener."""

    def tell(self) -> int:
        """Return the number of bytes written."""
        return self._position

    def readable(self) -> bool:
        """Return False."""
        return False

    def writable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return False."""
        return False

    def close(self) -> None:
        """Do nothing: the stream belongs to its opener."""
