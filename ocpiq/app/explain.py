"""`ocpiq explain QUERY`: what a query shows, reads and requests, without a request unless `--ask` is set."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from msgspec import Struct, json, structs, to_builtins

from ocpiq.app import sources
from ocpiq.app import variables as values
from ocpiq.app.advice import quoting_hint
from ocpiq.app.authorization import drivers_of, policies_of
from ocpiq.app.compile import compile_query
from ocpiq.app.error_report import report_error
from ocpiq.app.help import WIDTH
from ocpiq.app.progress import Progress, quantity
from ocpiq.app.query_text import QueryText, query_text
from ocpiq.app.recipient import recipient_of, stored_recipient
from ocpiq.app.settings import Settings
from ocpiq.errors import IncompleteError, OcpiqError, UsageError, join
from ocpiq.values.terminal import visible

if TYPE_CHECKING:
    from ocpiq.analysis.explanation import Explanation, SourceExplanation
    from ocpiq.analysis.metadata import Metadata
    from ocpiq.approval.sheet import QueryFacts
    from ocpiq.query import Query
    from ocpiq.query.source_size import QueriedSource
    from ocpiq.query.start import Start
    from ocpiq.query.windows import SourceWindow
    from ocpiq.schema import OwnForm
    from ocpiq.sources import Source
    from ocpiq.values.types import Value


class Explained(Struct, frozen=True):
    """What there is to say of a query; `asked` is what the platform answered, `snapshot` the folder that is read."""

    settings: Settings
    text: QueryText
    query: Query
    explanation: Explanation
    windows: Sequence[SourceWindow | None]
    parameters: list[tuple[str, str]]
    drivers: int
    start: Start
    asked: list[QueriedSource]
    snapshot: list[str]


def run(settings: Settings, *, values_known: bool = True) -> int:
    """Print a paragraph for each source of the query, all of it as JSON, or the approval sheet; return the exit code.

    Without `values_known`, the variables of the settings have names alone.
    """
    if settings.diff is not None:
        from ocpiq.app.explain_policy import print_difference

        return print_difference(settings, settings.diff)
    text, form = _one_query(settings), _format(settings)
    try:
        query, variables, drivers = _compiled(settings, text)
    except OcpiqError as error:
        return report_error(error, text.text, text.name)
    try:
        explained = _explained(settings, text, query, variables, drivers, values_known=values_known)
    except OcpiqError as error:
        return report_error(error)
    PRINTERS[form](explained)
    problems = join((source.incomplete for source in explained.asked if source.incomplete), "; ")
    return report_error(IncompleteError(problems)) if problems else 0


def _compiled(settings: Settings, text: QueryText) -> tuple[Query, dict[str, Value], int]:
    """Return the query, its variables, and the number of drivers that totals need. Raises OcpiqError."""
    drivers = drivers_of(policies_of(settings, stored_recipient(settings)))
    version, variables = _version(settings), values.variables(settings.query)
    known = structs.replace(settings.query, version=version)
    return compile_query(known, text, variables, _own_forms(settings, version)), variables, drivers


def _explained(
    settings: Settings,
    text: QueryText,
    query: Query,
    variables: dict[str, Value],
    drivers: int,
    *,
    values_known: bool,
) -> Explained:
    """Ask the platform, or look into the snapshot, where the settings say so. Raises OcpiqError."""
    from ocpiq.analysis.explanation import explain
    from ocpiq.query.start import begin

    start = begin()
    asked: list[QueriedSource] = []
    snapshot: list[str] = []
    with ExitStack() as stack:
        if settings.ask or settings.snapshot.read is not None:
            read = sources.sources(settings, query.modules, stack)
            recipient = recipient_of(settings, query) if read else None
            if settings.snapshot.read is not None:
                query.check(read, variables, recipient, start)
            snapshot = _snapshot(settings, read)
            if settings.ask and read:
                asked = query.ask(read, variables, Progress(quiet=True), recipient, start)
    return Explained(
        settings,
        text,
        query,
        explain(query.plan, query.plan.version),
        _windows(query, variables, start),
        _parameters(settings, query.metadata) if values_known else [],
        drivers,
        start,
        asked,
        snapshot,
    )


def _print_policy(explained: Explained) -> None:
    from ocpiq.app.explain_policy import print_policy

    print_policy(explained.explanation, explained.text)


def _print_json(explained: Explained) -> None:
    explanation = explained.explanation
    data = {**to_builtins(explanation), "parameters": dict(explained.parameters)}
    for source, window in zip(data["sources"], explained.windows, strict=True):
        source["window"] = None if window is None else window.as_text()
    if any(source.totals for source in explanation.sources):
        data["drivers"] = explained.drivers
    data |= {"asked": explained.asked} if explained.settings.ask else {}
    data |= {"snapshot": explained.snapshot} if explained.snapshot else {}
    sys.stdout.write(json.encode(data, enc_hook=str).decode() + "\n")


def _print_sheet(explained: Explained) -> None:
    from ocpiq.approval.sheet import approval_sheet

    sys.stdout.write(approval_sheet(_facts(explained), explained.explanation, explained.windows))


def _print_text(explained: Explained) -> None:
    lines = [*_lines(explained), *_entry_lines("snapshot", explained.snapshot)]
    sys.stdout.writelines(line + "\n" for line in lines)


PRINTERS: Final = {"": _print_text, "json": _print_json, "markdown": _print_sheet, "policy": _print_policy}


def _snapshot(settings: Settings, queried: Mapping[str, Source]) -> list[str]:
    """Return the folder of a snapshot that the query reads, with the moment that it is of; nothing without one."""
    from ocpiq.sources.protocol import stored_objects

    if settings.snapshot.read is None:
        return []
    times = {stored.time for source in queried.values() if (stored := stored_objects(source)) is not None}
    return [f"{settings.snapshot.read}, of {', '.join(sorted(times))}"]


def _windows(query: Query, variables: dict[str, Value], start: Start) -> Sequence[SourceWindow | None]:
    """Return the window of each source for a run that begins now; None if a parameter is missing or wrong."""
    try:
        return query.windows(variables, start)
    except OcpiqError:
        return [None for _ in query.source_plans]


def _format(settings: Settings) -> str:
    """Return json, markdown, policy, or "" for text. Raises UsageError for another format."""
    if settings.to_policy:
        return "policy"
    name = "json" if settings.json else settings.output.format
    if name not in ("", "json", "markdown"):
        raise UsageError(
            f"ocpiq explain writes text, json, markdown or policy, not {name}",
            hint="--to markdown for the approval sheet, --to policy for a policy",
        )
    return name


def _version(settings: Settings) -> str:
    """Return the OCPI version of the platform: the option's, or that of the login, if it reads one that is known."""
    from ocpiq.schema import DEFAULT_VERSION
    from ocpiq.storage import logins

    version, pull = settings.query.version, settings.pull
    if settings.snapshot.read is not None:
        return sources.version_of_snapshot(settings.snapshot.read)
    if version or pull.demo or pull.files:
        return version or DEFAULT_VERSION
    names = sources.platform_names(pull)
    if not names and logins.current() is None:
        return DEFAULT_VERSION
    return logins.find(names[0] if names else None).version


