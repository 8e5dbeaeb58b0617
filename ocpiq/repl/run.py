"""A query run from the prompt: results as they come, Ctrl-C ends it and nothing else."""

from __future__ import annotations

import os
import sys

from ocpiq.commands import output, report
from ocpiq.commands.apart import apart
from ocpiq.commands.progress import CLEAR, Progress
from ocpiq.commands.query import Text, compiled
from ocpiq.errors import Notice, OcpiqError, Warned
from ocpiq.repl.more import Pager
from ocpiq.repl.session import Session


def run(session: Session, text: str) -> None:
    """Run a query and write what it gives; whatever happens to it, the prompt goes on."""
    session.last = text
    session.seen.clear()
    progress = Progress(quiet=session.given.has("quiet"), verbose=session.given.has("verbose"))
    ended = apart(lambda: _guarded(session, text, progress))
    progress.clear()
    if ended != "done":
        sys.stderr.write(CLEAR)  # the terminal's own ^C
        report.say("cancelled")
    if ended == "stuck":  # its connection is not to be used again, and nothing it still says is to be seen
        session.reopen(session.given)


def _guarded(session: Session, text: str, progress: Progress) -> None:
    try:
        _write(session, text, progress)
    except KeyboardInterrupt:
        return
    except OcpiqError as error:
        progress.clear()
        report.failed(error, text)
    except Exception as error:
        progress.clear()
        report.broke(error)


def _write(session: Session, text: str, progress: Progress) -> None:
    def notify(notice: Notice) -> None:
        session.heard(notice)
        progress(notice)

    given = session.arguments("query", to=session.form)
    query = compiled(given, Text(text, session.file), session.variables)
    sink = output.sink(
        given,
        os.environ,
        lambda: query.columns(session.sources),
        lambda message: progress(Warned(message)),
        terminal=True,
    )
    pager = Pager(progress.clear)
    if query.modules:
        progress.waiting(f"asking {session.platform} for {', '.join(query.modules)} …")
    try:
        for value in query.run(sources=session.sources, variables=session.variables, notify=notify):
            if not pager.write(sink.write(value).decode()):
                return
    except OcpiqError:
        pager.write(sink.flush().decode())
        raise
    pager.write(sink.end().decode())
