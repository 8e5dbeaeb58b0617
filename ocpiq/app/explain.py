"""`ocpiq explain QUERY`: what a query shows, reads and requests, without a request unless `--ask` is set."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from ocpiq.app import sources
from ocpiq.app import variables as values
from ocpiq.app.advice import quoting_hint
from ocpiq.app.help import WIDTH
from ocpiq.app.progress import Progress, quantity
from ocpiq.app.recipient import recipient_of, stored_recipient
from ocpiq.app.report import report_error
from ocpiq.app.run import QueryText, compile_query, query_text
from ocpiq.app.settings import Settings
from ocpiq.errors import IncompleteError, OcpiqError, UsageError, join

if TYPE_CHECKING:
    from ocpiq.analysis.explanation import Explanation, SourceExplained
    from ocpiq.query.pulls import QueriedSource


def run(settings: Settings) -> int:
    """Print a paragraph for each source of the query, or all of it as JSON."""
    from ocpiq.analysis.explanation import explain
    from ocpiq.schema import DEFAULT_VERSION

    version = settings.query.version or DEFAULT_VERSION
    text = _one_query(settings)
    try:
        stored_recipient(settings)
        variables = values.variables(settings.query)
        query = compile_query(settings.query, text, variables)
    except OcpiqError as error:
        return report_error(error, text.text, text.name)
    progress = Progress(quiet=True)
    try:
        with ExitStack() as stack:
            queried = sources.sources(settings, query.modules, stack) if settings.ask else {}
            receiver = recipient_of(settings, query) if queried else None
            answers = query.ask(queried, variables, progress, receiver) if queried else []
    except OcpiqError as error:
        return report_error(error)
    explained = explain(query.plan, version)
    if settings.json:
        import msgspec

        data = {**msgspec.to_builtins(explained), **({"asked": answers} if settings.ask else {})}
        sys.stdout.write(msgspec.json.encode(data, enc_hook=str).decode() + "\n")
    else:
        sys.stdout.writelines(line + "\n" for line in _lines(explained, answers))
    problems = join((source.incomplete for source in answers if source.incomplete), "; ")
    return report_error(IncompleteError(problems)) if problems else 0


def _one_query(settings: Settings) -> QueryText:
    """Return the query. Raises UsageError if more words follow."""
    words = list(settings.words)
    text = query_text(settings, words)
    if words:
        fix = "" if settings.query.from_file else quoting_hint(settings.words)
        raise UsageError("ocpiq explain takes one query", hint=fix or "leave out the input files")
    return text


def _announced(source: QueriedSource) -> str:
    """Return how much a source has."""
    if source.basis == "lower bound":
        return f"{quantity(source.objects, 'object')} or more"
    if not source.objects or source.pages is None or source.seconds is None:
        return "no objects"
    announced = " announced" * (source.basis == "announced")
    size = f"{quantity(source.objects, 'object')}{announced}, {quantity(source.pages, 'page')}"
    return f"{size}, about {max(1, round(source.seconds)):,} s one after the other"


def _lines(explained: Explanation, answers: Sequence[QueriedSource]) -> Iterator[str]:
    if not explained.sources:
        yield "reads no module: a program on plain JSON, run once for each input"
    for number, source in enumerate(explained.sources):
        yield f"{source.module} (OCPI {explained.version})"
        platforms = len(answers) // len(explained.sources)
        for answer in answers[number * platforms : (number + 1) * platforms]:
            name = f"{answer.platform}: " if answer.platform else ""
            yield from _entry_lines("  has", (name + _announced(answer),))
        yield from _source_lines(source)
    if explained.holds:
        yield from _entry_lines("holds", explained.holds, "; ")
    for warning in explained.warnings:
        yield from _entry_lines("warning", (warning,))


def _source_lines(source: SourceExplained) -> Iterator[str]:
    from ocpiq.analysis.field_uses import ROLES

    window = [
        f"{word} {moment}" for word, moment in (("from", source.since), ("before", source.until)) if moment
    ]
    filters = [f"last updated {' and '.join(window)}"] if window else []
    if source.during:
        during = source.during if isinstance(source.during, str) else " to ".join(source.during)
        filters.append(f"charged during {during}")
    if source.newest is not None:
        filters.append(f"the newest {source.newest}")
    if filters:
        yield from _entry_lines("  asks for", filters)
    if source.net:
        yield from _entry_lines("  nets", ("a credit CDR cancels out the CDR that it credits",))
    yield from _entry_lines("  passes", source.passes or ("nothing; private fields are blanked",))
    for role in ROLES:
        paths = source.of_role(role)
        if paths:
            yield from _entry_lines(f"  {role}", paths)


def _entry_lines(label: str, items: tuple[str, ...] | list[str], separator: str = ", ") -> list[str]:
    """Return an entry as lines; those after the first are indented."""
    return textwrap.wrap(
        separator.join(items),
        WIDTH,
        initial_indent=f"{label:<14}",
        subsequent_indent=" " * 14,
        break_long_words=False,
        break_on_hyphens=False,
    )
