"""The columns and the number of the rows that a sink gets, for the manifest of its file."""

from __future__ import annotations

from ocpiq.plan.columns import UNKNOWN, Column, Columns
from ocpiq.sinks.rows import resolve
from ocpiq.sinks.sink import Sink
from ocpiq.values.types import Value


class ColumnWatch:
    """Notes the columns of the values that a sink gets, and counts them; it stands `around` the sink."""

    def __init__(self) -> None:
        self._known: Columns = UNKNOWN
        self._columns: Columns | None = None
        self.rows = 0

    def around(self, sink: Sink, known: Columns) -> Sink:
        """Return the sink to write to instead; `known` are the columns that the plan knows."""
        self._sink = sink
        self._known = known
        return self

    def columns(self) -> list[Column]:
        """Return the columns of the rows, those that the plan knows if there was no row."""
        return (self._columns or resolve(self._known, None)).leaves()

    def write(self, value: Value) -> None:
        """Pass on a value."""
        self._sink.write(value)
        self.rows += 1
        if self._columns is None:
            self._columns = resolve(self._known, value)

    def flush(self) -> None:
        """Flush the sink."""
        self._sink.flush()

    def close(self) -> None:
        """Close the sink."""
        self._sink.close()

    def discard(self) -> None:
        """Discard the sink."""
        self._sink.discard()
