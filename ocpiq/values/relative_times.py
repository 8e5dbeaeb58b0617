"""Moments and periods relative to the start of a run: `yesterday`, `7 days ago`, `last month`."""

from __future__ import annotations

from datetime import MINYEAR, date, timedelta, tzinfo
from typing import Final

from ocpiq.values.patterns import lazy_pattern
from ocpiq.values.times import SECOND, instant, local, midnight, period

AGO: Final = lazy_pattern(r"([0-9]+) (minute|hour|day|week|month|quarter|year)s? ago")
CLOCK: Final = {"minute": 60 * SECOND, "hour": 3600 * SECOND}  # microseconds
DAYS: Final = {"day": 1, "week": 7}
MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}
PERIOD: Final = lazy_pattern(r"(this|last) (day|week|month|quarter|year)")
NAMED: Final = {"today": "this day", "yesterday": "last day"}


def is_relative_moment(text: str) -> bool:
    """Tell whether `text` is `today`, `yesterday` or such as `7 days ago`."""
    return text in NAMED or AGO.fullmatch(text) is not None


def is_relative_period(text: str) -> bool:
    """Tell whether `text` is `today`, `yesterday` or such as `last month`."""
    return text in NAMED or PERIOD.fullmatch(text) is not None


def relative_moment(text: str, now: int, zone: tzinfo) -> int | None:
    """Return the moment in microseconds since 1970; None where it is before the year 1.

    Days and longer units are whole days of `zone`: `7 days ago` is the start of that day. A day that a month does
    not have is the last one of that month.
    """
    if text in NAMED:
        return relative_period(text, now, zone)[0]
    match = AGO.fullmatch(text)
    assert match is not None, text
    unit = match[2]
    try:
        count = int(match[1])
        if unit in CLOCK:
            moment = now - count * CLOCK[unit]
            local(moment, zone)
            return moment
        today = local(now, zone).date()
        day = (
            today - timedelta(days=count * DAYS[unit])
            if unit in DAYS
            else earlier(today, count * MONTHS[unit])
        )
        return instant(midnight(day), zone)
    except (OverflowError, ValueError):
        return None


def relative_period(text: str, now: int, zone: tzinfo) -> tuple[int, int]:
    """Return start and end, in microseconds since 1970, of `today`, `yesterday`, `this month`, `last year`, …"""
    position, unit = NAMED.get(text, text).split(" ")
    bounds = period_containing(local(now, zone).date(), unit, zone)
    if position == "this":
        return bounds
    return period_containing(local(bounds[0] - SECOND, zone).date(), unit, zone)


def period_label(text: str, now: int, zone: tzinfo) -> str:
    """Return `today`, `yesterday`, `this month`, `last quarter`, … as the label of that period: `2026-Q3`."""
    start, _ = relative_period(text, now, zone)
    unit = NAMED.get(text, text).split(" ")[1]
    return label_of(local(start, zone).date(), unit)


def period_containing(day: date, unit: str, zone: tzinfo) -> tuple[int, int]:
    """Return start and end of the day, ISO week, month, quarter or year that a day lies in."""
    bounds = period(label_of(day, unit), zone)
    assert bounds is not None, "a clock shows no day at the ends of the calendar"
    return bounds


def label_of(day: date, unit: str) -> str:
    """Return the label of the day, ISO week, month, quarter or year that a day lies in."""
    year, week, _ = day.isocalendar()
    labels = {
        "day": f"{day:%Y-%m-%d}",
        "week": f"{year:04}-W{week:02}",
        "month": f"{day:%Y-%m}",
        "quarter": f"{day:%Y}-Q{(day.month + 2) // 3}",
        "year": f"{day:%Y}",
    }
    return labels[unit]


def earlier(day: date, months: int) -> date:
    """Return the same day of the month that is `months` earlier, or the last day of a shorter one."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    if year < MINYEAR:
        raise OverflowError
    for last_day in range(day.day, 27, -1):
        try:
            return date(year, month + 1, last_day)
        except ValueError:
            continue
    return date(year, month + 1, day.day)
