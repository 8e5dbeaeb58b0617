"""OCPI DateTimes as platforms send them (OCPI section "DateTime type"), read as moments; local time and its periods."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import cache
from typing import Final

from ocpiq.errors import did_you_mean

SECOND: Final = 1_000_000
EPOCH: Final = datetime(1970, 1, 1)
EPOCH_UTC: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
DATE_TIME: Final = re.compile(
    r"\s*+([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"
    r"(?:[Tt ]([0-9]{1,2}):([0-5][0-9])(?::([0-9]{2})(?:[.,]([0-9]+))?)?)?"
    r"\s*+(?P<designator>[Zz]|UTC|([+-])([01][0-9]|2[0-3]):?([0-5][0-9])?)?\s*+",
    re.ASCII,
)


def epoch_us(text: str) -> int | None:
    """Return the moment in microseconds since 1970, or None where it cannot be read or means unknown.

    Read are `Z`, an offset, or nothing (which is UTC), `T` or a blank, any fraction of a second, a date
    alone, and seconds beyond 59, which the specification's own examples have. The day 1970-01-01 stands for
    an unknown moment.
    """
    if len(text) == 20 and text[4] == text[7] == "-" and text[10] == "T" and text[19] == "Z":
        try:
            moment = (datetime.fromisoformat(text[:19]) - EPOCH) // MICROSECOND
        except ValueError:
            return lenient(text)
        return moment if moment >= 86_400 * SECOND or moment < 0 else None
    return lenient(text)


def lenient(text: str) -> int | None:
    """Return what `epoch_us` returns, for every form."""
    match = DATE_TIME.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, _, sign, offset_hours, offset_minutes = match.groups()
    try:
        days = date(int(year), int(month), int(day)).toordinal() - EPOCH.toordinal()
    except ValueError:
        return None
    if days == 0 or (int(hour or 0), int(minute or 0)) > (24, 0):
        return None
    seconds = days * 86_400 + int(hour or 0) * 3600 + int(minute or 0) * 60 + int(second or 0)
    if sign:
        offset = int(offset_hours) * 3600 + int(offset_minutes or 0) * 60
        seconds -= offset if sign == "+" else -offset
    return seconds * SECOND + int((fraction or "0")[:6].ljust(6, "0"))


# ---------------------------------------------------------------- local time

PERIOD: Final = re.compile(
    r"(?P<year>[0-9]{4})(?:-(?:(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2}))?|Q(?P<quarter>[1-4])|W(?P<week>[0-9]{2})))?"
)


def zone(name: str) -> tzinfo:
    """Return the time zone of an IANA name such as Europe/Amsterdam. ValueError where there is none."""
    if name == "UTC":
        return UTC
    return _zone(name)


def zone_hint(name: str) -> str:
    """Return a hint for an unknown zone: the nearest known one."""
    from zoneinfo import available_timezones  # noqa: PLC0415 - only mistakes need it

    return did_you_mean(name, available_timezones()) or "such as Europe/Amsterdam"


@cache
def _zone(name: str) -> tzinfo:
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - most queries need none

    try:
        return ZoneInfo(name)
    except (OSError, KeyError, ValueError):  # no such file, no such zone, no name
        raise ValueError(name) from None


def local(microseconds: int, zone: tzinfo) -> datetime:
    """Return a moment as local time of a zone. OverflowError outside the years 1 to 9999."""
    return (EPOCH_UTC + timedelta(microseconds=microseconds)).astimezone(zone)


def instant(wall: datetime, zone: tzinfo) -> int:
    """Return the moment, in microseconds since 1970, at which the clocks of a zone show `wall`.

    Of two such moments (clocks go back) it is the first; a time that clocks leave out is that of the clock before.
    """
    return (wall.replace(tzinfo=zone).astimezone(UTC) - EPOCH_UTC) // MICROSECOND


def moment(text: str, zone: tzinfo) -> int | None:
    """Return what `epoch_us` returns, with a time without `Z` or an offset as local time of `zone`."""
    microseconds = epoch_us(text)
    if microseconds is None or zone is UTC or text.endswith("Z"):
        return microseconds
    match = DATE_TIME.fullmatch(text)
    if match is not None and match["designator"]:
        return microseconds
    return instant(EPOCH + timedelta(microseconds=microseconds), zone)


def period(text: str, zone: tzinfo) -> tuple[int, int] | None:
    """Return start and end of a year, quarter, month, ISO week or day of a zone; None where `text` is none of these.

    Written `2026`, `2026-Q1`, `2026-01`, `2026-W03`, `2026-01-31`; the end is the start of the next one.
    """
    match = PERIOD.fullmatch(text.strip())
    if match is None:
        return None
    try:
        year, month, day, quarter, week = (int(part) if part else 0 for part in match.groups())
        if week:
            first = date.fromisocalendar(year, week, 1)
            last = first + timedelta(days=7)
        elif day:
            first = date(year, month, day)
            last = first + timedelta(days=1)
        elif month or quarter:
            begin = month or 3 * quarter - 2
            first = date(year, begin, 1)
            last = months_later(first, 1 if month else 3)
        else:
            first, last = date(year, 1, 1), date(year + 1, 1, 1)
        return instant(midnight(first), zone), instant(midnight(last), zone)
    except (ValueError, OverflowError):
        return None


def months_later(first: date, months: int) -> date:
    """Return the first day of the month that is `months` months later."""
    years, month = divmod(first.month - 1 + months, 12)
    return date(first.year + years, month + 1, 1)


def midnight(day: date) -> datetime:
    """Return the wall clock at the start of a day."""
    return datetime(day.year, day.month, day.day)
