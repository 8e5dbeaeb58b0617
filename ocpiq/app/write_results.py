"""Write the results of a run: to standard output, to a file with its manifest, or to a part of a delivery."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from msgspec import structs

from ocpiq.app import jobs, output
from ocpiq.app.advice import advise
from ocpiq.app.error_report import report_error
from ocpiq.app.output import Output
from ocpiq.app.progress import Progress
from ocpiq.app.query_run import NO_RESULT, QueryRun
from ocpiq.app.query_text import QueryText
from ocpiq.app.settings import Settings
from ocpiq.errors import (
    HaltError,
    IncompleteError,
    InputError,
    Notice,
    OcpiqError,
    OtherVersionError,
    RunError,
    UserText,
    WarningIssued,
    say,
)
from ocpiq.values.types import Value

if TYPE_CHECKING:
    from ocpiq.app.row_risk import RowRisk
    from ocpiq.errors import Notify
    from ocpiq.plan.columns import Columns
    from ocpiq.plan.partial import Split
    from ocpiq.sinks.about import About
    from ocpiq.sinks.json import JsonStyle
    from ocpiq.sources import Source


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
        computes=run.query.computes,
    )
    return output.open_output(run.settings.output, os.environ, request)


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
    cut = jobs.split_run(run)
    if cut is not None and cut.stage is None and (style := _block_style(run, out)) is not None:
        for block in jobs.texts(style, run, cut, sources, _notify(run), shutdown.check):
            shutdown.check()
            out.target.stream.write(block.data)
            if block.count:
                run.last_result = not block.is_false
            run.rows += block.count
        return
    for value in _results(run, sources, cut):
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


def _block_style(run: QueryRun, out: Output) -> JsonStyle | None:
    """Return how parts write results; None if this process must see the values, or write each immediately."""
    from ocpiq.sinks.json import style_of

    return None if out.unbuffered or run.risk is not None else style_of(out.sink)


def _notify(run: QueryRun) -> Notify:
    def notify(notice: Notice) -> None:
        run.log.note(notice)
        run.progress(notice)
        if run.audit is not None:
            run.audit.notify(notice)

    return notify


def _results(run: QueryRun, sources: dict[str, Source], cut: Split | None) -> Iterator[Value]:
    notify = _notify(run)
    if cut is not None:
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


def finish(run: QueryRun, out: Output) -> int:
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


def report(error: OcpiqError, settings: Settings, text: QueryText, progress: Progress) -> int:
    """Print the error that ends a run; return its exit code."""
    progress.clear()
    if isinstance(error, OtherVersionError) and settings.pull.files:
        error.hint += f"; for files of OCPI {error.version}: --ocpi-version {error.version}"
    if settings.command == "query" and settings.words and not settings.query.from_file:
        advise(error, settings.words)
    return report_error(error, text.text, text.name)
