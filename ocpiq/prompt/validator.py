"""Whether the text at the prompt is a whole query, and what is wrong with it as far as it goes."""

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
from ocpiq.language.partial import State, begun, state
from ocpiq.language.syntax_errors import CLAUSES, STAGES
from ocpiq.plan.nodes import QueryPlan
from ocpiq.prompt.command_line import split_command
from ocpiq.prompt.cursor_type import LENIENT_HANDLERS
from ocpiq.query import compile
from ocpiq.storage import folders

MAX_CUTS: Final = (
    4  # tokens at the end that a clause may lack its sense for: `pass charging_periods, total_c`
)


class Validation(Struct, frozen=True):
    """How far a text is, its first mistake, and what it would do; neither where it is a command or empty.

    `open` says of a text of several lines that is unfinished what is still to come.
    """

    state: State
    mistake: OcpiqError | None = None
    plan: QueryPlan | None = None
    open: str = ""

    def mistake_at(self, cursor: int) -> OcpiqError | None:
        """Return the mistake, unless it may only be that the word at the cursor is not yet written out."""
        found = self.mistake
        writing = found is not None and found.span is not None and found.span.end == cursor
        return None if writing and not isinstance(found, PrivacyError) else found


# A text is looked at for its colours, for the bar and by Enter; its mended forms as well.
@lru_cache(maxsize=32)
def validate(
    text: str,
    version: str,
    variables: tuple[str, ...],
    library: tuple[Path, ...] = (),
    home: Path | None = None,
    zones: tuple[str | None, str | None] = (None, None),
) -> Validation:
    """Look at a text as `ocpiq.query.compile` does. Nothing is raised, nothing is fetched."""
    if split_command(text) is not None:
        return Validation("whole")
    far = state(text)
    if far == "empty":
        return Validation(far)
    opened = _missing_part(text) if far == "unfinished" and "\n" in text else ""
    try:
        if far != "unfinished":
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
            return Validation(far, plan=query.plan)
        return Validation(far, plan=_partial_plan(text, version, variables, HANDLERS), open=opened)
    except OcpiqError as error:
        plan = _lenient_plan(text, version, variables)
        if far == "whole" and _ends_with_a_stage(text):
            return Validation("unfinished", plan=plan)
        return Validation(far, error if _is_final(error, text, far) else None, plan, opened)


def _partial_plan(
    text: str, version: str, variables: tuple[str, ...], handlers: Mapping[type, Handler]
) -> QueryPlan | None:
    """Return what the begun query would do; up to the clause that is being written, where that makes no sense yet."""
    read = begun(text)
    last = read.tokens[: -1 - MAX_CUTS : -1] if any(token.kind in CLAUSES for token in read.tokens) else []
    # The start of a path would pass more than what is written.
    cuts = [token.span.start for token in last if token.kind != "FIELD"]
    for cut in (len(text), *cuts):
        program = begun(text[:cut]).ended()
        plan = (
            None
            if program is None
            else analyze(program, version=version, givens=variables, handlers=handlers)
        )
        if plan is not None and (plan.sources or not cuts):
            return plan
    return None


def _ends_with_a_stage(text: str) -> bool:
    """Tell whether it ends with the word of a stage, which the analysis takes for the name of a function."""
    tokens = begun(text).tokens
    return len(tokens) > 1 and tokens[-2].kind == "_PIPE" and tokens[-1].kind in STAGES


def _missing_part(text: str) -> str:
    try:
        parse(text)
    except QuerySyntaxError as error:
        return error.message.rpartition("; ")[2]
    return ""


def _is_final(error: OcpiqError, text: str, far: State) -> bool:
    """Tell whether nothing that follows can fix it: it is not at the end of what is begun."""
    return far != "unfinished" or (error.span is not None and error.span.end < len(text.rstrip()))


def _lenient_plan(text: str, version: str, variables: tuple[str, ...]) -> QueryPlan | None:
    """Return what the query would do but for its mistakes: its sources, and what they pass."""
    try:
        return _partial_plan(text, version, variables, LENIENT_HANDLERS)
    except OcpiqError:
        return None
