"""Runs a query from the prompt; Ctrl-C cancels the query only."""

from __future__ import annotations

import io
import os
import sys

from ocpiq.app import output, report
from ocpiq.app.progress import Progress
from ocpiq.app.run import QueryText, compile_query
from ocpiq.app.shutdown import Shutdown
from ocpiq.app.stdio import CLEAR
from ocpiq.app.worker import run_in_thread
from ocpiq.errors import Notice, OcpiqError, WarningIssued
from ocpiq.prompt.pager import Pager
from ocpiq.prompt.session import Session
from ocpiq.sinks.target import Target
from ocpiq.sources import Source
from ocpiq.sources.page_by_page import page_by_page


def run(session: Session, text: str) -> None:
    """Run a query and show its results; no failure ends the prompt."""
    session.last_query = text
    session.seen.clear()
    progress = Progress(quiet=session.settings.quiet, verbose=session.settings.verbose)
    shutdown = Shutdown()
    with shutdown.on_signals(("SIGINT",), once=False):
        ended = run_in_thread(
            lambda: _run_and_report(session, text, progress, shutdown), shutdown, force=True
        )
    progress.clear()
    if shutdown.signal:
        sys.stderr.write(CLEAR)  # the terminal's own ^C
        report.write_stderr("cancelled")
    if ended == "stuck":  # its connection must not be reused, nor its later notices shown
        session.reopen(session.settings)


def _run_and_report(session: Session, text: str, progress: Progress, shutdown: Shutdown) -> None:
    try:
        _write_results(session, text, progress, shutdown)
    except (KeyboardInterrupt, OutputStopped):
        return
    except OcpiqError as error:
        progress.clear()
        report.report_error(error, text)
    except Exception as error:
        progress.clear()
        report.report_crash(error)


def _write_results(session: Session, text: str, progress: Progress, shutdown: Shutdown) -> None:
    def notify(notice: Notice) -> None:
        session.count(notice)
        progress(notice)

    settings = session.query_settings()
    query = compile_query(settings.query, QueryText(text, session.file), session.variables)
    pager, stream = Pager(progress.clear), PagerBuffer()
    target = Target(stream, None, True, lambda message: progress(WarningIssued(message)))
    sink = output.open_sink(settings.output, os.environ, target, lambda: query.columns(session.sources))
    if query.modules:
        progress.show_line(f"pulling {', '.join(query.modules)} from {session.platform} …")

    def show() -> None:
        if not pager.write(stream.take()):
            raise OutputStopped

    def between(source: Source) -> None:
        shutdown.check()
        if source.repeats:  # a platform: the next page may take a while
            sink.flush()
            show()

    sources = page_by_page(session.sources, between)
    try:
        for value in query.run(sources=sources, variables=session.variables, notify=notify):
            shutdown.check()
            sink.write(value)
            show()
        sink.close()
        show()
    except OcpiqError:
        sink.flush()
        show()
        raise
    finally:
        sink.discard()


class OutputStopped(Exception):
    """Raised when the user wants no more results."""


class PagerBuffer(io.BytesIO):
    """Output of a sink that the pager has not shown yet."""

    def take(self) -> str:
        """Return and clear the output."""
        text = self.getvalue().decode()
        self.seek(0)
        self.truncate()
        return text
