"""`--status-log DIR`: append the statuses of EVSEs to a log, once, or with `--follow` until told to end."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Final, cast

from msgspec import Struct, field, structs

from ocpiq.app import sources as app_sources
from ocpiq.app import variables as app_variables
from ocpiq.app.compile import compile_query
from ocpiq.app.error_report import report_error, write_stderr
from ocpiq.app.following import FollowProgress, follow
from ocpiq.app.handout import Handout
from ocpiq.app.progress import Progress, quantity
from ocpiq.app.query_run import QueryRun, begin_run
from ocpiq.app.query_text import QueryText
from ocpiq.app.settings import Settings
from ocpiq.app.shutdown import Shutdown
from ocpiq.delivery import status_log
from ocpiq.delivery.public_evses import is_public
from ocpiq.delivery.status_log import ClockWentBack, ObservedEvse, Poll, StatusLog
from ocpiq.delivery.status_query import LOCATIONS, log_query, passes_status
from ocpiq.errors import Message, Notice, OcpiqError, UsageError, UserText, WarningIssued, say
from ocpiq.query.start import begin
from ocpiq.schema import DEFAULT_VERSION, module
from ocpiq.sources.page_by_page import PageByPageSource
from ocpiq.sources.protocol import Platform
from ocpiq.sources.timed_source import TimedSource
from ocpiq.storage.status_log import FORMAT, UNOBSERVED, Header, Scope
from ocpiq.values.types import Value

UNKNOWN: Final = "UNKNOWN"


class LogRun(Struct):
    """One run of a status log, whose results are its lines. `said` are its own warnings, each printed once."""

    run: QueryRun
    source: Platform
    is_private: bool
    said: set[str] = field(default_factory=set)
    asks_time: bool = False

    def poll(self, log: StatusLog) -> int:
        """Poll the platform and append what changed; return the number of lines. Raises OcpiqError."""
        rows, times = self.read()
        left_out = 0
        evses: list[ObservedEvse] = []
        for row in rows:
            if not isinstance(row, Mapping):
                continue
            if not (self.is_private or is_public(row)):
                left_out += 1
                continue
            evse = self.evse(row)
            if evse is not None:
                evses.append(evse)
        poll = Poll(times[0], times[1], self.run.settings.following.poll, tuple(evses))
        self.run.shutdown.check()
        try:
            result = log.append(poll)
        except ClockWentBack as error:
            self.warn(say("{problem}", problem=UserText(error.message)))
            return 0
        except OSError as error:
            raise UsageError(
                f"could not write the status log {self.run.settings.following.status_log}: {error.strerror}"
            ) from None
        self.run.rows += result.lines
        if not self.run.settings.following.follow:
            self.tell(result.evses, result.changes, left_out)
        return result.lines

    def read(self) -> tuple[list[Value], list[int]]:
        """Return the results of a pull, and when it began and ended by the platform's clock. Raises OcpiqError.

        A platform without the time in its pages is asked for it before and after.
        """
        began = self.source.time(LOCATIONS, self.notify) if self.asks_time else None
        timed = TimedSource(self.source)
        checked = PageByPageSource(timed, lambda _: self.run.shutdown.check())
        rows = list(
            self.run.query.run(sources={LOCATIONS: checked}, variables=self.run.variables, notify=self.notify)
        )
        if timed.times:
            return rows, timed.times
        if began is None:
            self.asks_time = True
            return self.read()
        return rows, [began, max(began, self.source.time(LOCATIONS, self.notify))]

    def evse(self, row: Mapping[str, Value]) -> ObservedEvse | None:
        """Return an EVSE of the results; None for one that cannot be identified."""
        names = ("location_id", "evse_uid", "country_code", "party_id")
        location, uid, country, party = (
            text if isinstance(text := row.get(name), str) else "" for name in names
        )
        if not location or not uid:
            self.warn(say("EVSEs without an id or uid are not logged"))
            return None
        status = row["status"]
        known = status.upper() if isinstance(status, str) else ""
        if known not in known_statuses():
            self.warn(say("a status that OCPI does not have is logged as UNKNOWN"))
            known = UNKNOWN
        updated = row["last_updated"]
        return ObservedEvse(location, uid, known, updated if isinstance(updated, str) else "", country, party)

    def tell(self, evses: int, changes: int, left_out: int) -> None:
        """Print a summary."""
        if self.run.settings.quiet:
            return
        text = f"status log: {quantity(evses, 'EVSE')}, {quantity(changes, 'change')}"
        if left_out:
            text += f"; {left_out} not public, left out (pass evses.status logs all)"
        write_stderr(text)

    def notify(self, notice: Notice) -> None:
        """Show an event, and count it for the audit trail."""
        if self.run.audit is not None:
            self.run.audit.notify(notice)
        self.run.progress(notice)

    def warn(self, text: Message) -> None:
        """Print a warning that was not printed before."""
        if text not in self.said:
            self.said.add(text)
            self.run.progress(WarningIssued(text))


def known_statuses() -> tuple[str, ...]:
    """Return the statuses of OCPI."""
    enum = module("statuses", DEFAULT_VERSION).root.children["status"].enum
    return tuple(name for name in enum if name != UNOBSERVED)


def run(settings: Settings, text: QueryText, files: list[str], shutdown: Shutdown) -> int:
    """Append one poll to the status log, or with `--follow` poll until told to end; return the exit code."""
    with ExitStack() as stack:
        try:
            folder = _folder(settings, files)
            log_run = _prepare(settings, text, stack, shutdown)
            header = _header(log_run)
            log = stack.enter_context(status_log.open_log(folder, header))
        except OcpiqError as error:
            return report_error(error, text.text, text.name)

        def work() -> int:
            try:
                if settings.following.follow:
                    follow(lambda: log_run.poll(log), lambda: log.mark, settings.following, shutdown)
                else:
                    log_run.poll(log)
            except OcpiqError as error:
                return report_error(error)
            return 0

        return log_run.run.record(work)


def _folder(settings: Settings, files: list[str]) -> Path:
    """Return the folder of the log. Raises UsageError for options that have no meaning with it."""
    folder = settings.following.status_log
    assert folder is not None, "a status log has a folder"
    if files:
        raise UsageError("a status log reads a platform, not files", hint="leave out the names of files")
    if app_sources.is_from_files(settings.pull, LOCATIONS):
        raise UsageError("a status log reads a platform, not saved pages", hint="leave out --source")
    out, following, state = settings.output, settings.following, settings.state
    if out.path is not None or out.format or out.manifest or following.rotation:
        raise UsageError(
            "--status-log writes to its own folder", hint="leave out -o, --to, --manifest and --rotate"
        )
    if state.name:
        raise UsageError("a status log remembers what it holds, and needs no state", hint="leave out --state")
    return folder


def _prepare(settings: Settings, text: QueryText, stack: ExitStack, shutdown: Shutdown) -> LogRun:
    variables = app_variables.variables(settings.query)
    compile_query(settings.query, text, variables)
    is_private = passes_status(text.text)
    source = app_sources.sources(settings, (LOCATIONS,), stack)[LOCATIONS]
    if not isinstance(source, Platform):
        raise UsageError("a status log is of one platform", hint="run one for each, in a folder of its own")
    written = log_query(text.text, source.version)
    known = structs.replace(settings.query, version=source.version)
    query = compile_query(known, QueryText(written, text.name), variables)
    output = structs.replace(settings.output, path=settings.following.status_log, format="ndjson")
    handout = Handout(text, query, {LOCATIONS: source}, variables, (), is_terminal=False, start=begin())
    progress: Progress = FollowProgress(verbose=settings.verbose)
    if not settings.following.follow:
        progress = Progress(quiet=settings.quiet, verbose=settings.verbose)
    run = begin_run(structs.replace(settings, output=output), handout, progress, shutdown)
    return LogRun(run, source, is_private)


def _header(run: LogRun) -> Header:
    source, scope = run.source, "all" if run.is_private else "public"
    return Header(FORMAT, source.address, source.version, cast(Scope, scope), source.party)
