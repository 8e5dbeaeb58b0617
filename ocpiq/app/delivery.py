"""`--state NAME`: deliver what is new or changed since the last run, in files that appear whole and once."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from ocpiq.app.corrections import Corrections, key_columns, key_of
from ocpiq.app.delivery_job import Job, begin_window, check_policies, is_stream, platform_time, prepare
from ocpiq.app.delivery_state import adjusted_state, beginning, check_origin, create_state, recover
from ocpiq.app.due_deliveries import Due, due, due_periods, increment_for
from ocpiq.app.error_report import write_stderr
from ocpiq.app.output import Output
from ocpiq.app.progress import Progress, quantity
from ocpiq.app.query_run import QueryRun
from ocpiq.app.query_text import QueryText
from ocpiq.app.settings import Settings, with_result_file
from ocpiq.app.shutdown import Shutdown
from ocpiq.app.write_results import exit_status, failure, manifest_of, open_run_output, report, write_all
from ocpiq.delivery import commit, file_names, state_file
from ocpiq.delivery.errors import StateError
from ocpiq.delivery.increment import Increment
from ocpiq.delivery.state import Pending
from ocpiq.delivery.state_file import StateFile
from ocpiq.errors import OcpiqError, WarningIssued, say
from ocpiq.query.start import Start

if TYPE_CHECKING:
    from ocpiq.app.audit import Audit

EMPTY_CODE: Final = 9  # with --fail-if-empty
LATE: Final = say(
    "objects came later than half of the overlap after their last_updated; those that come later than all of it would "
    "be missed (--overlap sets it)"
)


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
        deliveries = due_periods(job, file, time) if job.kind == "during" else due(job, file, time)
        for delivery in deliveries:
            code, count = _deliver_window(job, file, delivery)
            if code:
                return code
            rows += count
    return EMPTY_CODE if job.options.fail_if_empty and not rows and not (recovered and recovered.rows) else 0


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
    increment = increment_for(job, file, due)
    run = begin_window(job, with_result_file(job.settings, path), Start(job.start.now, increment))
    run.corrections = _corrections(job, increment) if due.correction else None
    pending = with_audit(pending, run.audit)
    return run.record(lambda: _write(job, run, file, increment, pending)), run.rows


def with_audit(pending: Pending, audit: Audit | None) -> Pending:
    """Return a delivery with its entry in the audit trail, which a later run ends if this one cannot."""
    if audit is None:
        return pending
    return replace(pending, audit_run=audit.place[0], audit_trail=audit.place[1])


def _corrections(job: Job, increment: Increment) -> Corrections:
    key = key_of(job.left, job.platform.version)
    return Corrections(increment, key, key_columns(job.query, job.sources, job.left))


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
