"""Work in a thread of its own: with a stack for deep queries, and so that Ctrl-C can end it."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from typing import Final, Literal

# A query and its input may be nested far deeper than the main thread's stack allows. What Python lets pass up to this
# depth, in generators, decoders and comparisons alike, was measured to fit; memory is taken only where it is used.
STACK: Final = 256 << 20
DEPTH: Final = 250_000
# Windows tells a thread that waits nothing of Ctrl-C, so there it has to look up now and then.
LOOK_UP: Final = None if os.name == "posix" else 0.1  # seconds
GRACE: Final = 1.0  # seconds that interrupted work has to clean up

Ended = Literal["done", "interrupted", "stuck"]


def apart(work: Callable[[], None]) -> Ended:
    """Do `work` in a thread, and tell how it ended.

    On Ctrl-C, KeyboardInterrupt is raised inside `work`; it is `stuck` where it cannot hear that, because it waits
    for the network or a slow disk. `work` must not raise.
    """
    done = threading.Event()  # an interrupted Thread.join cannot tell whether the thread has ended

    def run() -> None:
        try:
            work()
        finally:
            done.set()

    threading.stack_size(STACK)
    sys.setrecursionlimit(DEPTH)
    thread = threading.Thread(target=run, daemon=True)
    try:
        thread.start()
        while not done.wait(LOOK_UP):
            pass
    except KeyboardInterrupt:
        return "interrupted" if _interrupted(thread, done) else "stuck"
    return "done"


def _interrupted(thread: threading.Thread, done: threading.Event) -> bool:
    """Raise KeyboardInterrupt in `thread`, wait a moment, and tell whether it has ended."""
    import ctypes

    try:
        set_exception = ctypes.pythonapi.PyThreadState_SetAsyncExc
        set_exception(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(KeyboardInterrupt))
        return done.wait(GRACE)
    except KeyboardInterrupt:  # a second Ctrl-C: do not wait
        return False
