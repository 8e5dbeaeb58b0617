"""Run ocpiq and kill it at a step: python killing.py STEP WHEN … with the words of ocpiq. For a process of its own.

WHEN is `before` or `after`, or the number of a page for the step `select`.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ocpiq.cli.main import main
from ocpiq.delivery import commit, state_file
from ocpiq.delivery.increment import Increment
from ocpiq.sinks.file import WholeFile

STEPS: dict[str, tuple[object, str]] = {
    "create": (state_file, "create"),
    "recover": (commit, "recover"),
    "journal": (commit, "journal"),
    "complete": (WholeFile, "complete"),
    "stage": (commit, "stage"),
    "publish": (commit, "publish"),
    "rename": (Path, "rename"),
    "commit": (commit, "commit"),
}


def die() -> None:
    """End this process at once, without any clean-up."""
    os.kill(os.getpid(), signal.SIGKILL)


def killing(function: Callable[..., Any], when: str) -> Callable[..., Any]:
    """Return a function that does not return, or does not even begin."""

    def killed(*words: Any, **named: Any) -> Any:
        if when == "before":
            die()
        found = function(*words, **named)
        die()
        return found

    return killed


def killing_at_page(function: Callable[..., Any], page: int) -> Callable[..., Any]:
    """Return a function that kills at the page of that number."""
    pages = iter(range(page))

    def killed(*words: Any) -> Any:
        if next(pages, None) is None:
            die()
        return function(*words)

    return killed


if __name__ == "__main__":
    step, when = sys.argv[1:3]
    if step == "select":
        Increment.select = killing_at_page(Increment.select, int(when))  # type: ignore[method-assign]
    else:
        owner, name = STEPS[step]
        setattr(owner, name, killing(getattr(owner, name), when))
    sys.exit(main(sys.argv[3:]))
