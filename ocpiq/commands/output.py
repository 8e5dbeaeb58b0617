"""Where results go and in what form: jq's flags, the terminal, `-o` and `--to`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from ocpiq.commands.arguments import Arguments
from ocpiq.commands.options import FORMS, ROWS
from ocpiq.errors import UsageError, did_you_mean
from ocpiq.sinks import Form, Json, Sink, WholeFile, colors, encoder, refused

if TYPE_CHECKING:
    from ocpiq.analysis.columns import Columns

ENDINGS: Final = {
    ".json": "json",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".csv": "csv",
    ".tsv": "tsv",
    ".md": "markdown",
}
OTHER_FORMS: Final = {
    ".xlsx",
    ".xls",
    ".ods",
    ".parquet",
    ".html",
    ".xml",
    ".yaml",
    ".yml",
    ".gz",
    ".zip",
    ".pdf",
}
STANDARD_OUTPUT: Final = "-"
RAW: Final = ("raw-output", "join-output", "raw-output0")
BUFFER: Final = 1 << 16


def sink(
    given: Arguments,
    environment: Mapping[str, str],
    columns: Callable[[], Columns],
    warn: Callable[[str], None],
    *,
    terminal: bool,
) -> Sink:
    """Return what makes bytes of results, in the form of `--to`, `--csv`, the ending of `-o`, or JSON.

    `columns` gives what is known of the columns of results, and is called only where they are asked for.
    """
    named = _named(given)
    if named in ROWS:
        from ocpiq.commands.forms import rows_sink

        return rows_sink(given, named, columns(), warn, terminal=terminal)
    for option in ("null", "na"):
        if given.has(option):
            raise UsageError(f"--{option} is for {', '.join(ROWS)}, not for JSON")
    return Json(encoder(form(given, environment, terminal=terminal)))


def form(given: Arguments, environment: Mapping[str, str], *, terminal: bool) -> Form:
    """Return how to write results.

    On a terminal they are indented and coloured, elsewhere one value a line; `-C`, `-r`, `--tab`, `--indent` and
    `--to json` ask for jq's indented form anywhere, `-c` and `--to ndjson` for one line.
    """
    named = _named(given)
    color = given.has("color-output") or (terminal and not refused(environment))
    raw = any(map(given.has, RAW))
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
        visible=terminal,
    )


@contextmanager
def target(given: Arguments, temporary: list[str]) -> Iterator[tuple[BinaryIO, WholeFile | None]]:
    """Give the file to write to, and the whole file of `-o`, which its user keeps or not.

    `temporary` gets the name of what is written until then. A device or a pipe cannot be whole: it gets what is
    written, as standard output does.
    """
    path = _path(given)
    if path is None:
        with open(sys.stdout.fileno(), "wb", buffering=BUFFER, closefd=False) as file:
            yield file, None
        return
    if path.is_dir():
        raise UsageError(f"cannot write {path}: it is a folder")
    if path.exists() and not path.is_file():
        with path.open("wb", buffering=BUFFER) as file:
            yield file, None
        return
    whole = WholeFile(path)
    with whole as file:
        temporary.append(str(whole.beside))
        yield file, whole


def is_terminal(given: Arguments) -> bool:
    """Tell whether results go to a terminal."""
    return _path(given) is None and os.isatty(sys.stdout.fileno())


def _path(given: Arguments) -> Path | None:
    """Return the file of `-o`; None for standard output."""
    path = given.last("output")
    return None if path is None or path == STANDARD_OUTPUT else Path(path)


def _named(given: Arguments) -> str:
    """Return the form that `--to`, `--csv` or the ending of `-o` names, or nothing."""
    named = given.last("to")
    if named is not None and named not in FORMS:
        hint = did_you_mean(named, FORMS) or f"there are {', '.join(FORMS)}"
        raise UsageError("--to knows no such form", hint=hint)
    if given.has("csv"):
        if named not in (None, "csv"):
            raise UsageError(f"--csv does not go with --to {named}")
        return "csv"
    if named is None and not any(map(given.has, RAW)):  # raw text has a form of its own: @csv, say
        named = _of_ending(_path(given))
    return named or ""


def _of_ending(path: Path | None) -> str | None:
    """Return the form that a file's ending names; UsageError for that of a form which would not be in it."""
    ending = path.suffix.lower() if path else ""
    if ending in OTHER_FORMS:
        raise UsageError(
            f"ocpiq writes no {ending}", hint="-o NAME.csv --csv excel for a spreadsheet; --to names others"
        )
    return ENDINGS.get(ending)


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
