"""Dates (jq manual, "Dates"): seconds since 1970, or broken down as `[year, month from 0, day, hour, minute, second]`.

Behind those come the days of the week and of the year. All in UTC but for `localtime` and `strflocaltime`. Beyond jq,
`fromdate` reads fractions of a second and offsets.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final, cast

from ocpiq.errors import RunError
from ocpiq.runtime.builtins.numbers import number
from ocpiq.runtime.dates import strptime
from ocpiq.runtime.dates.calendar import date_of, days_before, weekday, year_day
from ocpiq.values import times
from ocpiq.values.arithmetic import Number, normalize
from ocpiq.values.numbers import NUMBERS
from ocpiq.values.patterns import lazy_pattern
from ocpiq.values.types import Value

DAY: Final = 86_400
SECOND: Final = timedelta(seconds=1)
EPOCH: Final = datetime(1970, 1, 1)
ONLY_INTEGERS: Final = {int}
MAX_INT: Final = 2**31 - 1
ISO_8601: Final = "%Y-%m-%dT%H:%M:%SZ"
EXTENDED_ISO_8601: Final = lazy_pattern(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})([.,][0-9]+)?(?:Z|([+-])([01][0-9]|2[0-3]):?([0-5][0-9])?)",
    re.ASCII,
)
DIRECTIVE: Final = lazy_pattern(r"%[-_0^#]*+[0-9]*+[EO]?[A-Za-z+%]", re.ASCII)


def _struct_time(convert: Callable[[float], time.struct_time], seconds: Number) -> time.struct_time:
    try:
        return convert(int(seconds))
    except (ValueError, OverflowError, OSError):
        raise RunError("error converting number of seconds since epoch to datetime") from None


def broken_down_time(name: str, convert: Callable[[float], time.struct_time]) -> Callable[[Value], Value]:
    """Return `gmtime` or `localtime`."""

    def builtin(value: Value) -> Value:
        if type(value) not in NUMBERS:
            raise RunError(f"{name}() requires numeric inputs")
        seconds = cast(Number, value)
        moment = _struct_time(convert, seconds)
        fraction = 0 if type(seconds) is int else seconds - math.floor(seconds)
        return [
            moment.tm_year,
            moment.tm_mon - 1,
            moment.tm_mday,
            moment.tm_hour,
            moment.tm_min,
            normalize(moment.tm_sec + fraction) if fraction else moment.tm_sec,
            (moment.tm_wday + 1) % 7,
            moment.tm_yday - 1,
        ]

    return builtin


def _parts(value: Value, name: str) -> list[int]:
    """Return year, month, day, hour, minute and second of a broken down time, as C's integers."""
    if type(value) is not list:
        raise RunError(f"{name} requires parsed datetime inputs")
    first = value[:8]
    if len(first) == 8 and set(map(type, first)) == ONLY_INTEGERS and abs(first[0]) < 10_000:  # type: ignore[arg-type]
        return first[:6]  # type: ignore[return-value]
    if not all(type(part) in NUMBERS and part == part for part in first):  # noqa: PLR0124 - no NaN
        raise RunError(f"{name} requires parsed datetime inputs")
    if not first:
        return [1900, 0, 0, 0, 0, 0]
    year, *remainder = first
    whole = [_int(year - 1900) + 1900, *(_int(part) for part in remainder)]  # type: ignore[operator, arg-type]
    return (whole + [0] * 6)[:6]


def _int(number_: Number) -> int:
    return int(max(-MAX_INT - 1, min(MAX_INT, number_)))


