"""Progress on standard error: warnings and a summary; on a terminal, also a line that is rewritten."""

from __future__ import annotations

import sys
import time
from typing import Final

from ocpiq.app.error_report import write_stderr
from ocpiq.app.stdio import CLEAR
from ocpiq.errors import Notice, PageRead, PullEnded, QueryHalted, RequestEnded, StderrWrite, WarningIssued
from ocpiq.values.terminal import truncate

MIN_INTERVAL: Final = 0.1  # seconds between two updates of the line
OK: Final = 200


class Progress:
    """Shows the events of a run. Without a terminal, its output does not depend on time, speed or bytes.

    With `verbose` it prints a line for each request and its duration.
    """

    def __init__(self, *, quiet: bool, verbose: bool = False) -> None:
        self.quiet = quiet
        self.verbose = verbose
        self.terminal = sys.stderr.isatty()
        self.halted = False
        self.line_visible = False
        self.started: dict[str, float] = {}
        self.last_update = 0.0

    def __call__(self, event: Notice) -> None:
        """Show an event."""
        if isinstance(event, WarningIssued):
            self.clear()
            write_stderr(f"warning: {event.message}")
        elif isinstance(event, StderrWrite):
            self.clear()
        elif isinstance(event, QueryHalted):
            self.halted = True
        elif isinstance(event, PageRead):
            self._page(event)
        elif isinstance(event, RequestEnded):
            if self.verbose:
                self.clear()
                write_stderr(request_line(event))
            elif event.objects is None and (event.status != OK or event.subject in self.started):
                self.show_line(f"{event.subject}: {_status_text(event.status)} instead of a page, retrying …")
        else:
            self.clear()
            if not self.quiet:
                write_stderr(self._summary(event))

    def show_line(self, text: str) -> None:
        """Show a line until something else is printed; only on a terminal."""
        if self.terminal and not self.quiet:
            self.line_visible = True
            sys.stderr.write(CLEAR + _one_row(text))
            sys.stderr.flush()

    def clear(self) -> None:
        """Remove the line, before anything else is printed."""
        if self.line_visible:
            sys.stderr.write(CLEAR)
            sys.stderr.flush()
            self.line_visible = False

    def _page(self, event: PageRead) -> None:
        now = time.monotonic()
        started = self.started.setdefault(event.module, now)
        if now - self.last_update < MIN_INTERVAL:
            return
        self.last_update = now
        self.show_line(page_line(event, now - started))

    def _summary(self, ended: PullEnded) -> str:
        text = f"{ended.module}: {quantity(ended.objects, 'object')}, {quantity(ended.pages, 'page')}"
        if ended.snapshot:
            text += f", from snapshot of {ended.snapshot}"
        if self.terminal and ended.module in self.started:
            text += f", {time.monotonic() - self.started[ended.module]:.1f} s"
        return text if ended.complete else text + ", incomplete"


def request_line(event: RequestEnded) -> str:
    """Return the line for a request: path, status, objects, duration."""
    objects = f", {quantity(event.objects, 'object')}" if event.objects is not None else ""
    return f"GET {event.path}  {_status_text(event.status)}{objects}, {event.seconds:.3f} s"


def page_line(event: PageRead, seconds: float) -> str:
    """Return the line for a page: pages and objects so far, objects per second, time left."""
    total = f" of {event.total:,}" if event.total is not None else ""
    text = f"{event.module}: {quantity(event.pages, 'page')}, {event.objects:,}{total} objects"
    if seconds < 1:
        return text
    rate = event.objects / seconds
    text += f", {rate:,.0f}/s"
    if event.total is not None and rate:
        left = max(0, event.total - event.objects) / rate
        text += f", {left:,.0f} s left" if left < 120 else f", {left / 60:,.0f} min left"
    return text


def _one_row(text: str) -> str:
    """Return the text cut to the terminal's width: of a line in two rows, only the second could be removed."""
    import shutil

    width = shutil.get_terminal_size().columns
    return truncate(text, width - 1)


def _status_text(status: int) -> str:
    return f"HTTP {status}" if status else "no answer"


def quantity(number: int, noun: str) -> str:
    """Return `1 page`, `2,000 pages`."""
    return f"1 {noun}" if number == 1 else f"{number:,} {noun}s"
