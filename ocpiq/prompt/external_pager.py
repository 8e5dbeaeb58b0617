"""The program in `$PAGER`, which shows results that are longer than the screen."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from typing import Final

from ocpiq.prompt.terminal_mode import left_to_programs

LESS: Final = "RX"  # colours as colours; what was shown stays on the screen


class ExternalPager:
    """The running program; `write` is False once it was quit."""

    def __init__(self, command: str, environment: Mapping[str, str]) -> None:
        self._mode = ExitStack()
        self._mode.enter_context(left_to_programs())
        self._process = subprocess.Popen(  # noqa: S602 - it is the user's own command, as in git
            command, shell=True, stdin=subprocess.PIPE, env={"LESS": LESS, **environment}
        )
        self._open = True

    def write(self, text: str) -> bool:
        """Send text; return whether the program still reads."""
        assert self._process.stdin is not None
        if self._open:
            try:
                self._process.stdin.write(text.encode())
                self._process.stdin.flush()
            except OSError:
                self._open = False
        return self._open

    def running(self) -> bool:
        """Tell whether the user has not quit the program yet."""
        return self._process.poll() is None

    def end(self) -> None:
        """End the program."""
        self._process.terminate()

    def close(self) -> None:
        """End the text and wait until the user quits the program; Ctrl-C is for the program."""
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.close()
        self._process.wait()
        self._mode.close()


def pager_command() -> str:
    """Return the user's program; empty if there is none."""
    return os.environ.get("PAGER", "").strip()
