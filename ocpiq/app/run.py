"""`ocpiq QUERY`: compile, open the inputs and sources, write the results."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from msgspec import Struct, structs

from ocpiq.app import jobs, output, text_files
from ocpiq.app import sources as app_sources
from ocpiq.app import variables as app_variables
from ocpiq.app.about import RunLog
from ocpiq.app.advice import advise
from ocpiq.app.authorization import Handout, authorize
from ocpiq.app.error_report import report_error
from ocpiq.app.output import Output
from ocpiq.app.progress import Progress
from ocpiq.app.recipient import recipient_of
from ocpiq.app.settings import InputSettings, QuerySettings, Settings
from ocpiq.app.shutdown import Shutdown
from ocpiq.errors import (
    HaltError,
    IncompleteError,
    InputError,
    Notice,
    OcpiqError,
    OtherVersionError,
    RunError,
    UsageError,
    UserText,
    WarningIssued,
    say,
)
from ocpiq.privacy.drivers import DRIVERS
from ocpiq.storage import folders
from ocpiq.values.json.codec import well_formed
from ocpiq.values.types import Value

if TYPE_CHECKING:
    from ocpiq.app.audit import Audit
    from ocpiq.app.corrections import Corrections
    from ocpiq.app.row_risk import RowRisk
    from ocpiq.inputs import Inputs
    from ocpiq.plan.columns import Columns
    from ocpiq.privacy.recipient import Recipient
    from ocpiq.query import Query
    from ocpiq.query.start import Start
    from ocpiq.schema import OwnForm
    from ocpiq.sinks.about import About
    from ocpiq.sources import Source

NO_RESULT: Final = object()


class QueryText(Struct, frozen=True):
    """The query's text, and the name of its file."""

    text: str
    name: str = ""


class QueryRun(Struct):
    """One run of a query: what it needs, and its outcome.

    `rows` is the number of results so far, `file` the file of the results once it is in its place.
    `corrections` adds to the results what changed since a delivery.
    """

    settings: Settings
    query: Query
    text: QueryText
    inputs: Inputs | None
    sources: dict[str, Source]
    variables: dict[str, Value]
    progress: Progress
    log: RunLog
    shutdown: Shutdown
    start: Start
    audit: Audit | None = None
    recipient: Recipient | None = None
    drivers: int = DRIVERS
    last_result: object = NO_RESULT
    code: int = 0
    incomplete: IncompleteError | None = None
    halted: HaltError | None = None
    rows: int = 0
    file: Path | None = None
    risk: RowRisk | None = None
    corrections: Corrections | None = None


def run(settings: Settings, shutdown: Shutdown) -> int:
    """Run the query on the command line or, without one, on standard input."""
    words = list(settings.words)
    if not words and not settings.query.from_file:
        return _run_standard_input(settings, shutdown)
    return run_text(settings, query_text(settings, words), words, shutdown)


def _run_standard_input(settings: Settings, shutdown: Shutdown) -> int:
    """Run the query from standard input once, on null. Raises UsageError."""
    text = ""
    if not sys.stdin.isatty():
        with open(sys.stdin.fileno(), "rb", closefd=False) as file:
            text = text_files.decoded(file.read(), "standard input", "the query on ")
    if not text.strip():
        raise UsageError("no query", hint="see ocpiq --help")
    once = structs.replace(settings, input=structs.replace(settings.input, null=True))
    return run_text(once, QueryText(text, "standard input"), [], shutdown)


