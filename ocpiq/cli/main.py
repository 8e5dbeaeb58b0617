"""The command line: find the command and run it in a thread that a signal can end."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Final

from ocpiq.app import stdio
from ocpiq.app.arguments import Arguments, parse
from ocpiq.app.exit_codes import exit_code
from ocpiq.app.read_settings import settings
from ocpiq.app.shutdown import Shutdown
from ocpiq.app.thread import run_in_thread
from ocpiq.errors import UsageError

if TYPE_CHECKING:
    from ocpiq.app.settings import Settings

# The function of each command; its module is imported only when it is run.
COMMANDS: Final = {
    "query": "ocpiq.app.run:run",
    "get": "ocpiq.cli.get:run",
    "pull": "ocpiq.app.pull:run",
    "reports": "ocpiq.cli.reports:run",
    "report": "ocpiq.cli.report:run",
    "check": "ocpiq.cli.check:run",
    "explain": "ocpiq.app.explain:run",
    "schema": "ocpiq.app.schema:run",
    "login": "ocpiq.cli.platforms:login",
    "logout": "ocpiq.cli.platforms:logout",
    "platforms": "ocpiq.cli.platforms:platforms",
    "recipient": "ocpiq.cli.recipient:run",
    "policy": "ocpiq.cli.policy:run",
    "audit": "ocpiq.cli.audit:run",
    "state": "ocpiq.cli.state:run",
    "risk": "ocpiq.cli.risk:run",
    "verify": "ocpiq.cli.verify:run",
    "demo": "ocpiq.cli.demo:run",
    "help": "ocpiq.app.reference:run",
    "completion": "ocpiq.cli.completion:run",
    "man": "ocpiq.cli.man:run",
    "config": "ocpiq.app.config:run",
    "version": "ocpiq.cli.main:version",
}
TAKES_SHUTDOWN: Final = (
    "query",
    "get",
    "report",
    "demo",
    "pull",
    "login",
)  # commands that run for long, write files, or ask a person


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line in a thread with a large stack, and return the exit code."""
    words = sys.argv[1:] if argv is None else argv
    shutdown = Shutdown()
    codes: list[int] = []
    with shutdown.on_signals():
        if run_in_thread(lambda: codes.append(run(words, shutdown)), shutdown) == "stuck":
            shutdown.abandon()
            stdio.clear_line()
            os._exit(shutdown.code)
    return codes[0]


def run(argv: Sequence[str], shutdown: Shutdown | None = None) -> int:
    """Run the command line; whatever happens, return an exit code."""
    shutdown = shutdown or Shutdown()
    return exit_code(lambda: _dispatch(parse(argv), shutdown), shutdown)


def _dispatch(arguments: Arguments, shutdown: Shutdown) -> int:
    """Run the command."""
    if arguments.has("version"):
        return version()
    if arguments.has("help"):
        return _help(arguments)
    module, _, function = COMMANDS[arguments.command].partition(":")
    command: Callable[..., int] = getattr(import_module(module), function)
    command_settings = settings(arguments)
    if arguments.command in TAKES_SHUTDOWN:
        return command(command_settings, shutdown)
    return command(command_settings)


def version(settings: Settings | None = None) -> int:
    """Print the version of ocpiq. Raises UsageError."""
    from ocpiq import __version__

    if settings is not None and settings.words:
        raise UsageError("ocpiq version takes no words")

    sys.stdout.write(f"ocpiq {__version__}\n")
    return 0


def _help(arguments: Arguments) -> int:
    """Print the help of a saved query or a command, or the whole help. Raises UsageError for a mistyped command."""
    from ocpiq.app import help

    if arguments.command == "query" and arguments.has("from-file") and arguments.words:
        from ocpiq.app import saved

        sys.stdout.write(saved.describe(settings(arguments)))
        return 0
    if arguments.command == "report" and arguments.words:
        from ocpiq.cli import report

        sys.stdout.write(report.describe(settings(arguments)))
        return 0
    if arguments.command == "query" and arguments.words:
        from ocpiq.app.advice import intended_command
        from ocpiq.schema import modules

        if arguments.words[0] in modules():
            hint = f"ocpiq schema {arguments.words[0]} lists its fields; ocpiq --help, the options of a query"
            raise UsageError(f"{arguments.words[0]} is a module, not a command", hint=hint)
        if command := intended_command(arguments.words[0]):
            raise UsageError(f"unknown command {arguments.words[0]}", hint=f"did you mean ocpiq {command}?")
    sys.stdout.write(help.help_for(arguments.command) or help.full_help())
    return 0
