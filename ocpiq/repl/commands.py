"""The prompt's own commands: `:help`, `:schema`, `:platform` and what else begins with a colon."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Final

from msgspec import structs

from ocpiq.commands import explain, lookup, schema
from ocpiq.commands.arguments import Arguments
from ocpiq.commands.options import FORMS
from ocpiq.commands.report import failed, say
from ocpiq.errors import OcpiqError, UsageError, did_you_mean
from ocpiq.repl.more import Pager
from ocpiq.repl.session import Session
from ocpiq.repl.words import words
from ocpiq.storage import history

NARROW: Final = 79  # columns that every terminal has
HELP: Final = """\
Enter runs a query, and goes on in a new line where it is not at its end;
Alt-Enter always makes a new line.
Tab completes, Ctrl-R finds an earlier query, Ctrl-C cancels, Ctrl-D leaves.
A query that begins with a blank is not remembered.

  sessions pass kwh | limit 3
  sessions pass kwh | aggregate sum(.kwh) by .country_code
"""


class Leave(Exception):
    """The prompt is to be left."""


def command(session: Session, text: str) -> None:
    """Do what a line that begins with a colon says; say what is wrong with it. Raises Leave."""
    name, _, rest = text.strip().partition(" ")
    try:
        if name not in COMMANDS:
            known = did_you_mean(name, COMMANDS)
            raise UsageError(f"there is no command {_shown(name)}", hint=known or ":help lists them")
        COMMANDS[name](session, rest.strip())
    except OcpiqError as error:
        failed(error)


def _help(session: Session, rest: str) -> None:
    if rest:
        _show(_printed(lambda: lookup.run(rest.split())))
        return
    _show("\n".join([HELP, *listed()]))


def listed() -> list[str]:
    """Return the commands, each with what it does, within the width that every terminal has."""
    known = words("command")
    width = max(len(word.written) for word in known) + 2
    return [
        textwrap.fill(
            word.about,
            NARROW,
            initial_indent=f"  {word.written:<{width}}",
            subsequent_indent=" " * (width + 2),
        )
        for word in known
    ]


def _schema(session: Session, rest: str) -> None:
    _show(_printed(lambda: schema.run(session.arguments("schema", *rest.split()))))


def _explain(session: Session, rest: str) -> None:
    text = rest or session.last
    if not text:
        raise UsageError("there is no query yet", hint=":explain sessions | .id")
    _show(_printed(lambda: explain.run(_with_variables(session, text))))


def _with_variables(session: Session, text: str) -> Arguments:
    """Return the arguments of `explain`, which needs the variables' names and none of their values."""
    given = session.arguments("explain", text)
    return structs.replace(
        given, options={**given.options, "arg": [(name, "") for name in session.variables]}
    )


def _platform(session: Session, rest: str) -> None:
    if rest:
        session.switch(rest)
        say(f"now on {session.platform} (OCPI {session.version})")
        return
    for name in dict.fromkeys((*session.platforms, session.platform)):
        _show(f"{'*' if name == session.platform else ' '} {name}")


def _to(session: Session, rest: str) -> None:
    if rest not in FORMS:
        raise UsageError(":to takes a form of results", hint=f"there are {', '.join(FORMS)}")
    session.form = rest


def _arg(session: Session, rest: str) -> None:
    name, _, value = rest.partition(" ")
    if not name.removeprefix("$").isidentifier():
        raise UsageError(":arg takes a name and a text", hint=":arg from 2026-01-01")
    session.variables[name.removeprefix("$")] = value


def _save(session: Session, rest: str) -> None:
    path = Path(rest or session.file)
    if not session.last:
        raise UsageError("there is no query yet to save")
    if not path.name:
        raise UsageError(":save takes a file", hint=":save month.ocpiq")
    if path.exists() and str(path) != session.file:
        raise UsageError(f"{path} is there already", hint="choose another name, or :load it first")
    try:
        path.write_text(session.last.strip() + "\n", "utf-8")
    except OSError as error:
        raise UsageError(f"could not write {path}: {error.strerror}") from None
    session.file = str(path)
    say(f"saved in {path}; it runs with ocpiq -f {path}")


def _load(session: Session, rest: str) -> None:
    path = Path(rest or session.file)
    if not path.name:
        raise UsageError(":load takes a file", hint=":load month.ocpiq")
    try:
        session.pending = path.read_text("utf-8").rstrip()
    except OSError as error:
        raise UsageError(f"could not read {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"could not read {path}: it is not UTF-8") from None
    session.file = str(path)


def _history(session: Session, rest: str) -> None:
    if rest not in ("on", "off", "clear"):
        raise UsageError(":history takes on, off or clear")
    if rest == "clear":
        try:
            history.clear()
        except OSError as error:
            raise UsageError(f"the history cannot be removed: {error.strerror}") from None
    session.remembers = rest == "on" if rest != "clear" else session.remembers


def _quit(session: Session, rest: str) -> None:
    raise Leave


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


def _printed(work: Callable[[], object]) -> str:
    """Return what a command of the command line prints."""
    with redirect_stdout(io.StringIO()) as printed:
        work()
    return printed.getvalue().rstrip("\n")


def _show(text: str) -> None:
    if text:
        Pager(lambda: None).write(text)


def _shown(name: str) -> str:
    return name if name.isprintable() and len(name) <= 30 else "…"