def run_text(settings: Settings, text: QueryText, files: list[str], shutdown: Shutdown) -> int:
    """Run `text`, with `files` as its inputs; return the exit code."""
    if settings.following.status_log is not None:
        from ocpiq.app import status_log

        return status_log.run(settings, text, files, shutdown)
    if settings.following.follow:
        from ocpiq.app import follow_query

        return follow_query.run(settings, text, files, shutdown)
    if settings.output.database:
        from ocpiq.app.database_delivery import deliver as deliver_rows

        return deliver_rows(settings, text, files, shutdown)
    if settings.state.name:
        from ocpiq.app.delivery import deliver  # most runs have no state

        return deliver(settings, text, files, shutdown)
    progress = Progress(quiet=settings.quiet, verbose=settings.verbose)
    with ExitStack() as stack:
        stack.callback(progress.clear)
        try:
            query_run = _prepare(settings, text, files, stack, progress, shutdown)
        except OcpiqError as error:
            return report(error, settings, text, progress)
        if query_run.audit is None:
            return _write(query_run)
        return query_run.audit.record(
            lambda: _write(query_run), lambda: (query_run.rows, query_run.file), shutdown
        )


def _write(run: QueryRun) -> int:
    """Write the results of a run; return the exit code."""
    try:
        with open_run_output(run) as out:
            write_all(run, out)
            return _finish(run, out)
    except OcpiqError as error:
        return report(error, run.settings, run.text, run.progress)


def report(error: OcpiqError, settings: Settings, text: QueryText, progress: Progress) -> int:
    """Print the error that ends a run; return its exit code."""
    progress.clear()
    if isinstance(error, OtherVersionError) and settings.pull.files:
        error.hint += f"; for files of OCPI {error.version}: --ocpi-version {error.version}"
    if settings.command == "query" and settings.words and not settings.query.from_file:
        advise(error, settings.words)
    return report_error(error, text.text, text.name)


def query_text(settings: Settings, words: list[str]) -> QueryText:
    """Take the query from the words, or from the file that the first names. Raises UsageError."""
    if not words:
        raise UsageError("no query", hint="see ocpiq --help")
    word = words.pop(0)
    return read_query(word) if settings.query.from_file else QueryText(well_formed(word))


def read_query(name: str) -> QueryText:
    """Return the query in a file or, if there is no file of that name, the report of that name. Raises UsageError."""
    if name.isidentifier() and not Path(name).exists():
        from ocpiq.reports import find, is_report

        if is_report(name):
            report = find(name)
            return QueryText(report.text, str(report.path))
    return QueryText(text_files.read(name, "the query "), name)


def compile_query(
    settings: QuerySettings, text: QueryText, variables: Collection[str], own: Collection[OwnForm] = ()
) -> Query:
    """Compile the query; `import` looks in the folders of -L, else in the folder of the query's file."""
    from ocpiq.query import compile

    return compile(
        text.text,
        version=settings.version,
        variables=tuple(variables),
        library=settings.library,
        home=Path(text.name).parent if text.name else None,
        zone=settings.zone,
        default_zone=settings.default_zone,
        startup=folders.jq_startup(),
        as_version=settings.as_version,
        own=own,
    )


def _prepare(
    settings: Settings,
    text: QueryText,
    files: list[str],
    stack: ExitStack,
    progress: Progress,
    shutdown: Shutdown,
) -> QueryRun:
    from ocpiq.query.start import begin

    start = begin()
    variables = app_variables.variables(settings.query)
    query = compile_query(settings.query, text, variables)
    settings = _with_file_name(settings, query, variables, start)
    recipient = recipient_of(settings, query)
    sources = app_sources.sources(settings, query.modules, stack)
    is_terminal = settings.output.path is None and sys.stdout.isatty()
    notify = progress
    handout = Handout(
        text.text, text.name, query, sources, variables, tuple(files), is_terminal, start, notify
    )
    audit, may_read, drivers = authorize(settings, handout)
    inputs = _inputs(settings.input, files, progress) if may_read else None
    if inputs is not None:
        stack.callback(inputs.close)
    log = RunLog()
    return QueryRun(
        settings,
        query,
        text,
        inputs,
        sources,
        variables,
        progress,
        log,
        shutdown,
        start,
        audit,
        recipient,
        drivers,
    )


