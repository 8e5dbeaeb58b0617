"""Run ocpiq and kill it at a step of a pull into a snapshot: python killing_pull.py STEP WHEN OBJECTS … with its words.

WHEN is `before` or `after`, and a number for the steps that come again: `before 2` is before the third. OBJECTS is the
size of page files.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from itertools import count
from typing import Any

from ocpiq.cli.main import main
from ocpiq.snapshots import folder, manifest, page_files
from ocpiq.snapshots.page_files import PageWriter
from ocpiq.storage import owner_only

STEPS: dict[str, tuple[object, str]] = {
    "secret": (folder, "secret_of"),
    "write": (owner_only, "write"),
    "save": (manifest, "save"),
    "open": (PageWriter, "__init__"),
    "add": (PageWriter, "add"),
    "finish": (PageWriter, "finish"),
    "sync": (page_files, "synced"),
    "sweep": (folder.SnapshotFolder, "sweep"),
}


def die() -> None:
    """End this process at once, without any clean-up."""
    os.kill(os.getpid(), signal.SIGKILL)


def killing(function: Callable[..., Any], when: str) -> Callable[..., Any]:
    """Return a function that does not return, or does not even begin, at one of its calls."""
    place, _, number = when.partition(" ")
    calls = count()

    def killed(*words: Any, **named: Any) -> Any:
        last = next(calls) == int(number or 0)
        if last and place == "before":
            die()
        found = function(*words, **named)
        if last:
            die()
        return found

    return killed


if __name__ == "__main__":
    step, when, objects = sys.argv[1:4]
    page_files.OBJECTS = int(objects)  # type: ignore[misc]
    owner, name = STEPS[step]
    setattr(owner, name, killing(getattr(owner, name), when))
    sys.exit(main(sys.argv[4:]))
