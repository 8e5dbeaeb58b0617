"""Which windows a run delivers: one up to now, or every period that has ended."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo
from typing import Final, Literal, NamedTuple

from ocpiq.values.relative_times import period_containing
from ocpiq.values.times import EPOCH, EPOCH_UTC, MICROSECOND, SECOND, local

Every = Literal["hour", "day", "week", "month"]
EVERY: Final[tuple[Every, ...]] = ("hour", "day", "week", "month")
HOUR: Final = 3600 * SECOND
NO_BEGINNING: Final = "00010101T000000Z"  # sorts before every other
MOST: Final = 10_000  # windows of one run: hours of more than a year


class DeliveryWindow(NamedTuple):
    """A window in microseconds since 1970; the end is exclusive, and no `start` means everything."""

    start: int | None
    end: int


def settled(time: int, settle: int) -> int:
    """Return the latest end of a window at a platform's `time`, in whole seconds.

    Objects with a later `last_updated` may still be in the making: `settle` is in seconds.
    """
    return time // SECOND * SECOND - settle * SECOND


def next_windows(mark: int | None, until: int, every: Every | None, zone: tzinfo) -> list[DeliveryWindow]:
    """Return the windows from `mark` (None: everything) to `until`, in order; with `every`, whole periods of a zone."""
    if mark is not None and mark >= until:
        return []
    if every is None:
        return [DeliveryWindow(mark, until)]
    if mark is None:
        end = period_at(until, every, zone).start
        return [] if end is None else [DeliveryWindow(None, end)]
    return list(_periods(mark, until, every, zone))


def _periods(mark: int, until: int, every: Every, zone: tzinfo) -> Iterator[DeliveryWindow]:
    """Yield the rest of the period that `mark` lies in and the periods after it, as far as they have ended."""
    start = mark
    for _ in range(MOST):
        end = period_at(start, every, zone).end
        if end > until:
            return
        yield DeliveryWindow(start, end)
        start = end


def period_at(moment: int, every: Every, zone: tzinfo) -> DeliveryWindow:
    """Return the period of a zone that a moment lies in."""
    wall = local(moment, zone)
    if every != "hour":
        return DeliveryWindow(*period_containing(wall.date(), every, zone))
    past = wall.replace(tzinfo=None) - EPOCH
    start = moment - past // MICROSECOND % HOUR  # clocks change by whole hours, or by halves at a full hour
    return DeliveryWindow(start, start + HOUR)


def compact(moment: int | None) -> str:
    """Return a moment as it stands in a file name, in UTC: `20260101T000000Z`; the year 1 for no beginning."""
    if moment is None:
        return NO_BEGINNING
    return f"{EPOCH_UTC + moment * MICROSECOND:%Y%m%dT%H%M%SZ}"


def date_text(moment: int | None) -> str:
    """Return a moment in RFC 3339; `the beginning` for everything before."""
    if moment is None:
        return "the beginning"
    return f"{EPOCH_UTC + moment * MICROSECOND:%Y-%m-%dT%H:%M:%SZ}"
