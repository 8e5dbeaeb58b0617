"""`--follow`: deliver what is new or changed, poll by poll, to standard output or to files that rotate."""

from __future__ import annotations

from contextlib import ExitStack, nullcontext
from pathlib import Path
from typing import BinaryIO, Final, cast

from msgspec.structs import replace

from ocpiq.app import output as app_output
from ocpiq.app.compile import compile_query
from ocpiq.app.delivery import commit_delivery
from ocpiq.app.delivery_job import (
    Job,
    begin_window,
    check_policies,
    handout_of,
    is_stream,
    platform_time,
    prepare,
)
from ocpiq.app.delivery_state import adjusted_state, check_origin, create_state
from ocpiq.app.due_deliveries import increment_of
from ocpiq.app.following import FollowProgress, follow
from ocpiq.app.output import Output
from ocpiq.app.query_run import QueryRun, new_run
from ocpiq.app.query_text import QueryText
from ocpiq.app.settings import Settings, with_result_file
from ocpiq.app.shutdown import Shutdown
from ocpiq.app.variables import variables
from ocpiq.app.write_results import open_run_output, report, write_all
from ocpiq.delivery import commit, file_names, rotation, state_file
from ocpiq.delivery.errors import StateError
from ocpiq.delivery.file_names import part_of
from ocpiq.delivery.increment import Bounds, Increment
from ocpiq.delivery.left_source import left_source
from ocpiq.delivery.part_lines import PartLines, values_of_lines
from ocpiq.delivery.rotation import GrowingFile, RotatingWindow, Rotation, rotating_windows
from ocpiq.delivery.state import SETTLE, OpenFile, Pending, State
from ocpiq.delivery.state_file import StateFile
from ocpiq.delivery.windows import DeliveryWindow, date_text, settled
from ocpiq.errors import CompileError, OcpiqError, UsageError, WarningIssued, say
from ocpiq.query.start import Start, begin
from ocpiq.sinks.target import Target
from ocpiq.values.times import SECOND, zone

LINES: Final = "ndjson"
WITH_HEADER: Final = ("csv", "tsv")
GROWING: Final = (LINES, *WITH_HEADER)  # formats to which a poll can be appended; others are made at the end


class QueryFailed(Exception):
    """The query failed on an object, which was said; it would again at the next poll."""

    def __init__(self, code: int) -> None:
        super().__init__()
        self.code = code


def run(settings: Settings, text: QueryText, files: list[str], shutdown: Shutdown) -> int:
    """Follow a query until told to end; return the exit code."""
    progress = FollowProgress(verbose=settings.verbose)
    with ExitStack() as stack:
        try:
            settings = _with_output(settings, files)
            _check_stages(settings, text)
            job = prepare(settings, text, files, stack, progress, shutdown)
            stack.enter_context(state_file.locked(settings.state.name))
            followed = FollowedQuery(job, stack)
            follow(followed.poll, followed.mark, settings.following, shutdown)
        except QueryFailed as error:
            return error.code
        except OcpiqError as error:
            return report(error, settings, text, progress)
    return 0


def _with_output(settings: Settings, files: list[str]) -> Settings:
    """Return the settings with the output that a run without an end has. Raises UsageError."""
    following, out, state = settings.following, settings.output, settings.state
    if files or settings.pull.files:
        raise UsageError(
            "--follow reads a platform, not files", hint="leave out --source and the names of files"
        )
    if not state.name:
        raise UsageError("--follow needs a state, which remembers what was delivered", hint="--state NAME")
    if state.every or state.fail_if_empty or out.exit_status or out.manifest:
        option = (
            "every"
            if state.every
            else "fail-if-empty"
            if state.fail_if_empty
            else "manifest"
            if out.manifest
            else ""
        )
        name = f"--{option}" if option else "--exit-status"
        raise UsageError(f"{name} cannot be used with --follow", hint="see --rotate" if state.every else "")
    to_file = out.path is not None and not is_stream(out.path)
    if following.rotation and not to_file:
        raise UsageError("--rotate needs a file", hint="-o 'NAME_{from}_{to}.ndjson'")
    if to_file and not following.rotation:
        raise UsageError("--follow writes files by period", hint="--rotate hour, day or week")
    out = replace(out, default_format="", unbuffered=not to_file)
    if not (to_file or out.format or out.csv is not None or out.raw):
        out = replace(out, format=LINES)
    format_ = app_output.format_of(out, terminal=False).name
    if not to_file and format_ != LINES and not out.raw:
        raise UsageError(
            f"--follow writes a line for each result to standard output, not {format_}",
            hint="leave out --to, or write files: -o 'NAME_{from}_{to}.csv' --rotate day",
        )
    return replace(settings, output=out)


def _check_stages(settings: Settings, text: QueryText) -> None:
    """Raise CompileError for a stage that has no result before its input ends, and for a window of its own."""
    plan = compile_query(settings.query, text, variables(settings.query)).plan
    left = left_source(plan, state_rows=True)
    if left.stages:
        raise CompileError(
            f"{left.stages[0]} has no result before the end, which --follow never reaches",
            hint="run the query without --follow, for a period",
        )
    for word, bound in (("during", left.plan.during), ("until", left.plan.until)):
        if bound is not None:
            raise CompileError(
                f"{word} has an end, which --follow never reaches", span=bound.span, hint=f"leave out {word}"
            )


