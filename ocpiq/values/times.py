"""OCPI DateTimes as platforms send them (OCPI section "DateTime type"), read as moments; local time and its periods."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import cache
from typing import Final

from ocpiq.errors import Message, did_you_mean, say
from ocpiq.values.patterns import lazy_pattern

SECOND: Final = 1_000_000
EPOCH: Final = datetime(1970, 1, 1)
EPOCH_UTC: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
CLOCK: Final = (
    r"(?P<designator>[Zz]|UTC|UT|GMT|(?P<sign>[+-])(?P<oh>[01][0-9]|2[0-3]):?(?P<om>[0-5][0-9])?)?\s*+"
)
DATE_TIME: Final = lazy_pattern(
    r"\s*+(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})"
    r"(?:[Tt ](?P<hour>[0-9]{1,2}):(?P<minute>[0-5][0-9])(?::(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]+))?)?)?"
    rf"\s*+{CLOCK}",
    re.ASCII,
)
COMPACT: Final = (
    r"\s*+(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})"
    r"(?:[Tt ]?(?P<hour>[0-9]{2})(?P<minute>[0-5][0-9])(?:(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]+))?)?)?"
    rf"\s*+{CLOCK}"
)
"""ISO 8601's basic format."""
RFC_1123: Final = (
    r"\s*+(?:[A-Za-z]{3,9}+,?\s++)?(?P<day>[0-9]{1,2})[ -](?P<month>[A-Za-z]{3})[ -](?P<year>[0-9]{4})\s++"
    r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-5][0-9])(?::(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]+))?)?"
    rf"\s*+{CLOCK}"
)
"""Dates as HTTP and mail have them."""
MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
EPOCH_NUMBER: Final = lazy_pattern(r"\s*+(?:/Date\()?([0-9]{9,19}+(?:\.[0-9]+)?)(?:\)/)?\s*+", re.ASCII)
"""Seconds since 1970 as text, or parts of a second; also as ASP.NET writes them."""
EPOCH_UNITS: Final = ((10**12, 10**6), (10**15, 10**3), (10**18, 1))
"""Numbers below the first are of units with the second in microseconds; larger ones are nanoseconds."""
BEYOND: Final = 253_402_300_800 * SECOND  # the end of the year 9999


def epoch_us(text: str) -> int | None:
    """Return the moment in microseconds since 1970, or None where it cannot be read or means unknown.

    Read are ISO 8601 with `Z`, an offset, or nothing (which is UTC), `T` or a blank, any fraction of a second, a date
    alone, the basic format (`20260131T060000Z`), and seconds beyond 59, which the specification's own examples have;
    dates of RFC 1123; and numbers as `number_us` reads them. The day 1970-01-01 stands for an unknown moment.
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
    match = parsed(text)
    if match is None:
        number = EPOCH_NUMBER.fullmatch(text)
        return None if number is None else number_us(float(number[1]) if "." in number[1] else int(number[1]))
    hour, minute, second = (int(match[name] or 0) for name in ("hour", "minute", "second"))
    try:
        days = date(int(match["year"]), month_number(match["month"]), int(match["day"])).toordinal()
    except ValueError:
        return None
    days -= EPOCH.toordinal()
    if days == 0 or (hour, minute) > (24, 0):
        return None
    seconds = days * 86_400 + hour * 3600 + minute * 60 + second
    if match["sign"]:
        offset = int(match["oh"]) * 3600 + int(match["om"] or 0) * 60
        seconds -= offset if match["sign"] == "+" else -offset
    return seconds * SECOND + int((match["fraction"] or "0")[:6].ljust(6, "0"))


def parsed(text: str) -> re.Match[str] | None:
    """Return the parts of a written date and time."""
    return (
        DATE_TIME.fullmatch(text)
        or re.fullmatch(COMPACT, text, re.ASCII)  # compiled when first needed
        or re.fullmatch(RFC_1123, text, re.ASCII)
    )


def month_number(text: str) -> int:
    """Return the number of a month. ValueError for what is none."""
    return int(text) if text.isdigit() else MONTHS.index(text.casefold()) + 1


def number_us(number: float) -> int | None:
    """Return the moment of a number since 1970 in microseconds; None for one that is no date, or means unknown.

    Its size tells whether it is in seconds, milliseconds, microseconds or nanoseconds.
    """
    if not 86_400 <= number < 10**20:  # which is no number either
        return None
    unit = next((unit for bound, unit in EPOCH_UNITS if number < bound), None)
    if isinstance(number, int):
        moment = number // 1000 if unit is None else number * unit
    else:
        moment = int(number / 1000 if unit is None else number * unit)
    return moment if moment < BEYOND else None


# ---------------------------------------------------------------- local time

PERIOD: Final = lazy_pattern(
    r"(?P<year>[0-9]{4})(?:-(?:(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2}))?|Q(?P<quarter>[1-4])|W(?P<week>[0-9]{2})))?"
)


def zone(name: str) -> tzinfo:
    """Return the time zone of an IANA name such as Europe/Amsterdam. ValueError where there is none."""
    if name == "UTC":
        return UTC
    return _zone(name)


def zone_hint(name: str) -> Message:
    """Return a hint for an unknown zone: the nearest known one."""
    from zoneinfo import available_timezones  # noqa: PLC0415 - only mistakes need it

    return did_you_mean(name, available_timezones()) or say("such as Europe/Amsterdam")


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
    match = parsed(text)
    if match is None or match["designator"]:  # numbers count from 1970 in UTC
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
