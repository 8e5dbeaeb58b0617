"""Tables to look at: the first rows are held back to see what is in them, the rest is written as it comes."""

from __future__ import annotations

from typing import Final, Protocol

from ocpiq.sinks.rows import RowBuilder
from ocpiq.values.json.codec import utf8
from ocpiq.values.types import Value

HELD: Final = 1000  # rows that a table in a file is laid out by


class Layout(Protocol):
    """How a table looks."""

    def head(self, names: tuple[str, ...], first: list[list[Value]]) -> str:
        """Return what stands above the rows, which `first` gives an impression of."""

    def line(self, cells: list[Value]) -> str:
        """Return a row."""


class PreviewSink:
    """An encoder that holds back the first `held` rows."""

    def __init__(self, rows: RowBuilder, layout: Layout, held: int) -> None:
        self.rows = rows
        self.layout = layout
        self.held = held
        self.first: list[list[Value]] = []
        self.begun = False

    def write(self, value: Value) -> bytes:
        """Return the value's line, or nothing while the first are held back."""
        cells = self.rows.cells(value)
        if self.begun:
            return utf8(self.layout.line(cells))
        self.first.append(cells)
        return self.flush() if len(self.first) >= self.held else b""

    def flush(self) -> bytes:
        """Return what is held back."""
        return self._begin() if self.first else b""

    def end(self) -> bytes:
        """Return what is held back, or the names of the columns where there was no value and they are known."""
        return self._begin() if not self.begun and self.rows.settle() else b""

    def _begin(self) -> bytes:
        self.begun = True
        head = self.layout.head(self.rows.names, self.first)
        lines = "".join(map(self.layout.line, self.first))
        self.first.clear()
        return utf8(head + lines)
