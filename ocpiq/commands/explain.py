"""`ocpiq explain QUERY`: what a query reads, shows and asks for, without asking for anything."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ocpiq.commands import values
from ocpiq.commands.arguments import Arguments
from ocpiq.commands.origin import version_of
from ocpiq.commands.query import compiled, text_of
from ocpiq.commands.report import failed
from ocpiq.errors import OcpiqError

if TYPE_CHECKING:
    from ocpiq.analysis.needs import Need
    from ocpiq.analysis.plan import Moment, SourcePlan
    from ocpiq.analysis.views import ViewNode


def run(given: Arguments) -> int:
    """Print a paragraph for each source of the query."""
    version = version_of(given)
    text = text_of(given, list(given.words))
    try:
        query = compiled(given, text, values.variables(given))
    except OcpiqError as error:
        return failed(error, text.text, text.name)
    for source in query.plan.sources:
        sys.stdout.writelines(line + "\n" for line in _of_source(source, version))
    if not query.plan.sources:
        sys.stdout.write("reads no module: a program on plain JSON, run once for each input\n")
    return 0


def _of_source(source: SourcePlan, version: str) -> Iterator[str]:
    yield f"{source.module} (OCPI {version})"
    if source.since or source.until:
        yield f"  asks for  last updated {_window(source.since, source.until)}"
    yield f"  passes    {', '.join(_passed(source.view, '')) or 'nothing; private fields are blanked'}"
    yield f"  reads     {', '.join(_read(source.need, '')) or 'nothing but that there are objects'}"


def _passed(node: ViewNode, path: str) -> Iterator[str]:
    """Yield the paths that the query passes itself, each the highest of its tree."""
    if node.treatment == "shown":
        yield path or "."
        return
    for name, child in node.children.items():
        yield from _passed(child, f"{path}.{name}".lstrip("."))


def _read(need: Need, path: str) -> Iterator[str]:
    if need.whole or not need.fields:
        if path or need.whole:
            yield path or "."
        return
    for name, child in need.fields.items():
        yield from _read(child, f"{path}.{name}".lstrip("."))


def _window(since: Moment | None, until: Moment | None) -> str:
    parts = [f"{word} {_moment(moment)}" for word, moment in (("from", since), ("before", until)) if moment]
    return " and ".join(parts)


def _moment(moment: Moment) -> str:
    from datetime import UTC, datetime

    if moment.microseconds is None:
        return f"${moment.variable}"
    return datetime.fromtimestamp(moment.microseconds / 1_000_000, UTC).isoformat().replace("+00:00", "Z")
