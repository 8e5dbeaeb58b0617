"""`ocpiq QUERY`: compile, open the inputs and sources, write the results."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct, structs

from ocpiq.commands import origin, output, values
from ocpiq.commands.arguments import Arguments
from ocpiq.commands.output import Output
from ocpiq.commands.progress import Progress
from ocpiq.commands.report import failed
from ocpiq.commands.shutdown import Shutdown
from ocpiq.errors import HaltError, IncompleteError, InputError, OcpiqError, RunError, UsageError, Warned
from ocpiq.sources.page_by_page import page_by_page
from ocpiq.values.types import Value

if TYPE_CHECKING:
    from ocpiq.inputs import Inputs
    from ocpiq.query import Query
    from ocpiq.sources import Source

NOTHING: Final = object()


class Text(Struct, frozen=True):
    """The query's text, and the name of the file that it stands in."""

    text: str
    name: str = ""


class Run(Struct):
    """One run of the command: what it needs and how it went."""

    given: Arguments
    query: Query
    text: Text
    inputs: Inputs | None
    sources: dict[str, Source]
    variables: dict[str, Value]
    progress: Progress
    shutdown: Shutdown
    last: object = NOTHING
    code: int = 0
    incomplete: IncompleteError | None = None
    halted: HaltError | None = None


def run(given: Arguments, shutdown: Shutdown) -> int:
    """Run the query that was given."""
    words = list(given.words)
    return run_text(given, text_of(given, words), words, shutdown)


def run_standard_input(given: Arguments, shutdown: Shutdown) -> int:
    """Run the query that standard input holds, once, on null. Raises UsageError."""
    text = ""
    if not sys.stdin.isatty():
        with open(sys.stdin.fileno(), encoding="utf-8-sig", closefd=False) as file:
            try:
                text = file.read()
            except UnicodeDecodeError:
                raise UsageError("could not read the query on standard input: it is not UTF-8") from None
    if not text.strip():
        raise UsageError("there is no query", hint="ocpiq --help shows some")
    once = structs.replace(given, options={**given.options, "null-input": [()]})
    return run_text(once, Text(text, "standard input"), [], shutdown)


def run_text(given: Arguments, text: Text, files: list[str], shutdown: Shutdown) -> int:
    """Run `text`, with `files` as its inputs; return the exit code."""
    progress = Progress(quiet=given.has("quiet"), verbose=given.has("verbose"))
    with ExitStack() as stack:
        stack.callback(progress.clear)
        try:
            started = _prepared(given, text, files, stack, progress, shutdown)
            out = stack.enter_context(_opened(started))
            _write_all(started, out)
            return _ended(started, out)
        except OcpiqError as error:
            progress.clear()
            return failed(error, text.text, text.name)


def text_of(given: Arguments, words: list[str]) -> Text:
    """Take the query from the words, or from the file that they name. Raises UsageError."""
    if not words:
        raise UsageError("there is no query", hint="ocpiq --help shows some")
    word = words.pop(0)
    if not given.has("from-file"):
        return Text(word)
    try:
        return Text(Path(word).read_text("utf-8-sig"), word)
    except OSError as error:
        raise UsageError(f"could not read the query {word}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"could not read the query {word}: it is not UTF-8") from None


def compiled(given: Arguments, text: Text, variables: dict[str, Value]) -> Query:
    """Return the query; `import` looks in the folders of -L, else beside the file of the query."""
    from ocpiq.query import compile

    return compile(
        text.text,
        version=origin.version_of(given),
        variables=tuple(variables),
        library=[Path(folder) for (folder,) in given.every("library-path")],
        home=Path(text.name).parent if text.name else None,
        zone=given.last("tz"),
    )


def _prepared(
    given: Arguments, text: Text, files: list[str], stack: ExitStack, progress: Progress, shutdown: Shutdown
) -> Run:
    variables = values.variables(given)
    query = compiled(given, text, variables)
    sources = origin.sources(given, query.modules, stack)
    return Run(given, query, text, _inputs(given, files, progress), sources, variables, progress, shutdown)


def _opened(run: Run) -> AbstractContextManager[Output]:
    wanted = output.Wanted(
        columns=lambda: run.query.columns(run.sources),
        warn=lambda message: run.progress(Warned(message)),
        private=run.query.passes,
        files=lambda: run.shutdown.files,
    )
    return output.opened(run.given, os.environ, wanted)


def _inputs(given: Arguments, files: list[str], progress: Progress) -> Inputs:
    from ocpiq.inputs import Form, Inputs

    form = Form(given.has("raw-input"), given.has("slurp"), given.has("stream"), given.has("seq"))
    return Inputs(files, form, lambda problem: progress(Warned(f"ignoring {problem}")))


def _write_all(run: Run, out: Output) -> None:
    """Write every result. A run-time error costs its input only, as in jq; the next input is read."""
    more = True
    while more:
        more = False
        try:
            _write_results(run, out)
        except IncompleteError as error:  # it comes after the last result
            run.incomplete = error
        except HaltError as error:
            run.halted = error
        except OcpiqError as error:
            _show_all(run, out)
            if isinstance(error, InputError) or not isinstance(error, RunError):
                raise
            more = _reads_inputs(run)
            place = run.inputs.place if run.inputs and more else ""
            run.code = failed(error, run.text.text, run.text.name, place)
        except (KeyboardInterrupt, Exception) as error:
            if not isinstance(error, OSError):  # the output cannot be written to
                _show_all(run, out)
            raise
    run.progress.clear()
    out.close()


def _show_all(run: Run, out: Output) -> None:
    """Have every result of a run that failed seen before the error is."""
    run.progress.clear()
    out.show(held=True)


def _write_results(run: Run, out: Output) -> None:
    def between(source: Source) -> None:
        run.shutdown.check()
        if out.whole is None:
            out.show(held=out.target.terminal and source.repeats)

    write, shutdown, at_once = out.sink.write, run.shutdown, out.at_once
    for value in _results(run, page_by_page(run.sources, between)):
        if shutdown.signal:  # asked for each value, so without a call
            shutdown.check()
        if at_once:
            run.progress.clear()
        write(value)
        if at_once:
            out.show()
        run.last = value


def _results(run: Run, sources: dict[str, Source]) -> Iterator[Value]:
    return run.query.run(
        inputs=run.inputs,
        once=not _reads_inputs(run),
        sources=sources,
        variables=run.variables,
        notify=run.progress,
    )


def _reads_inputs(run: Run) -> bool:
    """Tell whether the query runs once for each input: not with -n, and not where it has sources."""
    return not run.given.has("null-input") and not run.sources


def _ended(run: Run, out: Output) -> int:
    """Put the written file in its place, or beside it where it is incomplete; return the exit code."""
    if run.incomplete is not None:
        partial = out.keep_partial()
        if partial is not None:
            run.incomplete.message += f"; what was received is in {partial}"
        return failed(run.incomplete, run.text.text, run.text.name)
    code = run.code if run.halted is None else failed(run.halted)
    if code:
        return code
    out.keep()
    if run.halted is not None or not run.given.has("exit-status"):
        return 0
    return 4 if run.last is NOTHING else 1 if run.last is None or run.last is False else 0
