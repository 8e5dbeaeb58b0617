"""A section of the language reference as lines for a terminal."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from typing import Final

ARROW: Final = " → "
CELLS: Final = re.compile(r"(?<!\\)\|")
BREAK: Final = "<br>"
NAMELESS: Final = 3  # columns at most of a table whose cells need no names
CODE: Final = re.compile(r"^`(.*)`$")
FENCE: Final = "```"
TEXT: Final = re.compile(r'"(?:[^"\\]|\\.)*"')  # in a program; its blanks are not to be broken at
NEW: Final = re.compile(r"- |\||    ")  # begins a line of its own


def fitted(section: str, width: int) -> Iterator[str]:
    """Yield the lines of a section, at most `width` wide: sentences are set anew, and a row of a table is a paragraph.

    What has no blank to be broken at, such as a long output, keeps its length.
    """
    last = ""
    for line in _lines(section, width):
        if line or last:
            yield line
        last = line


def _lines(section: str, width: int) -> Iterator[str]:
    columns: list[str] = []
    for line in _joined(section):
        if not line.startswith("|"):
            columns = []
        if line.startswith("        "):
            yield from _example(line, width)
        elif line.startswith("|"):
            cells = _cells(line)
            if columns and not set(cells[0]) <= {"-", ":"}:
                yield from _row(cells, columns, width)
            elif not columns:
                columns = cells
                if len(columns) <= NAMELESS:
                    yield from _row(cells, columns, width)
        else:
            inner = 8 if line.startswith("    ") else 2 if line.startswith("- ") else 0
            yield from _wrapped(line, width, " " * inner) or [""]


def _joined(section: str) -> Iterator[str]:
    """Yield sentences and points as one line each, all else as it stands."""
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


def _example(line: str, width: int) -> list[str]:
    program, arrow, outputs = line.rpartition(ARROW)
    if len(line) <= width or not arrow:
        return [line]
    kept = TEXT.sub(lambda text: text[0].replace(" ", "\xa0"), program.strip()).replace("| ", "|\xa0")
    return [
        *_wrapped(kept, width, " " * 12, " " * 8),
        *_wrapped(f"→\xa0{outputs}", width, " " * 12, " " * 10),
    ]


def _cells(line: str) -> list[str]:
    return [cell.strip().replace(r"\|", "|") for cell in CELLS.split(line)[1:-1]]


def _row(cells: list[str], columns: list[str], width: int) -> Iterator[str]:
    """Yield a row of a table: the first cell, and below it the others; where there are many, each has a name."""
    yield ""
    yield from _wrapped(f"  {_plain(cells[0])}", width, "  ")
    if len(columns) <= NAMELESS:
        yield from _wrapped(f"      {'  ·  '.join(map(_plain, cells[1:]))}", width, " " * 6)
        return
    for name, cell in zip(columns[1:], cells[1:], strict=True):
        first, *others = map(_plain, cell.split(BREAK))
        yield from _wrapped(f"      {name}: {first}", width, " " * 8)
        for other in others:
            yield from _wrapped(f"        {other}", width, " " * 8)


def _plain(cell: str) -> str:
    return CODE.sub(r"\1", cell)


def _wrapped(text: str, width: int, indent: str, first: str = "") -> list[str]:
    lines = textwrap.wrap(
        text,
        width,
        initial_indent=first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.replace("\xa0", " ") for line in lines]
