"""The output formats: their names, options, and the modules that write them.

Help, completion, the command line and the prompt read this table; it imports none of those modules.
A new format is an entry in `FORMATS` and a file beside this one with the function that opens it:

    def open_name(target: Target, columns: Columns, settings: FormatSettings) -> Sink

`target` is where to write; `columns` are those that the plan knows before the first result; `settings` are the options.
The function raises UsageError for options that exclude each other; nothing is fetched before it returns.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final, Literal

from msgspec import Struct

from ocpiq.errors import EMPTY, SourceError, UserText, choices, join, safe_word, say
from ocpiq.values.locales import LOCALES

if TYPE_CHECKING:
    from ocpiq.plan.columns import Columns
    from ocpiq.sinks.sink import FormatSettings, Sink
    from ocpiq.sinks.target import Target
    from ocpiq.sinks.watch import ColumnWatch


class Format(Struct, frozen=True):
    """An output format, as `--to NAME`.

    `opener` is its module in `ocpiq.sinks` and the function in it; `endings` are the file name endings that select it;
    `options` are its command-line options that not every format has. With `rows`, results become rows under columns;
    with `at_end`, nothing is written before the last result.
    It imports the `packages`, which the `extra` installs. `target` is where it can be written:

    - text: anywhere.
    - binary: to a file or a pipe, not to a terminal.
    - file: only to a file, because it is not written from beginning to end.
    """

    name: str
    about: str
    opener: str
    endings: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    rows: bool = False
    at_end: bool = False
    target: Literal["text", "binary", "file"] = "text"
    extra: str = ""
    packages: tuple[str, ...] = ()


class FormatOption(Struct, frozen=True):
    """A command-line option of certain formats: `--name`, followed by the words in `takes`.

    `choices` are the words that it accepts; for a `LIST`, several separated by commas.
    """

    name: str
    takes: tuple[str, ...]
    about: str
    choices: tuple[str, ...] = ()


JSON_OPTIONS: Final = ("raw-output", "join-output", "raw-output0", "ascii-output", "tab", "indent", "seq")
ROW_OPTIONS: Final = ("explode",)
CELL_OPTIONS: Final = (*ROW_OPTIONS, "null", "na")
TYPED_OPTIONS: Final = (*ROW_OPTIONS, "type", "text", "decimal")

FORMATS: Final = (
    Format(
        "json", "indented JSON; several results as one array", "json:open_indented", (".json",), JSON_OPTIONS
    ),
    Format("ndjson", "one JSON value per line", "json:open_one_line", (".ndjson", ".jsonl"), JSON_OPTIONS),
    Format("csv", "comma-separated values", "csv:open_csv", (".csv",), (*CELL_OPTIONS, "csv"), rows=True),
    Format("tsv", "tab-separated values, as @tsv", "csv:open_tsv", (".tsv",), CELL_OPTIONS, rows=True),
    Format("table", "aligned columns for a terminal", "table:open_table", (), CELL_OPTIONS, rows=True),
    Format("markdown", "a Markdown table", "markdown:open_markdown", (".md",), CELL_OPTIONS, rows=True),
    Format("lines", "one field per line, for results with many fields", "lines:open_lines", (), CELL_OPTIONS),
    Format(
        "chart",
        "bars, or a line over time, in the terminal",
        "terminal_chart:open_chart",
        (),
        (*CELL_OPTIONS, "ascii-output"),
        rows=True,
        at_end=True,
    ),
    Format(
        "html",
        "a page with charts, map and table",
        "html:open_html",
        (".html", ".htm"),
        (*CELL_OPTIONS, "title"),
        rows=True,
        at_end=True,
        target="binary",
    ),
    Format(
        "sqlite",
        "an SQLite database, with typed columns",
        "sqlite:open_sqlite",
        (".sqlite", ".db"),
        TYPED_OPTIONS,
        rows=True,
        target="file",
    ),
    Format(
        "geojson",
        "GeoJSON: a point for each row with coordinates",
        "geojson:open_geojson",
        (".geojson",),
        ROW_OPTIONS,
        rows=True,
    ),
    Format(
        "parquet",
        "an Apache Parquet file, with typed columns",
        "parquet:open_parquet",
        (".parquet",),
        TYPED_OPTIONS,
        rows=True,
        target="binary",
        extra="parquet",
        packages=("pyarrow",),
    ),
    Format(
        "arrow",
        "an Apache Arrow stream, with typed columns",
        "arrow:open_arrow",
        (".arrow", ".arrows"),
        TYPED_OPTIONS,
        rows=True,
        target="binary",
        extra="parquet",
        packages=("pyarrow",),
    ),
    Format(
        "duckdb",
        "a DuckDB database, with typed columns",
        "duckdb:open_duckdb",
        (".duckdb",),
        TYPED_OPTIONS,
        rows=True,
        target="file",
        extra="duckdb",
        packages=("duckdb", "pyarrow"),
    ),
    Format(
        "xlsx",
        "an Excel workbook, with typed columns",
        "xlsx:open_xlsx",
        (".xlsx",),
        TYPED_OPTIONS,
        rows=True,
        target="file",
        extra="xlsx",
        packages=("xlsxwriter",),
    ),
)

OPTIONS: Final = (
    FormatOption(
        "csv",
        ("LIST",),
        "CSV with any of: excel:LOCALE (opens in Excel of de, en, fr, nl, …; text stays text), excel (as excel:en),"
        " semicolon, tab, decimal-comma, bom",
        (
            "excel",
            *(f"excel:{locale}" for locale in sorted(LOCALES)),
            "semicolon",
            "tab",
            "decimal-comma",
            "bom",
        ),
    ),
    FormatOption("explode", ("FIELD",), "formats with rows: a row for each item of a list"),
    FormatOption(
        "type",
        ("COLUMN=TYPE",),
        "typed formats: type of a column: text, number, integer, boolean or time (repeatable)",
    ),
    FormatOption("text", ("COLUMN",), "typed formats: write a column as text (repeatable)"),
    FormatOption(
        "decimal",
        ("COLUMN=P,S",),
        "typed formats: a column of P digits, S after the decimal point (repeatable)",
    ),
    FormatOption("null", ("TEXT",), "text for null in tables and CSV (default: empty)"),
    FormatOption("na", ("TEXT",), "text for a blanked value in tables and CSV (default: #NA)"),
    FormatOption("title", ("TEXT",), "title of an HTML report (default: the name of the saved query)"),
)

NAMES: Final = tuple(format_.name for format_ in FORMATS)
TERMINAL_NAMES: Final = tuple(format_.name for format_ in FORMATS if format_.target == "text")
ENDINGS: Final = {ending: format_ for format_ in FORMATS for ending in format_.endings}
UNSUPPORTED_ENDINGS: Final = frozenset((".xls", ".ods", ".xml", ".yaml", ".yml", ".gz", ".zip", ".pdf"))
"""Endings of formats that ocpiq does not write."""
MISTYPED: Final = 0.75  # how close an ending must be to that of a format: `.cvs`


def by_name(name: str, place: str = "--to") -> Format:
    """Return the format that `place` names, by its name or an ending: `markdown`, `md`. Raises UsageError."""
    for format_ in FORMATS:
        if format_.name == name or f".{name}" in format_.endings:
            return format_
    is_plain = name.isidentifier() and safe_word(name) == name
    quoted = say(' "{name}"', name=UserText(name)) if is_plain else EMPTY
    text = say("{place}: unknown format{quoted}", place=UserText(place), quoted=quoted)
    raise SourceError(text, hint=choices(name, NAMES))


def by_ending(ending: str) -> Format | None:
    """Return the format for a file name ending. Raises UsageError if ocpiq does not write it."""
    ending = ending.lower()
    if ending in ENDINGS:
        return ENDINGS[ending]
    if ending in UNSUPPORTED_ENDINGS:
        raise SourceError(
            say("ocpiq does not write {ending} files", ending=UserText(ending)),
            hint=say("for a spreadsheet: -o NAME.xlsx; see --to for other formats"),
        )
    from difflib import get_close_matches  # noqa: PLC0415 - most endings are known

    if close := get_close_matches(ending, ENDINGS, n=1, cutoff=MISTYPED):
        raise SourceError(
            say("unknown ending {ending}", ending=UserText(ending)),
            hint=say("did you mean {close}? else name the format: --to json", close=UserText(close[0])),
        )
    return None


def formats_with(option: str) -> tuple[str, ...]:
    """Return the names of the formats that have an option; none if every format has it."""
    return tuple(format_.name for format_ in FORMATS if option in format_.options)


def open_sink(
    format_: Format,
    target: Target,
    columns: Columns,
    settings: FormatSettings,
    watch: ColumnWatch | None = None,
) -> Sink:
    """Open a sink for a format; `watch` sees the rows that it gets. Raises UsageError."""
    _check_installed(format_)
    if format_.target == "file" and target.path is None:
        ending = UserText(format_.endings[0] if format_.endings else "")
        hint = say("-o NAME{ending}", ending=ending) if ending else say("-o FILE")
        raise SourceError(say("--to {name} needs a file", name=UserText(format_.name)), hint=hint)
    if format_.target == "binary" and target.terminal:
        raise SourceError(
            say("--to {name} cannot be shown on a terminal", name=UserText(format_.name)),
            hint=say("write it to a file or a pipe"),
        )
    module, _, function = format_.opener.partition(":")
    opener: Callable[[Target, Columns, FormatSettings], Sink]
    opener = getattr(import_module(f"ocpiq.sinks.{module}"), function)
    if not settings.explode:
        return _watched(opener(target, columns, settings), columns, watch)
    from ocpiq.sinks.explode import ExplodingSink, exploded_columns  # noqa: PLC0415 - most runs do not need it

    path = tuple(settings.explode.split("."))
    columns = exploded_columns(columns, path)
    return ExplodingSink(_watched(opener(target, columns, settings), columns, watch), path, target.warn)


def _watched(sink: Sink, columns: Columns, watch: ColumnWatch | None) -> Sink:
    return sink if watch is None else watch.around(sink, columns)


def _check_installed(format_: Format) -> None:
    missing = [package for package in format_.packages if find_spec(package) is None]
    if missing:
        raise SourceError(
            say(
                "--to {name} needs {packages}",
                name=UserText(format_.name),
                packages=join(map(UserText, missing), " and "),
            ),
            hint=say("pip install 'ocpiq[{extra}]'", extra=UserText(format_.extra)),
        )
