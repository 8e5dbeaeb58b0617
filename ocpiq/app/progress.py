"""What a pull says on standard error: one line that is rewritten, on a terminal; warnings and a summary."""

from __future__ import annotations

import sys
import time
from typing import Final

from ocpiq.app.report import say
from ocpiq.app.stdio import CLEAR
from ocpiq.errors import Notice, PageRead, PullEnded, QueryHalted, RequestEnded, StderrWrite, WarningIssued

OFTEN: Final = 0.1  # seconds between two lines
OK: Final = 200


class Progress:
    """Hears the notices of a run. Off a terminal nothing it prints depends on time, speed or bytes.

    A `verbose` one tells of each request, and how long it took.
    """

    def __init__(self, *, quiet: bool, verbose: bool = False) -> None:
        self.quiet = quiet
        self.verbose = verbose
        self.terminal = sys.stderr.isatty()
        self.halted = False
        self.shown = False
        self.begun: dict[str, float] = {}
        self.last = 0.0

    def __call__(self, notice: Notice) -> None:
        """Show a notice."""
        if isinstance(notice, WarningIssued):
            self.clear()
            say(f"warning: {notice.message}")
        elif isinstance(notice, StderrWrite):
            self.clear()
        elif isinstance(notice, QueryHalted):
            self.halted = True
        elif isinstance(notice, PageRead):
            self._page(notice)
        elif isinstance(notice, RequestEnded):
            if self.verbose:
                self.clear()
                say(request(notice))
            elif notice.objects is None and (notice.status != OK or notice.subject in self.begun):
                self.waiting(f"{notice.subject}: {_answer(notice.status)} instead of a page, trying again …")
        else:
            self.clear()
            if not self.quiet:
                say(self._summary(notice))

    def waiting(self, text: str) -> None:
        """Show what is waited for, until something comes; only on a terminal."""
        if self.terminal and not self.quiet:
            self.shown = True
            sys.stderr.write(CLEAR + text)
            sys.stderr.flush()

    def clear(self) -> None:
        """Take the line away, before anything else is printed."""
        if self.shown:
            sys.stderr.write(CLEAR)
            sys.stderr.flush()
            self.shown = False

    def _page(self, notice: PageRead) -> None:
        now = time.monotonic()
        begun = self.begun.setdefault(notice.module, now)
        if now - self.last < OFTEN:
            return
        self.last = now
        self.waiting(line(notice, now - begun))

    def _summary(self, ended: PullEnded) -> str:
        text = f"{ended.module}: {counted(ended.objects, 'object')}, {counted(ended.pages, 'page')}"
        if self.terminal and ended.module in self.begun:
            text += f", {time.monotonic() - self.begun[ended.module]:.1f} s"
        return text if ended.complete else text + ", incomplete"


def request(notice: RequestEnded) -> str:
    """Return the line for a request: what was asked, the answer's status, its objects, how long it took."""
    objects = f", {counted(notice.objects, 'object')}" if notice.objects is not None else ""
    return f"GET {notice.path}  {_answer(notice.status)}{objects}, {notice.seconds:.3f} s"


def line(notice: PageRead, seconds: float) -> str:
    """Return the line for a page: how far the pull is, how fast, and how long it will still take."""
    of = f" of {notice.total:,}" if notice.total is not None else ""
    text = f"{notice.module}: {counted(notice.pages, 'page')}, {notice.objects:,}{of} objects"
    if seconds < 1:
        return text
    rate = notice.objects / seconds
    text += f", {rate:,.0f}/s"
    if notice.total is not None and rate:
        left = max(0, notice.total - notice.objects) / rate
        text += f", {left:,.0f} s left" if left < 120 else f", {left / 60:,.0f} min left"
    return text


def _answer(status: int) -> str:
    return f"HTTP {status}" if status else "no answer"


def counted(number: int, thing: str) -> str:
    """Return `1 thing`, `2,000 things`."""
    return f"1 {thing}" if number == 1 else f"{number:,} {thing}s"
