"""`ocpiq QUERY`: compile, open the inputs and sources, write the results."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct, structs

from ocpiq.commands import origin, output, values
from ocpiq.commands.arguments import Arguments
from ocpiq.commands.progress import Progress
from ocpiq.commands.report import failed
from ocpiq.errors import IncompleteError, InputError, OcpiqError, RunError, UsageError, Warned
from ocpiq.storage import folders
from ocpiq.values.json.codec import well_formed
from ocpiq.values.types import Value

if TYPE_CHECKING:
    from ocpiq.inputs import Inputs
    from ocpiq.query import Query
    from ocpiq.sinks import Sink, WholeFile
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
    last: object = NOTHING
    code: int = 0


def run(given: Arguments, temporary: list[str]) -> int:
    """Run the query that was given; `temporary` gets the files that would be left if the process were stopped."""
    words = list(given.words)
    return run_text(given, text_of(given, words), words, temporary)


def run_standard_input(given: Arguments, temporary: list[str]) -> int:
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
    return run_text(once, Text(text, "standard input"), [], temporary)


def run_text(given: Arguments, text: Text, files: list[str], temporary: list[str]) -> int:
    """Run `text`, with `files` as its inputs; return the exit code."""
    progress = Progress(quiet=given.has("quiet"), verbose=given.has("verbose"))
    with ExitStack() as stack:
        stack.callback(progress.clear)
        try:
            started = _prepared(given, text, files, stack, progress)
            file, whole = stack.enter_context(output.target(given, temporary))
            _write_all(started, file.write, file.flush)
            file.flush()
            code = _ended(started)
            if whole is not None:
                _keep(whole, code)
            return code
        except OcpiqError as error:
            progress.clear()
            return failed(error, text.text, text.name)


def text_of(given: Arguments, words: list[str]) -> Text:
    """Take the query from the words, or from the file that they name. Raises UsageError."""
    if not words:
        raise UsageError("there is no query", hint="ocpiq --help shows some")
    word = words.pop(0)
    if not given.has("from-file"):
        return Text(well_formed(word))
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
        startup=folders.jq_startup(),
    )


def _prepared(given: Arguments, text: Text, files: list[str], stack: ExitStack, progress: Progress) -> Run:
    variables = values.variables(given)
    query = compiled(given, text, variables)
    sources = origin.sources(given, query.modules, stack)
    inputs = _inputs(given, files, progress)
    stack.callback(inputs.close)
    return Run(given, query, text, inputs, sources, variables, progress)


def _inputs(given: Arguments, files: list[str], progress: Progress) -> Inputs:
    from ocpiq.inputs import Form, Inputs

    form = Form(
        raw=given.has("raw-input"),
        slurp=given.has("slurp"),
        stream=given.has("stream"),
        stream_errors=given.has("stream-errors"),
        seq=given.has("seq"),
    )
    return Inputs(files, form, lambda problem: progress(Warned(f"ignoring {problem}")))


def _write_all(run: Run, write: Callable[[bytes], object], flush: Callable[[], None]) -> None:
    """Write every result. A run-time error costs its input only, as in jq; the next input is read."""
    sink = _sink(run)
    more = True
    while more:
        more = False
        try:
            _write_results(run, sink, write, flush)
        except OcpiqError as error:
            run.progress.clear()
            write(sink.flush())
            flush()
            if isinstance(error, InputError) or not isinstance(error, RunError):
                raise
            more = _reads_inputs(run)
            place = run.inputs.place if run.inputs and more else ""
            run.code = failed(error, run.text.text, run.text.name, place)
    run.progress.clear()
    write(sink.end())


def _write_results(run: Run, sink: Sink, write: Callable[[bytes], object], flush: Callable[[], None]) -> None:
    encode = sink.write
    at_once = output.is_terminal(run.given) or run.given.has("unbuffered")
    for value in _results(run):
        if at_once:
            run.progress.clear()
        write(encode(value))
        if at_once:
            flush()
        run.last = value


def _sink(run: Run) -> Sink:
    return output.sink(
        run.given,
        os.environ,
        lambda: run.query.columns(run.sources),
        lambda text: run.progress(Warned(text)),
        terminal=output.is_terminal(run.given),
    )


def _results(run: Run) -> Iterator[Value]:
    return run.query.run(
        inputs=run.inputs,
        once=not _reads_inputs(run),
        sources=run.sources,
        variables=run.variables,
        notify=run.progress,
    )


def _reads_inputs(run: Run) -> bool:
    """Tell whether the query runs once for each input: not with -n, and not where it has sources."""
    return not run.given.has("null-input") and not run.sources


def _ended(run: Run) -> int:
    if run.code:
        return run.code
    if not run.progress.complete:
        return IncompleteError.exit_code
    if run.progress.halted or not run.given.has("exit-status"):
        return 0
    return 4 if run.last is NOTHING else 1 if run.last is None or run.last is False else 0


def _keep(whole: WholeFile, code: int) -> None:
    """Put the written file in its place where the run went well, or beside it where it is incomplete."""
    if code in (0, 1, 4):
        whole.keep()
    elif code == IncompleteError.exit_code:
        partial = whole.keep_partial()
        failed(IncompleteError(f"not everything was there; what was is in {partial}"))
