"""Ctrl-C, from the first prompt to the last: one signal handler, which raises nothing and loses nothing."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from ocpiq.app.shutdown import DEFAULTS, Shutdown

ENDING: Final = ("SIGTERM", "SIGHUP")

Running = Callable[[], bool]
"""Tells whether another program still runs."""


class Interrupts:
    """Notes Ctrl-C at any moment: the part at work is told, and without one the next part finds it.

    A handler that raises would end whatever the main thread is doing, and handlers that replace each other leave
    moments between them. So one handler stays for the whole session; only the part that it tells changes.
    """

    def __init__(self) -> None:
        self._pressed = 0  # counted, because a press between reading and clearing a flag would be lost
        self._taken = 0
        self._tell: Callable[[], object] | None = None
        self.lent_to: Running | None = None  # the program that has the terminal, and so Ctrl-C

    @contextmanager
    def handled(self) -> Iterator[None]:
        """Handle Ctrl-C, and let the signals that end a process remove first what has to be removed."""
        numbers = [getattr(signal, name) for name in ENDING if hasattr(signal, name)]
        ours = {signal.SIGINT: lambda number, frame: self.press(), **dict.fromkeys(numbers, _exit)}
        before = {
            number: handler for number in ours if (handler := signal.getsignal(number)) in DEFAULTS
        }  # ignored signals stay ignored
        for number in before:
            signal.signal(number, ours[number])
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def press(self) -> None:
        """Note Ctrl-C, unless it is for the program that has the terminal."""
        if self.lent_to is not None and self.lent_to():
            return
        self._pressed += 1
        if self._tell is not None:
            self._tell()

    @property
    def pending(self) -> bool:
        """Whether Ctrl-C was pressed and not taken yet."""
        return self._pressed != self._taken

    def take(self) -> bool:
        """Tell whether Ctrl-C was pressed since it was last taken."""
        pressed, before = self._pressed, self._taken
        self._taken = pressed
        return pressed != before

    def check(self) -> None:
        """Raise KeyboardInterrupt if Ctrl-C was pressed."""
        if self.take():
            raise KeyboardInterrupt

    def lend(self, lent_to: Running | None) -> None:
        """Leave Ctrl-C to a program, or take it back."""
        self.lent_to = lent_to

    @contextmanager
    def told_to(self, tell: Callable[[], object]) -> Iterator[None]:
        """Tell a part that Ctrl-C was pressed, in the signal handler; at once if it was pressed before."""
        before, self._tell = self._tell, tell
        try:
            if self.pending:
                tell()
            yield
        finally:
            self._tell = before

    @contextmanager
    def ending(self, shutdown: Shutdown) -> Iterator[None]:
        """Let Ctrl-C be the request to end some work, which the main thread waits for."""

        def end() -> None:
            self.take()
            shutdown.request(signal.SIGINT)

        with shutdown.on_signals(()), self.told_to(end):
            yield

    def sleep(self, seconds: float) -> None:
        """Wait. Raises KeyboardInterrupt at Ctrl-C."""
        shutdown, end = Shutdown(), time.monotonic() + seconds
        with self.ending(shutdown):
            while not shutdown.signal and (rest := end - time.monotonic()) > 0:
                shutdown.wait(rest)
        shutdown.check()


def _exit(number: int, frame: object) -> None:
    """End as the signal would, after what has to be removed."""
    sys.exit(128 + number)
