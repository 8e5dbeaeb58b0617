"""What an HTML report says of its rows: how many stand alone, as `ocpiq risk` counts them."""

from __future__ import annotations

from typing import Final

from ocpiq.approval.result_files import rows_of_values
from ocpiq.approval.risk import MOST_COMBINATIONS, CodedTable, sentences, worst_first
from ocpiq.sinks.about import About
from ocpiq.values.types import Value

MOST_ROWS: Final = 20_000
MOST_WORK: Final = 20_000_000  # rows times combinations of columns: about two seconds


class RowRisk:
    """Counts the rows of a report, the first MOST_ROWS of them."""

    def __init__(self) -> None:
        self._table = CodedTable()

    def add(self, value: Value) -> None:
        """Add a result."""
        if self._table.rows < MOST_ROWS:
            for row in rows_of_values((value,)):
                self._table.add(row)

    def sentences(self, about: About) -> tuple[str, ...]:
        """Return what the rows mean; nothing for totals, whose groups are meant to differ."""
        table = self._table
        if table.rows < 2 or not about.sources or any(source.aggregated for source in about.sources):
            return ()
        count = table.combinations
        if count > MOST_COMBINATIONS or count * table.rows > MOST_WORK:
            return ("too many columns to compare the rows here: ocpiq risk --columns LIST compares some",)
        first = f"of the first {table.rows:,} rows: " if table.rows == MOST_ROWS else ""
        return tuple(first + sentence for sentence in sentences(worst_first(table), table.rows))
