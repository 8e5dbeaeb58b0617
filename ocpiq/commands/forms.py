"""The forms of results that have rows: CSV, TSV, tables; how they are asked for."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from ocpiq.commands.arguments import Arguments
from ocpiq.commands.options import DIALECTS
from ocpiq.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from ocpiq.analysis.columns import Columns
    from ocpiq.sinks import Sink
    from ocpiq.sinks.csv import Dialect

JSON_ONLY: Final = ("raw-output", "join-output", "raw-output0", "ascii-output", "tab", "indent", "seq")
HELD: Final = 1000  # rows that a table in a file is laid out by


def rows_sink(
    given: Arguments,
    name: str,
    columns: Columns,
    warn: Callable[[str], None],
    *,
    terminal: bool,
) -> Sink:
    """Return the sink for a form with rows; `columns` are what is known of them. Raises UsageError."""
    from ocpiq.sinks.cells import Texts
    from ocpiq.sinks.csv import csv, tsv
    from ocpiq.sinks.markdown import Markdown
    from ocpiq.sinks.rows import Rows
    from ocpiq.sinks.screenful import Screenful
    from ocpiq.sinks.table import Table
    from ocpiq.values.blank import NA

    for option in JSON_ONLY:
        if given.has(option):
            raise UsageError(f"--{option} is for JSON, not for {name}")
    looked_at = terminal or name in ("table", "markdown")
    null, na = given.last("null"), given.last("na")
    texts = Texts(null or "", NA if na is None else na, visible=looked_at)
    rows = Rows(columns, sort_keys=given.has("sort-keys"))
    if name == "csv":
        return csv(rows, texts, dialect(given))
    if name == "tsv":
        return tsv(rows, texts)
    if name == "markdown":
        return Screenful(rows, Markdown(texts), HELD)
    size = shutil.get_terminal_size()
    layout = Table(texts, size.columns if terminal else None, lambda names: warn(_left_out(names)))
    return Screenful(rows, layout, max(1, size.lines - 3) if terminal else HELD)


def dialect(given: Arguments) -> Dialect:
    """Return how CSV is to be written. Raises UsageError."""
    from ocpiq.sinks.csv import Dialect

    words = [word.strip() for (text,) in given.every("csv") for word in text.split(",")]
    for word in words:
        if word not in DIALECTS:
            hint = did_you_mean(word, DIALECTS) or f"there are {', '.join(DIALECTS)}"
            raise UsageError("--csv knows no such word", hint=hint)
    if "semicolon" in words and "tab" in words:
        raise UsageError("--csv takes semicolon or tab, not both")
    excel = "excel" in words
    comma = ";" if "semicolon" in words or "decimal-comma" in words else ","
    return Dialect(
        delimiter="\t" if "tab" in words else comma,
        decimal="," if "decimal-comma" in words else ".",
        newline="\r\n" if excel else "\n",
        bom=excel or "bom" in words,
        defuse=excel,
    )


def _left_out(names: tuple[str, ...]) -> str:
    columns = "1 column has" if len(names) == 1 else f"{len(names)} columns have"
    return f"{columns} no room on this terminal; fewer are chosen with only or {{id, …}}, --to csv has all"
