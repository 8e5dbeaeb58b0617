"""The tables of ocpiq/ocpi/PLATFORMS.md: which faults a row is about, and which lines it quotes."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

import ocpiq

PAGE = (Path(ocpiq.__file__).parent / "ocpi" / "PLATFORMS.md").read_text("utf-8")
ROW = re.compile(r"^\|.*<!-- (.*?) -->.*\|$", re.MULTILINE)


class Row(NamedTuple):
    """The names of faults, with `*` for any end, and the lines that a user sees of them."""

    names: tuple[str, ...]
    lines: tuple[str, ...]


def row(match: re.Match[str]) -> Row:
    messages = match[0].split(" | ")[2]
    return Row(tuple(match[1].split("; ")), tuple(re.findall(r"`(.*?)`(?:<br>|$)", messages)))


ROWS = tuple(row(found) for found in ROW.finditer(PAGE))


def rows_of(name: str) -> list[Row]:
    """Return the rows that are about a fault."""
    return [entry for entry in ROWS if any(fnmatchcase(name, pattern) for pattern in entry.names)]


def quoted(name: str) -> set[str]:
    """Return the lines that the page has for a fault."""
    return {line for entry in rows_of(name) for line in entry.lines}


def as_quoted(line: str) -> str:
    """Return a line as the page has it: whatever the platform's host and port are."""
    return re.sub(r"127\.0\.0\.1:\d+", "HOST", line)
