"""`--state NAME`: deliver what is new or changed since the last run, in files that appear whole and once."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from msgspec import Struct
from msgspec.structs import replace

from ocpiq.app import sources as app_sources
from ocpiq.app import variables as app_variables
from ocpiq.app.authorization import authorize
from ocpiq.app.compile import compile_query
from ocpiq.app.corrections import Corrections, key_columns, key_of
from ocpiq.app.error_report import write_stderr
from ocpiq.app.handout import Handout
from ocpiq.app.output import Output
from ocpiq.app.progress import Progress, quantity
from ocpiq.app.query_run import QueryRun, begin_run
from ocpiq.app.query_text import QueryText
from ocpiq.app.recipient import stored_recipient
from ocpiq.app.settings import Settings, StateSettings
from ocpiq.app.shutdown import Shutdown
from ocpiq.app.write_results import exit_status, failure, manifest_of, open_run_output, report, write_all
from ocpiq.delivery import commit, file_names, fingerprint, state_file
from ocpiq.delivery.errors import StateError
from ocpiq.delivery.increment import Bounds, Increment
from ocpiq.delivery.left_source import LeftSource, left_source
from ocpiq.delivery.state import SETTLE, DeliveredFile, Fingerprint, Kind, Origin, Pending, State
from ocpiq.delivery.state_file import StateFile
from ocpiq.delivery.windows import DeliveryWindow, Every, next_windows, settled
from ocpiq.errors import OcpiqError, UsageError, WarningIssued, say
from ocpiq.query import Query
from ocpiq.query.start import Start, begin
from ocpiq.sources import Source
from ocpiq.sources.protocol import Platform
from ocpiq.values.relative_times import is_relative_moment, relative_moment
from ocpiq.values.times import SECOND, moment, zone
from ocpiq.values.types import Value

if TYPE_CHECKING:
    from ocpiq.app.audit import Audit

EMPTY_CODE: Final = 9  # with --fail-if-empty
LATE: Final = say(
    "objects came later than half of the overlap after their last_updated; those that come later than all of it would "
    "be missed (--overlap sets it)"
)


class Due(NamedTuple):
    """A delivery that is due: its window, the number of its closed period, and that of its correction, or 0."""

    window: DeliveryWindow
    period: int = 0
    correction: int = 0


class Job(Struct, frozen=True):
    """A run with a state: what its deliveries have in common. `path` is that of -o with its fields."""

    settings: Settings
    text: QueryText
    query: Query
    sources: dict[str, Source]
    variables: dict[str, Value]
    progress: Progress
    shutdown: Shutdown
    start: Start
    left: LeftSource
    platform: Platform
    path: Path | None

    @property
    def options(self) -> StateSettings:
        """The options of the state."""
        return self.settings.state

    @property
    def kind(self) -> Kind:
        """What the query delivers."""
        return "since last" if self.left.plan.during is None else "during"

    @property
    def module(self) -> str:
        """The module at the left end."""
        return self.left.plan.module


def deliver(settings: Settings, text: QueryText, files: list[str], shutdown: Shutdown) -> int:
    """Deliver every window that is due; return the exit code."""
    progress = Progress(quiet=settings.quiet, verbose=settings.verbose)
    with ExitStack() as stack:
        stack.callback(progress.clear)
        try:
            job = prepare(settings, text, files, stack, progress, shutdown)
            stack.enter_context(state_file.locked(settings.state.name))
            return _deliver(job)
        except OcpiqError as error:
            return report(error, settings, text, progress)


def prepare(
    settings: Settings,
    text: QueryText,
    files: list[str],
    stack: ExitStack,
    progress: Progress,
    shutdown: Shutdown,
) -> Job:
    """Check everything that needs no request. Raises OcpiqError."""
    start, name = begin(), settings.state.name
    is_known = bool(settings.output.database) or state_file.exists(name)
    if files:
        raise UsageError("a state cannot be used with input files", hint="it remembers what a platform sent")
    if settings.pull.files:
        raise UsageError("a state cannot be used with --source", hint="it remembers what a platform sent")
    variables = app_variables.variables(settings.query)
    query = compile_query(settings.query, text, variables)
    path = settings.output.path
    if path is not None and not is_stream(path):
        file_names.check_unique(path)
    begins_now = settings.following.follow  # with what is updated from then on
    first = left_source(query.plan, state_rows=settings.state.rows)
    if first.plan.during is not None:
        _check_during(settings.state)
    elif not (is_known or settings.state.begin or settings.state.everything or begins_now):
        raise UsageError(
            f"there is no state {name} yet",
            hint="for the first run, say where it begins: --begin 2026-01-01, or --all",
        )
    sources = app_sources.sources(settings, query.modules, stack)
    left = left_source(query.plan_for(sources), state_rows=settings.state.rows)
    platform = sources[left.plan.module]
    if not isinstance(platform, Platform):
        raise UsageError("a state is of one platform", hint="use a state for each: --platform NAME --state …")
    job = Job(settings, text, query, sources, variables, progress, shutdown, start, left, platform, path)
    if job.kind == "during" or settings.state.reconcile:
        key_columns(query, sources, left)
    return job


def _check_during(options: StateSettings) -> None:
    """Refuse the options of `since last`. Raises UsageError."""
    names = ("begin", "every", "overlap")
    given = [f"--{name}" for name in names if getattr(options, name) is not None]
    given += ["--all"] * options.everything + ["--reconcile"] * options.reconcile
    if given:
        raise UsageError(
            f"{given[0]} is for since last; during has a window of its own",
            hint="run the query again for corrections of its period",
        )


def _deliver(job: Job) -> int:
    is_first = not state_file.exists(job.options.name)
    if is_first:
        check_policies(job, beginning(job))
        time = platform_time(job)
        create_state(job, time)
    with state_file.opened(job.options.name) as file:
        recovered = recover(file, quiet=job.settings.quiet)
        check_origin(job, file)
        if not is_first:
            check_policies(job, file.state.mark)
            time = platform_time(job)
        file.save(adjusted_state(job, file))
        rows = 0
        deliveries = _due_periods(job, file, time) if job.kind == "during" else due(job, file, time)
        for delivery in deliveries:
            code, count = _deliver_window(job, file, delivery)
            if code:
                return code
            rows += count
    return EMPTY_CODE if job.options.fail_if_empty and not rows and not (recovered and recovered.rows) else 0


def recover(file: StateFile, *, quiet: bool) -> DeliveredFile | None:
    """End an interrupted delivery, also in the audit trail; return its file if it was complete."""
    recovered = commit.recover(file)
    if file.state.audited is not None:
        from ocpiq.app.audit import end_recovered

        end_recovered(file.state.audited)
    if recovered is not None and not quiet:
        write_stderr(f"{recovered.path or 'standard output'}: the interrupted delivery is complete")
    return recovered


def platform_time(job: Job) -> int:
    """Return the platform's time in microseconds since 1970. Raises PlatformError."""
    return job.platform.time(job.module, job.progress)


