"""Values as an Apache Parquet file, with pyarrow: compressed with zstd, and never more than one row group in memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO

import pyarrow.parquet as pq
from pyarrow import Schema

from ocpiq.plan.columns import Columns
from ocpiq.sinks.arrow_tables import arrow_schema, arrow_table
from ocpiq.sinks.column_types import TypedColumn
from ocpiq.sinks.conversion import TimeForm
from ocpiq.sinks.sink import FormatSettings, Sink
from ocpiq.sinks.target import Target
from ocpiq.sinks.typed import TypedSink


def open_parquet(target: Target, columns: Columns, settings: FormatSettings) -> Sink:
    """Open a sink for a Parquet file."""
    return TypedSink(target, columns, settings, ParquetWriter(target))


class ParquetWriter:
    """Writes a row group for each batch of rows."""

    time_form: TimeForm = "microseconds"
    batch = 20_000
    fold_case = False
    blank = None

    def __init__(self, target: Target) -> None:
        self._stream = CountingStream(target.stream)
        self._writer: pq.ParquetWriter | None = None
        self._schema: Schema | None = None

    def begin(self, columns: Sequence[TypedColumn]) -> None:
        """Write the beginning of the file."""
        self._schema = arrow_schema(columns, {})
        self._writer = pq.ParquetWriter(self._stream, self._schema, compression="zstd")

    def write(self, cells: Sequence[Sequence[object]]) -> None:
        """Write a row group."""
        assert self._writer is not None and self._schema is not None
        self._writer.write_table(arrow_table(self._schema, cells))

    def end(self, columns: Sequence[TypedColumn]) -> None:
        """Write the end of the file, which readers start from."""
        assert self._writer is not None
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
