"""The mode of the terminal between two prompts: while a query runs, and while another program has the terminal."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from prompt_toolkit.application import get_app_session

MARK_PASTES: Final = {True: b"\x1b[?2004h", False: b"\x1b[?2004l"}


@contextmanager
def left_to_programs() -> Iterator[None]:
    """Leave the terminal to another program, in the mode that programs expect."""
    mark_pastes(on=False)
    try:
        with get_app_session().input.cooked_mode():
            yield
    finally:
        mark_pastes(on=True)


def mark_pastes(*, on: bool) -> None:
    """Let the terminal mark pasted text, also while no prompt is there, or not; a signal handler may call it."""
    if sys.platform != "win32" and sys.stdout.isatty():
        with suppress(OSError):
            os.write(sys.stdout.fileno(), MARK_PASTES[on])


if sys.platform != "win32":
    import termios

    from prompt_toolkit.input.vt100 import raw_mode

    class WaitingMode(raw_mode):
        """Keys wait unchanged and unseen for the next prompt; only Ctrl-C and Ctrl-Z are signals."""

        @classmethod
        def _patch_lflag(cls, attrs: int) -> int:
            return attrs & ~(termios.ECHO | termios.ICANON | termios.IEXTEN) | termios.ISIG

        @classmethod
        def _patch_iflag(cls, attrs: int) -> int:
            return attrs & ~(termios.ICRNL | termios.INLCR | termios.IGNCR)

    @contextmanager
    def waiting_mode() -> Iterator[None]:
        """Let keys wait for the next prompt unchanged; while ocpiq is suspended, the shell has its own mode."""
        if not sys.stdin.isatty():
            yield
            return
        fileno = sys.stdin.fileno()
        with suspending(fileno), WaitingMode(fileno):
            mark_pastes(on=True)
            try:
                yield
            finally:
                mark_pastes(on=False)

    @contextmanager
    def suspending(fileno: int) -> Iterator[None]:
        """At Ctrl-Z, leave the terminal to the shell as it was found, and take it again with `fg`."""
        found, left = termios.tcgetattr(fileno), list[list[int | list[bytes | int]]]()

        def suspend(number: int, frame: object) -> None:
            left[:] = [termios.tcgetattr(fileno)]
            mark_pastes(on=False)
            termios.tcsetattr(fileno, termios.TCSANOW, found)
            signal.signal(signal.SIGTSTP, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGTSTP)
            signal.signal(signal.SIGTSTP, suspend)

        def resume(number: int, frame: object) -> None:
            if left and os.tcgetpgrp(fileno) == os.getpgrp():  # not after the shell's `bg`
                termios.tcsetattr(fileno, termios.TCSANOW, left.pop())
                mark_pastes(on=True)

        handlers = {signal.SIGTSTP: suspend, signal.SIGCONT: resume}
        before = {number: signal.getsignal(number) for number in handlers}
        if before[signal.SIGTSTP] != signal.SIG_DFL:
            yield
            return
        for number, handler in handlers.items():
            signal.signal(number, handler)
        try:
            yield
        finally:
            for number, old in before.items():
                signal.signal(number, old)

else:

    @contextmanager
    def waiting_mode() -> Iterator[None]:
        """Do nothing: a Windows console keeps keys as they are."""
        yield
