"""The approval sheet: which fields a query shows, as a Markdown page to sign.

It has no values but those of parameters and of the query's own text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct

from ocpiq.analysis.explanation import Explanation, SourceExplanation
from ocpiq.analysis.field_uses import FieldUse, Role
from ocpiq.approval.query_hash import query_sha256
from ocpiq.privacy.drivers import DRIVERS
from ocpiq.query.windows import SourceWindow, filters
from ocpiq.schema import SchemaField, module
from ocpiq.values.terminal import visible

MARKUP: Final = re.compile(r"[\\|`*<\[&~]")
ROLES: Final[tuple[Role, ...]] = ("shown", "aggregated", "decides")
GATE_ROLES: Final[tuple[tuple[Role, str], ...]] = (
    ("window", "to find the objects of the window"),
    ("key", "to drop objects that the platform sends twice"),
    ("driver", "to count the drivers of each total"),
)
LEGEND: Final = (
    "*shown*: the value, or what is computed from the value of one object, may be in the results. "
    "*aggregated*: only as part of a total over several objects. *decides*: the field affects "
    "which results appear and their order."
)
SIGNATURES: Final = (
    "Requested by",
    "Approved by",
    "Approved for (recipient and purpose)",
    "Valid until",
    "Signature",
)


class QueryFacts(Struct, frozen=True):
    """Facts on the sheet that are not in the explanation; `parameters` are names with their values as text.

    `drivers` is the number that a total of fields for aggregates only needs. `stored` are the modules that no platform
    is asked for, with what they are read from.
    """

    text: str
    file: str
    about: str
    platform: str
    parameters: tuple[tuple[str, str], ...]
    ocpiq_version: str
    date: str
    drivers: int = DRIVERS
    stored: Mapping[str, str] = {}


def approval_sheet(
    facts: QueryFacts, explanation: Explanation, windows: Sequence[SourceWindow | None]
) -> str:
    """Return the sheet; `windows` has the dates of each source on the day of the sheet, if they are known."""
    parts = [
        "# Approval of an OCPI query\n",
        _table(("", ""), _facts(facts, explanation)),
        "## Query\n",
        _fenced(facts.text),
    ]
    for source, window in zip(explanation.sources, windows, strict=True):
        parts += _source(source, window, facts)
    if not explanation.sources:
        parts.append("The query reads no module of a platform.\n")
    parts.append("## Columns of the results\n")
    parts.append(_columns(explanation))
    if explanation.warnings:
        parts.append("## Warnings\n")
        parts.append("".join(f"- {_plain(warning)}\n" for warning in explanation.warnings))
    parts.append("## Approval\n")
    parts.append(_table(("", ""), ((label, " " * 40) for label in SIGNATURES)))
    return "\n".join(parts)


def _facts(facts: QueryFacts, explanation: Explanation) -> Iterator[tuple[str, str]]:
    yield "Query", facts.file or "on the command line"
    if facts.about:
        yield "Purpose", facts.about
    yield "SHA-256 of the query", query_sha256(facts.text)
    yield "Platform", facts.platform
    yield "OCPI version", explanation.form
    for name, value in facts.parameters:
        yield f"Parameter {name}", value
    yield "Explained by", facts.ocpiq_version
    yield "Date", facts.date


def _source(source: SourceExplanation, window: SourceWindow | None, facts: QueryFacts) -> Iterator[str]:
    yield f"## {source.module}\n"
    yield _objects(source, window, facts.stored.get(source.module, ""))
    if source.net:
        yield "Credit CDRs cancel out the CDRs that they credit.\n"
    yield from _private_fields(source, facts.drivers)
    if whole := list(_passed_whole(source)):
        yield f"Passed whole, including any fields not defined by OCPI: {', '.join(map(_plain, whole))}.\n"
    others = [use for use in source.fields if not use.private and set(use.roles) & set(ROLES)]
    if others:
        yield "### Other fields of the results\n"
        rows = ((source.both_names(use.path), use.type, _roles(use)) for use in others)
        yield _table(("Field", "OCPI type", "Role"), rows)
    if blanked := source.of_role("blanked"):
        yield f"Blanked (printed as `#NA`): {', '.join(map(_plain, blanked))}.\n"
    for role, purpose in GATE_ROLES:
        paths = source.of_role(role)
        if paths and not (role == "key" and source.module in facts.stored):
            yield f"Read only {purpose}; not shown: {', '.join(map(_plain, paths))}.\n"


def _objects(source: SourceExplanation, window: SourceWindow | None, stored: str) -> str:
    """Return which objects are read, from what is `stored` or else from the platform."""
    narrowed = ", ".join(map(_plain, filters(source, window))) or "without a window"
    if stored:
        return (
            f"Read from {stored}, without a request to the platform: all of `{source.module}`, {narrowed}.\n"
        )
    return f"Requested from the platform: all pages of `{source.module}`, {narrowed}.\n"


def _private_fields(source: SourceExplanation, drivers: int) -> Iterator[str]:
    passed = [use for use in source.passed if use.private]
    if passed:
        yield "### Private fields that the query passes\n"
        yield _table(
            ("Field", "OCPI type", "Passed", "Role", "Why it is private"),
            (
                (source.both_names(use.path), use.type, _passed(use), _roles(use), use.reason)
                for use in passed
            ),
        )
        yield f"{LEGEND}\n"
    else:
        yield "The query passes no private field.\n"
    if source.totals:
        names = ", ".join(map(_plain, source.totals))
        yield (
            f"For aggregates only: {names}. Each total of them is over at least {drivers} drivers; groups of fewer "
            "are combined into `#other`, or not shown. Two exports whose groups or filters differ may tell more.\n"
        )


def _passed(use: FieldUse) -> str:
    return "in the clear" if use.treatment == "clear" else f"as {use.treatment}"


def _passed_whole(source: SourceExplanation) -> Iterator[str]:
    """Yield the paths of objects that the query passes."""
    root = module(source.module, source.version).root
    for path in source.passes:
        field: SchemaField | None = root
        for name in path.split(".") if path != "." else ():
            field = field.children.get(name) if field is not None else None
        if field is not None and field.children:
            yield "the whole object" if path == "." else path


def _roles(use: FieldUse) -> str:
    result_roles = [role for role in ROLES if role in use.roles]
    return ", ".join(result_roles) or "not in the results"


def _columns(explanation: Explanation) -> str:
    if not explanation.columns:
        return "Not known before there are results.\n"
    rows = ((column.name, column.type, column.path or "computed") for column in explanation.columns)
    return _table(("Column", "Type", "Field"), rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *([_plain(cell) for cell in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _plain(text: str) -> str:
    """Return text as Markdown shows it as it is, on one line."""
    return MARKUP.sub(r"\\\g<0>", visible(text))


def _fenced(text: str) -> str:
    longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}\n{visible(text, kept=chr(10)).rstrip()}\n{fence}\n"
