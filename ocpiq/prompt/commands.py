"""The prompt's own commands: `:help`, `:schema`, `:platform` and what else begins with a colon."""

from __future__ import annotations

import io
import shlex
import sys
import textwrap
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from typing import Final

from msgspec import structs

from ocpiq.app import explain, reference, schema, text_files
from ocpiq.app.report import failed, say
from ocpiq.app.settings import Settings, Variable
from ocpiq.errors import OcpiqError, UsageError, did_you_mean
from ocpiq.prompt.command_line import split_command
from ocpiq.prompt.pager import Pager
from ocpiq.prompt.paths import expand_path
from ocpiq.prompt.session import Session
from ocpiq.prompt.suggest import EXPLAIN
from ocpiq.prompt.suggestion import PREDEFINED
from ocpiq.prompt.words import Word, words
from ocpiq.sinks.registry import ON_TERMINAL, by_name
from ocpiq.storage import history

MIN_WIDTH: Final = 79  # columns that every terminal has
HELP: Final = """\
Enter runs a complete query; an unfinished one continues on the next line.
Alt-Enter always starts a new line.
Tab completes, F2 applies the fix shown in the bottom line, Ctrl-R searches
earlier queries, Ctrl-C cancels, Ctrl-D quits.
A query that begins with a space is not saved in the history.

  sessions pass kwh | limit 3
  sessions pass kwh | aggregate sum(.kwh) by .country_code
"""


class CapturedOutput(io.StringIO):
    """What is to be shown on the terminal that standard output is, if it is one."""

    def isatty(self) -> bool:
        """Tell whether it will be a person who reads it."""
        return sys.__stdout__ is not None and sys.__stdout__.isatty()


class QuitPrompt(Exception):
    """The prompt is to be left."""


def run_command(session: Session, text: str) -> None:
    """Do what a line that begins with a colon says; say what is wrong with it. Raises Leave."""
    name, rest = split_command(text) or ("", "")
    try:
        if name not in COMMANDS:
            known = did_you_mean(name, COMMANDS)
            raise UsageError(f"unknown command {_printable(name)}", hint=known or ":help lists all commands")
        if "\n" in rest and name != EXPLAIN:
            raise UsageError(f"{name} takes one line", hint="type the other lines separately")
        COMMANDS[name](session, rest)
    except OcpiqError as error:
        failed(error)


def _help(session: Session, rest: str) -> None:
    own = [word for word in words("run_command") if word.name in (rest, f":{rest}")]
    if rest and own:
        _show("\n".join(help_lines(own)))
    elif rest:
        _show(_reference_entry(rest))
    else:
        _show("\n".join([HELP, *help_lines(words("run_command"))]))


def _reference_entry(name: str) -> str:
    """Return what the language reference says of a name, of everything for `all`. Raises UsageError."""
    try:
        return (reference.contents() if name == "all" else reference.looked_up(name)).rstrip("\n")
    except UsageError as error:
        near = error.hint.startswith("did you mean")
        raise UsageError(error.message, hint=error.hint if near else ":help all lists all names") from None


def help_lines(known: Sequence[Word]) -> list[str]:
    """Return commands, each with what it does, within the width that every terminal has."""
    width = max(len(word.written) for word in known) + 2
    return [
        textwrap.fill(
            word.about,
            MIN_WIDTH,
            initial_indent=f"  {word.written:<{width}}",
            subsequent_indent=" " * (width + 2),
        )
        for word in known
    ]


def _schema(session: Session, rest: str) -> None:
    settings = structs.replace(session.query_settings(), words=tuple(rest.split()))
    _show(_capture(lambda: schema.run(settings)))


def _explain(session: Session, rest: str) -> None:
    text = rest or session.last
    if not text:
        raise UsageError("no query yet", hint=":explain sessions | .id")
    _show(_capture(lambda: explain.run(_explain_settings(session, text))))


def _explain_settings(session: Session, text: str) -> Settings:
    """Return the settings of `explain`, which needs the variables' names and none of their values."""
    settings = session.query_settings()
    variables = tuple(Variable("arg", name, "") for name in session.variables)
    query = structs.replace(settings.query, variables=variables)
    return structs.replace(settings, words=(text,), query=query)


def _platform(session: Session, rest: str) -> None:
    if rest:
        session.switch(rest)
        say(f"Platform: {session.platform} (OCPI {session.version})")
        return
    for name in dict.fromkeys((*session.platforms, session.platform)):
        _show(f"{'*' if name == session.platform else ' '} {name}")


def _to(session: Session, rest: str) -> None:
    if rest:
        format_ = by_name(rest, ":to")
        if format_.name not in ON_TERMINAL:
            raise UsageError(f":to: {format_.name} is not for a terminal", hint=f"ocpiq --to {format_.name}")
        session.form = format_.name
    say(f"Output format: {session.form}" + ("" if rest else f" (available: {', '.join(ON_TERMINAL)})"))


def _arg(session: Session, rest: str) -> None:
    given, _, value = rest.partition(" ")
    name = given.removeprefix("$")
    if not rest:
        names = sorted(f"${each}" for each in session.variables if each != PREDEFINED)
        say(", ".join(names) if names else "no variables set; to set one: :arg from 2026-01-01")
        return
    if not name.isidentifier() or not value:
        raise UsageError(":arg needs a name and a value", hint=":arg from 2026-01-01")
    session.variables[name] = value.strip()
    say(f"${name} set")  # not its value, which may be private


def _save(session: Session, rest: str) -> None:
    path = expand_path(rest or session.file)
    if not session.last:
        raise UsageError("no query to save yet")
    if not path.name:
        raise UsageError(":save needs a file name", hint=":save month.ocpiq")
    if path.exists() and str(path) != session.file:
        raise UsageError(f"{path} already exists", hint="choose another name, or :load it first")
    try:
        path.write_text(session.last.strip() + "\n", "utf-8")
    except OSError as error:
        raise UsageError(f"could not write {path}: {error.strerror}") from None
    session.file = str(path)
    say(f"Saved to {path}. Run it with: ocpiq -f {shlex.quote(str(path))}")


def _load(session: Session, rest: str) -> None:
    path = expand_path(rest or session.file)
    if not path.name:
        raise UsageError(":load needs a file name", hint=":load month.ocpiq")
    session.pending = text_files.read(str(path), "").rstrip()
    session.file = str(path)


def _history(session: Session, rest: str) -> None:
    if rest not in ("", "on", "off", "clear"):
        raise UsageError(":history takes on, off or clear")
    if rest == "clear":
        try:
            history.clear()
        except OSError as error:
            raise UsageError(f"could not clear the history: {error.strerror}") from None
        session.forgotten = True
        say("History cleared")
        return
    session.remembers = session.remembers if not rest else rest == "on"
    say(f"History: {'on' if session.remembers else 'off'}")


def _quit(session: Session, rest: str) -> None:
    raise QuitPrompt


COMMANDS: Final[dict[str, Callable[[Session, str], None]]] = {
    ":help": _help,
    ":schema": _schema,
    ":explain": _explain,
    ":platform": _platform,
    ":to": _to,
    ":arg": _arg,
    ":save": _save,
    ":load": _load,
    ":history": _history,
    ":quit": _quit,
}


def _capture(work: Callable[[], object]) -> str:
    """Return what a command of the command line prints."""
    printed = CapturedOutput()
    with redirect_stdout(printed):
        work()
    return printed.getvalue().rstrip("\n")


def _show(text: str) -> None:
    if text:
        Pager(lambda: None).write(text)


def _printable(name: str) -> str:
    return name if name.isprintable() and len(name) <= 30 else "…"
