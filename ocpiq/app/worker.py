"""Work in a thread of its own: with a stack for deep queries, and so that a signal can end it."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Final, Literal

from ocpiq.app.shutdown import DONE, Shutdown

# A query and its input may be nested far deeper than the main thread's stack allows. What Python lets pass up to this
# depth, in generators, decoders and comparisons alike, was measured to fit; memory is taken only where it is used.
STACK: Final = 256 << 20
DEPTH: Final = 250_000
GRACE: Final = 1.0  # seconds that work has to end by itself once it is asked to

Ended = Literal["done", "stuck"]


def apart(work: Callable[[], None], shutdown: Shutdown, *, force: bool = False) -> Ended:
    """Do `work` in a thread until it ends, and tell whether it did.

    Once a signal asks it to end, what blocks is closed. Work that does not end then is `stuck`: it computes and never
    looks up, or waits for a slow disk. With `force` an exception is raised in it, as the last resort of a process that
    goes on without it. `work` must not raise.
    """

    def run() -> None:
        try:
            work()
        finally:
            shutdown.done()

    threading.stack_size(STACK)
    sys.setrecursionlimit(DEPTH)
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    if shutdown.wait() == DONE:
        return "done"
    shutdown.close()
    if shutdown.wait(GRACE) == DONE:
        return "done"
    return "done" if force and _forced(thread, shutdown) else "stuck"


def _forced(thread: threading.Thread, shutdown: Shutdown) -> bool:
    """Raise KeyboardInterrupt in `thread`, wait a moment, and tell whether it has ended."""
    import ctypes

    set_exception = ctypes.pythonapi.PyThreadState_SetAsyncExc
    set_exception(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(KeyboardInterrupt))
    return shutdown.wait(GRACE) == DONE
