"""`:watch 30s`: runs the last query again and again, until Ctrl-C."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Final

from ocpiq.app.error_report import write_stderr
from ocpiq.app.option_values import seconds_of
from ocpiq.app.progress import Progress
from ocpiq.errors import UsageError
from ocpiq.prompt.run import run
from ocpiq.prompt.session import Session

DEFAULT: Final = "30s"


def watch(session: Session, rest: str) -> None:
    """Run the last query at once and then every so often; each run pulls anew. Raises UsageError."""
    every = rest or DEFAULT
    seconds = seconds_of(every)
    if not seconds:
        raise UsageError(":watch takes a duration of at least 1s", hint="such as :watch 30s, 5m or 1h")
    if not session.last_query:
        raise UsageError("no query to repeat yet", hint="run a query, then :watch 30s")
    if session.results.used(session.last_query):
        raise UsageError(":watch cannot repeat a query of $_, a result that stays as it is")
    session.watches = True
    try:
        _repeat(session, seconds, every)
    except KeyboardInterrupt:
        write_stderr("no longer repeated")
    finally:
        session.watches = False


def _repeat(session: Session, seconds: int, every: str) -> None:
    """Run until the user cancels, or until the query is refused. Raises KeyboardInterrupt."""
    query, values, shown = session.last_query, session.last_values, None
    progress = Progress(quiet=session.settings.quiet)
    while True:
        started = time.monotonic()
        write_stderr(f"every {every}, {datetime.now().astimezone():%Y-%m-%d %H:%M:%S}:")
        ending = run(session, query, values)
        if session.results.last is not shown:
            session.results.forget(shown)  # $_ is the result of the last run only
            shown = session.results.last
        if ending in ("refused", "cancelled"):
            return
        progress.show_line(f"again in {every}, Ctrl-C ends")
        try:
            session.interrupts.sleep(started + seconds - time.monotonic())
        finally:
            progress.clear()
