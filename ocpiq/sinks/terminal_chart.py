"""Results as charts in a terminal: bars for labels, a line for times; in Unicode or in ASCII."""

from __future__ import annotations

import json
import locale
import math
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from msgspec import Struct

from ocpiq.errors import FormatError, SourceError, say
from ocpiq.plan.columns import Columns
from ocpiq.sinks.cells import CellTexts, cell_text, cell_texts
from ocpiq.sinks.charts import Bars, Chart, Lines, Number, Rows, Series, charts, nice_ceiling, number_texts
from ocpiq.sinks.first_rows import MOST_ROWS, FirstRows
from ocpiq.sinks.rows import RowBuilder, row_builder
from ocpiq.sinks.sink import FormatSettings, Sink
from ocpiq.sinks.table import align
from ocpiq.sinks.target import Target
from ocpiq.values.json.codec import utf8
from ocpiq.values.terminal import text_width
from ocpiq.values.types import Value

NEVER_NUMBERS: Final = {"string", "DateTime", "decimal", "boolean", "list", "object"}
NO_NUMBERS: Final = say("the results have no column of numbers for a chart")
EXAMPLE: Final = say("such as | aggregate count by .city; or use --to table")
LEAST_BAR: Final = 10  # columns
LINE_HEIGHT: Final = 12  # rows of a line's chart
GAP: Final = " "
EIGHTHS: Final = " ▏▎▍▌▋▊▉█"
HEIGHTS: Final = "▁▂▃▄▅▆▇█"
ASCII_HEIGHTS: Final = "_.-=*#"
BRAILLE: Final = 0x2800
DOTS: Final = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # of a braille cell, by row and column
HIGHEST: Final = "highest"
TITLE: Final = "\033[1m"
POSITIVE: Final = "\033[36m"
NEGATIVE: Final = "\033[31m"
RESET: Final = "\033[0m"
BEYOND_ASCII: Final = re.compile(r"[^\x00-\x7f]+")


def open_chart(target: Target, columns: Columns, settings: FormatSettings) -> Sink:
    """Open a sink for charts as wide as the terminal, or 80 columns in a file.

    Raises UsageError if the plan knows that no column has numbers.
    """
    if not columns.open and all(column.type in NEVER_NUMBERS for column in columns.leaves()):
        raise SourceError(NO_NUMBERS, hint=EXAMPLE)
    size = target.size()
    ascii_only = settings.ascii_only or (target.terminal and not _shows_unicode())
    style = Style(
        width=max(40, size.columns - 1),
        height=max(5, min(LINE_HEIGHT, size.lines - 6)) if target.terminal else LINE_HEIGHT,
        ascii_only=ascii_only,
        color=bool(settings.colors),
    )
    rows = row_builder(columns, settings)
    return ChartSink(target, rows, cell_texts(target, settings, visible=True), style)


def _shows_unicode() -> bool:
    """Tell whether the terminal's encoding, by the user's locale, has every character."""
    return sys.platform == "win32" or locale.getencoding().lower().replace("-", "").startswith("utf")


class Style(Struct, frozen=True):
    """The size of a chart in columns and rows, and the characters that it may use."""

    width: int = 80
    height: int = LINE_HEIGHT
    ascii_only: bool = False
    color: bool = False

    def paint(self, text: str, color: str) -> str:
        """Return the text in a color."""
        return f"{color}{text}{RESET}" if self.color and text.strip() else text


class ChartSink(FirstRows):
    """Draws a chart for each column of numbers when all rows have come."""

    def __init__(self, target: Target, rows: RowBuilder, texts: CellTexts, style: Style) -> None:
        super().__init__(target, rows)
        self.texts = texts
        self.style = style

    def close(self) -> None:
        """Draw the charts. Raises FormatError for rows without a number."""
        if not self.cells:
            return
        rows = Rows(tuple(map(self._label, self.rows.names)), self.cells, self._label)
        drawn = charts(rows)
        if not drawn:
            raise FormatError(NO_NUMBERS, hint=EXAMPLE)
        if self.rows.count > MOST_ROWS:
            self.target.warn(
                say(
                    "the chart has the first {drawn:,} of {count:,} results (fewer: top, limit or aggregate)",
                    drawn=MOST_ROWS,
                    count=self.rows.count,
                )
            )
        self.target.stream.write(utf8("\n".join(draw(chart, self.style) for chart in drawn)))

    def _label(self, value: Value) -> str:
        text = cell_text(value, self.texts)
        return ascii_text(text) if self.style.ascii_only else text


