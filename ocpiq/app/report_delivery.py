"""`ocpiq report NAME --state STATE`: the report of a closed period once, and again as a whole if it reads otherwise.

Recipients take whole files in their own form, so a correction is the whole report again, under a name of its own.
"""

from __future__ import annotations

from contextlib import ExitStack
from datetime import tzinfo
from hashlib import blake2b
from pathlib import Path
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from ocpiq.app import sources as app_sources
from ocpiq.app import variables as app_variables
from ocpiq.app.authorization import authorize
from ocpiq.app.compile import compile_query
from ocpiq.app.delivery import EMPTY_CODE, publish_part, with_audit
from ocpiq.app.delivery_job import is_stream
from ocpiq.app.delivery_state import check_same, fingerprint_of, recover
from ocpiq.app.error_report import write_stderr
from ocpiq.app.handout import Handout
from ocpiq.app.progress import Progress, quantity
from ocpiq.app.query_run import QueryRun, begin_run
from ocpiq.app.query_text import QueryText
from ocpiq.app.report_form import PERIOD, arguments, with_form
from ocpiq.app.settings import Settings, with_result_file
from ocpiq.app.shutdown import Shutdown
from ocpiq.app.write_results import exit_status, failure, open_run_output, write_all
from ocpiq.app.write_results import report as report_error
from ocpiq.delivery import commit, file_names, state_file
from ocpiq.delivery.increment import RowHash
from ocpiq.delivery.state import SETTLE, Fingerprint, Origin, Pending, PeriodRecord, State
from ocpiq.delivery.state_file import StateFile
from ocpiq.delivery.windows import DeliveryWindow, settled
from ocpiq.errors import OcpiqError, UsageError
from ocpiq.query import Query
from ocpiq.query.start import Start, begin
from ocpiq.reports import Report
from ocpiq.sinks.sink import Sink
from ocpiq.sources import Source
from ocpiq.sources.protocol import Platform
from ocpiq.values.relative_times import label_of
from ocpiq.values.times import local, period, zone
from ocpiq.values.types import Value

UNITS: Final = ("year", "quarter", "month", "week", "day")
NOT_A_FILE: Final = "a report with a state is written to a file"


class Job(Struct, frozen=True):
    """A report and its state: what the deliveries of all periods have in common. `label` is the period of this run."""

    settings: Settings
    report: Report
    text: QueryText
    query: Query
    sources: dict[str, Source]
    progress: Progress
    shutdown: Shutdown
    start: Start
    label: str

    @property
    def zone(self) -> tzinfo:
        """The time zone of periods."""
        return zone(self.query.zone)


class HashedSink:
    """A sink that hashes the results, keyed with the secret of a state: some formats name the time of the run."""

    def __init__(self, sink: Sink, secret: bytes) -> None:
        self._write = sink.write
        self._row = RowHash(secret).of
        self._hash = blake2b(digest_size=16, key=secret, person=b"ocpiq report")
        self.flush, self.close, self.discard = sink.flush, sink.close, sink.discard

    def write(self, value: Value) -> None:
        """Take the next value. Raises FormatError, OSError."""
        self._hash.update(self._row(value))
        self._write(value)

    def content(self) -> str:
        """Return the hash of all values so far."""
        return self._hash.hexdigest()


def deliver(settings: Settings, report: Report, shutdown: Shutdown) -> int:
    """Deliver the report of a period, if it was not or reads otherwise now; return the exit code."""
    progress = Progress(quiet=settings.quiet, verbose=settings.verbose)
    text = QueryText(report.text, str(report.path))
    with ExitStack() as stack:
        stack.callback(progress.clear)
        try:
            label = _check(settings, report)
            query = compile_query(settings.query, text, app_variables.variables(settings.query))
            sources = app_sources.sources(settings, query.modules, stack)
            job = Job(settings, report, text, query, sources, progress, shutdown, begin(), label)
            window_of(label, job.zone)
            stack.enter_context(state_file.locked(settings.state.name))
            return _deliver(job)
        except OcpiqError as error:
            return report_error(error, settings, text, progress)


def _check(settings: Settings, report: Report) -> str:
    """Return the label of the period. Raises UsageError for a report or an output that no state can be of."""
    if not any(parameter.name == PERIOD for parameter in report.metadata.params):
        raise UsageError(
            f"{report.name} has no period that a state could close",
            hint="leave out --state: each run with -o replaces the file",
        )
    label = arguments(settings).get(PERIOD)
    if label is None:
        raise UsageError("a report with a state needs its period", hint="such as --period 'last month'")
    path = settings.output.path
    if settings.output.database or path is None or (is_stream(path) and not path.is_dir()):
        raise UsageError(NOT_A_FILE, hint="-o FOLDER gives it the name that the recipient expects")
    if not path.is_dir():
        file_names.check_unique(path)
    return label


def window_of(label: str, zone: tzinfo) -> DeliveryWindow:
    """Return the window of a period. Raises UsageError."""
    bounds = period(label, zone)
    if bounds is None:
        raise UsageError("period is not a period", hint="such as 2026-Q1, 2026-03, 'last month'")
    return DeliveryWindow(*bounds)


