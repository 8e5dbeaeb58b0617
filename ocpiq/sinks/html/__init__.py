"""Results as a report: one page that needs no other file, no network and no script."""

from __future__ import annotations

from ocpiq.plan.columns import Columns
from ocpiq.sinks.cells import cell_texts
from ocpiq.sinks.first_rows import FirstRows
from ocpiq.sinks.html.page import Report, page
from ocpiq.sinks.rows import RowBuilder, row_builder
from ocpiq.sinks.sink import FormatSettings, Sink
from ocpiq.sinks.target import Target
from ocpiq.values.json.codec import utf8


def open_html(target: Target, columns: Columns, settings: FormatSettings) -> Sink:
    """Open a sink for a report."""
    return ReportSink(target, row_builder(columns, settings), settings)


class ReportSink(FirstRows):
    """Writes the page at the end, when it is known how many rows there are."""

    def __init__(self, target: Target, rows: RowBuilder, settings: FormatSettings) -> None:
        super().__init__(target, rows)
        self.settings = settings

    def close(self) -> None:
        """Write the page."""
        self.rows.settle()
        report = Report(
            about=self.target.about(),
            title=self.settings.title,
            names=self.rows.names,
            rows=self.cells,
            total=self.rows.count,
            texts=cell_texts(self.target, self.settings, visible=True),
        )
        self.target.stream.write(utf8(page(report)))