def ascii_text(text: str) -> str:
    """Return the text with everything beyond ASCII escaped, as in JSON."""
    return BEYOND_ASCII.sub(lambda match: json.dumps(match[0])[1:-1], text)


def draw(chart: Chart, style: Style) -> str:
    """Return a chart as lines, the first of which is its title."""
    title = f"{chart.title} by {chart.axis}" if chart.axis else chart.title
    if style.ascii_only:
        title = ascii_text(title)
    title = style.paint(align(title, min(style.width, text_width(title)), right=False), TITLE)
    if isinstance(chart, Bars):
        lines = _bars(chart, style)
    elif len(chart.series) == 1:
        lines = _line(chart, chart.series[0], style)
    else:
        lines = _rows_of_heights(chart, style)
    return "".join(f"{line.rstrip(' ')}\n" for line in (title, *lines))


# ---------------------------------------------------------------- bars


def _bars(chart: Bars, style: Style) -> Iterator[str]:
    numbers = number_texts(chart.values, "-")
    number_width = max(map(len, numbers))
    label_width = min(
        max(map(text_width, chart.labels)), max(8, style.width - number_width - LEAST_BAR - 2 * len(GAP))
    )
    label_width = min(label_width, style.width // 2)
    room = style.width - label_width - number_width - 2 * len(GAP)
    bar = _bar_drawer(chart.values, max(LEAST_BAR, room), style)
    for label, number, value in zip(chart.labels, numbers, chart.values, strict=True):
        yield f"{_fitted(label, label_width, style)}{GAP}{number:>{number_width}}{GAP}{bar(value)}"


def _fitted(label: str, width: int, style: Style) -> str:
    text = align(label, width, right=False)
    return text.replace("…", "~") if style.ascii_only else text


def _bar_drawer(values: Sequence[Number], room: int, style: Style) -> Callable[[Number], str]:
    """Return what draws the bar of a value: to the right of zero, or to its left where it is negative."""
    present = [value for value in values if value is not None]
    most, least = max(0.0, *present, 0.0), min(0.0, *present, 0.0)
    scale = (room - (1 if least else 0)) / ((most - least) or 1.0)
    left = round(-least * scale)

    def draw_bar(value: Number) -> str:
        if value is None:
            return ""
        if value >= 0:
            bar = style.paint(_to_right(value * scale, style), POSITIVE)
            return f"{' ' * left}{_axis(style)}{bar}" if least else bar
        size = round(-value * scale)
        bar = ("#" if style.ascii_only else "█") * size
        return " " * (left - size) + style.paint(bar, NEGATIVE) + _axis(style)

    return draw_bar


def _axis(style: Style) -> str:
    return "|" if style.ascii_only else "│"


def _to_right(size: float, style: Style) -> str:
    """Return a bar of `size` columns, in eighths of a column; one that is not zero is never empty."""
    if style.ascii_only:
        return "#" * (round(size) or (1 if size > 0 else 0))
    eighths = round(size * 8) or (1 if size > 0 else 0)
    return EIGHTHS[8] * (eighths // 8) + EIGHTHS[eighths % 8].strip()


# ---------------------------------------------------------------- one series over time


def _line(chart: Lines, series: Series, style: Style) -> Iterator[str]:
    low, high = _bounds(series.values)
    ticks = number_texts([high, (high + low) / 2, low])
    margin = max(map(len, ticks))
    width = style.width - margin - 2
    canvas = Canvas(width, style.height, ascii_only=style.ascii_only)
    previous: tuple[float, float] | None = None
    span = (chart.times[-1] - chart.times[0]) or 1
    for time, value in zip(chart.times, series.values, strict=True):
        if value is None:
            previous = None
            continue
        point = ((time - chart.times[0]) / span, (value - low) / (high - low))
        canvas.line(previous or point, point)
        previous = point
    labelled = {0: ticks[0], style.height // 2: ticks[1], style.height - 1: ticks[2]}
    rule, corner, tick = ("|", "+", "-") if style.ascii_only else ("│", "└", "┤")
    for row, text in enumerate(canvas.rows()):
        edge = tick if row in labelled and not style.ascii_only else rule
        yield f"{labelled.get(row, ''):>{margin}} {edge}{style.paint(text, POSITIVE)}"
    yield f"{'':>{margin}} {corner}{('-' if style.ascii_only else '─') * width}"
    yield " " * (margin + 2) + _time_labels(chart, width)


def _bounds(values: Sequence[Number]) -> tuple[float, float]:
    """Return the ends of the axis, with zero among them."""
    present = [value for value in values if value is not None] or [0.0]
    low, high = min(0.0, *present, 0.0), max(0.0, *present, 0.0)
    return (-nice_ceiling(-low) if low < 0 else 0.0), (nice_ceiling(high) if high > 0 or low == 0 else 0.0)


def _time_labels(chart: Lines, width: int) -> str:
    """Return the first and the last time, and one in the middle if there is room."""
    first, last = chart.labels[0], chart.labels[-1]
    middle = min(
        range(len(chart.times)), key=lambda at: abs(2 * chart.times[at] - chart.times[0] - chart.times[-1])
    )
    span = (chart.times[-1] - chart.times[0]) or 1
    start = round((chart.times[middle] - chart.times[0]) / span * width) - len(chart.labels[middle]) // 2
    line = first
    if len(first) + 2 <= start and start + len(chart.labels[middle]) + 2 <= width - len(last):
        line = line.ljust(start) + chart.labels[middle]
    return line.ljust(width - len(last)) + last if len(line) + len(last) < width else line


class Canvas:
    """A grid of dots: braille, which has eight in a character, or a star for each character."""

    def __init__(self, columns: int, rows: int, *, ascii_only: bool) -> None:
        self.ascii_only = ascii_only
        self.across, self.down = (1, 1) if ascii_only else (2, 4)
        self.width, self.height = columns * self.across, rows * self.down
        self.dots = [[False] * self.width for _ in range(self.height)]

    def line(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Draw a line between two points; both coordinates run from 0 to 1, upwards."""
        (x0, y0), (x1, y1) = self._dot(start), self._dot(end)
        steps = max(abs(x1 - x0), abs(y1 - y0), 1)
        for step in range(steps + 1):
            x = round(x0 + (x1 - x0) * step / steps)
            y = round(y0 + (y1 - y0) * step / steps)
            self.dots[y][x] = True

    def _dot(self, point: tuple[float, float]) -> tuple[int, int]:
        return round(point[0] * (self.width - 1)), round((1 - point[1]) * (self.height - 1))

    def rows(self) -> Iterator[str]:
        """Yield the characters of each row."""
        for top in range(0, self.height, self.down):
            cells = (self._character(top, left) for left in range(0, self.width, self.across))
            yield "".join(cells)

    def _character(self, top: int, left: int) -> str:
        if self.ascii_only:
            return "*" if self.dots[top][left] else " "
        bits = sum(
            DOTS[row][column]
            for row in range(4)
            for column in range(2)
            if self.dots[top + row][left + column]
        )
        return chr(BRAILLE + bits) if bits else " "


# ---------------------------------------------------------------- several series over time


def _rows_of_heights(chart: Lines, style: Style) -> Iterator[str]:
    """Yield a line for each series: its name, its highest value, and a block for each time, all on one scale."""
    highest = [
        max((value for value in one.values if value is not None), default=None) for one in chart.series
    ]
    numbers = number_texts(highest, "-")
    number_width = max(len(HIGHEST), *map(len, numbers))
    names = [one.name for one in chart.series]
    name_width = min(max(map(text_width, names)), style.width // 2)
    room = max(LEAST_BAR, style.width - name_width - number_width - 2 * len(GAP))
    step = max(1, room // len(chart.times))
    shown = chart.times[-(room // step) :]
    skipped = len(chart.times) - len(shown)
    high = max((value for value in highest if value is not None), default=0.0)
    first, last = chart.labels[skipped], chart.labels[-1]
    width = step * len(shown)
    span = f"{first}{last:>{width - len(first)}}" if width >= len(first) + len(last) + 1 else first[:width]
    yield f"{'':<{name_width}}{GAP}{HIGHEST:>{number_width}}{GAP}{span}"
    for one, number in zip(chart.series, numbers, strict=True):
        blocks = "".join(_height(value, high, style) * step for value in one.values[skipped:])
        name = _fitted(one.name, name_width, style)
        yield f"{name}{GAP}{number:>{number_width}}{GAP}{style.paint(blocks, POSITIVE)}"


def _height(value: Number, high: float, style: Style) -> str:
    """Return the block for a value: a space for none; zero and less is the lowest."""
    if value is None:
        return " "
    blocks = ASCII_HEIGHTS if style.ascii_only else HEIGHTS
    part = max(0.0, value) / high if high > 0 else 0.0
    return blocks[min(len(blocks) - 1, math.ceil(part * len(blocks)) - 1 if part else 0)]
