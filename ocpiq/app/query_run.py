"""One run of a query: what it needs, and its outcome."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from ocpiq.app.about import RunLog
from ocpiq.app.authorization import authorize
from ocpiq.app.handout import Handout
from ocpiq.app.progress import Progress
from ocpiq.app.query_text import QueryText
from ocpiq.app.recipient import recipient_of
from ocpiq.app.settings import Settings
from ocpiq.app.shutdown import Shutdown
from ocpiq.errors import HaltError, IncompleteError
from ocpiq.privacy.drivers import DRIVERS
from ocpiq.values.types import Value

if TYPE_CHECKING:
    from ocpiq.app.audit import Audit
    from ocpiq.app.corrections import Corrections
    from ocpiq.app.row_risk import RowRisk
    from ocpiq.inputs import Inputs
    from ocpiq.privacy.recipient import Recipient
    from ocpiq.query import Query
    from ocpiq.query.start import Start
    from ocpiq.sources import Source

NO_RESULT: Final = object()


class QueryRun(Struct):
    """One run of a query: what it needs, and its outcome.

    `rows` is the number of results so far, `file` the file of the results once it is in its place.
    `corrections` adds to the results what changed since a delivery; `may_read_json` tells whether the policies allow
    JSON of no module.
    """

    settings: Settings
    query: Query
    text: QueryText
    inputs: Inputs | None
    sources: dict[str, Source]
    variables: dict[str, Value]
    progress: Progress
    log: RunLog
    shutdown: Shutdown
    start: Start
    audit: Audit | None = None
    recipient: Recipient | None = None
    drivers: int = DRIVERS
    last_result: object = NO_RESULT
    code: int = 0
    incomplete: IncompleteError | None = None
    halted: HaltError | None = None
    rows: int = 0
    file: Path | None = None
    risk: RowRisk | None = None
    corrections: Corrections | None = None
    may_read_json: bool = True

    def record(self, work: Callable[[], int]) -> int:
        """Do the work of the run, write in its audit trail how it ended, and return its exit code.

        Raises what `work` raises, and UsageError if the entry cannot be written.
        """
        if self.audit is None:
            return work()
        return self.audit.record(work, lambda: (self.rows, self.file), self.shutdown)


def begin_run(settings: Settings, handout: Handout, progress: Progress, shutdown: Shutdown) -> QueryRun:
    """Return a run that its policies allow, without inputs; its first entry in the audit trail is written.

    Raises PrivacyError for what a policy does not allow, and UsageError: nothing may then be fetched.
    """
    run = new_run(settings, handout, progress, shutdown)
    run.audit, run.may_read_json, run.drivers = authorize(settings, handout)
    return run


def new_run(settings: Settings, handout: Handout, progress: Progress, shutdown: Shutdown) -> QueryRun:
    """Return a run that is not authorized, and so must not fetch anything. Raises UsageError."""
    return QueryRun(
        settings,
        handout.query,
        handout.text,
        None,
        dict(handout.sources),
        dict(handout.variables),
        progress,
        RunLog(),
        shutdown,
        handout.start,
        recipient=recipient_of(settings, handout.query),
    )