def _seconds(parts: list[int]) -> int:
    """Return the seconds since 1970 of a broken down time in UTC; parts may be out of range."""
    year, month, day, hour, minute, second = parts
    days = days_before(year + month // 12, month % 12) + day - 1
    return days * DAY + hour * 3600 + minute * 60 + second


def mktime(value: Value) -> Value:
    """`mktime`"""
    if type(value) is not list:
        raise RunError("mktime requires array inputs")
    return _seconds(_parts(value, "mktime"))


def strftime(value: Value, format_: Value) -> str:
    """`strftime(format)`; `%Z` is UTC."""
    if type(value) in NUMBERS:
        moment = _struct_time(time.gmtime, cast(Number, value))
        text = _require_format(format_, "strftime/1")
        if "Z" in text:  # which C may call GMT
            moment = time.struct_time((*moment[:9], "UTC", 0))
        return _c_strftime(text, moment)
    parts, text = _parts_and_format(value, format_, "strftime/1")
    return _c_strftime(text, _utc_struct_time(_seconds(parts)))


def _require_format(format_: Value, name: str) -> str:
    if type(format_) is str:
        return format_
    raise RunError(f"{name} requires a string format")


def _parts_and_format(value: Value, format_: Value, name: str) -> tuple[list[int], str]:
    """Return a broken down time and the format; jq looks at the format before it looks into the array."""
    if type(value) is list:
        _require_format(format_, name)
    return _parts(value, name), _require_format(format_, name)


def _utc_struct_time(seconds: int) -> time.struct_time:
    """Return a moment in UTC, in years beyond C's as well."""
    days, remainder = divmod(seconds, DAY)
    year, month, day = date_of(days)
    day_of_year, day_of_week = year_day(year, month, day), weekday(days)
    hour, minute = remainder // 3600, remainder // 60 % 60
    return time.struct_time(
        (
            year,
            month + 1,
            day,
            hour,
            minute,
            remainder % 60,
            (day_of_week - 1) % 7,
            day_of_year + 1,
            0,
            "UTC",
            0,
        )
    )


def strflocaltime(value: Value, format_: Value) -> str:
    """`strflocaltime(format)`; a broken down time is taken as local time."""
    if type(value) in NUMBERS:
        moment = _struct_time(time.localtime, cast(Number, value))
        return _c_strftime(_require_format(format_, "strflocaltime/1"), moment)
    (year, month, day, hour, minute, second), text = _parts_and_format(value, format_, "strflocaltime/1")
    try:
        local = time.mktime((year, month + 1, day, hour, minute, second, 0, 0, -1))
    except (ValueError, OverflowError):
        raise RunError("error converting number of seconds since epoch to datetime") from None
    return _c_strftime(text, time.localtime(local))


def _c_strftime(format_: str, moment: time.struct_time) -> str:
    """Return C's `strftime`; its locale may not be able to take what is not a directive."""
    try:
        if format_.isascii() and "\0" not in format_:
            return time.strftime(format_, moment)
        return DIRECTIVE.sub(lambda directive: time.strftime(directive[0], moment), format_)
    except (ValueError, OverflowError):  # Windows does not write all that C has; a year may be beyond C's
        raise RunError("strftime/1: unknown system failure") from None


def parse_date(value: Value, format_: Value) -> Value:
    """`strptime(format)`; what follows the format is the last item."""
    if type(value) is not str or type(format_) is not str:
        raise RunError("strptime/1 requires string inputs and arguments")
    return strptime.parse(value, format_)


def from_date(value: Value) -> Value:
    """`fromdate`; the forms of a DateTime that jq does not read are read as by `day`."""
    if type(value) is str and len(value) == 20 and value[4] == value[7] == "-" and value[10:20:9] == "TZ":
        try:
            return (datetime.fromisoformat(value[:19]) - EPOCH) // SECOND
        except ValueError:
            return mktime(parse_date(value, ISO_8601))
    if type(value) is str and (match := EXTENDED_ISO_8601.fullmatch(value)):
        text, fraction, sign, hours, minutes = match.groups()
        seconds = mktime(strptime.parse(text + "Z", ISO_8601))
        offset = int(hours or 0) * 3600 + int(minutes or 0) * 60
        total: Number = number(seconds) - (offset if sign == "+" else -offset)
        return normalize(total + float("0." + fraction[1:])) if fraction else total
    microseconds = times.epoch_us(value) if type(value) is str else None
    if microseconds is not None:
        return normalize(microseconds / times.SECOND)
    return mktime(parse_date(value, ISO_8601))


NATIVES: Final[dict[str, Callable[..., Any]]] = {
    "gmtime": broken_down_time("gmtime", time.gmtime),
    "localtime": broken_down_time("localtime", time.localtime),
    "mktime": mktime,
    "strftime": strftime,
    "strflocaltime": strflocaltime,
    "strptime": parse_date,
    "fromdateiso8601": from_date,
    "now": time.time,
}