def check_policies(job: Job, mark: int | None) -> None:
    """Raise PrivacyError for what a policy does not allow, before the first request."""
    bounds = (mark, job.start.now) if job.kind == "since last" else None
    window = Bounds(job.left.number, bounds)
    authorize(job.settings, handout_of(job, Start(job.start.now, window)), begins=False)


def create_state(job: Job, time: int) -> None:
    """Create the state of a first run. Raises UsageError."""
    state_file.create(first_state(job, job.options.name, time))


def first_state(job: Job, name: str, time: int) -> State:
    """Return the state of a first run. Raises UsageError."""
    state = State(
        name,
        job.kind,
        _origin(job),
        Fingerprint("", "", "", ""),
        beginning(job),
        beginning(job),
        accepts=True,  # its secret, which the fingerprint needs, is made with it
    )
    if state.begin is not None and state.begin >= settled(time, job.options.settle or SETTLE):
        raise UsageError("--begin is in the future of the platform")
    return state


def beginning(job: Job) -> int | None:
    """Return where the first window begins, None for everything. Raises UsageError."""
    text, zone_ = job.options.begin, zone(job.query.zone)
    if text is None:
        return None
    is_relative = is_relative_moment(text)
    found = relative_moment(text, job.start.now, zone_) if is_relative else moment(text, zone_)
    if found is None:
        raise UsageError("--begin takes a date", hint="such as 2026-01-01, 2026-01-01T06:00Z or 7 days ago")
    return found // SECOND * SECOND


def _origin(job: Job) -> Origin:
    module = job.module
    return Origin(job.platform.address, job.platform.party, job.platform.version, module)


def check_origin(job: Job, file: StateFile) -> None:
    """Raise StateError if the state is not that of this query on this platform."""
    check_same(file.state, job.kind, _fingerprint(job, file), _origin(job))


