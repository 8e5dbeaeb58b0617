"""Run work in a thread: with a stack for deep queries, and so that a signal can end it."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Final, Literal

from ocpiq.app.shutdown import DONE, Shutdown

# A query and its input may be nested deeper than the main thread's stack allows. Generators, decoders and comparisons
# nested to this depth were measured to fit; memory is used only as far as the stack grows.
STACK: Final = 256 << 20
DEPTH: Final = 250_000
GRACE: Final = 1.0  # seconds for the work to end after a signal

Outcome = Literal["done", "stuck"]


def run_in_thread(work: Callable[[], None], shutdown: Shutdown, *, force: bool = False) -> Outcome:
    """Run `work` in a thread and wait for it; return whether it ended or is stuck.

    After a signal, everything that blocks it is closed. Work that does not end within GRACE seconds is `stuck`: it
    computes without a check, or waits for a slow disk. With `force`, an exception is raised in it as the last resort
    of a process that continues without it. `work` must not raise.
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
    while shutdown.wait() != DONE:
        if shutdown.signal:  # not one that the run ignores
            break
    else:
        return "done"
    shutdown.close()
    if shutdown.wait(GRACE) == DONE:
        return "done"
    return "done" if force and _interrupt(thread, shutdown) else "stuck"


def _interrupt(thread: threading.Thread, shutdown: Shutdown) -> bool:
    """Raise KeyboardInterrupt in `thread`, wait up to GRACE seconds, and tell whether it has ended."""
    import ctypes

    set_exception = ctypes.pythonapi.PyThreadState_SetAsyncExc
    set_exception(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(KeyboardInterrupt))
    return shutdown.wait(GRACE) == DONE
