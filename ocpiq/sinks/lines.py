"""Values as one field per line, as psql's `\\x`: what has too many columns for a table."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Final

from ocpiq.plan.columns import SINGLE_COLUMN, Columns
from ocpiq.sinks.cells import CellTexts, cell_text, cell_texts
from ocpiq.sinks.sink import FormatSettings, Sink, StreamSink
from ocpiq.sinks.target import Target
from ocpiq.values.json.codec import utf8
from ocpiq.values.terminal import text_width
from ocpiq.values.types import Value

RULE: Final = "─"
GAP: Final = "  "
RULE_WIDTH: Final = 40
LEAST_ROOM: Final = 20  # columns for the text of a field; with less it is not wrapped
RESET: Final = "\033[0m"


def open_lines(target: Target, columns: Columns, settings: FormatSettings) -> Sink:
    """Open a sink for one field per line, wrapped on a terminal."""
    return StreamSink(target, field_lines(target, settings))


def field_lines(target: Target, settings: FormatSettings) -> FieldLines:
    """Return the encoder of one field per line, wrapped on a terminal."""
    width = target.size().columns if target.terminal else None
    color = settings.colors[-1] if settings.colors else ""
    texts = cell_texts(target, settings, visible=True)
    return FieldLines(texts, width, color=color, sort_keys=settings.sort_keys)


class FieldLines:
    """An encoder that writes a rule with the number of the result, then a line for each of its fields.

    Objects in an object are flattened with dots. Results need not have the same fields: a name takes as much room as
    the longest so far. `width` is that of the terminal, None where nothing is wrapped.
    """

    def __init__(
        self, texts: CellTexts, width: int | None, *, color: str = "", sort_keys: bool = False
    ) -> None:
        self.texts = texts
        self.width = width
        self.color = color
        self.sort_keys = sort_keys
        self.count = 0
        self.name_width = 0

    def write(self, value: Value) -> bytes:
        """Return the lines of a result."""
        self.count += 1
        fields = [
            (cell_text(name, self.texts), cell_text(item, self.texts)) for name, item in self._fields(value)
        ]
        self.name_width = max([self.name_width, *(text_width(name) for name, _ in fields)])
        head = f"{RULE}[ {self.count} ]".ljust(min(RULE_WIDTH, self.width or RULE_WIDTH), RULE)
        return utf8("".join([head + "\n", *(self._line(name, text) for name, text in fields)]))

    def flush(self) -> bytes:
        """Return nothing: no line is held back."""
        return b""

    def end(self) -> bytes:
        """Return nothing."""
        return b""

    def _fields(self, value: Value) -> Iterator[tuple[str, Value]]:
        if type(value) is dict:
            yield from self._members(value, "")
        else:
            yield SINGLE_COLUMN, value

    def _members(self, value: dict[str, Value], prefix: str) -> Iterator[tuple[str, Value]]:
        for name in sorted(value) if self.sort_keys else value:
            item = value[name]
            if type(item) is dict and item:
                yield from self._members(item, f"{prefix}{name}.")
            else:
                yield prefix + name, item

    def _line(self, name: str, text: str) -> str:
        space = " " * (self.name_width - text_width(name))
        label = f"{self.color}{name}{RESET}" if self.color else name
        return f"{label}{space}{GAP}{self._wrapped(text)}".rstrip(" ") + "\n"

    def _wrapped(self, text: str) -> str:
        """Return the text in lines that fit beside the names."""
        indent = self.name_width + len(GAP)
        if self.width is None or self.width - indent < LEAST_ROOM:
            return text
        room = self.width - indent
        if text_width(text) <= room:
            return text
        if text_width(text) > len(text):  # textwrap counts characters, of which some take two columns
            room //= 2
        pieces = textwrap.wrap(text, room, break_on_hyphens=False, replace_whitespace=False)
        return ("\n" + " " * indent).join(pieces)
