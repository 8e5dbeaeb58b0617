"""The help of a saved query: `ocpiq -f FILE --help`, `./FILE --help`."""

from __future__ import annotations

import json
import shlex
import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from ocpiq.app.compile import compile_query
from ocpiq.app.help import WIDTH
from ocpiq.app.query_text import QueryText, metadata_of, query_text
from ocpiq.app.settings import Settings
from ocpiq.errors import CompileError

if TYPE_CHECKING:
    from ocpiq.analysis.metadata import Metadata, QueryParameter
    from ocpiq.query import Query

INDENT: Final = "  "
PERIOD: Final = "PERIOD"


def describe(settings: Settings) -> str:
    """Return purpose, usage, parameters and privacy note of the saved query that the words name. Raises OcpiqError."""
    text = query_text(list(settings.words), from_file=settings.query.from_file)
    return describe_text(settings, text, f"ocpiq -f {shlex.quote(text.name)}")


def describe_text(settings: Settings, text: QueryText, command: str) -> str:
    """Return the same for a query and the command that runs it. Raises OcpiqError."""
    return "\n".join(_lines(settings, text, metadata_of(text), command)) + "\n"


def _lines(settings: Settings, text: QueryText, metadata: Metadata, command: str) -> Iterator[str]:
    yield from _wrap(metadata.about or f"{metadata.name or text.name} has no description.", "")
    for title, note in (("Recipient", metadata.recipient), ("Source", metadata.source)):
        if note:
            yield from ("", title, *_wrap(note, INDENT))
    yield from ("", "Usage")
    required = [
        f" --period {PERIOD}"
        if parameter.name == "period"
        else f" --arg {parameter.name} {parameter.type.upper()}"
        for parameter in metadata.params
        if parameter.required
    ]
    yield f"{INDENT}{command}{''.join(required)} [OPTIONS]"
    if metadata.params:
        yield from ("", "Parameters")
        width = max(len(parameter.name) for parameter in metadata.params)
        for parameter in metadata.params:
            yield from _wrap(f"{parameter.name:<{width}}  {_parameter_text(parameter)}", INDENT, width + 4)
    if metadata.unknown:
        yield from ("", "What OCPI does not know", *_wrap(metadata.unknown, INDENT))
    yield from ("", "Privacy")
    if metadata.privacy:
        yield from _wrap(metadata.privacy, INDENT)
    yield from _passed_lines(settings, text, metadata)
    if metadata.check_name:
        yield from ("", f"Check the file: ocpiq check FILE --as {metadata.check_name}")
    if metadata.tz:
        yield from ("", f"Time zone: {metadata.tz} (--tz ZONE for another)")


def _parameter_text(parameter: QueryParameter) -> str:
    about = f": {parameter.about}" if parameter.about else ""
    default = "required" if parameter.required else f"default: {json.dumps(parameter.default)}"
    return f"{parameter.type}{about} ({default})"


def _passed_lines(settings: Settings, text: QueryText, metadata: Metadata) -> Iterator[str]:
    """Yield the fields that the query passes, independently of its note."""
    names = [parameter.name for parameter in metadata.params]
    names += [variable.name for variable in settings.query.variables if variable.name not in names]
    try:
        query = compile_query(settings.query, text, names)
    except CompileError as error:
        yield from _wrap(f"The fields that it passes are unknown: {error.message}.", INDENT)
        return
    yield from _source_lines(query)


def _source_lines(query: Query) -> Iterator[str]:
    from ocpiq.analysis.field_uses import passes

    if not query.source_plans:
        yield f"{INDENT}Reads no module."
    for source in query.source_plans:
        passed = ", ".join(passes(source.view)) or "nothing"
        yield from _wrap(f"{source.module}: passes {passed}", INDENT, 4)


def _wrap(text: str, indent: str, subsequent: int | None = None) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent if subsequent is None else " " * subsequent,
        break_long_words=False,
        break_on_hyphens=False,
    )
