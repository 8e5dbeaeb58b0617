"""`ocpiq QUERY`: compile, open the inputs and sources, write the results."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import structs

from ocpiq.app import sources as app_sources
from ocpiq.app import text_files
from ocpiq.app import variables as app_variables
from ocpiq.app.compile import compile_query
from ocpiq.app.error_report import write_stderr
from ocpiq.app.handout import Handout
from ocpiq.app.progress import Progress
from ocpiq.app.query_run import QueryRun, begin_run
from ocpiq.app.query_text import QueryText, query_text
from ocpiq.app.settings import InputSettings, Settings, with_result_file
from ocpiq.app.shutdown import Shutdown
from ocpiq.app.write_results import finish, open_run_output, report, write_all
from ocpiq.errors import OcpiqError, UsageError, WarningIssued, say
from ocpiq.values.types import Value

if TYPE_CHECKING:
    from ocpiq.inputs import Inputs
    from ocpiq.query import Query
    from ocpiq.query.start import Start


def run(settings: Settings, shutdown: Shutdown) -> int:
    """Run the query on the command line or, without one, on standard input."""
    words = list(settings.words)
    if not words and not settings.query.from_file:
        return _run_standard_input(settings, shutdown)
    return run_text(settings, query_text(words, from_file=settings.query.from_file), words, shutdown)


def _run_standard_input(settings: Settings, shutdown: Shutdown) -> int:
    """Run the query from standard input once, on null. Raises UsageError."""
    text = ""
    if not sys.stdin.isatty():
        from ocpiq.inputs.standard_input import standard_input

        with standard_input(shutdown.check) as file:
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
    if settings.snapshot.read is not None:
        if settings.snapshot.refresh:
            from ocpiq.app.pull import pull

            code = pull(settings, Path(settings.snapshot.read), None, shutdown)
            if code:
                return code
        settings = app_sources.of_snapshot(settings, settings.snapshot.read)
    progress = Progress(quiet=settings.quiet, verbose=settings.verbose)
    with ExitStack() as stack:
        stack.callback(progress.clear)
        try:
            query_run = _prepare(settings, text, files, stack, progress, shutdown)
        except OcpiqError as error:
            return report(error, settings, text, progress)
        return query_run.record(lambda: _write(query_run))


def _write(run: QueryRun) -> int:
    """Write the results of a run; return the exit code."""
    try:
        with open_run_output(run) as out:
            write_all(run, out)
            code = finish(run, out)
    except OcpiqError as error:
        return report(error, run.settings, run.text, run.progress)
    if code == 0 and run.rows == 0 and run.file is not None:
        run.progress.clear()
        write_stderr(f"warning: {run.file} has no rows{_parameters_by_default(run)}")
    return code


def _parameters_by_default(run: QueryRun) -> str:
    """Return the parameters of a saved query that have their defaults, which may be why there are no rows."""
    defaults = [
        f"{parameter.name} {parameter.default}"
        for parameter in run.query.metadata.params
        if not parameter.required
        and isinstance(parameter.default, str)
        and parameter.default
        and run.variables.get(parameter.name, parameter.default) == parameter.default
    ]
    return f" (by default: {', '.join(defaults)})" if defaults else ""


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
    sources = app_sources.sources(settings, query.modules, stack)
    is_terminal = settings.output.path is None and sys.stdout.isatty()
    handout = Handout(text, query, sources, variables, tuple(files), is_terminal, start, progress)
    query_run = begin_run(settings, handout, progress, shutdown)
    if query_run.may_read_json:
        query_run.inputs = inputs = _inputs(settings.input, files, progress, shutdown)
        stack.callback(inputs.close)
    return query_run


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
    return with_result_file(settings, name)


def _inputs(settings: InputSettings, files: list[str], progress: Progress, shutdown: Shutdown) -> Inputs:
    from ocpiq.inputs import InputFormat, Inputs

    input_format = InputFormat(
        settings.raw, settings.slurp, settings.stream, settings.stream_errors, settings.seq
    )
    return Inputs(
        files,
        input_format,
        lambda problem: progress(WarningIssued(say("ignoring {problem}", problem=problem))),
        lambda warning: progress(WarningIssued(warning)),
        shutdown.check,
    )
