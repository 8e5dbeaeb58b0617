"""Values as an Apache Arrow stream (the IPC streaming format), with pyarrow."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from ocpiq.plan.columns import Columns
from ocpiq.sinks.about import facts
from ocpiq.sinks.arrow_tables import arrow_schema, arrow_table
from ocpiq.sinks.column_types import TypedColumn
from ocpiq.sinks.conversion import TimeForm
from ocpiq.sinks.sink import FormatSettings, Sink
from ocpiq.sinks.target import Target
from ocpiq.sinks.typed import TypedSink


def open_arrow(target: Target, columns: Columns, settings: FormatSettings) -> Sink:
    """Open a sink for an Arrow stream."""
    return TypedSink(target, columns, settings, ArrowWriter(target))


class ArrowWriter:
    """Writes a record batch for each batch of rows."""

    time_form: TimeForm = "aware"
    batch = 4096
    fold_case = False
    blank = None

    def __init__(self, target: Target) -> None:
        self._target = target
        self._writer: pa.RecordBatchStreamWriter | None = None
        self._schema: pa.Schema | None = None

    def begin(self, columns: Sequence[TypedColumn]) -> None:
        """Write the schema."""
        self._schema = arrow_schema(columns, facts(self._target.about()))
        self._writer = pa.ipc.new_stream(self._target.stream, self._schema)

    def write(self, cells: Sequence[Sequence[object]]) -> None:
        """Write a record batch."""
        assert self._writer is not None and self._schema is not None
        self._writer.write_table(arrow_table(self._schema, cells))

    def end(self, columns: Sequence[TypedColumn]) -> None:
        """Write the end of the stream."""
        assert self._writer is not None
        self._writer.close()

    def discard(self) -> None:
        """Do nothing: the stream belongs to its opener."""
