"""How a run that did not end well says so: one place for error texts and exit codes."""

from __future__ import annotations

import os
import shutil
import sys
import traceback
from pathlib import Path
from typing import Final

from ocpiq.errors import HaltError, OcpiqError, RunError, render
from ocpiq.values.terminal import write_error

DEBUG: Final = "OCPIQ_DEBUG"
INTERNAL: Final = 5


def say(text: str) -> None:
    """Write lines to standard error."""
    write_error(text + "\n")


def failed(error: OcpiqError, query: str = "", name: str = "", place: str = "") -> int:
    """Say what ended the run and return its exit code; `place` is the input that a run-time error happened on."""
    if isinstance(error, HaltError):
        return _halted(error)
    if isinstance(error, RunError) and not error.message and not isinstance(error.value, str):
        error.message = f"(not a string): {_value(error)}"
    width = shutil.get_terminal_size().columns if sys.stderr.isatty() else 0
    text = render(error, query, name, width)
    say(f"error (at {place}){text.removeprefix('error')}" if place else text)
    return error.exit_code


def _halted(error: HaltError) -> int:
    """Write what `halt_error` was given, a string without quotes and line break, and return its exit code."""
    if isinstance(error.value, str):
        write_error(error.value)
    elif error.value is not None:
        say(_value(error))
    return error.code


def broke(error: BaseException) -> int:
    """Say where the program itself went wrong, and nothing of the values it had at hand."""
    if os.environ.get(DEBUG):
        traceback.print_exception(error)
        return INTERNAL
    if isinstance(error, RecursionError):
        say("error: the query goes too deep")
    elif isinstance(error, MemoryError):
        say("error: there is not enough memory")
    else:
        frames = traceback.extract_tb(error.__traceback__)
        where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "an unknown place"
        say(f"internal error: {type(error).__name__} at {where} (please report)")
    return INTERNAL


def _value(error: RunError | HaltError) -> str:
    from ocpiq.values.json.codec import to_json
    from ocpiq.values.types import Value

    value: Value = error.value  # type: ignore[assignment]
    return to_json(value)
