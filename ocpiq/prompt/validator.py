"""Tells whether the text at the prompt is a complete query, and finds its first error."""

from __future__ import annotations

from itertools import chain
from typing import Final

from msgspec import Struct

from ocpiq.errors import OcpiqError, PrivacyError, QuerySyntaxError
from ocpiq.language.partial import PartialParse, State
from ocpiq.language.syntax_errors import CLAUSES, STAGES
from ocpiq.plan.query_plan import QueryPlan
from ocpiq.prompt.command_syntax import split_command
from ocpiq.prompt.field_states import FieldStates, field_states
from ocpiq.prompt.reader import Analysed, QueryReader
from ocpiq.prompt.suggestion import Surroundings

MAX_CUTS: Final = 4  # tokens at the end that may not make sense yet: `pass charging_periods, total_c`


class Validation(Struct, frozen=True):
    """The state of a text, its first error and its plan; a command or an empty text has neither.

    `open` says what is missing in an unfinished text of several lines; `possible_mistake` is an error at its end, which
    more text may fix. `states` says of the fields in the text whether they are shown, blanked, passed or treated.
    """

    state: State
    mistake: OcpiqError | None = None
    plan: QueryPlan | None = None
    open: str = ""
    possible_mistake: OcpiqError | None = None
    states: FieldStates = ()

    def mistake_at(self, cursor: int) -> OcpiqError | None:
        """Return the error, unless the word at the cursor may just be incomplete."""
        error = self.mistake
        at_cursor = error is not None and error.span is not None and error.span.end == cursor
        return None if at_cursor and not isinstance(error, PrivacyError) else error


def validate(text: str, context: Surroundings, reader: QueryReader | None = None) -> Validation:
    """Validate a text as `ocpiq.query.compile` does. Raises nothing, pulls nothing."""
    known = reader or QueryReader()
    return known.once(("validate", text, context), lambda: _validate(text, context, known))


def _validate(text: str, context: Surroundings, reader: QueryReader) -> Validation:
    if split_command(text) is not None:
        return Validation("complete")
    read = reader.parse(text)
    if read.state == "empty":
        return Validation(read.state)
    if read.state == "unfinished":
        partial = _analyze_start(read, context, reader)
        missing = _missing_part(read) if "\n" in text else ""
        mistake, possible = partial.mistake, None
        if mistake is not None and not _is_final(mistake, text):
            mistake, possible = None, mistake
        return Validation(
            read.state, mistake, _plan(partial), missing, possible, field_states(partial.fields)
        )
    try:
        whole = reader.analyze(read.program(), context)
    except QuerySyntaxError as error:
        start = _analyze_start(read, context, reader)
        return Validation(read.state, error, _plan(start), states=field_states(start.fields))
    states = field_states(whole.fields)
    if whole.mistake is None:
        return Validation(read.state, plan=_plan(whole), states=states)
    plan = _plan(_analyze_start(read, context, reader))
    if _ends_with_a_stage(read):
        return Validation("unfinished", plan=plan, states=states)
    return Validation(read.state, whole.mistake, plan, states=states)


def _plan(analysed: Analysed) -> QueryPlan | None:
    return None if analysed.query is None else analysed.query.plan


def _analyze_start(read: PartialParse, context: Surroundings, reader: QueryReader) -> Analysed:
    """Analyse a query with or without its end: without a last clause that does not make sense yet."""
    last = read.tokens[: -1 - MAX_CUTS : -1] if any(token.kind in CLAUSES for token in read.tokens) else []
    # The start of a path would pass more than the whole path.
    cuts = [token.span.start for token in last if token.kind != "FIELD"]
    mistake: OcpiqError | None = None
    for start in chain((read,), (reader.parse(read.text[:cut]) for cut in cuts)):
        program = start.complete()
        if program is not None:
            analysed = reader.analyze(program, context)
            mistake = mistake or analysed.mistake
            if analysed.query is not None and (analysed.query.source_plans or not cuts):
                return Analysed(analysed.query, mistake, analysed.fields)
    return Analysed(None, mistake)


def _ends_with_a_stage(read: PartialParse) -> bool:
    """Tell whether the text ends with a stage keyword, which the analysis takes for a function."""
    tokens = read.tokens
    return len(tokens) > 1 and tokens[-2].kind == "_PIPE" and tokens[-1].kind in STAGES


def _missing_part(read: PartialParse) -> str:
    try:
        read.program()
    except QuerySyntaxError as error:
        return error.message.rpartition("; ")[2]
    return ""


def _is_final(error: OcpiqError, text: str) -> bool:
    """Tell whether no further text can fix the error, because it is not at the end."""
    return error.span is not None and error.span.end < len(text.rstrip())
