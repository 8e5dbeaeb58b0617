"""The prompt's own commands, which begin with a colon: `:help`, `:schema`, `:platform`, …"""

from __future__ import annotations

import io
import shlex
import shutil
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Final

from msgspec import structs

from ocpiq.app import explain, schema, text_files
from ocpiq.app.error_report import report_error, write_stderr
from ocpiq.app.settings import Settings, Variable
from ocpiq.errors import OcpiqError, UsageError, did_you_mean
from ocpiq.prompt.command_syntax import split_arguments, split_command
from ocpiq.prompt.help import help_text
from ocpiq.prompt.kept_rows import keep, refresh
from ocpiq.prompt.library import SUFFIX, find_query, is_example, listing
from ocpiq.prompt.open_result import open_result
from ocpiq.prompt.pager import Pager
from ocpiq.prompt.parameters import accepted_values, parameters, query_name, question, with_head
from ocpiq.prompt.paths import expand_path
from ocpiq.prompt.preferences import set_preference
from ocpiq.prompt.run import run
from ocpiq.prompt.session import Session
from ocpiq.prompt.suggest import EXPLAIN
from ocpiq.prompt.suggest_command import CUT_TABLE
from ocpiq.prompt.suggestion import KEPT, PREDEFINED
from ocpiq.prompt.watch import watch
from ocpiq.prompt.write_result import write_result
from ocpiq.sinks.registry import TERMINAL_NAMES, by_name
from ocpiq.storage import history


class CapturedOutput(io.StringIO):
    """Captured output that will be shown on the real standard output."""

    def isatty(self) -> bool:
        """Tell whether the real standard output is a terminal."""
        return sys.__stdout__ is not None and sys.__stdout__.isatty()


class QuitPrompt(Exception):
    """Raised by `:quit`."""


def run_command(session: Session, text: str) -> None:
    """Run a line that begins with a colon; print its error, if any. Raises QuitPrompt."""
    name, rest = split_command(text) or ("", "")
    try:
        if name not in COMMANDS:
            suggestion = did_you_mean(name, COMMANDS)
            raise UsageError(
                f"unknown command {_printable(name)}", hint=suggestion or ":help lists all commands"
            )
        if "\n" in rest and name != EXPLAIN:
            raise UsageError(f"{name} takes one line", hint="type the other lines separately")
        COMMANDS[name](session, rest)
    except OcpiqError as error:
        report_error(error)


def _help(session: Session, rest: str) -> None:
    _show(session, help_text(rest, shutil.get_terminal_size().columns - 1))


def _schema(session: Session, rest: str) -> None:
    settings = structs.replace(session.query_settings(), words=tuple(rest.split()))
    _show(session, _capture(lambda: schema.run(settings)))


def _explain(session: Session, rest: str) -> None:
    text = rest or session.last_query
    if not text:
        raise UsageError("no query yet", hint=":explain sessions | .id")
    _show(session, _capture(lambda: explain.run(_explain_settings(session, text), values_known=False)))


def _explain_settings(session: Session, text: str) -> Settings:
    """Return the settings of an approval sheet, which needs the names of the variables but not their values."""
    settings = session.query_settings()
    variables = tuple(Variable("arg", name, "") for name in accepted_values(text, session.variables))
    query = structs.replace(settings.query, variables=variables)
    output = structs.replace(settings.output, format="markdown")
    return structs.replace(settings, words=(text,), query=query, output=output)


def _platform(session: Session, rest: str) -> None:
    if rest:
        session.switch(rest)
        write_stderr(f"Platform: {session.platform} (OCPI {session.shown_version})")
        return
    session.read_logins()
    for name in dict.fromkeys((*session.platforms, session.platform)):
        _show(session, f"{'*' if name == session.platform else ' '} {name}")


def _to(session: Session, rest: str) -> None:
    if rest:
        format_ = by_name("table" if rest == CUT_TABLE else rest, ":to")
        if format_.name not in TERMINAL_NAMES:
            raise UsageError(
                f":to: {format_.name} cannot be shown on a terminal", hint=f"ocpiq --to {format_.name}"
            )
        session.form, session.cuts_tables = format_.name, rest == CUT_TABLE
    write_stderr(
        f"Output format: {session.form}" + ("" if rest else f" (available: {', '.join(TERMINAL_NAMES)})")
    )