def _with_file_name(settings: Settings, query: Query, variables: dict[str, Value], start: Start) -> Settings:
    """Return the settings with the window of the first source in the name of the file, if it has its fields."""
    path = settings.output.path
    if path is None or "{" not in str(path):
        return settings
    from ocpiq.delivery import file_names
    from ocpiq.delivery.windows import DeliveryWindow

    if not file_names.has_fields(path):
        return settings
    windows = query.windows(variables, start)
    start_, end = windows[0].ends if windows else (None, None)
    if start_ is None or end is None:
        raise UsageError(
            "-o: the fields of a file name are those of a window with two ends",
            hint="write during, or since and until; or use --state NAME",
        )
    name = file_names.expanded(path, DeliveryWindow(start_, end), query.modules[0])
    return structs.replace(settings, output=structs.replace(settings.output, path=name))


def open_run_output(
    run: QueryRun, part: Path | None = None, stream: BinaryIO | None = None
) -> AbstractContextManager[Output]:
    """Open the output of a run; a delivery writes to `part`, beside its file, or to a `stream` that grows."""
    request = output.OutputRequest(
        columns=lambda: _columns(run),
        many=run.query.many,
        warn=lambda message: run.progress(WarningIssued(message)),
        private=run.query.passes,
        files=lambda: run.shutdown.files,
        wrap=None if run.audit is None else run.audit.hashing,
        about=lambda: _about(run),
        part=part,
        stream=stream,
    )
    return output.open_output(run.settings.output, os.environ, request)


def _inputs(settings: InputSettings, files: list[str], progress: Progress) -> Inputs:
    from ocpiq.inputs import InputFormat, Inputs

    input_format = InputFormat(
        settings.raw, settings.slurp, settings.stream, settings.stream_errors, settings.seq
    )
    return Inputs(
        files,
        input_format,
        lambda problem: progress(WarningIssued(say("ignoring {problem}", problem=problem))),
        lambda warning: progress(WarningIssued(warning)),
    )


def write_all(run: QueryRun, out: Output) -> None:
    """Write every result of a run. After a runtime error the next input is read, as in jq."""
    more = True
    while more:
        more = False
        try:
            _write_results(run, out)
        except IncompleteError as error:  # raised after the last result
            run.incomplete = error
        except HaltError as error:
            run.halted = error
        except OcpiqError as error:
            _flush_all(run, out)
            if isinstance(error, InputError) or not isinstance(error, RunError):
                raise
            more = _reads_inputs(run)
            place = run.inputs.place if run.inputs and more else ""
            run.code = report_error(error, run.text.text, run.text.name, place)
        except (KeyboardInterrupt, Exception) as error:
            if not isinstance(error, OSError):  # an OSError is of the output
                _flush_all(run, out)
            raise
    run.progress.clear()
    out.close()


def _flush_all(run: QueryRun, out: Output) -> None:
    """Write every result of a run that failed before its error is printed."""
    run.progress.clear()
    out.flush(held_back=True)


def _write_results(run: QueryRun, out: Output) -> None:
    def after_page(source: Source) -> None:
        run.shutdown.check()
        if out.file is None:
            out.flush(held_back=out.target.terminal and source.repeats)

    write, shutdown, unbuffered = out.sink.write, run.shutdown, out.unbuffered
    sources = run.sources
    if sources:
        from ocpiq.sources.page_by_page import page_by_page

        sources = page_by_page(sources, after_page)
    risk = run.risk = _row_risk(run)
    for value in _results(run, sources):
        if shutdown.signal:  # tested for each value, so without a call
            shutdown.check()
        if unbuffered:
            run.progress.clear()
        write(value)
        if risk is not None:
            risk.add(value)
        if unbuffered:
            out.flush()
        run.last_result = value
        run.rows += 1


def _columns(run: QueryRun) -> Columns:
    columns = run.query.columns(run.sources)
    return columns if run.corrections is None else run.corrections.columns(columns)


