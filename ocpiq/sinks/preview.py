"""Tables for reading: the first rows are held back to choose the layout, the others are written as they come."""

from __future__ import annotations

from typing import Final, Protocol

from ocpiq.sinks.rows import RowBuilder
from ocpiq.values.json.codec import utf8
from ocpiq.values.types import Value

PREVIEW_ROWS: Final = 1000  # that decide the layout of a table in a file


class TableLayout(Protocol):
    """The layout of a table."""

    def head(self, names: tuple[str, ...], first: list[list[Value]]) -> str:
        """Return the header; `first` are the first rows."""

    def line(self, cells: list[Value]) -> str:
        """Return a row."""


class PreviewEncoder:
    """An encoder that holds back the first `preview_rows` rows."""

    def __init__(self, rows: RowBuilder, layout: TableLayout, preview_rows: int) -> None:
        self.rows = rows
        self.layout = layout
        self.preview_rows = preview_rows
        self.first: list[list[Value]] = []
        self.header_written = False

    def write(self, value: Value) -> bytes:
        """Return the value's line, or nothing while the first are held back."""
        cells = self.rows.cells(value)
        if self.header_written:
            return utf8(self.layout.line(cells))
        self.first.append(cells)
        return self.flush() if len(self.first) >= self.preview_rows else b""

    def flush(self) -> bytes:
        """Return the buffered rows."""
        return self._write_first() if self.first else b""

    def end(self) -> bytes:
        """Return the buffered rows, or the header if there was no value and the columns are known."""
        return self._write_first() if not self.header_written and self.rows.settle() else b""

    def _write_first(self) -> bytes:
        self.header_written = True
        head = self.layout.head(self.rows.names, self.first)
        lines = "".join(map(self.layout.line, self.first))
        self.first.clear()
        return utf8(head + lines)
