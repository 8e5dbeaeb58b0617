"""The size of a source, judged by its first pages."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from time import perf_counter
from typing import Final, Literal

from msgspec import Struct

from ocpiq.errors import EMPTY, IncompleteError, Message, Notice, Notify, PageRead, PullEnded, WarningIssued
from ocpiq.gate import OpenedPage

MOST_PAGES: Final = 5  # read to learn the size of a source


Basis = Literal["counted", "announced", "lower bound"]


class QueriedSource(Struct, frozen=True):
    """The size of a source, judged by its first pages.

    `basis` tells whether `objects` were counted to the end, are announced by the source, or are those read so far, so
    that there may be more. `pages` and `seconds` (one page after the other) are None if the number of pages is not
    known. `incomplete` is the reason why a pull would be incomplete, if these pages show one. `platform` names one of
    several.
    """

    module: str
    objects: int
    basis: Basis
    pages: int | None = None
    seconds: float | None = None
    incomplete: Message = EMPTY
    platform: str = ""


def read_size(module: str, pull: Callable[[Notify], Iterator[OpenedPage]], notify: Notify) -> QueriedSource:
    """Return the size of a source, of which `pull` begins to read the pages.

    It reads two pages, and three more if these may be the rest: they show wrong totals.
    """
    notices = list[Notice]()
    pages = pull(notices.append)
    incomplete, started, seconds = EMPTY, perf_counter(), 0.0
    try:
        page = next(pages, None)
        seconds = perf_counter() - started
        for step in range(1, MOST_PAGES):
            if page is None or (step > 1 and _announces_many(notices)):
                break
            page = next(pages, None)
    except IncompleteError as error:
        incomplete = error.message
    if isinstance(pages, Generator):
        pages.close()  # no further request
    for notice in notices:
        if isinstance(notice, WarningIssued):
            notify(notice)
    return _judged(module, notices, seconds, incomplete)


def _announces_many(notices: Sequence[Notice]) -> bool:
    """Tell whether the source announces more objects than the next page can have."""
    pages = [notice for notice in notices if isinstance(notice, PageRead)]
    total = pages[-1].total
    return total is not None and total > pages[-1].objects + pages[0].objects


def _judged(module: str, notices: Sequence[Notice], seconds: float, incomplete: Message) -> QueriedSource:
    """Return what the notices of the first pages tell; `seconds` is how long the first one took."""
    pages = [notice for notice in notices if isinstance(notice, PageRead)]
    if not pages:
        return QueriedSource(module, 0, "lower bound" if incomplete else "counted", incomplete=incomplete)
    first, last = pages[0], pages[-1]
    if any(isinstance(notice, PullEnded) for notice in notices) and not incomplete:
        return QueriedSource(module, last.objects, "counted", last.pages, seconds * last.pages)
    if incomplete or last.total is None or last.total <= last.objects or not first.objects:
        return QueriedSource(module, last.objects, "lower bound", incomplete=incomplete)
    count = -(-last.total // first.objects)
    return QueriedSource(module, last.total, "announced", count, seconds * count)
