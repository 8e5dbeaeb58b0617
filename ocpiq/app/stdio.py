"""Standard input, output and error as all commands expect them: open, in UTF-8, with colours on Windows."""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress
from typing import Final

CLEAR: Final = "\r\033[K"

STREAMS: Final = (  # output that the caller has closed is opened read-only, so that writing is an error
    ("stdin", os.O_RDONLY, "r"),
    ("stdout", os.O_RDONLY, "w"),
    ("stderr", os.O_WRONLY, "w"),
)


def prepare() -> None:
    """Open closed streams, and write UTF-8 in every locale."""
    for name, flag, mode in STREAMS:
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, flag), mode, encoding="utf-8"))
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.encoding.lower() != "utf-8":
        sys.stdout.reconfigure(encoding="utf-8")
    _enable_escapes()


def clear_line() -> None:
    """Remove the progress line, if standard error is a terminal."""
    if sys.stderr.isatty():
        with suppress(OSError, ValueError):
            os.write(sys.stderr.fileno(), CLEAR.encode())


def forget_output() -> None:
    """Redirect standard output to the null device, so that closing it does not fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def drop_unwritten_errors() -> None:
    """Forget what standard error does not take: trying it again at the end would change the exit code."""
    try:
        sys.stderr.flush()
    except (OSError, ValueError):
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def _enable_escapes() -> None:
    """Turn on escape sequences in a Windows console, for colours and the progress line."""
    if sys.platform == "win32":
        import ctypes

        kernel = ctypes.WinDLL("kernel32")
        kernel.GetStdHandle.restype = ctypes.c_void_p
        for number in (-11, -12):  # standard output, standard error
            handle, mode = ctypes.c_void_p(kernel.GetStdHandle(number)), ctypes.c_ulong()
            if kernel.GetConsoleMode(handle, ctypes.byref(mode)):
                kernel.SetConsoleMode(handle, mode.value | 4)  # ENABLE_VIRTUAL_TERMINAL_PROCESSING