def check_same(state: State, kind: Kind, new: Fingerprint, now: Origin) -> None:
    """Raise StateError if a state is of another kind of delivery, or has another fingerprint or origin."""
    if state.kind != kind:
        raise StateError(
            f"the state {state.name} is of {state.kind}, the query of {kind}", hint="use another state"
        )
    if state.accepts:
        return
    changed = fingerprint.differences(state.fingerprint, new)
    words = ("the platform", "the party", "the OCPI version", "the module")
    pairs = zip(words, state.origin.__struct_fields__, strict=True)
    changed += [word for word, field in pairs if getattr(state.origin, field) != getattr(now, field)]
    if changed:
        name = state.name
        raise StateError(
            f"the query is not that of the state {name}: {' and '.join(changed)} changed",
            hint=f"compare with ocpiq state show {name}; to go on with it: ocpiq state accept {name}",
        )


def _fingerprint(job: Job, file: StateFile) -> Fingerprint:
    stored = stored_recipient(job.settings)
    recipient = None if stored is None else (stored.name, stored.key_id)
    values = job.query.values(job.variables)
    return fingerprint.fingerprint(job.query.plan_for(job.sources), values, recipient, file.secret)


def adjusted_state(job: Job, file: StateFile) -> State:
    """Return the state with what the options change, and the fingerprint that it accepts."""
    state, options = file.state, job.options
    state = replace(
        state,
        overlap=_chosen(options.overlap, state.overlap),
        settle=_chosen(options.settle, state.settle),
        origin=_origin(job),
        fingerprint=_fingerprint(job, file),
        accepts=False,
        zone=job.query.zone,
    )
    if not state.runs and state.pending is None and (options.begin or options.everything):
        state = replace(state, begin=beginning(job), mark=beginning(job))
    return state


def _chosen(option: int | None, stored: int) -> int:
    return stored if option is None else option


def due(job: Job, file: StateFile, time: int) -> Iterator[Due]:
    """Yield the deliveries of `since last`: the one that was interrupted, those that are due, a comparison."""
    state = file.state
    mark = state.mark
    if state.pending is not None:
        yield Due(DeliveryWindow(state.pending.start, state.pending.end), 0, state.pending.correction)
        mark = state.pending.end
    until = settled(time, state.settle)
    own = job.query.until(job.left.number, job.variables, job.start)
    every = cast("Every | None", job.options.every)
    if mark is not None and until < mark:
        job.progress(
            WarningIssued(say("the platform's clock shows an earlier time than at the last delivery"))
        )
    windows = next_windows(mark, until if own is None else min(until, own), every, zone(job.query.zone))
    if not windows and state.pending is None and not job.settings.quiet:
        write_stderr(f"{job.module}: nothing is due yet")
    yield from map(Due, windows)
    state = file.state
    if (job.options.reconcile or state.reconciles) and state.mark is not None:
        yield Due(DeliveryWindow(state.begin, state.mark), 0, state.corrections + 1)


def _due_periods(job: Job, file: StateFile, time: int) -> Iterator[Due]:
    """Yield the closed periods to deliver, or to correct: one that was interrupted, then that of the query.

    Raises UsageError if it has not ended.
    """
    pending = file.state.pending
    bounds = job.query.windows(job.variables, job.start)[job.left.number].during
    assert bounds is not None
    window = DeliveryWindow(*bounds)
    if window.end > settled(time, file.state.settle):
        raise UsageError(
            "the period of during has not ended yet, so a state cannot close it",
            hint="such as during last month; without --state, any period",
        )
    if pending is not None and (pending.start, pending.end) != window:
        yield Due(DeliveryWindow(pending.start, pending.end), pending.period, pending.correction)
    periods = file.state.periods
    record = next((record for record in periods if (record.start, record.end) == window), None)
    if record is not None:
        yield Due(window, record.number, record.corrections + 1)
    else:
        yield Due(window, max((record.number for record in periods), default=0) + 1)


def _deliver_window(job: Job, file: StateFile, due: Due) -> tuple[int, int]:
    """Deliver one window; return the exit code and the number of rows."""
    window = due.window
    number = file.state.number + 1
    path, streams = job.path, job.path is None or is_stream(job.path)
    if path is not None and not streams:
        path = file_names.expanded(path, window, job.module, number)
        path = file_names.correction_of(path, due.correction)
    name = "" if streams else str(path and path.absolute())
    pending = Pending(window.start, window.end, name, number, period=due.period, correction=due.correction)
    increment = _increment(job, file, due)
    settings = replace(job.settings, output=replace(job.settings.output, path=path))
    start = Start(job.start.now, increment)
    run = begin_window(job, settings, start)
    run.corrections = _corrections(job, increment) if due.correction else None
    pending = with_audit(pending, run.audit)
    return run.record(lambda: _write(job, run, file, increment, pending)), run.rows


