"""The end of a process from outside: signals set a flag and close what blocks; nothing unfinished is left."""

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
    """A request to end, which may come while any code is running.

    A signal's handler raises nothing: it notes the signal, and the thread in `wait` wakes up. Work in other threads
    calls `check` where it can end well, and names by `closing` what has to be closed for it to get there; where it
    does not get there, `abandon` removes what it has not finished.
    """

    def __init__(self) -> None:
        self.signal = 0
        self._files: UnfinishedFiles | None = None
        self._closing: list[Callable[[], object]] = []
        self._bell: Bell | None = None

    @property
    def code(self) -> int:
        """The exit code, as shells count a process that a signal ended."""
        return 128 + (self.signal or signal.SIGINT)

    @property
    def files(self) -> UnfinishedFiles:
        """The files that are not finished."""
        from ocpiq.storage.unfinished import UnfinishedFiles  # most runs write none

        if self._files is None:
            self._files = UnfinishedFiles()
        return self._files

    def abandon(self) -> None:
        """Remove the files that are not finished."""
        if self._files is not None:
            self._files.abandon()

    def check(self) -> None:
        """Raise KeyboardInterrupt once the end was asked for; only for a place where work can end well."""
        if self.signal:
            raise KeyboardInterrupt

    def closing(self, close: Callable[[], object]) -> None:
        """Have `close` called when the end is asked for, by the thread that waits.

        Raises KeyboardInterrupt where that has happened already.
        """
        self._closing.append(close)
        self.check()

    def close(self) -> None:
        """Close what blocks."""
        for close in self._closing:
            close()

    @contextmanager
    def on_signals(self, names: Sequence[str] = SIGNALS, *, once: bool = True) -> Iterator[None]:
        """Take signals as a request to end; those that are ignored stay so. Only for the main thread.

        With `once` the first restores the default action of all, so that a second ends the process at once.
        """
        numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
        before = {number: found for number in numbers if (found := signal.getsignal(number)) in DEFAULTS}

        def request(number: int, frame: object) -> None:
            if once:
                for handled in before:
                    signal.signal(handled, signal.SIG_DFL)
            self.signal = self.signal or number

        with ExitStack() as stack:
            self._bell = stack.enter_context(Bell())
            for number, found in before.items():
                stack.callback(signal.signal, number, found)
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

    A handler in Python runs only when the main thread gets to run, which a signal that comes just before it begins to
    wait does not bring about; so Python's own C handler writes the signal's number where `wait` reads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open = True
        self._heard: deque[int] = deque()
        self._reading, self._writing = _pair()

    def __enter__(self) -> Bell:
        self._before = signal.set_wakeup_fd(self._writing.fileno(), warn_on_full_buffer=False)
        return self

    def __exit__(self, *error: object) -> None:
        signal.set_wakeup_fd(self._before)
        with self._lock:  # work that was given up may still ring
            self._open = False
            self._reading.close()
            self._writing.close()

    def ring(self, number: int) -> None:
        """Wake the waiting thread."""
        with self._lock:
            if self._open:
                self._writing.write(bytes([number]))  # lost where it is full of other news

    def wait(self, seconds: float | None) -> int | None:
        """Return the next number, None once the seconds are over."""
        if not self._heard and select.select([self._reading], [], [], seconds)[0]:
            self._heard.extend(self._reading.read(64) or b"")
        return self._heard.popleft() if self._heard else None


def _pair() -> tuple[RawIOBase, RawIOBase]:
    """Return two ends: what is written into the second, which never blocks, is read from the first."""
    if sys.platform != "win32":
        reading, writing = os.pipe()
        os.set_blocking(writing, False)
        return FileIO(reading, "rb"), FileIO(writing, "wb")
    else:
        import socket  # Windows waits for nothing else

        ends = socket.socketpair()
        for end in ends:
            end.setblocking(False)
        return ends[0].makefile("rb", buffering=0), ends[1].makefile("wb", buffering=0)
