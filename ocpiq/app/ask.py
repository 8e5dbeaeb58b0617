"""Questions at the terminal, which Ctrl-C ends at once and which leave the terminal as it was."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from ocpiq.app.shutdown import Shutdown
from ocpiq.inputs.standard_input import wait_for_data


def can_ask() -> bool:
    """Tell whether a person can be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def ask_yes_or_no(question: str, shutdown: Shutdown) -> bool:
    """Ask a question; only `y` and `yes` are a yes. Raises KeyboardInterrupt."""
    _write(f"{question} [y/N] ")
    return _line(shutdown).strip().lower() in ("y", "yes")


def _write(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


def _line(shutdown: Shutdown) -> str:
    """Read a line; a thread cannot be interrupted while it reads, so it waits for the line first."""
    if sys.platform != "win32":
        wait_for_data(sys.stdin.fileno(), shutdown.check)
    return sys.stdin.readline()


if sys.platform == "win32":
    from getpass import getpass

    def ask_hidden(question: str, shutdown: Shutdown) -> str:
        """Ask for a text that is not shown while it is typed; "" at the end of the input. Raises KeyboardInterrupt."""
        return getpass(question, stream=sys.stderr)

else:
    import termios

    def ask_hidden(question: str, shutdown: Shutdown) -> str:
        """Ask for a text that is not shown while it is typed; "" at the end of the input. Raises KeyboardInterrupt."""
        with _hidden():
            _write(question)
            try:
                return _line(shutdown).rstrip("\r\n")
            finally:
                _write("\n")

    @contextmanager
    def _hidden() -> Iterator[None]:
        """Do not show what is typed."""
        terminal = sys.stdin.fileno()
        before = termios.tcgetattr(terminal)
        without_echo = [*before]
        without_echo[3] &= ~termios.ECHO
        termios.tcsetattr(terminal, termios.TCSAFLUSH, without_echo)
        try:
            yield
        finally:
            termios.tcsetattr(terminal, termios.TCSAFLUSH, before)
