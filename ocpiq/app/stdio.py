"""Standard input, output and error as every command may expect them: open, in UTF-8, with colours on Windows."""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress
from typing import Final

CLEAR: Final = "\r\033[K"

STREAMS: Final = (  # output that the caller has closed cannot be written to, which is then said
    ("stdin", os.O_RDONLY, "r"),
    ("stdout", os.O_RDONLY, "w"),
    ("stderr", os.O_WRONLY, "w"),
)


def prepare() -> None:
    """Open the streams that are closed, and write UTF-8 whatever the locale says."""
    for name, flag, mode in STREAMS:
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, flag), mode, encoding="utf-8"))
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.encoding.lower() != "utf-8":
        sys.stdout.reconfigure(encoding="utf-8")
    _obey_escapes()


def clear_line() -> None:
    """Take away the line of progress, if standard error is a terminal."""
    if sys.stderr.isatty():
        with suppress(OSError, ValueError):
            os.write(sys.stderr.fileno(), CLEAR.encode())


def forget_output() -> None:
    """Point standard output at nothing, so that closing it does not fail once more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _obey_escapes() -> None:
    """Have a Windows console obey colours and the progress line, which it does only where it is asked to."""
    if sys.platform == "win32":
        import ctypes

        kernel = ctypes.WinDLL("kernel32")
        kernel.GetStdHandle.restype = ctypes.c_void_p
        for number in (-11, -12):  # standard output, standard error
            handle, mode = ctypes.c_void_p(kernel.GetStdHandle(number)), ctypes.c_ulong()
            if kernel.GetConsoleMode(handle, ctypes.byref(mode)):
                kernel.SetConsoleMode(handle, mode.value | 4)  # ENABLE_VIRTUAL_TERMINAL_PROCESSING
