"""How often Python looks for cycles of objects."""

from __future__ import annotations

import atexit
import gc

OBJECTS_BETWEEN_COLLECTIONS = 100_000


def collect_rarely() -> None:
    """Look for cycles rarely: a decoded page is all objects and no cycles, and looking adds a half to the time.

    At the end, when the system takes back all memory, it would be a seventh of the time of a short run.
    """
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS, 50, 100)
    atexit.register(gc.freeze)
