"""The output settings of a command line and the config file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from ocpiq.app.arguments import Arguments
from ocpiq.app.option_values import comma_list, whole_number
from ocpiq.app.settings import OutputSettings, Raw
from ocpiq.delivery.database_address import is_address
from ocpiq.errors import UsageError
from ocpiq.sinks import registry
from ocpiq.storage.config import Config, file_mode
from ocpiq.values.patterns import lazy_pattern

if TYPE_CHECKING:
    from ocpiq.sinks.sink import ColumnOption, StoredType

MAX_INDENT: Final = 7
POLICY: Final = "policy"  # what `explain --to` writes besides formats of results
STANDARD_OUTPUT: Final = "-"

COLUMN_OPTIONS: Final = ("type", "text", "decimal")
COLUMN_TYPES: Final = ("text", "number", "integer", "boolean", "time")
DIGITS: Final = lazy_pattern(r"([1-9]|[12][0-9]|3[0-8]),([0-9]|[12][0-9]|3[0-8])")


def output_settings(arguments: Arguments, config: Config) -> OutputSettings:
    """Return how results are written. Raises UsageError."""
    path = arguments.last("output")
    database = path if path is not None and is_address(path) else ""
    if database:
        path = None
    if path is not None and path.endswith("/") and not Path(path).is_dir():
        raise UsageError(f"{path} does not exist", hint=f"mkdir {path}")
    return OutputSettings(
        path=None if path is None or path == STANDARD_OUTPUT else Path(path),
        database=database,
        format=_format(arguments),
        default_format="" if config.form is None else registry.by_name(config.form, "config file").name,
        csv=tuple(comma_list(arguments, "csv")) if arguments.has("csv") else None,
        special=tuple(name for name, _ in arguments.options if registry.formats_with(name)),
        explode=arguments.last("explode") or "",
        column_types=tuple(_column_types(arguments)),
        null=arguments.last("null"),
        na=arguments.last("na"),
        title=arguments.last("title") or "",
        manifest=arguments.has("manifest"),
        raw=_raw(arguments),
        compact=arguments.has("compact-output"),
        ascii=arguments.has("ascii-output"),
        sort_keys=arguments.has("sort-keys"),
        tab=arguments.has("tab"),
        indent=whole_number(arguments, "indent", 0, MAX_INDENT),
        seq=arguments.has("seq"),
        color=arguments.has("color-output"),
        monochrome=arguments.has("monochrome-output"),
        unbuffered=arguments.has("unbuffered"),
        exit_status=arguments.has("exit-status"),
        mode=_mode(arguments),
        default_mode=config.mode,
    )


def _column_types(arguments: Arguments) -> Iterator[ColumnOption]:
    """Yield the types of columns that options set. Raises UsageError."""
    for option, words in arguments.options:
        if option not in COLUMN_OPTIONS:
            continue
        from ocpiq.sinks.sink import ColumnOption

        column, _, type_ = words[0].rpartition("=")
        if option == "text":
            yield ColumnOption(words[0], "text")
        elif option == "type":
            if type_ not in COLUMN_TYPES or not column:
                raise UsageError("--type takes COLUMN=TYPE", hint=f"types: {', '.join(COLUMN_TYPES)}")
            yield ColumnOption(column, cast("StoredType", type_))
        else:
            digits = DIGITS.fullmatch(type_)
            if digits is None or not column or not int(digits[2]) <= int(digits[1]):
                raise UsageError(
                    "--decimal takes COLUMN=DIGITS,SCALE, up to 38 digits", hint="such as --decimal kwh=18,3"
                )
            yield ColumnOption(column, "decimal", precision=int(digits[1]), scale=int(digits[2]))


def _format(arguments: Arguments) -> str:
    name = arguments.last("to")
    return "" if name is None or writes_policy(arguments) else registry.by_name(name).name


def _mode(arguments: Arguments) -> int | None:
    text = arguments.last("mode")
    if text is None:
        return None
    mode = file_mode(text)
    if mode is None:
        raise UsageError("--mode takes a file mode in octal", hint="such as --mode 640")
    return mode


def _raw(arguments: Arguments) -> Raw:
    if arguments.has("raw-output0"):
        return "nul"
    if arguments.has("join-output"):
        return "joined"
    return "lines" if arguments.has("raw-output") else ""


def writes_policy(arguments: Arguments) -> bool:
    """Tell whether `explain` writes a policy, which no format of results is."""
    return arguments.command == "explain" and arguments.last("to") == POLICY
