"""The output formats: what each is called, how it is asked for, and where the code that writes it stands.

Help, completion, the options of the command line and the prompt read this table; it imports nothing of what it names.
A new format is an entry in `FORMATS` and a file beside this one with the function that opens it:

    def name(target: Target, columns: Columns, settings: Settings) -> Sink

`target` is where to write; `columns` are those that the plan knows before there is a result; `settings` are the options
given. The function raises UsageError for options that do not go together; nothing is fetched before it returns.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final, Literal

from msgspec import Struct

from ocpiq.errors import UsageError, choices, shown

if TYPE_CHECKING:
    from ocpiq.plan.columns import Columns
    from ocpiq.sinks.sink import Settings, Sink
    from ocpiq.sinks.target import Target


class Format(Struct, frozen=True):
    """An output format, as `--to NAME`.

    `opener` is its file below `ocpiq.sinks`, and the function in it; `endings` are those of file names that ask for
    it; `options` those options of the command line that it knows and not every format does. `rows` tells that results
    become rows under columns. `packages` are imported by it and installed by the `extra` of that name. Where it can be
    written is its `target`:

    - text: anywhere.
    - binary: to a file or a pipe, not to a terminal.
    - file: only to a file, because the format is not written from its beginning to its end.
    """

    name: str
    about: str
    opener: str
    endings: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    rows: bool = False
    target: Literal["text", "binary", "file"] = "text"
    extra: str = ""
    packages: tuple[str, ...] = ()


class FormatOption(Struct, frozen=True):
    """An option of the command line that belongs to certain formats, `--name` followed by the words of `takes`.

    `choices` are the words that it may be given; where it takes a `LIST`, several with commas between.
    """

    name: str
    takes: tuple[str, ...]
    about: str
    choices: tuple[str, ...] = ()


JSON_OPTIONS: Final = ("raw-output", "join-output", "raw-output0", "ascii-output", "tab", "indent", "seq")
CELL_OPTIONS: Final = ("null", "na")

FORMATS: Final = (
    Format("json", "indented JSON; several results as one array", "json:indented", (".json",), JSON_OPTIONS),
    Format("ndjson", "one JSON value per line", "json:one_line", (".ndjson", ".jsonl"), JSON_OPTIONS),
    Format("csv", "comma-separated values", "csv:csv", (".csv",), (*CELL_OPTIONS, "csv"), rows=True),
    Format("tsv", "tab-separated values, as @tsv", "csv:tsv", (".tsv",), CELL_OPTIONS, rows=True),
    Format("table", "aligned columns for a terminal", "table:table", (), CELL_OPTIONS, rows=True),
    Format("markdown", "a Markdown table", "markdown:markdown", (".md",), CELL_OPTIONS, rows=True),
)

OPTIONS: Final = (
    FormatOption(
        "csv",
        ("LIST",),
        "CSV with any of: excel (opens directly, formulas escaped), semicolon, tab, decimal-comma, bom",
        ("excel", "semicolon", "tab", "decimal-comma", "bom"),
    ),
    FormatOption("null", ("TEXT",), "text for null in tables and CSV (default: empty)"),
    FormatOption("na", ("TEXT",), "text for a blanked value in tables and CSV (default: #NA)"),
)

NAMES: Final = tuple(format_.name for format_ in FORMATS)
ON_TERMINAL: Final = tuple(format_.name for format_ in FORMATS if format_.target == "text")
ENDINGS: Final = {ending: format_ for format_ in FORMATS for ending in format_.endings}
UNWRITTEN: Final = frozenset(
    (".xlsx", ".xls", ".ods", ".parquet", ".html", ".xml", ".yaml", ".yml", ".gz", ".zip", ".pdf")
)
"""Endings of formats that a file would not be in, whatever its name says."""


def by_name(name: str, place: str = "--to") -> Format:
    """Return the format that `place` names, by its name or an ending: `markdown`, `md`. Raises UsageError."""
    for format_ in FORMATS:
        if format_.name == name or f".{name}" in format_.endings:
            return format_
    told = f' "{name}"' if name.isidentifier() and shown(name) == name else ""
    raise UsageError(f"{place}: unknown format{told}", hint=choices(name, NAMES))


def by_ending(ending: str) -> Format | None:
    """Return the format that a file's ending asks for. Raises UsageError for that of one that is not written."""
    ending = ending.lower()
    if ending in ENDINGS:
        return ENDINGS[ending]
    if ending in UNWRITTEN:
        raise UsageError(
            f"ocpiq writes no {ending}", hint="-o NAME.csv --csv excel for a spreadsheet; --to names others"
        )
    return None


def formats_with(option: str) -> tuple[str, ...]:
    """Return the names of the formats that know an option; none where all do."""
    return tuple(format_.name for format_ in FORMATS if option in format_.options)


def open_sink(format_: Format, target: Target, columns: Columns, settings: Settings) -> Sink:
    """Return the sink that writes results in a format. Raises UsageError."""
    _check_installed(format_)
    if format_.target == "file" and target.path is None:
        hint = f"-o NAME{format_.endings[0]}" if format_.endings else "-o FILE"
        raise UsageError(f"--to {format_.name} is written to a file only", hint=hint)
    if format_.target == "binary" and target.terminal:
        raise UsageError(f"--to {format_.name} is not for a terminal", hint="write it to a file or a pipe")
    module, _, function = format_.opener.partition(":")
    opener: Callable[[Target, Columns, Settings], Sink]
    opener = getattr(import_module(f"ocpiq.sinks.{module}"), function)
    return opener(target, columns, settings)


def _check_installed(format_: Format) -> None:
    missing = [package for package in format_.packages if find_spec(package) is None]
    if missing:
        raise UsageError(
            f"--to {format_.name} needs {' and '.join(missing)}", hint=f"pip install 'ocpiq[{format_.extra}]'"
        )