def _about(run: QueryRun) -> About:
    from ocpiq.app.about import about

    text, pull = run.text.text, run.settings.pull
    said = about(run.query, text, run.sources, run.variables, pull, run.log, run.start, run.incomplete)
    return said if run.risk is None else structs.replace(said, risk=run.risk.sentences(said))


def _row_risk(run: QueryRun) -> RowRisk | None:
    """Return what counts the rows of an HTML report that stand alone."""
    if run.settings.output.database or not run.sources:
        return None
    if output.format_of(run.settings.output, terminal=False).name != "html":
        return None
    from ocpiq.app.row_risk import RowRisk

    return RowRisk()


def _results(run: QueryRun, sources: dict[str, Source]) -> Iterator[Value]:
    def notify(notice: Notice) -> None:
        run.log.note(notice)
        run.progress(notice)
        if run.audit is not None:
            run.audit.notify(notice)

    if (cut := jobs.split_run(run)) is not None:
        return jobs.results(run, cut, sources, notify, run.shutdown.check)
    results = run.query.run(
        inputs=run.inputs,
        once=not _reads_inputs(run),
        sources=sources,
        variables=run.variables,
        notify=notify,
        recipient=run.recipient,
        start=run.start,
        drivers=run.drivers,
    )
    return results if run.corrections is None else run.corrections.marked(results)


def _reads_inputs(run: QueryRun) -> bool:
    """Tell whether the query runs once for each input: not with -n, and not if it has sources."""
    return not run.settings.input.null and not run.sources


def _finish(run: QueryRun, out: Output) -> int:
    """Replace the result file, or write FILE.partial if the pull was incomplete; return the exit code."""
    code = failure(run, out)
    if code:
        return code
    out.keep()
    run.file = None if out.file is None else out.file.path
    if run.file is not None:
        _write_manifest(run, out, run.file)
    return exit_status(run)


def failure(run: QueryRun, out: Output) -> int:
    """Report why a run has no complete result, and write FILE.partial if a pull was incomplete.

    Return the exit code, 0 if there is nothing to report.
    """
    if run.incomplete is None:
        return run.code if run.halted is None else report_error(run.halted)
    partial = out.keep_partial()
    if partial is not None:
        run.file = partial
        _write_manifest(run, out, partial)
        run.incomplete.message = say(
            "{problem}; what was received is in {file}",
            problem=run.incomplete.message,
            file=UserText(partial),
        )
    return report_error(run.incomplete, run.text.text, run.text.name)


def exit_status(run: QueryRun) -> int:
    """Return the exit code of a run without errors: 0, or what `-e` makes of the last result."""
    if run.halted is not None or run.progress.halted or not run.settings.output.exit_status:
        return 0
    return (
        4 if run.last_result is NO_RESULT else 1 if run.last_result is None or run.last_result is False else 0
    )


def _write_manifest(run: QueryRun, out: Output, path: Path) -> None:
    """Write the manifest of the result file, if there is to be one. Raises UsageError."""
    from ocpiq.sinks import manifest
    from ocpiq.sinks.file import WholeFile

    content = manifest_of(run, out, path)
    if content:
        whole = WholeFile(manifest.path_of(path), run.shutdown.files, mode=path.stat().st_mode & 0o777)
        with whole as stream:
            stream.write(content)
            whole.keep()


def manifest_of(run: QueryRun, out: Output, path: Path, written: Path | None = None) -> bytes:
    """Return the manifest of the result file, empty if there is to be none; `written` is the part of a delivery."""
    if out.watch is None:
        return b""
    from ocpiq.sinks import manifest

    settings = run.settings.output
    format_ = output.format_of(settings, terminal=False)
    options = output.format_settings(settings, os.environ, terminal=False)
    file = manifest.ResultFile(path, format_, options, out.watch.columns(), out.watch.rows, written)
    return manifest.manifest(file, _about(run))
