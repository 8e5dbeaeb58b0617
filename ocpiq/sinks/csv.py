"""Values as CSV (RFC 4180) and as TSV."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from msgspec import Struct

from ocpiq.errors import UsageError, choices, shown
from ocpiq.plan.columns import Columns
from ocpiq.sinks.cells import CellTexts, cell_text, texts
from ocpiq.sinks.registry import OPTIONS
from ocpiq.sinks.rows import RowBuilder
from ocpiq.sinks.sink import Settings, Sink, StreamSink
from ocpiq.sinks.target import Target
from ocpiq.values.arithmetic import is_number
from ocpiq.values.blank import Blank
from ocpiq.values.json.codec import utf8
from ocpiq.values.types import Value

BOM: Final = b"\xef\xbb\xbf"
FORMULA: Final = re.compile(r"[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")  # the last four are the wide forms
DECIMAL: Final = re.compile(r"-?[0-9]+\.[0-9]+")
NEGATIVE: Final = re.compile(r"-[0-9]+(?:[.,][0-9]+)?")
TSV_ESCAPES: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


WORDS: Final = next(option.choices for option in OPTIONS if option.name == "csv")


class Dialect(Struct, frozen=True):
    """How CSV is written.

    `decimal` is the mark in numbers, and in the decimal text of OCPI (coordinates). `newline` ends each line; `bom`
    puts a byte order mark first; `defuse` puts an apostrophe before text that a spreadsheet would run as a formula.
    """

    delimiter: str = ","
    decimal: str = "."
    newline: str = "\n"
    bom: bool = False
    defuse: bool = False


def csv(target: Target, columns: Columns, settings: Settings) -> Sink:
    """Open a sink for CSV. Raises UsageError."""
    rows = RowBuilder(columns, sort_keys=settings.sort_keys)
    return StreamSink(target, csv_lines(rows, texts(target, settings), dialect(settings.csv)))


def tsv(target: Target, columns: Columns, settings: Settings) -> Sink:
    """Open a sink for TSV."""
    rows = RowBuilder(columns, sort_keys=settings.sort_keys)
    return StreamSink(target, tsv_lines(rows, texts(target, settings)))


def dialect(words: Sequence[str]) -> Dialect:
    """Return the dialect that the words of `--csv` ask for. Raises UsageError."""
    for word in words:
        if word not in WORDS:
            raise UsageError(f"--csv: unknown word {shown(word)}", hint=choices(word, WORDS))
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


class Lines:
    """An encoder that writes the names of the columns as the first line, then each value as a line."""

    def __init__(self, rows: RowBuilder, line: Callable[[list[Value]], str], begin: bytes = b"") -> None:
        self.rows = rows
        self.line = line
        self.begin = begin
        self.begun = False

    def write(self, value: Value) -> bytes:
        """Return the value's line, the first time with the names before it."""
        data = utf8(self.line(self.rows.cells(value)))
        return data if self.begun else self._head() + data

    def flush(self) -> bytes:
        """Return nothing: no line is held back."""
        return b""

    def end(self) -> bytes:
        """Return the names of the columns where there was no value and they are known."""
        return self._head() if not self.begun and self.rows.settle() else b""

    def _head(self) -> bytes:
        self.begun = True
        return self.begin + utf8(self.line(list(self.rows.names)))


def csv_lines(rows: RowBuilder, texts: CellTexts, dialect: Dialect) -> Lines:
    """Return an encoder for CSV.

    Quoted is what has to be, and a string that could be mistaken for nothing, for null or for a blank.
    """
    special = re.compile(f'["\r\n{re.escape(dialect.delimiter)}]')
    mistaken = {"", texts.null, texts.na}

    def quoted(text: str, *, always: bool = False) -> str:
        return f'"{text.replace(chr(34), chr(34) * 2)}"' if always or special.search(text) else text

    def field(value: Value, decimal: bool = False) -> str:
        text = cell_text(value, texts)
        if is_number(value):
            return quoted(text.replace(".", dialect.decimal))
        if decimal and type(value) is str and DECIMAL.fullmatch(text):
            return quoted(text.replace(".", dialect.decimal))
        if dialect.defuse and (type(value) is str or type(value) is Blank):
            text = defused(text)
        return quoted(text, always=type(value) is str and text in mistaken)

    def line(cells: list[Value]) -> str:
        text = dialect.delimiter.join(map(field, cells, rows.decimal))
        return (text or '""') + dialect.newline  # an empty line would be no row

    return Lines(rows, line, BOM if dialect.bom else b"")


def defused(text: str) -> str:
    """Return a string that no spreadsheet takes for a formula; a negative number in it stays one."""
    return f"'{text}" if FORMULA.match(text) and not NEGATIVE.fullmatch(text) else text


def tsv_lines(rows: RowBuilder, texts: CellTexts) -> Lines:
    """Return an encoder for TSV as jq's `@tsv` writes it: tabs, line breaks and backslashes escaped, no quotes."""

    def line(cells: list[Value]) -> str:
        return "\t".join([cell_text(value, texts).translate(TSV_ESCAPES) for value in cells]) + "\n"

    return Lines(rows, line)