def _own_forms(settings: Settings, version: str) -> tuple[OwnForm, ...]:
    """Return the forms of the platforms that the query would read."""
    from ocpiq.schema import OwnForm
    from ocpiq.storage import logins
    from ocpiq.storage.login import owner_of

    pull = settings.pull
    if settings.snapshot.read is not None:
        return (OwnForm(version),)
    names = [] if pull.demo or pull.files else sources.platform_names(pull)
    if pull.demo or pull.files or (not names and logins.current() is None):
        return (OwnForm(version),)
    found = [logins.find(name) for name in names] or [logins.find()]
    return tuple(dict.fromkeys(OwnForm(login.version, owner_of(login) is not None) for login in found))


def _platform(settings: Settings) -> str:
    from ocpiq.storage import logins

    pull = settings.pull
    if pull.files:
        return ", ".join(f"files in {path} for {module}" for module, path in pull.files)
    if pull.demo:
        return "the embedded demo"
    names = sources.platform_names(pull) or [logins.current() or "none logged in"]
    return ", ".join(names)


def _parameters(settings: Settings, metadata: Metadata) -> list[tuple[str, str]]:
    """Return the parameters with their values; of one that is read from a file, the name of the file."""
    from ocpiq.values.json.codec import tostring

    given: dict[str, str] = {}
    for variable in settings.query.variables:
        from_file = variable.option not in ("arg", "argjson")
        given.setdefault(variable.name, f"from {variable.text}" if from_file else variable.text)
    for parameter in metadata.params:
        default = "not set" if parameter.required else f"{tostring(parameter.default)} (default)"
        given.setdefault(parameter.name, default)
    return list(given.items())


