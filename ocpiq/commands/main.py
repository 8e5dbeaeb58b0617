"""The command line: argv to a command, its exit code, and what happens to interrupts and broken pipes."""

from __future__ import annotations

import errno
import gc
import os
import signal
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Final

from ocpiq.commands import report, streams
from ocpiq.commands.apart import apart
from ocpiq.commands.arguments import Arguments, parse
from ocpiq.commands.shutdown import Shutdown
from ocpiq.errors import OcpiqError, UsageError

# Windows says EINVAL as well.
CLOSED_PIPE: Final = (errno.EPIPE,) if os.name == "posix" else (errno.EPIPE, errno.EINVAL)
# A decoded page is all objects and no cycles: looking for cycles adds a half to the time.
OBJECTS_BETWEEN_COLLECTIONS: Final = 100_000

# Where each command stands, below ocpiq.commands; imported only when it is run.
COMMANDS: Final = {
    "query": "query:run",
    "get": "get:run",
    "explain": "explain:run",
    "schema": "schema:run",
    "login": "platforms:login",
    "logout": "platforms:logout",
    "platforms": "platforms:platforms",
    "demo": "demo:run",
    "help": "lookup:run",
    "completion": "completion:run",
    "man": "man:run",
}
CAN_BE_SHUT_DOWN: Final = ("query", "get", "demo")  # they run for long, or leave files unfinished


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line in a thread with a large stack, the prompt in this one, and return the exit code."""
    words = sys.argv[1:] if argv is None else argv
    streams.prepare()
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS, 50, 100)
    shutdown = Shutdown()
    if _opens_the_prompt(words):
        if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:  # it catches Ctrl-C where it waits for a query
            signal.signal(signal.SIGINT, signal.default_int_handler)
        return run(words, shutdown)
    codes: list[int] = []
    with shutdown.on_signals():
        if apart(lambda: codes.append(run(words, shutdown)), shutdown) == "stuck":
            shutdown.abandon()
            streams.clear_line()
            os._exit(shutdown.code)
    return codes[0]


def run(argv: Sequence[str], shutdown: Shutdown | None = None) -> int:
    """Run the command line; whatever happens, return an exit code."""
    shutdown = shutdown or Shutdown()
    try:
        code = dispatch(parse(argv), shutdown)
        sys.stdout.flush()
        return code
    except OcpiqError as error:
        return report.failed(error)
    except KeyboardInterrupt:
        return shutdown.code
    except OSError as error:
        if error.errno in CLOSED_PIPE and error.filename is None:
            streams.forget_output()
            return 0
        if error.filename is None and error.errno is not None:
            streams.forget_output()
            return report.failed(UsageError(f"cannot write the results: {error.strerror}"))
        return report.broke(error)
    except Exception as error:
        return report.broke(error)


def dispatch(given: Arguments, shutdown: Shutdown) -> int:
    """Run the command that was asked for."""
    if given.has("version"):
        from ocpiq import __version__

        sys.stdout.write(f"ocpiq {__version__}\n")
        return 0
    if given.has("help"):
        return _help(given.command)
    if _is_without_query(given):
        return _without_query(given, shutdown)
    module, _, function = COMMANDS[given.command].partition(":")
    command: Callable[..., int] = getattr(import_module(f"ocpiq.commands.{module}"), function)
    return command(given, shutdown) if given.command in CAN_BE_SHUT_DOWN else command(given)


def _is_without_query(given: Arguments) -> bool:
    other = given.has("help") or given.has("version") or given.has("from-file")
    return given.command == "query" and not given.words and not other


def _opens_the_prompt(argv: Sequence[str]) -> bool:
    """Tell whether the words ask for the prompt, which has threads of its own for its queries."""
    try:
        return _is_without_query(parse(argv)) and _is_at_terminal()
    except OcpiqError:
        return False


def _is_at_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _without_query(given: Arguments, shutdown: Shutdown) -> int:
    """Open the prompt on a terminal; off it, standard input holds the query."""
    if _is_at_terminal():
        from ocpiq import repl

        return repl.start(given)
    from ocpiq.commands import query

    return query.run_standard_input(given, shutdown)


def _help(name: str) -> int:
    from ocpiq.commands import help

    sys.stdout.write(help.of_name(name) or help.full())
    return 0
