"""What a saved query says of itself: `ocpiq -f FILE --help`, `./FILE --help`."""

from __future__ import annotations

import json
import shlex
import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from ocpiq.app.help import WIDTH
from ocpiq.app.run import QueryText, compiled, read_query, text_of
from ocpiq.app.settings import Settings
from ocpiq.errors import CompileError, OcpiqError

if TYPE_CHECKING:
    from ocpiq.analysis.metadata import Metadata, QueryParameter
    from ocpiq.query import Query

INDENT: Final = "  "


def described(settings: Settings) -> str:
    """Return purpose, use, parameters and privacy note of the saved query that the words name. Raises OcpiqError."""
    text = text_of(settings, list(settings.words))
    return "\n".join(_lines(settings, text, _metadata(text))) + "\n"


def parameters(path: str) -> tuple[str, ...]:
    """Return the names of the parameters of a saved query; none if it cannot be read."""
    try:
        return tuple(parameter.name for parameter in _metadata(read_query(path)).params)
    except OcpiqError:
        return ()


def _metadata(text: QueryText) -> Metadata:
    from ocpiq.analysis.metadata import metadata
    from ocpiq.language import parse

    return metadata(parse(text.text))


def _lines(settings: Settings, text: QueryText, metadata: Metadata) -> Iterator[str]:
    yield from _wrapped(metadata.about or f"{metadata.name or text.name} has no description.", "")
    yield from ("", "Usage")
    required = [f" --arg {each.name} {each.type.upper()}" for each in metadata.params if each.required]
    yield f"{INDENT}ocpiq -f {shlex.quote(text.name)}{''.join(required)} [OPTIONS]"
    if metadata.params:
        yield from ("", "Parameters")
        width = max(len(each.name) for each in metadata.params)
        for parameter in metadata.params:
            yield from _wrapped(f"{parameter.name:<{width}}  {_about(parameter)}", INDENT, width + 4)
    yield from ("", "Privacy")
    if metadata.privacy:
        yield from _wrapped(metadata.privacy, INDENT)
    yield from _passed(settings, text, metadata)
    if metadata.tz:
        yield from ("", f"Time zone: {metadata.tz} (--tz ZONE for another)")


def _about(parameter: QueryParameter) -> str:
    about = f": {parameter.about}" if parameter.about else ""
    default = "required" if parameter.required else f"default: {json.dumps(parameter.default)}"
    return f"{parameter.type}{about} ({default})"


def _passed(settings: Settings, text: QueryText, metadata: Metadata) -> Iterator[str]:
    """Yield the fields that the query itself passes, whatever its note says."""
    names = [parameter.name for parameter in metadata.params]
    names += [variable.name for variable in settings.query.variables if variable.name not in names]
    try:
        query = compiled(settings.query, text, names)
    except CompileError as error:
        yield from _wrapped(f"The fields it passes are not known: {error.message}.", INDENT)
        return
    yield from _sources(query)


def _sources(query: Query) -> Iterator[str]:
    from ocpiq.analysis.explanation import explain
    from ocpiq.schema import DEFAULT_VERSION

    sources = explain(query.plan, DEFAULT_VERSION).sources
    if not sources:
        yield f"{INDENT}Reads no module."
    for source in sources:
        passed = ", ".join(source.passes) or "nothing"
        yield from _wrapped(f"{source.module}: passes {passed}", INDENT, 4)


def _wrapped(text: str, indent: str, subsequent: int | None = None) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent if subsequent is None else " " * subsequent,
        break_long_words=False,
        break_on_hyphens=False,
    )
