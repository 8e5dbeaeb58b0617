"""Whether the text at the prompt is a whole query, and what is wrong with it as far as it goes."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from msgspec import Struct

from ocpiq.analysis import analyze
from ocpiq.analysis.plan import QueryPlan
from ocpiq.errors import OcpiqError, PrivacyError
from ocpiq.language.begun import State, begun, state
from ocpiq.query import compile
from ocpiq.repl.known import FORGIVING


class Checked(Struct, frozen=True):
    """How far a text is, its first mistake, and what it would do; neither where it is a command or empty."""

    state: State
    mistake: OcpiqError | None = None
    plan: QueryPlan | None = None

    def mistake_at(self, cursor: int) -> OcpiqError | None:
        """Return the mistake, unless it may only be that the word at the cursor is not yet written out."""
        found = self.mistake
        writing = found is not None and found.span is not None and found.span.end == cursor
        return None if writing and not isinstance(found, PrivacyError) else found


@lru_cache(maxsize=8)
def checked(
    text: str,
    version: str,
    variables: tuple[str, ...],
    library: tuple[Path, ...] = (),
    home: Path | None = None,
    zone: str | None = None,
) -> Checked:
    """Look at a text as `ocpiq.query.compile` does. Nothing is raised, nothing is fetched."""
    if text.startswith(":"):
        return Checked("whole")
    far = state(text)
    if far == "empty":
        return Checked(far)
    try:
        if far != "unfinished":
            query = compile(text, version=version, variables=variables, library=library, home=home, zone=zone)
            return Checked(far, plan=query.plan)
        program = begun(text).ended()
        plan = None if program is None else analyze(program, version=version, givens=variables)
        return Checked(far, plan=plan)
    except OcpiqError as error:
        return Checked(
            far, error if _is_final(error, text, far) else None, _in_spite(text, version, variables)
        )


def _is_final(error: OcpiqError, text: str, far: State) -> bool:
    """Tell whether nothing that follows can mend it: it is not at the end of what is begun."""
    return far != "unfinished" or (error.span is not None and error.span.end < len(text.rstrip()))


def _in_spite(text: str, version: str, variables: tuple[str, ...]) -> QueryPlan | None:
    """Return what the query would do but for its mistakes: its sources, and what they pass."""
    program = begun(text).ended()
    if program is None:
        return None
    try:
        return analyze(program, version=version, givens=variables, handlers=FORGIVING)
    except OcpiqError:
        return None
