"""Rows of a command's own report, in any output format; a table if no other is asked for."""

from __future__ import annotations

import os
from collections.abc import Iterable

from msgspec import structs

from ocpiq.app import output
from ocpiq.app.error_report import write_stderr
from ocpiq.app.settings import OutputSettings
from ocpiq.plan.columns import ONE, Columns
from ocpiq.sinks import registry
from ocpiq.sinks.about import NOTHING, About
from ocpiq.storage.unfinished import UnfinishedFiles
from ocpiq.values.types import Value


def has_columns(settings: OutputSettings) -> bool:
    """Tell whether the format that was asked for has rows under columns. Raises UsageError."""
    return output.format_of(_with_default(settings), terminal=False).rows


def format_name(settings: OutputSettings) -> str:
    """Return the name of the format to write. Raises UsageError."""
    return output.format_of(_with_default(settings), terminal=False).name


def write_listing(
    settings: OutputSettings, names: Iterable[str], rows: Iterable[Value], about: About = NOTHING
) -> None:
    """Write objects with these names, in this order; `about` says what they are. Raises UsageError."""
    request = output.OutputRequest(
        columns=lambda: Columns(dict.fromkeys(names, ONE)),
        many=True,
        warn=write_stderr,
        private=False,
        files=UnfinishedFiles,
        about=lambda: about,
    )
    with output.open_output(_with_default(settings), os.environ, request) as out:
        for row in rows:
            out.sink.write(row)
        out.close()
        out.keep()


def is_asked_for(settings: OutputSettings) -> bool:
    """Tell whether a format or a file was asked for, or the config file has a default."""
    return bool(settings.format or settings.csv is not None or settings.default_format or settings.path)


def _with_default(settings: OutputSettings) -> OutputSettings:
    if settings.format or settings.csv is not None or settings.default_format:
        return settings
    if settings.path is not None and registry.by_ending(settings.path.suffix) is not None:
        return settings
    return structs.replace(settings, format="table")