def _facts(explained: Explained) -> QueryFacts:
    from ocpiq import __version__
    from ocpiq.approval.sheet import QueryFacts

    metadata = explained.query.metadata
    return QueryFacts(
        explained.text.text,
        explained.text.name,
        ": ".join(part for part in (metadata.name, metadata.about) if part),
        f"the snapshot in {explained.snapshot[0]}" if explained.snapshot else _platform(explained.settings),
        tuple(explained.parameters),
        f"ocpiq {__version__}",
        datetime.fromtimestamp(explained.start.now // 1_000_000, UTC).astimezone().date().isoformat(),
        explained.drivers,
        _stored(explained),
    )


def _stored(explained: Explained) -> dict[str, str]:
    """Return what each module is read from that no platform is asked for."""
    settings, modules = explained.settings, explained.query.modules
    if settings.snapshot.read is not None:
        return dict.fromkeys(modules, "the snapshot")
    return {module: "saved pages" for module in modules if sources.is_from_files(settings.pull, module)}


def _one_query(settings: Settings) -> QueryText:
    """Return the query. Raises UsageError if more words follow."""
    words = list(settings.words)
    text = query_text(words, from_file=settings.query.from_file)
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


def _lines(explained: Explained) -> Iterator[str]:
    explanation, asked = explained.explanation, explained.asked
    if not explanation.sources:
        yield "reads no module: a program on plain JSON, run once for each input"
    for number, source in enumerate(explanation.sources):
        yield f"{source.module} (OCPI {explanation.form})"
        platforms = len(asked) // len(explanation.sources)
        for answer in asked[number * platforms : (number + 1) * platforms]:
            name = f"{answer.platform}: " if answer.platform else ""
            yield from _entry_lines("  has", (name + _announced(answer),))
        yield from _source_lines(source, explained.windows[number], explained.drivers)
    if explained.parameters:
        named = [f"{name} = {value}" for name, value in explained.parameters]
        yield from _entry_lines("parameters", list(map(visible, named)))
    if explanation.holds:
        yield from _entry_lines("holds", explanation.holds, "; ")
    if explanation.parts:
        yield from _entry_lines("in parts", explanation.parts.split("; "), "; ")
    for warning in explanation.warnings:
        yield from _entry_lines("warning", (warning,))


def _source_lines(source: SourceExplanation, window: SourceWindow | None, drivers: int) -> Iterator[str]:
    from ocpiq.analysis.field_uses import ROLES
    from ocpiq.query.windows import filters

    if narrowed := filters(source, window):
        yield from _entry_lines("  asks for", narrowed)
    if source.net:
        yield from _entry_lines("  nets", ("a credit CDR cancels out the CDR that it credits",))
    passes = tuple(map(source.both_names, source.passes))
    yield from _entry_lines("  passes", passes or ("nothing; private fields are blanked",))
    if source.totals:
        totals = f"totals of {', '.join(source.totals)}: groups of fewer are combined, or not shown"
        yield from _entry_lines("  at least", (f"{drivers} drivers in {totals}",))
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