def _arg(session: Session, rest: str) -> None:
    word, _, value = rest.partition(" ")
    name = word.removeprefix("$")
    if not rest:
        names = sorted(f"${name}" for name in session.variables if name != PREDEFINED)
        write_stderr(", ".join(names) if names else "no variables set; to set one: :arg from 2026-01-01")
        return
    if not value and name in session.variables and name != PREDEFINED:
        del session.variables[name]
        write_stderr(f"${name} forgotten")
        return
    if name in session.results.names or name == KEPT:
        raise UsageError(f"${name} is a result", hint="choose another name")
    if not name.isidentifier() or not value:
        raise UsageError(":arg needs a name and a value", hint=":arg from 2026-01-01")
    session.variables[name] = value.strip()
    write_stderr(f"${name} set")  # not its value, which may be private


def _save(session: Session, rest: str) -> None:
    path = expand_path(rest or session.file)
    if not session.last_query:
        raise UsageError("no query to save yet")
    if session.results.used(session.last_query):
        raise UsageError("a saved query cannot use $_, the result of this prompt")
    if not path.name:
        raise UsageError(":save needs a file name", hint=":save month.ocpiq")
    if not rest and is_example(path):
        raise UsageError("an example stays as it is", hint=":save NAME")
    path = path if path.suffix else path.with_name(path.name + SUFFIX)
    if path.exists() and session.ask(f"{path} already exists. Replace it? (y/n) ").lower() not in (
        "y",
        "yes",
    ):
        write_stderr("Not saved")
        return
    _write_query(path, with_head(session.last_query.strip(), query_name(path), session.variables) + "\n")
    session.file = str(path)
    needed = "".join(f" --arg {parameter.name} …" for parameter in parameters(path.read_text("utf-8")))
    write_stderr(f"Saved to {path}. Run it with: ocpiq -f {shlex.quote(str(path))}{needed}")


def _write_query(path: Path, text: str) -> None:
    """Write a query to its file. Raises UsageError."""
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise UsageError(f"could not write {path}: {error.strerror}") from None


def _load(session: Session, rest: str) -> None:
    from ocpiq.reports import copy_of, find  # noqa: PLC0415 - not before it is used

    if not (rest or session.file):
        raise UsageError(":load needs the name of a query", hint=":load month.ocpiq")
    path = find_query(rest or session.file)
    session.pending = copy_of(find(path.stem)) if is_example(path) else text_files.read(str(path), "")
    session.pending = session.pending.rstrip()
    session.file = str(path)


def _queries(session: Session, rest: str) -> None:
    _show(session, listing(session.query_settings().query))


def _run_saved(session: Session, rest: str) -> None:
    name, arguments = split_arguments(rest)
    if not name:
        raise UsageError(":run needs the name of a query", hint=":queries lists all saved queries")
    path = find_query(name)
    text = text_files.read(str(path), "the query ")
    declared = parameters(text)
    unknown = [name for name in arguments if name not in {parameter.name for parameter in declared}]
    if unknown:
        names = [parameter.name for parameter in declared]
        hint = did_you_mean(unknown[0], names) or (f"it takes {', '.join(names)}" if names else "")
        raise UsageError(f"the query has no parameter {_printable(unknown[0])}", hint=hint)
    values = {**session.variables, **arguments}
    for parameter in declared:
        missing = parameter.required and parameter.name not in values
        if missing and (answer := session.ask(question(parameter))):
            values[parameter.name] = answer
    session.file = str(path)
    run(session, text, values)


def _history(session: Session, rest: str) -> None:
    if rest not in ("", "on", "off", "clear"):
        raise UsageError(":history takes on, off or clear")
    if rest == "clear":
        try:
            history.clear()
        except OSError as error:
            raise UsageError(f"could not clear the history: {error.strerror}") from None
        session.history_cleared = True
        write_stderr("History cleared")
        return
    session.keeps_history = session.keeps_history if not rest else rest == "on"
    write_stderr(f"History: {'on' if session.keeps_history else 'off'}")


def _quit(session: Session, rest: str) -> None:
    raise QuitPrompt


COMMANDS: Final[dict[str, Callable[[Session, str], None]]] = {
    ":help": _help,
    ":schema": _schema,
    ":explain": _explain,
    ":platform": _platform,
    ":to": _to,
    ":output": write_result,
    ":open": open_result,
    ":keep": keep,
    ":refresh": refresh,
    ":arg": _arg,
    ":save": _save,
    ":load": _load,
    ":queries": _queries,
    ":run": _run_saved,
    ":watch": watch,
    ":history": _history,
    ":set": set_preference,
    ":quit": _quit,
}


def _capture(work: Callable[[], object]) -> str:
    """Return what a function prints to standard output."""
    output = CapturedOutput()
    with redirect_stdout(output):
        work()
    return output.getvalue().rstrip("\n")


def _show(session: Session, text: str) -> None:
    if text:
        pager = Pager(lend=session.interrupts.lend)
        pager.write(text)
        pager.close()


def _printable(name: str) -> str:
    return name if name.isprintable() and len(name) <= 30 else "…"
