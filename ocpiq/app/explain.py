"""`ocpiq explain QUERY`: what a query would show, reads and asks for, without asking for anything."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

from ocpiq.app import sources
from ocpiq.app import variables as values
from ocpiq.app.advice import quoted
from ocpiq.app.help import WIDTH
from ocpiq.app.progress import Progress, counted
from ocpiq.app.recipient import stored_recipient
from ocpiq.app.report import failed
from ocpiq.app.run import QueryText, compiled, text_of
from ocpiq.app.settings import Settings
from ocpiq.errors import IncompleteError, OcpiqError, UsageError

if TYPE_CHECKING:
    from ocpiq.analysis.explanation import Explanation, Role, SourceExplained
    from ocpiq.query.pulls import QueriedSource

ROLES: Final[tuple[tuple[Role, str], ...]] = (
    ("shown", "shows"),
    ("blanked", "blanks"),
    ("used", "uses"),
    ("window", "window"),
    ("key", "key"),
)


def run(settings: Settings) -> int:
    """Print a paragraph for each source of the query, or all of it as JSON."""
    from ocpiq.analysis.explanation import explain
    from ocpiq.schema import DEFAULT_VERSION

    version = settings.query.version or DEFAULT_VERSION
    text = _one_query(settings)
    try:
        stored_recipient(settings)
        variables = values.variables(settings.query)
        query = compiled(settings.query, text, variables)
    except OcpiqError as error:
        return failed(error, text.text, text.name)
    progress = Progress(quiet=True)
    try:
        with ExitStack() as stack:
            found = sources.sources(settings, query.modules, stack) if settings.ask else {}
            asked = query.ask(found, variables, progress) if found else []
    except OcpiqError as error:
        return failed(error)
    explained = explain(query.plan, version)
    if settings.json:
        import msgspec

        both = {**msgspec.to_builtins(explained), **({"asked": asked} if settings.ask else {})}
        sys.stdout.write(msgspec.json.encode(both).decode() + "\n")
    else:
        sys.stdout.writelines(line + "\n" for line in _lines(explained, asked))
    problems = "; ".join(source.incomplete for source in asked if source.incomplete)
    return failed(IncompleteError(problems)) if problems else 0


def _one_query(settings: Settings) -> QueryText:
    """Return the query. Raises UsageError for further words, which would not be explained."""
    words = list(settings.words)
    text = text_of(settings, words)
    if words:
        fix = "" if settings.query.from_file else quoted(settings.words)
        raise UsageError("ocpiq explain takes one query", hint=fix or "leave out the input files")
    return text


def _has(asked: QueriedSource) -> str:
    """Return how much a source has."""
    if asked.basis == "lower bound":
        return f"{counted(asked.objects, 'object')} or more"
    if not asked.objects or asked.pages is None or asked.seconds is None:
        return "no objects"
    announced = " announced" * (asked.basis == "announced")
    size = f"{counted(asked.objects, 'object')}{announced}, {counted(asked.pages, 'page')}"
    return f"{size}, about {max(1, round(asked.seconds)):,} s one after the other"


def _lines(explained: Explanation, asked: Sequence[QueriedSource]) -> Iterator[str]:
    if not explained.sources:
        yield "reads no module: a program on plain JSON, run once for each input"
    for number, source in enumerate(explained.sources):
        yield f"{source.module} (OCPI {explained.version})"
        if asked:
            yield from _entry("  has", (_has(asked[number]),))
        yield from _of_source(source)
    if explained.holds:
        yield from _entry("holds", explained.holds, "; ")
    for warning in explained.warnings:
        yield from _entry("warning", (warning,))


def _of_source(source: SourceExplained) -> Iterator[str]:
    window = [
        f"{word} {moment}" for word, moment in (("from", source.since), ("before", source.until)) if moment
    ]
    asked = [f"last updated {' and '.join(window)}"] if window else []
    if source.during:
        during = source.during if isinstance(source.during, str) else " to ".join(source.during)
        asked.append(f"charged during {during}")
    if source.newest is not None:
        asked.append(f"the newest {source.newest}")
    if asked:
        yield from _entry("  asks for", asked)
    if source.net:
        yield from _entry("  nets", ("a credit CDR takes back what it cancels",))
    yield from _entry("  passes", source.passes or ("nothing; private fields are blanked",))
    for role, label in ROLES:
        paths = source.of_role(role)
        if paths:
            yield from _entry(f"  {label}", paths)


def _entry(label: str, items: tuple[str, ...] | list[str], separator: str = ", ") -> list[str]:
    """Return an entry as lines, those after the first indented."""
    return textwrap.wrap(
        separator.join(items),
        WIDTH,
        initial_indent=f"{label:<12}",
        subsequent_indent=" " * 12,
        break_long_words=False,
        break_on_hyphens=False,
    )
