"""A terminal that a test types at and reads: the program under a pseudo-terminal, its screen kept by pyte."""

from __future__ import annotations

import ctypes
import fcntl
import os
import struct
import sys
import termios
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import pexpect
import pyte

PATIENCE = 30.0  # seconds; only what never comes takes them

ENTER, TAB, ESCAPE, UP = "\r", "\t", "\x1b", "\x1b[A"
CTRL_C, CTRL_D, CTRL_R, CTRL_Z, F2 = "\x03", "\x04", "\x12", "\x1a", "\x1bOQ"
RIGHT, CLEAR_LINE, UNDO, EDIT = "\x1b[C", "\x15", "\x1f", "\x18\x05"
SIZES = ((24, 80), (30, 100), (15, 60))  # rows, columns
SECOND_SCREEN = 1049
SHELL = ("bash", "--norc", "--noprofile", "-i")


class Screen(pyte.Screen):
    """A screen with the second one that full-screen programs use: leaving it shows again what was there before."""

    _before: tuple[dict[int, dict[int, pyte.screens.Char]], tuple[int, int]] | None = None

    def set_mode(self, *modes: int, **options: bool) -> None:
        super().set_mode(*modes, **options)
        if SECOND_SCREEN in modes and options.get("private"):
            rows = {number: dict(row) for number, row in self.buffer.items()}
            self._before = rows, (self.cursor.x, self.cursor.y)

    def reset_mode(self, *modes: int, **options: bool) -> None:
        super().reset_mode(*modes, **options)
        if SECOND_SCREEN in modes and options.get("private") and self._before is not None:
            rows, (self.cursor.x, self.cursor.y) = self._before
            self._before = None
            self.erase_in_display(2)
            for number, row in rows.items():
                self.buffer[number].update(row)


def _unread(fileno: int) -> int:
    """Return how many bytes of keys nothing has read yet."""
    (count,) = struct.unpack("i", fcntl.ioctl(fileno, termios.FIONREAD, bytes(4)))
    return int(count)


def _name_of(fileno: int) -> bytes:
    """Return the name of the terminal that a program has at the other end."""
    ptsname = ctypes.CDLL(None).ptsname  # in `os` from Python 3.13 on
    ptsname.restype = ctypes.c_char_p
    name = ptsname(fileno)
    assert isinstance(name, bytes)
    return name


class Terminal:
    """The program `ocpiq`, or another `command`, with its screen."""

    def __init__(
        self,
        environment: dict[str, str],
        *argv: str,
        rows: int = 24,
        columns: int = 100,
        command: Sequence[str] = (sys.executable, "-m", "ocpiq"),
        folder: Path | None = None,
    ) -> None:
        self.transcript: list[str] = []
        self.screen = Screen(columns, rows)
        self.stream = pyte.Stream(self.screen)
        self.process: pexpect.spawn[str] = pexpect.spawn(
            command[0],
            [*command[1:], *argv],
            env=environment,
            encoding="utf-8",
            dimensions=(rows, columns),
            cwd=None if folder is None else str(folder),
        )
        self.process.delaybeforesend = None
        # a real terminal answers when it is asked where the cursor is
        self.screen.write_process_input = self.process.send  # type: ignore[method-assign]

    def type(self, text: str) -> None:
        """Press keys."""
        self.process.send(text)

    def type_ahead(self, text: str) -> None:
        """Press keys while nothing reads them, and wait until the terminal holds them."""
        self.type(text)
        slave = os.open(_name_of(self.process.child_fd), os.O_RDWR | os.O_NOCTTY)
        try:
            self.wait(lambda: _unread(slave) == len(text.encode()), "the keys, unread")
        finally:
            os.close(slave)

    def run(self, query: str) -> None:
        """Type a query, see it there, and press Enter."""
        self.type(query)
        self.see(query[-20:])
        self.type(ENTER)

    def see(self, text: str) -> None:
        """Wait until the screen shows a text."""
        self.wait(lambda: text in self.text(), text)

    def press_until(self, key: str, text: str) -> None:
        """Press a key, again every two seconds, until the screen shows a text."""
        pressed = 0.0

        def is_seen() -> bool:
            nonlocal pressed
            if text not in self.text() and time.monotonic() > pressed + 2:
                self.type(key)
                pressed = time.monotonic()
            return text in self.text()

        self.wait(is_seen, text)

    def see_no_more(self, text: str) -> None:
        """Wait until a text is gone from the screen."""
        self.wait(lambda: text not in self.text(), f"no {text}")

    def at_prompt(self, before: str = "") -> None:
        """Wait for an empty prompt below everything else; with `before`, right below such a line."""

        def there() -> bool:
            lines = [line for line in self.lines() if line]
            prompts = [number for number, line in enumerate(lines) if line == "ocpiq>"]
            return bool(prompts) and before in "\n".join(lines[: prompts[-1]])

        self.wait(there, f"a prompt below {before}")

    def at_end(self, text: str) -> bool:
        """Tell whether the last row with text is this one."""
        return [line for line in self.lines() if line][-1:] == [text]

    def wait(self, condition: Callable[[], bool], what: str) -> None:
        """Read what the program writes until a condition holds."""
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end, f"not on the screen: {what}\n{self.text()}"
            self.wait_for_output(0.05)

    def wait_for_output(self, patience: float = 1.0) -> None:
        """Read what the program writes next, if it writes within some seconds; keep it in the transcript."""
        with suppress(pexpect.TIMEOUT):
            output = self.process.read_nonblocking(65536, patience)
            self.transcript.append(output)
            self.stream.feed(output)

    def lines(self) -> list[str]:
        """Return the rows of the screen; pyte puts nothing behind a character that is two columns wide."""
        return [line.rstrip() for line in self.screen.display]

    def text(self) -> str:
        """Return the screen."""
        return "\n".join(self.lines())

    def resize(self, rows: int, columns: int) -> None:
        """Change the size, as when a window is drawn smaller."""
        self.screen.resize(rows, columns)
        self.process.setwinsize(rows, columns)

    def leave(self) -> int | None:
        """Press Ctrl-D and return the exit code."""
        self.type(CTRL_D)
        return self.ended()

    def ended(self) -> int | None:
        """Wait for the end of the program and return its exit code."""
        self.process.expect(pexpect.EOF, timeout=PATIENCE)
        self.process.close()
        return self.process.exitstatus
