"""`strptime` (jq manual, "Dates") as the GNU C library reads it, in English whatever the locale."""

from __future__ import annotations

import re
import time
from functools import lru_cache
from typing import Final, NoReturn

from msgspec import Struct

from ocpiq.errors import RunError
from ocpiq.runtime.dates.calendar import DAYS_BEFORE_MONTH, days_before, is_leap, weekday, year_day
from ocpiq.values.patterns import lazy_pattern
from ocpiq.values.types import Value

MONTHS: Final = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
DAYS: Final = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
ITEM: Final = lazy_pattern(r"\s+|%[-_0^#]*[EO]?(.)|[^%\s]|%", re.DOTALL)
ABBREVIATIONS: Final = {
    "c": "%a %b %e %H:%M:%S %Y",
    "D": "%m/%d/%y",
    "F": "%Y-%m-%d",
    "R": "%H:%M",
    "r": "%I:%M:%S %p",
    "T": "%H:%M:%S",
    "x": "%m/%d/%y",
    "X": "%H:%M:%S",
}
SPACE: Final = r"[ \t\n\r\f\v]*+"


def _two_digits(greatest: int) -> str:
    """Return the pattern of a number of two digits: C reads the second where the number can still be in range."""
    tens = greatest // 10
    return r"[0-9]{1,2}" if tens == 9 else rf"[0-{tens}][0-9]?|[{tens + 1}-9]"


# of each number: the least and greatest value, and what is read
NUMBERS: Final = {
    **{letter: (0, 99, _two_digits(99)) for letter in "Cgy"},
    **{letter: (1, 31, _two_digits(31)) for letter in "de"},
    **{letter: (0, 23, _two_digits(23)) for letter in "Hk"},
    **{letter: (1, 12, _two_digits(12)) for letter in "Ilm"},
    **{letter: (0, 53, _two_digits(53)) for letter in "UVW"},
    "M": (0, 59, _two_digits(59)),
    "S": (0, 61, _two_digits(61)),
    "u": (1, 7, "[0-9]"),
    "w": (0, 6, "[0-9]"),
    "j": (1, 366, "[0-2][0-9]{0,2}|3[0-6][0-9]?|3[7-9]?|[4-9][0-9]?"),
    "Y": (0, 9999, "[0-9]{1,4}"),
    "G": (0, 10**18, "[0-9]{1,19}"),
    "s": (0, 10**18, "[0-9]{1,19}"),
}
NAMES: Final = {
    **dict.fromkeys("aA", DAYS),
    **dict.fromkeys("bBh", MONTHS),
    "p": ("am", "pm"),
}
NAME_INDEX: Final = {
    letter: {name[:3]: place for place, name in enumerate(names)} for letter, names in NAMES.items()
}
FIELD_OF: Final = {"C": "century", "d": "day", "e": "day", "M": "minute", "S": "second"}
ZONES: Final = {"z": r" *+(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)", "Z": r"[ \t\n\r\f\v]*+[^ \t\n\r\f\v]*+"}


class DateFields(Struct):
    """The fields read; None if the text lacks one. `month` counts from 0, `weekday` from Sunday."""

    year: int = 1900
    month: int | None = None
    day: int | None = None
    hour: int = 0
    minute: int = 0
    second: int = 0
    weekday: int | None = None
    day_of_year: int | None = None
    century: int | None = None
    year_of_century: int = 0
    afternoon: bool = False
    is_12_hour: bool = False  # the hour is on a 12-hour clock
    week: int | None = None
    week_start: int = 0  # the day of the week that weeks begin with
    has_date: bool = False  # a date directive was read


def parse(text: str, format_: str) -> list[Value]:
    """Return the broken down time of `text` in `format_`, followed by the rest of the text, if any."""
    pattern, directives = _compiled(format_)
    match = pattern.match(text)
    if match is None or text[match.end() : match.end() + 1].strip():
        _no_match(text, format_)
    fields = DateFields()
    for directive, text_ in zip(directives, match.groups(), strict=True):
        if directive in NAMES:
            _set_name(directive, text_, fields)
            continue
        number = int(text_)
        least, greatest, _ = NUMBERS[directive]
        if not least <= number <= greatest or not _set_number(directive, number, fields):
            _no_match(text, format_)
    day_of_week, day_of_year = _derive_fields(fields)
    parts: list[Value] = [
        fields.year,
        fields.month or 0,
        fields.day or 0,
        fields.hour,
        fields.minute,
        fields.second,
        day_of_week,
        day_of_year,
    ]
    return [*parts, text[match.end() :]] if match.end() < len(text) else parts


def _no_match(text: str, format_: str) -> NoReturn:
    raise RunError(f'date "{text}" does not match format "{format_}"')


