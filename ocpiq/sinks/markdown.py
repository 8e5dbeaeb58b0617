"""Values as a Markdown table (GitHub's syntax)."""

from __future__ import annotations

import re
from typing import Final

from ocpiq.plan.columns import Columns
from ocpiq.sinks.cells import CellTexts, cell_text, cell_texts
from ocpiq.sinks.preview import PREVIEW_ROWS, PreviewEncoder
from ocpiq.sinks.rows import row_builder
from ocpiq.sinks.sink import FormatSettings, Sink, StreamSink
from ocpiq.sinks.table import numeric_columns
from ocpiq.sinks.target import Target
from ocpiq.values.arithmetic import is_number
from ocpiq.values.types import Value

# Characters with a meaning in Markdown; an underscore inside a word has none.
MARKUP: Final = re.compile(r"[\\|`*<\[&~]|(?<![^\W_])_|_(?![^\W_])")


def open_markdown(target: Target, columns: Columns, settings: FormatSettings) -> Sink:
    """Open a sink for a Markdown table."""
    rows = row_builder(columns, settings)
    return StreamSink(
        target, PreviewEncoder(rows, MarkdownLayout(cell_texts(target, settings, visible=True)), PREVIEW_ROWS)
    )


class MarkdownLayout:
    """A Markdown table; columns of numbers are aligned right."""

    def __init__(self, texts: CellTexts) -> None:
        self.texts = texts

    def head(self, names: tuple[str, ...], first: list[list[Value]]) -> str:
        """Return the column names, and the line that aligns the columns left or right."""
        rule = ["---:" if right else "---" for right in numeric_columns(first, len(names))]
        return self.line(list(names)) + _line(rule)

    def line(self, cells: list[Value]) -> str:
        """Return a row."""
        return _line([self._cell(value) for value in cells])

    def _cell(self, value: Value) -> str:
        text = cell_text(value, self.texts)
        return text if is_number(value) else MARKUP.sub(r"\\\g<0>", text)


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |\n"
