"""Sections of the language reference, wrapped for a terminal."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from typing import Final

ARROW: Final = " → "
CELLS: Final = re.compile(r"(?<!\\)\|")
BREAK: Final = "<br>"
NAMELESS: Final = 3  # at most; in wider tables, each cell gets the name of its column
CODE: Final = re.compile(r"^`([^`]*)`$")  # a cell that is code as a whole
FENCE: Final = "```"
TEXT: Final = re.compile(r'"(?:[^"\\]|\\.)*"')  # in a program; not wrapped at its spaces
NEW: Final = re.compile(r"- |\||    ")  # starts a new line


def wrap_section(section: str, width: int) -> Iterator[str]:
    """Yield the lines of a section, at most `width` wide: text is wrapped again, and a table row is a paragraph.

    A line without a space to wrap at, such as a long output, keeps its length.
    """
    last = ""
    for line in _lines(section, width):
        if line or last:
            yield line
        last = line


def _lines(section: str, width: int) -> Iterator[str]:
    columns: list[str] = []
    for line in _join_paragraphs(section):
        if not line.startswith("|"):
            columns = []
        if line.startswith("        "):
            yield from _example_lines(line, width)
        elif line.startswith("|"):
            cells = _cells(line)
            if columns and not set(cells[0]) <= {"-", ":"}:
                yield from _row_lines(cells, columns, width)
            elif not columns:
                columns = cells
                if len(columns) <= NAMELESS:
                    yield from _row_lines(cells, columns, width)
        else:
            inner = 8 if line.startswith("    ") else 2 if line.startswith("- ") else 0
            yield from _wrap(line, width, " " * inner) or [""]


def _join_paragraphs(section: str) -> Iterator[str]:
    """Yield paragraphs and list items as one line each, all else unchanged."""
    text = ""
    for line in section.split("\n"):
        if text and (not line.strip() or NEW.match(line) or line.startswith(FENCE)):
            yield text
            text = ""
        if not line.strip() or line.startswith(("    ", "|", FENCE)):
            if not line.startswith(FENCE):
                yield line
        else:
            text = f"{text} {line.strip()}" if text else line
    if text:
        yield text


def _example_lines(line: str, width: int) -> list[str]:
    program, arrow, outputs = line.rpartition(ARROW)
    if len(line) <= width or not arrow:
        return [line]
    unbroken = TEXT.sub(lambda text: text[0].replace(" ", "\xa0"), program.strip()).replace("| ", "|\xa0")
    return [
        *_wrap(unbroken, width, " " * 12, " " * 8),
        *_wrap(f"→\xa0{outputs}", width, " " * 12, " " * 10),
    ]


def _cells(line: str) -> list[str]:
    return [cell.strip().replace(r"\|", "|") for cell in CELLS.split(line)[1:-1]]


def _row_lines(cells: list[str], columns: list[str], width: int) -> Iterator[str]:
    """Yield a table row: the first cell, and the others below it, with their column names in a wide table."""
    yield ""
    yield from _wrap(f"  {_plain(cells[0])}", width, "  ")
    if len(columns) <= NAMELESS:
        yield from _wrap(f"      {'  ·  '.join(map(_plain, cells[1:]))}", width, " " * 6)
        return
    for name, cell in zip(columns[1:], cells[1:], strict=True):
        first, *others = map(_plain, cell.split(BREAK))
        yield from _wrap(f"      {name}: {first}", width, " " * 8)
        for other in others:
            yield from _wrap(f"        {other}", width, " " * 8)


def _plain(cell: str) -> str:
    return CODE.sub(r"\1", cell)


def _wrap(text: str, width: int, indent: str, first: str = "") -> list[str]:
    lines = textwrap.wrap(
        text,
        width,
        initial_indent=first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.replace("\xa0", " ") for line in lines]
