"""Values as a table in Markdown (GitHub's, as most know it)."""

from __future__ import annotations

import re
from typing import Final

from ocpiq.plan.columns import Columns
from ocpiq.sinks.cells import CellTexts, cell_text, texts
from ocpiq.sinks.preview import HELD, PreviewSink
from ocpiq.sinks.rows import RowBuilder
from ocpiq.sinks.sink import Settings, Sink, StreamSink
from ocpiq.sinks.table import numeric
from ocpiq.sinks.target import Target
from ocpiq.values.arithmetic import is_number
from ocpiq.values.types import Value

# What Markdown would take for more than text; an underscore inside a word it does not.
MARKUP: Final = re.compile(r"[\\|`*<\[&~]|(?<![^\W_])_|_(?![^\W_])")


def markdown(target: Target, columns: Columns, settings: Settings) -> Sink:
    """Open a sink for a Markdown table."""
    rows = RowBuilder(columns, sort_keys=settings.sort_keys)
    return StreamSink(target, PreviewSink(rows, Markdown(texts(target, settings, visible=True)), HELD))


class Markdown:
    """The layout: a column of numbers is set right."""

    def __init__(self, texts: CellTexts) -> None:
        self.texts = texts

    def head(self, names: tuple[str, ...], first: list[list[Value]]) -> str:
        """Return the names, and the line that sets columns left or right."""
        rule = ["---:" if right else "---" for right in numeric(first, len(names))]
        return self.line(list(names)) + _line(rule)

    def line(self, cells: list[Value]) -> str:
        """Return a row."""
        return _line([self._cell(value) for value in cells])

    def _cell(self, value: Value) -> str:
        text = cell_text(value, self.texts)
        return text if is_number(value) else MARKUP.sub(r"\\\g<0>", text)


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |\n"
