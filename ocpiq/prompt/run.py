"""Runs a query from the prompt; Ctrl-C cancels the query only."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Mapping
from typing import Final, Literal

from ocpiq.app import error_report, output
from ocpiq.app.compile import compile_query
from ocpiq.app.handout import Handout
from ocpiq.app.progress import Progress
from ocpiq.app.query_run import QueryRun, begin_run
from ocpiq.app.query_text import QueryText
from ocpiq.app.shutdown import Shutdown
from ocpiq.app.thread import run_in_thread
from ocpiq.errors import (
    CompileError,
    Notice,
    OcpiqError,
    PrivacyError,
    PullEnded,
    UsageError,
    WarningIssued,
)
from ocpiq.prompt.interrupts import Running
from ocpiq.prompt.one_screen import OneScreen
from ocpiq.prompt.pager import Pager
from ocpiq.prompt.parameters import accepted_values, parameters
from ocpiq.prompt.result_line import ResultLine
from ocpiq.prompt.results import KeptResult, handouts_of
from ocpiq.prompt.session import Session
from ocpiq.query.start import begin
from ocpiq.sinks.target import Target
from ocpiq.sources import Source
from ocpiq.sources.kept_rows import KeptSource
from ocpiq.sources.page_by_page import each_page, page_by_page
from ocpiq.sources.protocol import PlannedPull
from ocpiq.values.types import Value

REFUSED: Final = (UsageError, CompileError, PrivacyError)
OPTION: Final = re.compile("(^| )--(?:arg (?=\\w)|(?=period ))")  # in a hint


Ending = Literal["complete", "stopped", "failed", "refused", "cancelled"]
"""How a run ended: `refused` is a query that cannot run, whatever the platform answers."""


def run(session: Session, text: str, values: Mapping[str, Value] | None = None) -> Ending:
    """Run a query, show its results, and return how it ended; no failure ends the prompt.

    `values` are those of the variables, without them the session's. Only what the query declares is used of them.
    """
    session.last_values = values
    variables = accepted_values(text, session.variables if values is None else values)
    session.last_query = text
    session.seen.clear()
    progress = Progress(quiet=session.settings.quiet, verbose=session.settings.verbose)
    line, shutdown, endings = ResultLine(quiet=session.settings.quiet), Shutdown(), list[Ending]()
    with session.interrupts.ending(shutdown):
        ended = (
            "done"
            if shutdown.signal
            else run_in_thread(
                lambda: endings.append(_run_and_report(session, text, variables, progress, line, shutdown)),
                shutdown,
                force=True,
            )
        )
    progress.clear()
    if shutdown.signal:
        error_report.write_stderr("cancelled")
    if line.rows or line.ending == "complete":
        line.print()
    if ended == "stuck":  # its connection must not be reused, nor its later notices shown
        session.reopen(session.settings)
    return "cancelled" if shutdown.signal or not endings else endings[0]


def _run_and_report(
    session: Session,
    text: str,
    variables: Mapping[str, Value],
    progress: Progress,
    line: ResultLine,
    shutdown: Shutdown,
) -> Ending:
    try:
        _write_results(session, text, variables, progress, line, shutdown)
    except (KeyboardInterrupt, OutputStopped):
        return "stopped"
    except OcpiqError as error:
        progress.clear()
        line.ending = "incomplete"
        if isinstance(error, UsageError):
            error.hint = OPTION.sub(lambda match: f"{'; ' * bool(match[1])}:arg ", error.hint)
        error_report.report_error(error, text)
        return "refused" if isinstance(error, REFUSED) else "failed"
    except Exception as error:
        progress.clear()
        error_report.report_crash(error)
        return "refused"
    return "complete"


def _write_results(
    session: Session,
    text: str,
    variables: Mapping[str, Value],
    progress: Progress,
    line: ResultLine,
    shutdown: Shutdown,
) -> None:
    settings, query_text, start = session.query_settings(), QueryText(text, session.file), begin()
    used = {} if parameters(text) else session.results.used(text)
    variables = {**variables, **{name: result.values() for name, result in used.items()}}
    query = compile_query(settings.query, query_text, variables)
    sources = session.sources_for(query.modules)
    files = tuple(f"${name}" for name in used)  # a policy has to allow JSON that belongs to no module
    handout = Handout(query_text, query, sources, variables, files, True, start, progress)
    kept = KeptResult(query, sources, handouts_of(handout, used.values()))
    query_run = begin_run(settings, handout, progress, shutdown)
    if query.modules:
        work = "pulling" if settings.snapshot.read is None else "reading"
        progress.show_line(f"{work} {', '.join(query.modules)} from {session.platform} …")
    query_run.record(lambda: ResultWriter(session, query_run, kept, line).write_all())


class ResultWriter:
    """Writes the results of a run to the pager, and keeps them; `line` counts them, too."""

    def __init__(self, session: Session, run: QueryRun, kept: KeptResult, line: ResultLine) -> None:
        self._session = session
        self._run = run
        self._kept = kept
        self._line = line
        self._waiting: list[Notice] = []  # while another program has the terminal
        self._progress = progress = run.progress
        lend, wait = self._lend, progress.show_line
        self._pager = OneScreen(progress.clear) if session.watches else Pager(progress.clear, lend, wait)
        self._stream = PagerBuffer()
        target = Target(self._stream, None, True, lambda message: progress(WarningIssued(message)))
        self._sink = output.open_sink(
            run.settings.output, os.environ, target, lambda: run.query.columns(run.sources)
        )

    def write_all(self) -> int:
        """Run the query; return the exit code. Raises OcpiqError."""
        run = self._run
        self._line.begin(run.query.plan_for(run.sources))
        self._session.rows.begin()
        try:
            for value in run.query.run(
                sources=page_by_page(run.sources, self._between),
                variables=run.variables,
                notify=self._notify,
                recipient=run.recipient,
                start=run.start,
                drivers=run.drivers,
                keep=None if self._session.watches else self._keep,
            ):
                run.shutdown.check()
                self._sink.write(value)
                self._kept.add(value)
                run.rows = self._line.rows = run.rows + 1
                self._show()
            self._kept.complete = True
            self._sink.close()
            self._show()
            self._line.ending = "complete"
        except OcpiqError:
            self._sink.flush()
            self._show()
            raise
        except OutputStopped:
            pass
        finally:
            self._end()
        return 0

    def _end(self) -> None:
        """Keep what was shown, and close the pager."""
        if self._kept.complete or self._run.rows:
            self._session.results.keep(self._kept)
        self._sink.discard()
        self._pager.cancel() if self._run.shutdown.signal else self._pager.close()
        self._line.viewed = self._pager.viewed
        self._line.kept_at = tuple(dict.fromkeys(pull.clock for pull in self._session.rows.used))

    def _notify(self, notice: Notice) -> None:
        """Count an event in all places that count, and show it."""
        self._session.count(notice)
        self._line.notice(notice)
        self._report(notice)
        if self._run.audit is not None:
            self._run.audit.notify(notice)

    def _keep(self, source: Source, planned: PlannedPull) -> Source:
        """Return the rows that are kept, if they have what the query asks for."""
        source = self._session.rows.source(source, planned)
        return each_page(source, self._between) if isinstance(source, KeptSource) else source

    def _report(self, notice: Notice) -> None:
        """Show a notice, or keep it until the terminal is free again; the line after the result has the counts."""
        if isinstance(notice, PullEnded):
            return
        if self._session.interrupts.lent_to is None:
            self._progress(notice)
        elif isinstance(notice, WarningIssued):
            self._waiting.append(notice)

    def _lend(self, lent_to: Running | None) -> None:
        """Leave the terminal to a program, or take it back."""
        self._progress.clear()
        self._session.interrupts.lend(lent_to)
        while self._waiting and lent_to is None:
            self._progress(self._waiting.pop(0))

    def _show(self) -> None:
        if not self._pager.write(self._stream.take()):
            raise OutputStopped

    def _between(self, source: Source) -> None:
        self._run.shutdown.check()
        if source.repeats:  # a platform: the next page may take a while
            self._sink.flush()
            self._show()
            if not self._pager.pause():
                raise OutputStopped


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
