"""Tells whether the text at the prompt is a complete query, and finds its first error."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final

from msgspec import Struct

from ocpiq.analysis import HANDLERS, analyze
from ocpiq.analysis.context import Handler
from ocpiq.errors import OcpiqError, PrivacyError, QuerySyntaxError
from ocpiq.language import parse
from ocpiq.language.partial import State, parse_partial, state
from ocpiq.language.syntax_errors import CLAUSES, STAGES
from ocpiq.plan.query_plan import QueryPlan
from ocpiq.prompt.command_syntax import split_command
from ocpiq.prompt.cursor_type import LENIENT_HANDLERS
from ocpiq.query import compile
from ocpiq.storage import folders

MAX_CUTS: Final = 4  # tokens at the end that may not make sense yet: `pass charging_periods, total_c`


class Validation(Struct, frozen=True):
    """The state of a text, its first error and its plan; a command or an empty text has neither.

    `open` says what is missing in an unfinished text of several lines.
    """

    state: State
    mistake: OcpiqError | None = None
    plan: QueryPlan | None = None
    open: str = ""

    def mistake_at(self, cursor: int) -> OcpiqError | None:
        """Return the error, unless the word at the cursor may just be incomplete."""
        error = self.mistake
        at_cursor = error is not None and error.span is not None and error.span.end == cursor
        return None if at_cursor and not isinstance(error, PrivacyError) else error


# Highlighting, the bottom line and Enter validate the same text; fixes are validated too.
@lru_cache(maxsize=32)
def validate(
    text: str,
    version: str,
    variables: tuple[str, ...],
    library: tuple[Path, ...] = (),
    home: Path | None = None,
    zones: tuple[str | None, str | None] = (None, None),
) -> Validation:
    """Validate a text as `ocpiq.query.compile` does. Raises nothing, pulls nothing."""
    if split_command(text) is not None:
        return Validation("complete")
    progress = state(text)
    if progress == "empty":
        return Validation(progress)
    missing = _missing_part(text) if progress == "unfinished" and "\n" in text else ""
    try:
        if progress != "unfinished":
            query = compile(
                text,
                version=version,
                variables=variables,
                library=library,
                home=home,
                zone=zones[0],
                default_zone=zones[1],
                startup=folders.jq_startup(),
            )
            return Validation(progress, plan=query.plan)
        return Validation(progress, plan=_partial_plan(text, version, variables, HANDLERS), open=missing)
    except OcpiqError as error:
        plan = _lenient_plan(text, version, variables)
        if progress == "complete" and _ends_with_a_stage(text):
            return Validation("unfinished", plan=plan)
        return Validation(progress, error if _is_final(error, text, progress) else None, plan, missing)


def _partial_plan(
    text: str, version: str, variables: tuple[str, ...], handlers: Mapping[type, Handler]
) -> QueryPlan | None:
    """Return the plan of an unfinished query, without a last clause that does not make sense yet."""
    read = parse_partial(text)
    last = read.tokens[: -1 - MAX_CUTS : -1] if any(token.kind in CLAUSES for token in read.tokens) else []
    # The start of a path would pass more than the whole path.
    cuts = [token.span.start for token in last if token.kind != "FIELD"]
    for cut in (len(text), *cuts):
        program = parse_partial(text[:cut]).complete()
        plan = (
            None
            if program is None
            else analyze(program, version=version, givens=variables, handlers=handlers)
        )
        if plan is not None and (plan.sources or not cuts):
            return plan
    return None


def _ends_with_a_stage(text: str) -> bool:
    """Tell whether the text ends with a stage keyword, which the analysis takes for a function."""
    tokens = parse_partial(text).tokens
    return len(tokens) > 1 and tokens[-2].kind == "_PIPE" and tokens[-1].kind in STAGES


def _missing_part(text: str) -> str:
    try:
        parse(text)
    except QuerySyntaxError as error:
        return error.message.rpartition("; ")[2]
    return ""


def _is_final(error: OcpiqError, text: str, progress: State) -> bool:
    """Tell whether no further text can fix the error, because it is not at the end."""
    return progress != "unfinished" or (error.span is not None and error.span.end < len(text.rstrip()))


def _lenient_plan(text: str, version: str, variables: tuple[str, ...]) -> QueryPlan | None:
    """Return the plan of a query with errors: its sources and what they pass."""
    try:
        return _partial_plan(text, version, variables, LENIENT_HANDLERS)
    except OcpiqError:
        return None