def begin_window(job: Job, settings: Settings, start: Start) -> QueryRun:
    """Return the run that delivers one window, as `begin_run` does. Raises PrivacyError, UsageError."""
    return begin_run(settings, handout_of(job, start), job.progress, job.shutdown)


def with_audit(pending: Pending, audit: Audit | None) -> Pending:
    """Return a delivery with its entry in the audit trail, which a later run ends if this one cannot."""
    if audit is None:
        return pending
    return replace(pending, audit_run=audit.place[0], audit_trail=audit.place[1])


def handout_of(job: Job, start: Start) -> Handout:
    """Return what a delivery hands out, for the policies and the audit trail."""
    is_terminal = job.path is None and sys.stdout.isatty()
    return Handout(job.text, job.query, job.sources, job.variables, (), is_terminal, start)


def _corrections(job: Job, increment: Increment) -> Corrections:
    key = key_of(job.left, job.platform.version)
    return Corrections(increment, key, key_columns(job.query, job.sources, job.left))


def _increment(job: Job, file: StateFile, due: Due) -> Increment:
    """Return what selects the rows of a delivery, or compares all of a period or of the state."""
    number, secret, state = job.left.number, file.secret, file.state
    if due.period:
        period = (due.window.start or 0, due.window.end)
        seen = file.seen(due.period)
        return Increment(number, None, secret, seen, period=period, compares=due.correction > 0)
    if due.correction:  # without an end: an object that was updated since is not gone
        return Increment(number, (state.begin, None), secret, file.seen(), compares=True)
    return increment_of(job, file, due.window)


def increment_of(job: Job, file: StateFile, window: DeliveryWindow) -> Increment:
    """Return what selects the rows of a window, which is pulled from an overlap before it."""
    state = file.state
    since, late_before = window.start, None
    if since is not None and state.runs:
        since -= state.overlap * SECOND
        late_before = window.start - state.overlap * SECOND // 2 if window.start is not None else None
    if since is not None and state.begin is not None:
        since = max(since, state.begin)
    return Increment(job.left.number, (since, window.end), file.secret, file.seen(), late_before)


def _write(job: Job, run: QueryRun, file: StateFile, increment: Increment, pending: Pending) -> int:
    """Write the rows of a delivery and commit it; return the exit code."""
    path = Path(pending.path) if pending.path else None
    try:
        commit.journal(file, pending)
        with open_run_output(run, None if path is None else file_names.part_of(path)) as out:
            write_all(run, out)
            code = failure(run, out)
            if code:
                return code
            if not increment.is_complete:
                raise StateError("the query did not read its source to the end")
            commit_delivery(job, run, file, out, increment)
            return exit_status(run)
    except OcpiqError as error:
        return report(error, run.settings, run.text, run.progress)


def commit_delivery(job: Job, run: QueryRun, file: StateFile, out: Output, increment: Increment) -> None:
    """End a delivery: nothing new without a file, except for a period that has ended."""
    pending = file.state.pending
    assert pending is not None
    path = Path(pending.path) if pending.path else None
    is_period = pending.correction == 0 and (pending.period > 0 or job.options.every is not None)
    has_file = path is None or bool(run.rows) or is_period
    if has_file:
        publish_part(run, file, out, path)
    commit.commit(file, lambda state: replace(state, late=state.late or increment.late))
    if increment.late:
        run.progress(WarningIssued(LATE))
    if path is not None and not job.settings.quiet:
        write_stderr(f"{path.name}: {quantity(run.rows, 'row')}" if has_file else "nothing new")


def publish_part(run: QueryRun, file: StateFile, out: Output, path: Path | None, content: str = "") -> None:
    """Give the complete part its name, and let the audit trail have its hash; `content` is remembered with it."""
    manifest = b""
    if path is not None and out.file is not None:
        out.file.complete()
        manifest = manifest_of(run, out, path, file_names.part_of(path))
    pending = commit.stage(file, run.rows, manifest.decode(), content)
    commit.publish(pending)
    if path is not None:
        run.file = path
        if run.audit is not None:
            run.audit.sha256 = pending.sha256


def is_stream(path: Path) -> bool:
    """Tell whether a path is not a file that can be renamed to: a device or a pipe."""
    return path.exists() and not path.is_file()