@lru_cache(maxsize=100)
def _compiled(format_: str) -> tuple[re.Pattern[str], tuple[str, ...]]:
    """Return the pattern of a format, and which directive each of its groups is."""
    directives: list[str] = []
    pattern = _pattern(format_, directives)
    return re.compile(pattern, re.IGNORECASE), tuple(directives)


def _pattern(format_: str, directives: list[str]) -> str:
    pieces: list[str] = []
    for item in ITEM.finditer(format_):
        directive = item[1]
        if item[0].isspace() or directive in ("n", "t"):
            pieces.append(SPACE)
        elif directive is None or directive == "%":
            pieces.append(re.escape(directive or item[0]))
        elif directive in ABBREVIATIONS:
            pieces.append(_pattern(ABBREVIATIONS[directive], directives))
        elif directive in ZONES:
            pieces.append(ZONES[directive])
        elif directive in NAMES:
            directives.append(directive)
            names = (f"{name}|{name[:3]}" for name in NAMES[directive])
            pieces.append(f"((?>{'|'.join(names)}))")
        elif directive in NUMBERS:
            directives.append(directive)
            space = "" if directive in "Gs" else " *+"
            pieces.append(f"{space}((?>{NUMBERS[directive][2]}))")
        else:
            pieces.append("(?!)")
    return "".join(pieces)


def _set_name(directive: str, text: str, fields: DateFields) -> None:
    number = NAME_INDEX[directive][text[:3].lower()]
    if directive in "aA":
        fields.weekday = number
    elif directive == "p":
        fields.afternoon = number == 1
    else:
        fields.month, fields.has_date = number, True


def _set_number(directive: str, number: int, fields: DateFields) -> bool:
    """Store a number in its field; False if it is out of range."""
    field_name = FIELD_OF.get(directive)
    if field_name is not None:
        setattr(fields, field_name, number)
    elif directive in "jm":
        setattr(fields, "day_of_year" if directive == "j" else "month", number - 1)
    elif directive in "Hk":
        fields.hour, fields.is_12_hour = number, False
    elif directive in "Il":
        fields.hour, fields.is_12_hour = number % 12, True
    elif directive == "s":
        return _set_from_epoch(number, fields)
    elif directive in "uw":
        fields.weekday = number % 7
    elif directive in "UW":
        fields.week, fields.week_start = number, int(directive == "W")
    elif directive == "y":
        fields.year, fields.year_of_century = number + (1900 if number > 68 else 2000), number
    elif directive == "Y":
        fields.year, fields.century, fields.year_of_century = number, None, 0
    fields.has_date = fields.has_date or directive in "CdemyY"
    return True


def _set_from_epoch(seconds: int, fields: DateFields) -> bool:
    try:
        moment = time.localtime(seconds)
    except (ValueError, OverflowError, OSError):
        return False
    fields.year, fields.month, fields.day = moment.tm_year, moment.tm_mon - 1, moment.tm_mday
    fields.hour, fields.minute, fields.second = moment.tm_hour, moment.tm_min, moment.tm_sec
    fields.weekday, fields.day_of_year = (moment.tm_wday + 1) % 7, moment.tm_yday - 1
    return True


def _derive_fields(fields: DateFields) -> tuple[int, int]:
    """Fill in what follows from the rest; return the day of the week and of the year, 8 and 367 where unknown."""
    if fields.is_12_hour and fields.afternoon:
        fields.hour += 12
    if fields.century is not None:
        fields.year = fields.century * 100 + fields.year_of_century
    if fields.week is not None and fields.weekday is not None and fields.day_of_year is None:
        first = weekday(days_before(fields.year, 0))
        offset = (7 - (first - fields.week_start)) % 7
        fields.day_of_year = offset + (fields.week - 1) * 7 + (fields.weekday - fields.week_start) % 7
        if fields.month is None or fields.day is None:
            _set_from_year_day(fields, fields.day_of_year)
    elif fields.day_of_year is not None and fields.has_date and fields.weekday is None:
        _set_from_year_day(fields, fields.day_of_year)
    days = days_before(fields.year, fields.month or 0) + (fields.day or 0) - 1
    day_of_week = weekday(days) if fields.weekday is None else fields.weekday
    day_of_year = (
        year_day(fields.year, fields.month or 0, fields.day or 0)
        if fields.day_of_year is None
        else fields.day_of_year
    )
    if fields.has_date:
        return day_of_week, day_of_year
    return 8 if fields.weekday is None else day_of_week, 367 if fields.day_of_year is None else day_of_year


def _set_from_year_day(fields: DateFields, day_of_year: int) -> None:
    month = max(
        number
        for number in range(12)
        if DAYS_BEFORE_MONTH[number] + (number > 1 and is_leap(fields.year)) <= max(day_of_year, 0)
    )
    fields.month = month if fields.month is None else fields.month
    fields.day = day_of_year - year_day(fields.year, month, 1) + 1 if fields.day is None else fields.day
