"""Values as CSV (RFC 4180) and as TSV."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from msgspec import Struct

from ocpiq.errors import SourceError, choices, safe_word, say
from ocpiq.plan.columns import Columns
from ocpiq.sinks.cells import CellTexts, cell_text, cell_texts
from ocpiq.sinks.excel_escaping import as_text
from ocpiq.sinks.registry import OPTIONS
from ocpiq.sinks.rows import RowBuilder, row_builder
from ocpiq.sinks.sink import FormatSettings, Sink, StreamSink
from ocpiq.sinks.target import Target
from ocpiq.values.arithmetic import is_number
from ocpiq.values.blank import Blank
from ocpiq.values.json.codec import utf8
from ocpiq.values.locales import COMMA, LOCALES, SEMICOLON
from ocpiq.values.types import Value

BOM: Final = b"\xef\xbb\xbf"
DECIMAL: Final = re.compile(r"-?[0-9]+\.[0-9]+")
TSV_ESCAPES: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
EXCEL_LOCALE: Final = "excel:"
DIALECT_WORDS: Final = next(option.choices for option in OPTIONS if option.name == "csv")


class Dialect(Struct, frozen=True):
    """How CSV is written.

    `decimal` is the mark in numbers, and in the decimal text of OCPI (coordinates). `newline` ends each line; `bom`
    puts a byte order mark first; `keeps_text` writes text that Excel would take for a number, a date or a formula so
    that it stays text.
    """

    delimiter: str = ","
    decimal: str = "."
    newline: str = "\n"
    bom: bool = False
    keeps_text: bool = False


def open_csv(target: Target, columns: Columns, settings: FormatSettings) -> Sink:
    """Open a sink for CSV. Raises UsageError."""
    rows = row_builder(columns, settings)
    return StreamSink(target, csv_encoder(rows, cell_texts(target, settings), dialect_of(settings.csv)))


def open_tsv(target: Target, columns: Columns, settings: FormatSettings) -> Sink:
    """Open a sink for TSV."""
    rows = row_builder(columns, settings)
    return StreamSink(target, tsv_encoder(rows, cell_texts(target, settings)))


def dialect_of(words: Sequence[str]) -> Dialect:
    """Return the dialect for the words of `--csv`. Raises UsageError."""
    for word in words:
        if word not in DIALECT_WORDS and word.startswith(EXCEL_LOCALE):
            called = word.removeprefix(EXCEL_LOCALE)
            raise SourceError(
                say("--csv: unknown locale {called}", called=safe_word(called)),
                hint=choices(called, sorted(LOCALES), say("such as excel:de, excel:en or excel:nl")),
            )
        if word not in DIALECT_WORDS:
            raise SourceError(
                say("--csv: unknown word {word}", word=safe_word(word)),
                hint=choices(word, DIALECT_WORDS),
            )
    if "semicolon" in words and "tab" in words:
        raise SourceError(say("--csv takes semicolon or tab, not both"))
    locales = [LOCALES[word.removeprefix(EXCEL_LOCALE)] for word in words if word.startswith(EXCEL_LOCALE)]
    if len(set(locales)) > 1:
        raise SourceError(say("--csv takes one locale"))
    locale = locales[0] if locales else SEMICOLON if "decimal-comma" in words else COMMA
    excel = bool(locales) or "excel" in words
    separator = ";" if "semicolon" in words else locale.separator
    return Dialect(
        delimiter="\t" if "tab" in words else separator,
        decimal="," if "decimal-comma" in words else locale.decimal,
        newline="\r\n" if excel else "\n",
        bom=excel or "bom" in words,
        keeps_text=excel,
    )


class LineEncoder:
    """An encoder that writes the column names as the first line, then a line for each value."""

    def __init__(self, rows: RowBuilder, line: Callable[[list[Value]], str], prefix: bytes = b"") -> None:
        self.rows = rows
        self.line = line
        self.prefix = prefix
        self.header_written = False

    def write(self, value: Value) -> bytes:
        """Return the value's line, after the header if it is the first."""
        data = utf8(self.line(self.rows.cells(value)))
        return data if self.header_written else self._header() + data

    def flush(self) -> bytes:
        """Return nothing: every line is written at once."""
        return b""

    def end(self) -> bytes:
        """Return the header if there was no value and the columns are known."""
        return self._header() if not self.header_written and self.rows.settle() else b""

    def _header(self) -> bytes:
        self.header_written = True
        return self.prefix + utf8(self.line(list(self.rows.names)))


def csv_encoder(rows: RowBuilder, texts: CellTexts, dialect: Dialect) -> LineEncoder:
    """Return an encoder for CSV.

    It quotes what must be quoted, and a string that could be mistaken for an empty cell, null or a blank.
    """
    special = re.compile(f'["\r\n{re.escape(dialect.delimiter)}]')
    ambiguous = {"", texts.null, texts.na}

    def quote(text: str, *, always: bool = False) -> str:
        return f'"{text.replace(chr(34), chr(34) * 2)}"' if always or special.search(text) else text

    def field_text(value: Value, decimal: bool = False) -> str:
        text = cell_text(value, texts)
        if is_number(value):
            return quote(text.replace(".", dialect.decimal))
        if decimal and type(value) is str and DECIMAL.fullmatch(text):
            return quote(text.replace(".", dialect.decimal))
        if dialect.keeps_text and (type(value) is str or type(value) is Blank):
            text = as_text(text)
        return quote(text, always=type(value) is str and text in ambiguous)

    def line(cells: list[Value]) -> str:
        text = dialect.delimiter.join(map(field_text, cells, rows.decimal))
        return (text or '""') + dialect.newline  # an empty line would not be a row

    return LineEncoder(rows, line, BOM if dialect.bom else b"")


def tsv_encoder(rows: RowBuilder, texts: CellTexts) -> LineEncoder:
    """Return an encoder for TSV as jq's `@tsv` writes it: tabs, line breaks and backslashes escaped, no quotes."""

    def line(cells: list[Value]) -> str:
        return "\t".join([cell_text(value, texts).translate(TSV_ESCAPES) for value in cells]) + "\n"

    return LineEncoder(rows, line)
