"""Ending the process from outside: signals set a flag and close what blocks; no unfinished file is left."""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from io import FileIO, RawIOBase
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ocpiq.storage.unfinished import UnfinishedFiles

# SIGHUP is not on Windows, and nohup has it ignored; SIGBREAK is Ctrl-Break, on Windows only.
SIGNALS: Final = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
DEFAULTS: Final = (signal.SIG_DFL, signal.default_int_handler)
DONE: Final = 0


class Shutdown:
    """A request to end, which may come at any moment.

    The signal handler raises nothing: it sets `signal`, and the thread in `wait` wakes up. Work in other threads calls
    `check` where it can end cleanly, and registers with `closing` what must be closed for it to get there; if it does
    not get there, `abandon` removes its unfinished files.
    """

    def __init__(self) -> None:
        self.signal = 0
        self.follows = False  # a run without an end: a request to end it is not a failure, and SIGHUP is none
        self._files: UnfinishedFiles | None = None
        self._closing: list[Callable[[], object]] = []
        self._bell: Bell | None = None

    @property
    def code(self) -> int:
        """The exit code that shells give to a process ended by a signal; 0 for a run that has no other end."""
        if self.follows:
            return 0
        return 128 + (self.signal or signal.SIGINT)

    @property
    def files(self) -> UnfinishedFiles:
        """The unfinished files."""
        from ocpiq.storage.unfinished import UnfinishedFiles  # most runs have none

        if self._files is None:
            self._files = UnfinishedFiles()
        return self._files

    def abandon(self) -> None:
        """Remove the unfinished files."""
        if self._files is not None:
            self._files.abandon()

    def request(self, number: int) -> None:
        """Request an end because of a signal; the first one counts."""
        self.signal = self.signal or number

    def check(self) -> None:
        """Raise KeyboardInterrupt after a request to end; call it only where work can end cleanly."""
        if self.signal:
            raise KeyboardInterrupt

    def closing(self, close: Callable[[], object]) -> None:
        """Register `close` to be called by the waiting thread at a request to end.

        Raises KeyboardInterrupt if there was one already.
        """
        self._closing.append(close)
        self.check()

    def close(self) -> None:
        """Close what blocks."""
        for close in self._closing:
            close()

    @contextmanager
    def on_signals(self, names: Sequence[str] = SIGNALS, *, once: bool = True) -> Iterator[None]:
        """Treat signals as a request to end; ignored signals stay ignored. Only for the main thread.

        With `once`, the first signal restores the default action of all, so that a second ends the process at once.
        """
        numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
        handlers = {
            number: handler for number in numbers if (handler := signal.getsignal(number)) in DEFAULTS
        }

        def request(number: int, frame: object) -> None:
            if self.follows and number == getattr(signal, "SIGHUP", None):
                return
            if once:
                for caught in handlers:
                    signal.signal(caught, signal.SIG_DFL)
            self.request(number)

        with ExitStack() as stack:
            self._bell = stack.enter_context(Bell())
            for number, handler in handlers.items():
                stack.callback(signal.signal, number, handler)
                signal.signal(number, request)
            yield

    def done(self) -> None:
        """Signal the waiting thread that the work has ended."""
        if self._bell is not None:
            self._bell.ring(DONE)

    def wait(self, seconds: float | None = None) -> int | None:
        """Return the number of the next signal, DONE for the end of the work, None once the seconds are over."""
        assert self._bell is not None, "signals are not waited for"
        return self._bell.wait(seconds)


class Bell:
    """Wakes a thread from other threads and from signals.

    A Python handler runs only when the main thread runs, which a signal just before the wait does not cause; so
    Python's own C handler writes the signal's number to where `wait` reads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open = True
        self._numbers: deque[int] = deque()
        self._reading, self._writing = _open_pair()

    def __enter__(self) -> Bell:
        self._before = signal.set_wakeup_fd(self._writing.fileno(), warn_on_full_buffer=False)
        return self

    def __exit__(self, *error: object) -> None:
        signal.set_wakeup_fd(self._before)
        with self._lock:  # abandoned work may still ring
            self._open = False
            self._reading.close()
            self._writing.close()

    def ring(self, number: int) -> None:
        """Wake the waiting thread."""
        with self._lock:
            if self._open:
                self._writing.write(bytes([number]))  # dropped if the pipe is full

    def wait(self, seconds: float | None) -> int | None:
        """Return the next number, None once the seconds are over."""
        if not self._numbers and select.select([self._reading], [], [], seconds)[0]:
            self._numbers.extend(self._reading.read(64) or b"")
        return self._numbers.popleft() if self._numbers else None


def _open_pair() -> tuple[RawIOBase, RawIOBase]:
    """Return the reading and the writing end; writing never blocks."""
    if sys.platform != "win32":
        reading, writing = os.pipe()
        os.set_blocking(writing, False)
        return FileIO(reading, "rb"), FileIO(writing, "wb")
    else:
        import socket  # Windows can wait for nothing else

        ends = socket.socketpair()
        for end in ends:
            end.setblocking(False)
        return ends[0].makefile("rb", buffering=0), ends[1].makefile("wb", buffering=0)
