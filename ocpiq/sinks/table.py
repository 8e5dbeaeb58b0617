"""Values as a table for a terminal: as wide as it is, numbers to the right, what is too long cut."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from ocpiq.plan.columns import Columns
from ocpiq.sinks.cells import CellTexts, cell_text, texts
from ocpiq.sinks.preview import HELD, PreviewSink
from ocpiq.sinks.rows import RowBuilder
from ocpiq.sinks.sink import Settings, Sink, StreamSink
from ocpiq.sinks.target import Target
from ocpiq.values.arithmetic import is_number
from ocpiq.values.blank import Blank
from ocpiq.values.types import Value

GAP: Final = "  "
CUT: Final = "…"
RULE: Final = "─"
LEAST: Final = 8  # a column is not made narrower than this; what then has no room is left out


def table(target: Target, columns: Columns, settings: Settings) -> Sink:
    """Open a sink for a table as wide as the terminal, or as wide as it needs to be in a file."""
    rows, size = RowBuilder(columns, sort_keys=settings.sort_keys), _size(target)
    layout = Table(
        texts(target, settings, visible=True),
        size.columns if target.terminal else None,
        lambda names: target.warn(_left_out(names)),
    )
    held = max(1, size.lines - 3) if target.terminal else HELD
    return StreamSink(target, PreviewSink(rows, layout, held))


def _size(target: Target) -> os.terminal_size:
    """Return the size of the terminal that is written to, which need not be standard output."""
    fallback = (80, 24)
    if target.terminal:
        with suppress(OSError, ValueError):
            fallback = os.get_terminal_size(target.stream.fileno())
    return shutil.get_terminal_size(fallback)


def _left_out(names: tuple[str, ...]) -> str:
    columns = "1 column does" if len(names) == 1 else f"{len(names)} columns do"
    return f"{columns} not fit (pick fewer with only or {{id, …}}, or use --to csv)"


class Table:
    """The layout. `width` is that of the terminal in columns, None where nothing is cut.

    `left_out` hears the names of the columns that have no room. A later row that needs more room gets it as long as
    there is some.
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
        """Return the names of the columns, and a rule below them."""
        self.right = numeric(first, len(names))
        lines = [[cell_text(name, self.texts) for name in names]]
        lines += ([cell_text(value, self.texts) for value in cells] for cells in first)
        self.widths = fitted(
            [max(map(self._width, column)) for column in zip(*lines, strict=True)], self.width
        )
        if len(self.widths) < len(names):
            self.left_out(names[len(self.widths) :])
        rule = [RULE * width for width in self.widths]
        titles = map(title, lines[0], self.widths)
        return self._line(list(titles), self.right) + self._line(rule, self.right)

    def line(self, cells: list[Value]) -> str:
        """Return a row."""
        texts = [cell_text(value, self.texts) for value in cells[: len(self.widths)]]
        for place, wanted in enumerate(map(self._width, texts)):
            if wanted > self.widths[place]:
                room = wanted if self.width is None else self.width - _total(self.widths)
                self.widths[place] += min(wanted - self.widths[place], room)
        right = [
            is_number(cell) or (numbers and _bare(cell))
            for cell, numbers in zip(cells, self.right, strict=True)
        ]
        return self._line(texts, right)

    def _line(self, texts: list[str], right: list[bool]) -> str:
        cells = map(aligned, texts, self.widths, right)
        return GAP.join(cells).rstrip(" ") + "\n"

    def _width(self, text: str) -> int:
        return width_of(text if self.width is None else text[: self.width + 1])


def numeric(first: list[list[Value]], count: int) -> list[bool]:
    """Tell which of `count` columns hold numbers, and nothing else but null and blanks."""
    columns: list[tuple[Value, ...]] = list(zip(*first, strict=True)) if first else [()] * count
    return [
        any(map(is_number, cells)) and all(is_number(cell) or _bare(cell) for cell in cells)
        for cells in columns
    ]


def fitted(wanted: list[int], width: int | None) -> list[int]:
    """Return the widths of the columns that have room: the widest give way first, and the last are left out.

    All the room is used where a column is cut.
    """
    if width is None or _total(wanted) <= width:
        return list(wanted)
    kept = list(wanted)
    while len(kept) > 1 and _total([min(each, LEAST) for each in kept]) > width:
        kept.pop()
    room = width - _total([0] * len(kept))
    most = max(kept)
    while most > 1 and sum(min(each, most) for each in kept) > room:
        most -= 1
    found = [min(each, most) for each in kept]
    cut_short = [place for place, each in enumerate(kept) if each > most]
    for place in cut_short[: max(0, room - sum(found))]:
        found[place] += 1
    return found


def aligned(text: str, width: int, right: bool) -> str:
    """Return the text in so many columns, cut where it is longer."""
    found = width_of(text)
    if found > width:
        text = cut(text, width)
        found = width_of(text)
    space = " " * (width - found)
    return space + text if right else text + space


def title(name: str, width: int) -> str:
    """Return the name of a column. A nested field's name is cut at its front: its end tells it from its neighbours'."""
    if "." not in name or width_of(name) <= width:
        return name
    return cut(name[::-1], width)[::-1]


def cut(text: str, width: int) -> str:
    """Return the beginning of the text and an ellipsis, in at most so many columns.

    The beginning is measured as a whole: some marks take room of their own only behind certain letters.
    """
    kept = text[: width - 1]
    while width_of(kept) > width - 1:
        kept = kept[:-1]
    return kept + CUT


def width_of(text: str) -> int:
    """Return how many columns of a terminal the text takes."""
    if text.isascii():
        return len(text)
    from wcwidth import wcswidth  # noqa: PLC0415 - only tables need it

    return max(0, wcswidth(text))


def _bare(value: Value) -> bool:
    return value is None or type(value) is Blank


def _total(widths: list[int]) -> int:
    return sum(widths) + len(GAP) * (len(widths) - 1)
