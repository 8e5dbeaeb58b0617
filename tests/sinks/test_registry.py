"""The registry of output formats: complete, light, and the same in options, help, completion and prompt."""

from __future__ import annotations

import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest

import ocpiq.sinks
from ocpiq.app import help
from ocpiq.app.options import OPTIONS
from ocpiq.cli.completion import SCRIPTS
from ocpiq.errors import UsageError
from ocpiq.plan.columns import UNKNOWN
from ocpiq.sinks import registry
from ocpiq.sinks.registry import FORMATS, NAMES, Format
from ocpiq.sinks.sink import FormatSettings
from ocpiq.sinks.target import Target

BY_NAME = {option.name: option for option in OPTIONS}
PLACE = {"city": "Gent", "kwh": 7, "latitude": 51.05, "longitude": 3.72}
PARTS = {
    "__init__",
    "arrow_stream",
    "arrow_tables",
    "cells",
    "colors",
    "column_types",
    "conversion",
    "explode",
    "typed",
    "file",
    "first_rows",
    "registry",
    "rows",
    "table_or_lines",
    "sql",
    "preview",
    "about",
    "manifest",
    "watch",
    "excel_escaping",
    "charts",
    "sink",
    "target",
}


def written(format_: Format, *values: object) -> bytes:
    stream = BytesIO()
    sink = registry.open_sink(format_, Target(stream), UNKNOWN, FormatSettings())
    for value in values:
        sink.write(value)  # type: ignore[arg-type]
    sink.close()
    return stream.getvalue()


@pytest.mark.parametrize(
    "format_", [format_ for format_ in FORMATS if not format_.packages], ids=lambda format_: format_.name
)
def test_every_format_opens_and_writes(format_: Format) -> None:
    if format_.target == "text":
        assert b"Gent" in written(format_, PLACE)


@pytest.mark.parametrize(
    "format_",
    [format_ for format_ in FORMATS if format_.target == "text" and not format_.at_end],
    ids=lambda format_: format_.name,
)
def test_flush_writes_everything_held_back(format_: Format) -> None:
    stream = BytesIO()
    sink = registry.open_sink(format_, Target(stream), UNKNOWN, FormatSettings())
    sink.write(PLACE)
    sink.flush()
    assert b"Gent" in stream.getvalue()
    sink.discard()
    sink.discard()


def test_names_and_endings_are_unique() -> None:
    assert len(set(NAMES)) == len(NAMES)
    endings = [ending for format_ in FORMATS for ending in format_.endings]
    assert len(set(endings)) == len(endings)
    assert all(ending.startswith(".") and ending == ending.lower() for ending in endings)
    assert registry.UNSUPPORTED_ENDINGS.isdisjoint(endings)


def test_every_format_module_is_registered() -> None:
    folder = Path(ocpiq.sinks.__file__).parent
    files = {path.stem for path in folder.glob("*.py")} | {
        path.parent.name for path in folder.glob("*/__init__.py")
    }
    assert files - PARTS == {format_.opener.split(":")[0] for format_ in FORMATS}


def test_format_options_are_command_line_options() -> None:
    named = {option for format_ in FORMATS for option in format_.options}
    assert named <= set(BY_NAME)
    assert {option.name for option in registry.OPTIONS} <= named
    assert BY_NAME["to"].choices == NAMES
    for option in registry.OPTIONS:
        known = BY_NAME[option.name]
        assert (known.takes, known.about, known.choices) == (option.takes, option.about, option.choices)


@pytest.mark.parametrize("format_", FORMATS, ids=lambda format_: format_.name)
def test_help_and_completion_list_every_format(format_: Format) -> None:
    assert f"    {format_.name}  " in help.full_help() and format_.about in help.full_help()
    assert all(ending in help.full_help() for ending in format_.endings)
    assert all(format_.name in "\n".join(script()) for script in SCRIPTS.values())


@pytest.mark.parametrize(
    ("target", "error"),
    [("binary", "--to far cannot be shown on a terminal"), ("file", "--to far needs a file")],
)
def test_an_unsuitable_target_is_refused(target: str, error: str) -> None:
    format_ = Format("far", "far away", "no_such_file:open_far", target=target)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=error):
        registry.open_sink(format_, Target(BytesIO(), None, True), UNKNOWN, FormatSettings())


@pytest.mark.parametrize(
    ("name", "shown"), [("xml", ' "xml"'), ("x\x1b[2J", ""), ("a" * 31, ""), ("s3cret-token", "")]
)
def test_a_mistyped_name_is_shown_unless_it_may_be_a_secret(name: str, shown: str) -> None:
    with pytest.raises(UsageError) as error:
        registry.by_name(name)
    assert error.value.message == f"--to: unknown format{shown}"


def test_the_registry_imports_no_format() -> None:
    program = (
        "import sys; import ocpiq.app.options; "
        "print(*(name for name in sys.modules if name.startswith('ocpiq.sinks.') or name == 'orjson'))"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["ocpiq.sinks.registry"]