class FollowedQuery:
    """A query whose polls are deliveries with a state, which stays open. `stack` closes it."""

    def __init__(self, job: Job, stack: ExitStack) -> None:
        self._job = job
        self._stack = stack
        self._file: StateFile | None = None

    def mark(self) -> str:
        """Return the platform's time up to which everything was delivered."""
        state = self._file.state if self._file else None
        return "" if state is None or state.mark is None else date_text(state.mark)

    def poll(self) -> int:
        """Deliver what is new or changed; return the number of rows. Raises OcpiqError and QueryFailed."""
        job = self._job
        job.shutdown.check()
        file = self._file
        if file is None:
            self._file = file = self._opened()
        opened, mark = file.state.open, file.state.mark
        if opened is not None and (opened.closes or (mark is not None and mark >= opened.end)):
            rotation.close(file, self._convert)
        time = platform_time(job)
        until = settled(time, file.state.settle)
        own = job.query.until(job.left.number, job.variables, job.start)
        until = until if own is None else min(until, own)
        mark = file.state.mark
        if mark is not None and until < mark:
            text = say("the platform's clock shows an earlier time than at the last delivery")
            job.progress(WarningIssued(text))
            return 0
        if job.settings.following.rotation:
            return self._rotate(file, until)
        return 0 if mark is not None and mark == until else self._deliver(file, DeliveryWindow(mark, until))

    def _opened(self) -> StateFile:
        """Open the state, and create it at the first run: it begins now, unless an option says otherwise."""
        job, options = self._job, self._job.options
        check_policies(job, None if options.everything else job.start.now)
        if not state_file.exists(options.name):
            time = platform_time(job)
            if not (options.begin or options.everything):
                now = settled(time, options.settle or SETTLE) - SECOND
                begins = replace(options, begin=date_text(now))
                self._job = job = replace(job, settings=replace(job.settings, state=begins))
            create_state(job, time)
        file = self._stack.enter_context(state_file.opened(options.name))
        commit.recover(file)
        check_origin(job, file)
        file.save(adjusted_state(job, file))
        return file

    def _rotate(self, file: StateFile, until: int) -> int:
        """Deliver to the files of the periods up to `until`, and give those that are over their names."""
        period = cast(Rotation, self._job.settings.following.rotation)
        zone_ = zone(self._job.query.zone)
        rows, mode = 0, self._job.settings.output.mode
        open_end = None if file.state.open is None else file.state.open.end
        for part in rotating_windows(file.state.mark, until, period, zone_, open_end):
            opened = rotation.begin(file, file.state.open or self._new_file(file, part), mode)
            rows += self._deliver(file, part.window, opened)
            if part.window.end >= opened.end:
                rotation.close(file, self._convert)
        return rows

    def _new_file(self, file: StateFile, part: RotatingWindow) -> OpenFile:
        path = self._job.path
        assert path is not None, "files rotate only with -o"
        number = file.state.number + 1
        window = DeliveryWindow(part.window.start, part.period_end)
        name = file_names.expanded(path, window, self._job.left.plan.module, number)
        converts = _format(self._job.settings, name) not in GROWING
        return OpenFile(str(name.absolute()), window.start, window.end, number, converts=converts)

    def _deliver(self, file: StateFile, window: DeliveryWindow, opened: OpenFile | None = None) -> int:
        """Deliver one window; return the number of rows."""
        job = self._job
        increment = increment_of(job, file, window)
        settings = job.settings if opened is None else with_result_file(job.settings, Path(opened.path))
        run = begin_window(job, settings, Start(begin().now, increment))
        pending = Pending(window.start, window.end, "", file.state.number + 1)

        def work() -> int:
            commit.journal(file, pending)
            if opened is None:
                self._to_stdout(file, run, increment)
            else:
                self._to_file(file, run, increment, opened)
            return 0

        run.record(work)
        return run.rows

    def _to_stdout(self, file: StateFile, run: QueryRun, increment: Increment) -> None:
        with open_run_output(run) as out:
            write_all(run, out)
            _check(run, increment)
            commit_delivery(self._job, run, file, out, increment)

    def _to_file(self, file: StateFile, run: QueryRun, increment: Increment, opened: OpenFile) -> None:
        path = Path(opened.path)
        has_header = not opened.converts and _format(run.settings, path) in WITH_HEADER
        try:
            stream = cast(BinaryIO, GrowingFile(part_of(path), has_header=has_header))
            try:
                lines = Output(Target(stream), PartLines(stream), None, unbuffered=False)
                with nullcontext(lines) if opened.converts else open_run_output(run, stream=stream) as out:
                    write_all(run, out)
                    _check(run, increment)
                length = cast(GrowingFile, stream).finish()
            finally:
                stream.close()
        except OSError as error:
            raise StateError(f"could not write {path}: {error.strerror}") from None

        def update(state: State) -> State:
            return rotation.grown(replace(state, late=state.late or increment.late), length, run.rows)

        commit.commit(file, update)

    def _convert(self, part: Path, whole: Path) -> None:
        """Write the file of a period from the lines of its polls. Raises OcpiqError and OSError."""
        job, file = self._job, self._file
        assert file is not None and file.state.open is not None, "there is a file to close"
        opened = file.state.open
        bounds = Bounds(job.left.number, (opened.start, opened.end))
        handout = handout_of(job, Start(begin().now, bounds))
        run = new_run(with_result_file(job.settings, Path(opened.path)), handout, job.progress, job.shutdown)
        whole.unlink(missing_ok=True)
        with open_run_output(run, part=whole) as out:
            for value in values_of_lines(part):
                out.sink.write(value)
            out.close()
            assert out.file is not None, "a period has a file"
            out.file.complete()


def _format(settings: Settings, path: Path) -> str:
    return app_output.format_of(replace(settings.output, path=path), terminal=False).name


def _check(run: QueryRun, increment: Increment) -> None:
    """Raise the error of a poll that must not be committed."""
    if run.incomplete is not None:
        raise run.incomplete
    if run.halted is not None:
        raise run.halted
    if run.code:
        raise QueryFailed(run.code)
    if not increment.is_complete:
        raise StateError("the query did not read its source to the end")
