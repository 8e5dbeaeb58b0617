"""Whether the text at the prompt is a whole query, and what is wrong with it as far as it goes."""

from __future__ import annotations

from functools import lru_cache

from msgspec import Struct

from ocpiq.analysis import analyze
from ocpiq.analysis.plan import QueryPlan
from ocpiq.errors import OcpiqError, PrivacyError, QuerySyntaxError
from ocpiq.language.begun import State, begun, state
from ocpiq.query import compile


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
def checked(text: str, version: str, variables: tuple[str, ...]) -> Checked:
    """Look at a text as a query for an OCPI `version`. Nothing is raised, nothing is fetched."""
    if text.startswith(":"):
        return Checked("whole")
    far = state(text)
    if far == "empty":
        return Checked(far)
    if far == "unfinished":
        return _so_far(text, version, variables)
    try:
        return Checked(far, plan=compile(text, version=version, variables=variables).plan)
    except OcpiqError as error:
        return Checked(far, error)


def _so_far(text: str, version: str, variables: tuple[str, ...]) -> Checked:
    """Look at a query that is not at its end: only mistakes that what follows cannot mend count."""
    program = begun(text).ended()
    if program is None:
        return Checked("unfinished")
    try:
        return Checked("unfinished", plan=analyze(program, version=version, givens=variables))
    except QuerySyntaxError:
        return Checked("unfinished")
    except OcpiqError as error:
        final = error.span is not None and error.span.end < len(text.rstrip())
        return Checked("unfinished", error if final else None)
