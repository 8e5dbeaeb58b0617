"""OCPI DateTimes as platforms send them (OCPI section "DateTime type"), read as moments."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Final

SECOND: Final = 1_000_000
EPOCH: Final = datetime(1970, 1, 1)
MICROSECOND: Final = timedelta(microseconds=1)
FORM: Final = re.compile(
    r"\s*([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"
    r"(?:[Tt ]([0-9]{1,2}):([0-5][0-9])(?::([0-9]{2})(?:[.,]([0-9]+))?)?)?"
    r"\s*(?:[Zz]|UTC|([+-])([0-9]{2}):?([0-5][0-9])?)?\s*",
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
    found = FORM.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, sign, ahead, ahead_minutes = found.groups()
    try:
        days = date(int(year), int(month), int(day)).toordinal() - EPOCH.toordinal()
    except ValueError:
        return None
    if days == 0 or int(hour or 0) > 24:
        return None
    seconds = days * 86_400 + int(hour or 0) * 3600 + int(minute or 0) * 60 + int(second or 0)
    if sign:
        offset = int(ahead) * 3600 + int(ahead_minutes or 0) * 60
        seconds -= offset if sign == "+" else -offset
    return seconds * SECOND + int((fraction or "0")[:6].ljust(6, "0"))
