"""What sinks have in common that need the first rows and their number before they can write."""

from __future__ import annotations

from typing import Final

from ocpiq.sinks.rows import RowBuilder
from ocpiq.sinks.target import Target
from ocpiq.values.types import Value

MOST_ROWS: Final = 1000  # that are held and shown


class FirstRows:
    """Holds the first rows; a subclass writes them in `close`.

    What was written of a part of the results would be misleading, so that `flush` writes nothing.
    """

    def __init__(self, target: Target, rows: RowBuilder) -> None:
        self.target = target
        self.rows = rows
        self.cells: list[list[Value]] = []

    def write(self, value: Value) -> None:
        """Hold the next row, if it is one of the first. Raises FormatError."""
        cells = self.rows.cells(value)
        if len(self.cells) < MOST_ROWS:
            self.cells.append(cells)

    def flush(self) -> None:
        """Do nothing."""

    def discard(self) -> None:
        """Do nothing: the stream belongs to its opener."""
