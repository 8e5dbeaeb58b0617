"""Values as a table for a terminal: no wider than it, numbers aligned right, long texts cut."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ocpiq.errors import Message, say
from ocpiq.plan.columns import Columns
from ocpiq.sinks.cells import CellTexts, cell_text, cell_texts
from ocpiq.sinks.lines import field_lines
from ocpiq.sinks.preview import PREVIEW_ROWS, PreviewEncoder
from ocpiq.sinks.rows import row_builder
from ocpiq.sinks.sink import FormatSettings, Sink, StreamSink
from ocpiq.sinks.table_or_lines import LeftOut, TableOrLines
from ocpiq.sinks.target import Target
from ocpiq.values.arithmetic import is_number
from ocpiq.values.blank import Blank
from ocpiq.values.terminal import text_width, truncate
from ocpiq.values.types import Value

GAP: Final = "  "
RULE: Final = "─"
MIN_WIDTH: Final = 8  # columns are not made narrower; those that do not fit are left out


def open_table(target: Target, columns: Columns, settings: FormatSettings) -> Sink:
    """Open a sink for a table that fits the terminal, or has its full width in a file."""
    size = target.size()
    width = size.columns if target.terminal else None

    def table(left_out: LeftOut) -> PreviewEncoder:
        layout = AlignedLayout(cell_texts(target, settings, visible=True), width, left_out)
        preview_rows = max(1, size.lines - 3) if target.terminal else PREVIEW_ROWS
        return PreviewEncoder(row_builder(columns, settings), layout, preview_rows)

    if not settings.lines_if_cut:
        return StreamSink(target, table(lambda names: target.warn(_columns_left_out(names))))
    return StreamSink(
        target,
        TableOrLines(
            table, lambda: field_lines(target, settings), lambda names: target.warn(_lines_instead(names))
        ),
    )


def _columns_left_out(names: tuple[str, ...]) -> Message:
    return say(
        "{columns} not fit (pick fewer with only or {{id, …}}, or use --to csv)", columns=_columns(names)
    )


def _lines_instead(names: tuple[str, ...]) -> Message:
    return say(
        "{columns} not fit a table, so each field has a line (pick fewer with only or {{id, …}}; "
        ":to table! shows the table without them)",
        columns=_columns(names),
    )


def _columns(names: tuple[str, ...]) -> Message:
    return say("1 column does") if len(names) == 1 else say("{count} columns do", count=len(names))


class AlignedLayout:
    """A table with aligned columns. `width` is the width of the terminal, None if nothing is cut.

    `left_out` is called with the names of the columns that do not fit. A later row that needs more room gets it while
    there is room.
    """

    def __init__(
        self, texts: CellTexts, width: int | None, left_out: Callable[[tuple[str, ...]], None]
    ) -> None:
        self.texts = texts
        self.width = width
        self.left_out = left_out
        self.widths: list[int] = []
        self.right: list[bool] = []

    def head(self, names: tuple[str, ...], first: list[list[Value]]) -> str:
        """Return the column names and a rule below them."""
        self.right = numeric_columns(first, len(names))
        lines = [[cell_text(name, self.texts) for name in names]]
        lines += ([cell_text(value, self.texts) for value in cells] for cells in first)
        self.widths = fit_widths(
            [max(map(self._width, column)) for column in zip(*lines, strict=True)], self.width
        )
        if len(self.widths) < len(names):
            self.left_out(names[len(self.widths) :])
        rule = [RULE * width for width in self.widths]
        titles = map(fit_title, lines[0], self.widths)
        return self._line(list(titles), self.right) + self._line(rule, self.right)

    def line(self, cells: list[Value]) -> str:
        """Return a row."""
        texts = [cell_text(value, self.texts) for value in cells[: len(self.widths)]]
        for index, wanted in enumerate(map(self._width, texts)):
            if wanted > self.widths[index]:
                room = wanted if self.width is None else self.width - _total_width(self.widths)
                self.widths[index] += min(wanted - self.widths[index], room)
        right = [
            is_number(cell) or (numbers and _is_empty(cell))
            for cell, numbers in zip(cells, self.right, strict=True)
        ]
        return self._line(texts, right)

    def _line(self, texts: list[str], right: list[bool]) -> str:
        cells = map(align, texts, self.widths, right)
        return GAP.join(cells).rstrip(" ") + "\n"

    def _width(self, text: str) -> int:
        return text_width(text if self.width is None else text[: self.width + 1])


def numeric_columns(first: list[list[Value]], count: int) -> list[bool]:
    """Tell which of `count` columns hold only numbers, besides null and blanks."""
    columns: list[tuple[Value, ...]] = list(zip(*first, strict=True)) if first else [()] * count
    return [
        any(map(is_number, cells)) and all(is_number(cell) or _is_empty(cell) for cell in cells)
        for cells in columns
    ]


def fit_widths(wanted: list[int], width: int | None) -> list[int]:
    """Return the widths of the columns that fit: the widest shrink first, then the last are left out.

    If a column is cut, the whole width is used.
    """
    if width is None or _total_width(wanted) <= width:
        return list(wanted)
    fitting = list(wanted)
    while len(fitting) > 1 and _total_width([min(size, MIN_WIDTH) for size in fitting]) > width:
        fitting.pop()
    room = width - _total_width([0] * len(fitting))
    limit = max(fitting)
    while limit > 1 and sum(min(size, limit) for size in fitting) > room:
        limit -= 1
    widths = [min(size, limit) for size in fitting]
    shrunk = [index for index, size in enumerate(fitting) if size > limit]
    for index in shrunk[: max(0, room - sum(widths))]:
        widths[index] += 1
    return widths


def align(text: str, width: int, right: bool) -> str:
    """Return the text padded or cut to `width`."""
    size = text_width(text)
    if size > width:
        text = truncate(text, width)
        size = text_width(text)
    space = " " * (width - size)
    return space + text if right else text + space


def fit_title(name: str, width: int) -> str:
    """Return the name of a column; a nested field's name is cut at its front, because its end tells it from others."""
    if "." not in name or text_width(name) <= width:
        return name
    return truncate(name[::-1], width)[::-1]


def _is_empty(value: Value) -> bool:
    return value is None or type(value) is Blank


def _total_width(widths: list[int]) -> int:
    return sum(widths) + len(GAP) * (len(widths) - 1)
