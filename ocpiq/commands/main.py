"""The command line: argv to a command, its exit code, and what happens to interrupts and broken pipes."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ocpiq.commands import report
from ocpiq.commands.arguments import Arguments, parse
from ocpiq.errors import OcpiqError, UsageError

# A query and its input may be nested far deeper than the main thread's stack allows. What Python lets pass up to this
# depth, in generators, decoders and comparisons alike, was measured to fit; memory is taken only where it is used.
STACK: Final = 256 << 20
DEPTH: Final = 250_000
GRACE: Final = 1.0  # seconds that an interrupted run has to clean up


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line in a thread with a large stack and return its exit code."""
    words = sys.argv[1:] if argv is None else argv
    codes: list[int] = []
    temporary: list[str] = []
    done = threading.Event()  # an interrupted Thread.join cannot tell whether the thread has ended

    def work() -> None:
        codes.append(run(words, temporary))
        done.set()

    threading.stack_size(STACK)
    sys.setrecursionlimit(DEPTH)
    thread = threading.Thread(target=work, daemon=True)
    try:
        thread.start()
        done.wait()
    except KeyboardInterrupt:
        if not _interrupted(thread, done):  # it waits for the network or a slow disk, and cannot hear
            for path in temporary:
                Path(path).unlink(missing_ok=True)
            os._exit(report.INTERRUPTED)
    return codes[0]


def run(argv: Sequence[str], temporary: list[str]) -> int:
    """Run the command line; whatever happens, return an exit code."""
    try:
        return dispatch(parse(argv), temporary)
    except OcpiqError as error:
        return report.failed(error)
    except BrokenPipeError:
        _forget_output()
        return 0
    except KeyboardInterrupt:
        return report.INTERRUPTED
    except OSError as error:
        if error.filename is None and error.errno is not None:
            return report.failed(UsageError(f"cannot write the results: {error.strerror}"))
        return report.broke(error)
    except Exception as error:
        return report.broke(error)


def dispatch(given: Arguments, temporary: list[str]) -> int:
    """Run the command that was asked for."""
    from ocpiq.commands import query

    if given.has("version"):
        from ocpiq import __version__

        sys.stdout.write(f"ocpiq {__version__}\n")
        return 0
    if given.has("help") or given.command == "help":
        return _help(given.words)
    if given.command == "query":
        if not given.words and not given.has("from-file") and sys.stdin.isatty() and sys.stdout.isatty():
            from ocpiq.commands.help import SHORT

            report.say(SHORT.rstrip())
            return UsageError.exit_code
        return query.run(given, temporary)
    return _command(given, temporary)


def _command(given: Arguments, temporary: list[str]) -> int:
    if given.command == "get":
        from ocpiq.commands import get

        return get.run(given, temporary)
    if given.command == "schema":
        from ocpiq.commands import schema

        return schema.run(given)
    if given.command == "demo":
        from ocpiq.commands import demo

        return demo.run(given)
    if given.command == "explain":
        from ocpiq.commands import explain

        return explain.run(given)
    from ocpiq.commands import platforms

    command = {"login": platforms.login, "logout": platforms.logout, "platforms": platforms.platforms}
    return command[given.command](given)


def _help(words: Sequence[str]) -> int:
    if list(words) == ["blanks"]:
        from ocpiq.analysis.blank_table import blank_table

        sys.stdout.write(blank_table())
        return 0
    from ocpiq.commands.help import full

    sys.stdout.write(full())
    return 0


def _interrupted(thread: threading.Thread, done: threading.Event) -> bool:
    """Raise KeyboardInterrupt in `thread`, wait a moment, and tell whether it has ended."""
    import ctypes

    try:
        set_exception = ctypes.pythonapi.PyThreadState_SetAsyncExc
        set_exception(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(KeyboardInterrupt))
        return done.wait(GRACE)
    except KeyboardInterrupt:  # a second Ctrl-C: do not wait
        return False


def _forget_output() -> None:
    """Point standard output at nothing, so that closing it does not fail once more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
