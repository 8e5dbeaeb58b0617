"""Where results go and in what form: jq's flags, the terminal, `-o` and `--to`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from ocpiq.commands.arguments import Arguments
from ocpiq.errors import UsageError
from ocpiq.sinks import Form, WholeFile, colors, refused

FORMS: Final = ("json", "ndjson")
LATER: Final = ("csv", "tsv", "table", "markdown")
ENDINGS: Final = {".json": "json", ".ndjson": "ndjson", ".jsonl": "ndjson"}
BUFFER: Final = 1 << 16


def form(given: Arguments, environment: Mapping[str, str], *, terminal: bool) -> Form:
    """Return how to write results.

    On a terminal they are indented and coloured, elsewhere one value a line; `-C`, `-r`, `--tab`, `--indent` and
    `--to json` ask for jq's indented form anywhere, `-c` and `--to ndjson` for one line.
    """
    named = _named(given)
    color = given.has("color-output") or (terminal and not refused(environment))
    raw = any(given.has(name) for name in ("raw-output", "join-output", "raw-output0"))
    return Form(
        indent=_indent(
            given, jq=terminal or raw or given.has("color-output") or named == "json", named=named
        ),
        sort_keys=given.has("sort-keys"),
        ascii_only=given.has("ascii-output"),
        raw=raw,
        begin=b"\x1e" if given.has("seq") else b"",
        end=b"\0" if given.has("raw-output0") else b"" if given.has("join-output") else b"\n",
        colors=colors(environment) if color and not given.has("monochrome-output") else (),
    )


@contextmanager
def target(given: Arguments, partial: list[str]) -> Iterator[tuple[BinaryIO, WholeFile | None]]:
    """Give the file to write to, and the whole file of `-o`, which its user keeps or not."""
    path = given.last("output")
    if path is None:
        with open(sys.stdout.fileno(), "wb", buffering=BUFFER, closefd=False) as file:
            yield file, None
        return
    if Path(path).is_dir():
        raise UsageError(f"cannot write {path}: it is a folder")
    whole = WholeFile(path)
    with whole as file:
        partial.append(str(whole.beside))
        yield file, whole


def is_terminal(given: Arguments) -> bool:
    """Tell whether results go to a terminal."""
    return not given.has("output") and os.isatty(sys.stdout.fileno())


def _named(given: Arguments) -> str:
    """Return the form that `--to` or the ending of `-o` names, or nothing."""
    named = given.last("to")
    if named is None:
        ending = Path(given.last("output") or "").suffix.lower()
        named = ENDINGS.get(ending, ending[1:] if ending[1:] in LATER else "")
    if named in LATER:
        raise UsageError(f"{named} is not supported yet", hint=f"there are {' and '.join(FORMS)}")
    if named and named not in FORMS:
        raise UsageError("--to knows no such form", hint=f"there are {' and '.join(FORMS)}")
    return named


def _indent(given: Arguments, *, jq: bool, named: str) -> str:
    if given.has("indent"):
        text = given.last("indent") or ""
        if not text.isdecimal() or int(text) > 7:
            raise UsageError("--indent takes a number from 0 to 7")
        return " " * int(text)
    if given.has("tab"):
        return "\t"
    if given.has("compact-output") or named == "ndjson" or (given.has("seq") and not jq):
        return ""
    return "  " if jq else ""
