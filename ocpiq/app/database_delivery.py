"""`-o sqlite:FILE#TABLE`, `-o postgres://HOST/DATABASE#TABLE`: what is new or changed, into a table, exactly once."""

from __future__ import annotations

import os
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path
from typing import Final, cast

from msgspec.structs import replace

from ocpiq.app.delivery import EMPTY_CODE, LATE
from ocpiq.app.delivery_job import Job, begin_window, check_policies, platform_time, prepare
from ocpiq.app.delivery_state import adjusted_state, beginning, check_origin, first_state
from ocpiq.app.due_deliveries import due, increment_of
from ocpiq.app.error_report import write_stderr
from ocpiq.app.output import Output, format_settings
from ocpiq.app.progress import Progress, quantity
from ocpiq.app.query_text import QueryText
from ocpiq.app.settings import Settings
from ocpiq.app.shutdown import Shutdown
from ocpiq.app.write_results import exit_status, failure, report, write_all
from ocpiq.delivery import database
from ocpiq.delivery.database import Database, UpsertWriter
from ocpiq.delivery.database_address import DatabaseAddress, parse_address
from ocpiq.delivery.errors import StateError
from ocpiq.delivery.one_row import gives_one_row
from ocpiq.delivery.state_file import StateFile
from ocpiq.delivery.windows import DeliveryWindow
from ocpiq.errors import CompileError, OcpiqError, UsageError, WarningIssued
from ocpiq.plan.columns import Column
from ocpiq.query.start import Start
from ocpiq.schema import module
from ocpiq.sinks.column_types import OF_PLAN
from ocpiq.sinks.target import Target
from ocpiq.sinks.typed import TypedSink

FIRST_RUN: Final = "for the first run, say where it begins: --begin 2026-01-01, or --all"


def deliver(settings: Settings, text: QueryText, files: list[str], shutdown: Shutdown) -> int:
    """Deliver what is due into a table; return the exit code."""
    progress = Progress(quiet=settings.quiet, verbose=settings.verbose)
    with ExitStack() as stack:
        stack.callback(progress.clear)
        try:
            address = parse_address(settings.output.database)
            _check_options(settings, address)
            job = prepare(settings, text, files, stack, progress, shutdown)
            keys = _key_columns(job)
            opened = stack.enter_context(database.opened(address))
            return _deliver(job, opened, keys)
        except OcpiqError as error:
            return report(error, settings, text, progress)


def _check_options(settings: Settings, address: DatabaseAddress) -> None:
    if settings.state.name:
        raise UsageError("a table keeps its own state", hint="leave out --state")
    if settings.state.reconcile:
        raise UsageError("--reconcile is for states of files", hint="write the whole into another table")
    if settings.following.follow:
        raise UsageError("--follow writes lines or files", hint="run it again and again instead, with cron")
    if settings.output.format or settings.output.csv is not None or settings.output.manifest:
        raise UsageError("a table has no output format", hint="leave out --to, --csv and --manifest")
    begins = settings.state.begin or settings.state.everything
    if address.kind == "sqlite" and not begins and not Path(address.place).exists():
        raise UsageError(f"{address} has no rows yet", hint=FIRST_RUN)


def _key_columns(job: Job) -> list[str]:
    """Return the columns that hold the key of the objects. Raises CompileError if the query does not show it."""
    source = job.left.plan
    if source.during is not None:
        raise CompileError("a table is kept with since last, not with during", span=source.during.span)
    if not gives_one_row(job.query.plan_for(job.sources), job.left.number):
        raise CompileError(
            "a table has one row for each object, and the query may give several",
            hint="collect them in a field",
        )
    columns = job.query.columns(job.sources)
    if columns.fields and not columns.closed:
        raise CompileError(
            "the columns of the results are not known from the query",
            hint="name the fields of nested objects",
        )
    leaves = columns.leaves() if columns.fields else []
    by_path = {leaf.path: leaf for leaf in leaves if leaf.path and not leaf.blank}
    treated = {name for name, child in source.view.children.items() if child.treatment is not None}
    names = module(source.module, job.platform.version).key
    missing = [name for name in names if f"{source.module}.{name}" not in by_path or name in treated]
    if missing:
        shown = ", ".join(names)
        raise CompileError(
            f"a table needs the key of the objects unchanged: {', '.join(missing)} missing in the results",
            hint=f"write {{{shown}, …}}",
        )
    unknown = [leaf.name for leaf in leaves if not _is_typed(leaf, job)]
    if unknown:
        raise CompileError(
            f"the type of the column {unknown[0]} is not known from the query",
            hint=f"--type {unknown[0]}=text",
        )
    return [by_path[f"{source.module}.{name}"].name for name in names]


def _is_typed(leaf: Column, job: Job) -> bool:
    options = {option.name for option in job.settings.output.column_types}
    return leaf.type in OF_PLAN or leaf.name in options


def _deliver(job: Job, opened: Database, keys: list[str]) -> int:
    is_first = opened.state is None
    if is_first and not (job.options.begin or job.options.everything):
        raise UsageError(f"{opened.address} has no rows yet", hint=FIRST_RUN)
    check_policies(job, opened.state.mark if opened.state else beginning(job))
    time = platform_time(job)
    if opened.state is None:
        opened.state = first_state(job, str(opened.address), time)
    file = cast(StateFile, opened)  # which has the same parts: state, secret, seen
    check_origin(job, file)
    opened.state = adjusted_state(job, file)
    rows = 0
    for delivery in due(job, file, time):
        code, count = _deliver_window(job, opened, keys, delivery.window)
        if code:
            return code
        rows += count
    return EMPTY_CODE if job.options.fail_if_empty and not rows else 0


def _deliver_window(job: Job, opened: Database, keys: list[str], window: DeliveryWindow) -> tuple[int, int]:
    """Deliver one window in one transaction; return the exit code and the number of rows."""
    increment = increment_of(job, cast(StateFile, opened), window)
    start = Start(job.start.now, increment)
    run = begin_window(job, job.settings, start)

    def work() -> int:
        try:
            writer = UpsertWriter(opened, keys)
            target = Target(BytesIO(), warn=lambda message: job.progress(WarningIssued(message)))
            columns = job.query.columns(job.sources)
            sink = TypedSink(
                target, columns, format_settings(job.settings.output, os.environ, terminal=False), writer
            )
            out = Output(target, sink, None, False)
            write_all(run, out)
            code = failure(run, out)
            if code:
                return code
            if not increment.is_complete:
                raise StateError("the query did not read its source to the end")
            state = opened.state
            assert state is not None
            late = state.late or increment.late
            opened.write(
                replace(state, mark=window.end, runs=state.runs + 1, number=state.number + 1, late=late)
            )
            opened.commit()
            opened.lock()
            if increment.late:
                job.progress(WarningIssued(LATE))
            if not job.settings.quiet:
                write_stderr(
                    f"{opened.address.table}: {quantity(run.rows, 'row')}" if run.rows else "nothing new"
                )
            return exit_status(run)
        except OcpiqError as error:
            return report(error, run.settings, run.text, run.progress)

    return run.record(work), run.rows


def accept(text: str) -> int:
    """Let the next run have another query, recipient key or platform, and new columns."""
    with database.opened(parse_address(text)) as opened:
        if opened.state is None:
            raise StateError(f"{opened.address} has no state", hint=FIRST_RUN)
        opened.write(replace(opened.state, accepts=True))
        opened.commit()
    write_stderr(
        "the next run sets what the table is of: query, columns, parameters, recipient, zone and platform"
    )
    return 0
