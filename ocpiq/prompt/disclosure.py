"""What a query at the prompt would disclose, and what of it a policy does not allow; nothing is pulled for it."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from ocpiq.analysis.explanation import SourceExplanation
from ocpiq.app.authorization import beyond_policies, refusal
from ocpiq.app.compile import compile_query
from ocpiq.app.handout import Handout
from ocpiq.app.query_text import QueryText
from ocpiq.errors import OcpiqError
from ocpiq.prompt.session import Session
from ocpiq.query import Query
from ocpiq.query.start import begin


class Disclosure(Struct, frozen=True):
    """A line for each source of a query, and the error for what a policy does not allow."""

    lines: tuple[str, ...] = ()
    refused: OcpiqError | None = None


def disclosure(session: Session, text: str) -> Disclosure:
    """Return what a complete query would disclose; nothing if it has an error. Raises nothing."""
    settings, written = session.query_settings(), QueryText(text, session.file)
    try:
        query = compile_query(settings.query, written, session.variables)
        lines = tuple(_source_line(source) for source in query.explanation(session.sources).sources)
    except OcpiqError:
        return Disclosure()
    try:
        handout = Handout(written, query, session.sources, session.variables, (), True, begin())
        problems = beyond_policies(settings, handout)
    except (
        OcpiqError
    ) as error:  # a policy that cannot be read, a recipient that does not exist: no run either
        return Disclosure(lines, error)
    return Disclosure(lines, _placed(query, problems) if problems else None)


def _placed(query: Query, problems: dict[str, list[str]]) -> OcpiqError:
    """Return the refusal at the first source that is beyond a policy."""
    refused = refusal(problems)
    texts = [text for listed in problems.values() for text in listed]
    refused.span = next(
        (source.span for source in query.source_plans if any(source.module in text for text in texts)), None
    )
    return refused


def _source_line(source: SourceExplanation) -> str:
    return f"{source.module} passes {', '.join(_passes(source)) or 'nothing'}"


def _passes(source: SourceExplanation) -> Iterator[str]:
    """Yield what the clauses pass, each with its role if it is not shown."""
    for path in source.passes:
        name = path.partition(" as ")[0]
        roles: set[str] = {
            role
            for use in source.passed
            if name in (".", use.path) or use.path.startswith(f"{name}.")
            for role in use.roles
        }
        yield path + _role(roles)


def _role(roles: set[str]) -> str:
    if "shown" in roles:
        return ""
    if "aggregated" in roles:
        return " (only in totals)"
    return " (only decides)" if "decides" in roles else " (unused)"
