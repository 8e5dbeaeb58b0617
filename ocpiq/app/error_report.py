"""Error messages and exit codes of a run that failed."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

from ocpiq.errors import HaltError, OcpiqError, RunError, render
from ocpiq.values.terminal import LINES, text_width, visible, wrap_words, write_error

DEBUG: Final = "OCPIQ_DEBUG"
INTERNAL: Final = 5


def write_stderr(text: str) -> None:
    """Write lines to standard error, wrapped at words on a terminal."""
    if sys.stderr.isatty():
        import shutil

        text = wrap_words(visible(text, LINES), shutil.get_terminal_size().columns)
    write_error(text + "\n")


def report_error(error: OcpiqError, query: str = "", name: str = "", place: str = "") -> int:
    """Print the error that ended the run and return its exit code; `place` is the input that a runtime error was on."""
    if isinstance(error, HaltError):
        return _report_halt(error)
    if isinstance(error, RunError) and not error.message and not isinstance(error.value, str):
        error.message = f"(not a string): {_value_text(error)}"
    import shutil

    width = shutil.get_terminal_size().columns if sys.stderr.isatty() else 0
    text = render(error, query, name, width, text_width)
    write_stderr(f"error (at {place}){text.removeprefix('error')}" if place else text)
    return error.exit_code


def _report_halt(error: HaltError) -> int:
    """Print the value of `halt_error`, a string without quotes and newline, and return its exit code."""
    if isinstance(error.value, str):
        write_error(error.value)
    elif error.value is not None:
        write_error(_value_text(error) + "\n")
    return error.code


def report_crash(error: BaseException) -> int:
    """Print where in the program an internal error happened, without any value."""
    if os.environ.get(DEBUG):
        import traceback

        traceback.print_exception(error)
        return INTERNAL
    if isinstance(error, RecursionError):
        write_stderr("error: the query is nested too deeply")
    elif isinstance(error, MemoryError):
        write_stderr("error: not enough memory")
    else:
        import traceback

        frames = traceback.extract_tb(error.__traceback__)
        place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "an unknown place"
        write_stderr(f"internal error: {type(error).__name__} at {place} (please report)")
    return INTERNAL


def _value_text(error: RunError | HaltError) -> str:
    from ocpiq.values.json.codec import to_json
    from ocpiq.values.types import Value

    value: Value = error.value  # type: ignore[assignment]
    return to_json(value)