def label_of_window(window: DeliveryWindow, zone: tzinfo) -> str:
    """Return the label of a period by its window."""
    assert window.start is not None
    day = local(window.start, zone).date()
    return next(label for unit in UNITS if period(label := label_of(day, unit), zone) == window)


def _deliver(job: Job) -> int:
    authorize(job.settings, _handout(job, job.settings), begins=False)
    time = _time(job)
    name, settle = job.settings.state.name, job.settings.state.settle
    if not state_file.exists(name):
        _check_closed(job, time, SETTLE if settle is None else settle)
        nothing = Fingerprint("", "", "", "")
        state_file.create(State(name, "report", _origin(job), nothing, None, None, accepts=True))
    with state_file.opened(name) as file:
        recovered = recover(file, quiet=job.settings.quiet)
        new = _fingerprint(job, file)
        check_same(file.state, "report", new, _origin(job))
        settle = file.state.settle if settle is None else settle
        _check_closed(job, time, settle)
        state = replace(file.state, settle=settle, origin=_origin(job), fingerprint=new)
        file.save(replace(state, accepts=False, zone=job.query.zone))
        is_new = recovered is not None
        for label in _labels(job, file):
            code, has_file = _deliver_period(job, file, label)
            if code:
                return code
            is_new = is_new or has_file
    return EMPTY_CODE if job.settings.state.fail_if_empty and not is_new else 0


def _check_closed(job: Job, time: int, settle: int) -> None:
    if window_of(job.label, job.zone).end > settled(time, settle):
        raise UsageError(
            f"the period {job.label} has not ended yet, so a state cannot close it",
            hint="such as --period 'last month'; without --state, any period",
        )


def _labels(job: Job, file: StateFile) -> list[str]:
    """Return the periods to deliver: one that was interrupted, then that of this run."""
    pending = file.state.pending
    if pending is None:
        return [job.label]
    interrupted = label_of_window(DeliveryWindow(pending.start, pending.end), job.zone)
    return list(dict.fromkeys((interrupted, job.label)))


def _time(job: Job) -> int:
    """Return the time of the first platform in microseconds since 1970; without one, that of this machine."""
    for module, source in job.sources.items():
        if isinstance(source, Platform):
            return source.time(module, job.progress)
    return job.start.now


def _origin(job: Job) -> Origin:
    module = job.query.modules[0]
    for source in job.sources.values():
        if isinstance(source, Platform):
            return Origin(source.address, source.party, source.version, module)
    return Origin("files", "", job.sources[module].version, module)


def _fingerprint(job: Job, file: StateFile) -> Fingerprint:
    """Return what decides how the report reads, without its period."""
    values = job.query.values(app_variables.variables(job.settings.query)) | {PERIOD: None}
    return fingerprint_of(job.settings, job.query.plan_for(job.sources), values, file.secret)


def _handout(job: Job, settings: Settings) -> Handout:
    variables = app_variables.variables(settings.query)
    return Handout(job.text, job.query, job.sources, variables, (), False, job.start)


def _settings_for(job: Job, label: str) -> Settings:
    """Return the settings of the run for a period, in the recipient's form."""
    variables = tuple(
        replace(variable, text=label) if variable.name == PERIOD else variable
        for variable in job.settings.query.variables
    )
    settings = replace(job.settings, query=replace(job.settings.query, variables=variables))
    return replace(settings, output=with_form(settings.output, job.report, arguments(settings)))


def _deliver_period(job: Job, file: StateFile, label: str) -> tuple[int, bool]:
    """Deliver one period; return the exit code, and whether there is a new file."""
    window, settings = window_of(label, job.zone), _settings_for(job, label)
    records = file.state.periods
    record = next((record for record in records if (record.start, record.end) == window), None)
    period_number = max((record.number for record in records), default=0) + 1
    correction = 0
    if record is not None:
        period_number, correction = record.number, record.corrections + 1
    number = file.state.number + 1
    path = settings.output.path
    assert path is not None
    if file_names.has_fields(path):
        path = file_names.expanded(path, window, job.query.modules[0], number)
    path = file_names.correction_of(path, correction).absolute()
    settings = with_result_file(settings, path)
    run = begin_run(settings, _handout(job, settings), job.progress, job.shutdown)
    pending = Pending(
        window.start, window.end, str(path), number, period=period_number, correction=correction
    )
    pending = with_audit(pending, run.audit)
    return run.record(lambda: _write(run, file, pending, record)), run.file is not None


def _write(run: QueryRun, file: StateFile, pending: Pending, record: PeriodRecord | None) -> int:
    """Write the report and commit it, unless its results are those that were delivered last; return the exit code."""
    path = Path(pending.path)
    try:
        commit.journal(file, pending)
        with open_run_output(run, file_names.part_of(path)) as out:
            out.sink = hashed = HashedSink(out.sink, file.secret)
            write_all(run, out)
            code = failure(run, out)
            if code:
                return code
            if record is None or record.content != hashed.content():
                assert out.file is not None
                publish_part(run, file, out, path, hashed.content())
            commit.commit(file)
            if not run.settings.quiet:
                write_stderr(f"{path.name}: {quantity(run.rows, 'row')}" if run.file else "nothing new")
            return exit_status(run)
    except OcpiqError as error:
        return report_error(error, run.settings, run.text, run.progress)
