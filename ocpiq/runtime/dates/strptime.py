"""`strptime` (jq manual, "Dates") as the GNU C library reads it, in English whatever the locale."""

from __future__ import annotations

import re
import time
from functools import lru_cache
from typing import Final, NoReturn

from msgspec import Struct

from ocpiq.errors import RunError
from ocpiq.runtime.dates.calendar import BEFORE, days_before, leap, weekday, year_day
from ocpiq.values.types import Value

MONTHS: Final = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
DAYS: Final = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
ITEM: Final = re.compile(r"\s+|%[-_0^#]*[EO]?(.)|[^%\s]|%", re.DOTALL)
SHORT: Final = {
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


def _two(greatest: int) -> str:
    """Return the pattern of a number of two digits: C reads the second where the number can still be in range."""
    tens = greatest // 10
    return r"[0-9]{1,2}" if tens == 9 else rf"[0-{tens}][0-9]?|[{tens + 1}-9]"


# of each number: the least and greatest value, and what is read
NUMBERS: Final = {
    **{letter: (0, 99, _two(99)) for letter in "Cgy"},
    **{letter: (1, 31, _two(31)) for letter in "de"},
    **{letter: (0, 23, _two(23)) for letter in "Hk"},
    **{letter: (1, 12, _two(12)) for letter in "Ilm"},
    **{letter: (0, 53, _two(53)) for letter in "UVW"},
    "M": (0, 59, _two(59)),
    "S": (0, 61, _two(61)),
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
PLACES: Final = {
    letter: {name[:3]: place for place, name in enumerate(names)} for letter, names in NAMES.items()
}
SIMPLE: Final = {"C": "century", "d": "day", "e": "day", "M": "minute", "S": "second"}
ZONES: Final = {"z": r" *+(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)", "Z": r"[ \t\n\r\f\v]*+[^ \t\n\r\f\v]*+"}


class Fields(Struct):
    """What was read; None is what the text does not say. `month` counts from 0, `weekday` from Sunday."""

    year: int = 1900
    month: int | None = None
    day: int | None = None
    hour: int = 0
    minute: int = 0
    second: int = 0
    weekday: int | None = None
    of_year: int | None = None
    century: int | None = None
    of_century: int = 0
    afternoon: bool = False
    twelve: bool = False  # the hour is one of twelve
    week: int | None = None
    week_from: int = 0  # the day of the week that weeks begin with
    dated: bool = False  # something of a date was read


def parse(text: str, form: str) -> list[Value]:
    """Return the broken down time that `text` says in `form`, and what of the text is left, if anything."""
    pattern, directives = _compiled(form)
    found = pattern.match(text)
    if found is None or text[found.end() : found.end() + 1].strip():
        _no_match(text, form)
    fields = Fields()
    for directive, part in zip(directives, found.groups(), strict=True):
        if directive in NAMES:
            _name(directive, part, fields)
            continue
        number = int(part)
        least, greatest, _ = NUMBERS[directive]
        if not least <= number <= greatest or not _number(directive, number, fields):
            _no_match(text, form)
    day_of_week, of_year = _complete(fields)
    parts: list[Value] = [
        fields.year,
        fields.month or 0,
        fields.day or 0,
        fields.hour,
        fields.minute,
        fields.second,
        day_of_week,
        of_year,
    ]
    return [*parts, text[found.end() :]] if found.end() < len(text) else parts


def _no_match(text: str, form: str) -> NoReturn:
    raise RunError(f'date "{text}" does not match format "{form}"')


@lru_cache(maxsize=100)
def _compiled(form: str) -> tuple[re.Pattern[str], tuple[str, ...]]:
    """Return the pattern of a format, and which directive each of its groups is."""
    directives: list[str] = []
    pattern = _pattern(form, directives)
    return re.compile(pattern, re.IGNORECASE), tuple(directives)


def _pattern(form: str, directives: list[str]) -> str:
    written: list[str] = []
    for item in ITEM.finditer(form):
        directive = item[1]
        if item[0].isspace() or directive in ("n", "t"):
            written.append(SPACE)
        elif directive is None or directive == "%":
            written.append(re.escape(directive or item[0]))
        elif directive in SHORT:
            written.append(_pattern(SHORT[directive], directives))
        elif directive in ZONES:
            written.append(ZONES[directive])
        elif directive in NAMES:
            directives.append(directive)
            names = (f"{name}|{name[:3]}" for name in NAMES[directive])
            written.append(f"((?>{'|'.join(names)}))")
        elif directive in NUMBERS:
            directives.append(directive)
            space = "" if directive in "Gs" else " *+"
            written.append(f"{space}((?>{NUMBERS[directive][2]}))")
        else:
            written.append("(?!)")
    return "".join(written)


def _name(directive: str, text: str, fields: Fields) -> None:
    number = PLACES[directive][text[:3].lower()]
    if directive in "aA":
        fields.weekday = number
    elif directive == "p":
        fields.afternoon = number == 1
    else:
        fields.month, fields.dated = number, True


def _number(directive: str, number: int, fields: Fields) -> bool:
    """Note what a number says; False where it is no moment."""
    simple = SIMPLE.get(directive)
    if simple is not None:
        setattr(fields, simple, number)
    elif directive in "jm":
        setattr(fields, "of_year" if directive == "j" else "month", number - 1)
    elif directive in "Hk":
        fields.hour, fields.twelve = number, False
    elif directive in "Il":
        fields.hour, fields.twelve = number % 12, True
    elif directive == "s":
        return _moment(number, fields)
    elif directive in "uw":
        fields.weekday = number % 7
    elif directive in "UW":
        fields.week, fields.week_from = number, int(directive == "W")
    elif directive == "y":
        fields.year, fields.of_century = number + (1900 if number > 68 else 2000), number
    elif directive == "Y":
        fields.year, fields.century, fields.of_century = number, None, 0
    fields.dated = fields.dated or directive in "CdemyY"
    return True


def _moment(seconds: int, fields: Fields) -> bool:
    try:
        moment = time.localtime(seconds)
    except (ValueError, OverflowError, OSError):
        return False
    fields.year, fields.month, fields.day = moment.tm_year, moment.tm_mon - 1, moment.tm_mday
    fields.hour, fields.minute, fields.second = moment.tm_hour, moment.tm_min, moment.tm_sec
    fields.weekday, fields.of_year = (moment.tm_wday + 1) % 7, moment.tm_yday - 1
    return True


def _complete(fields: Fields) -> tuple[int, int]:
    """Fill in what follows from the rest; return the day of the week and of the year, 8 and 367 where unknown."""
    if fields.twelve and fields.afternoon:
        fields.hour += 12
    if fields.century is not None:
        fields.year = fields.century * 100 + fields.of_century
    if fields.week is not None and fields.weekday is not None and fields.of_year is None:
        first = weekday(days_before(fields.year, 0))
        begin = (7 - (first - fields.week_from)) % 7
        fields.of_year = begin + (fields.week - 1) * 7 + (fields.weekday - fields.week_from) % 7
        if fields.month is None or fields.day is None:
            _from_year_day(fields, fields.of_year)
    elif fields.of_year is not None and fields.dated and fields.weekday is None:
        _from_year_day(fields, fields.of_year)
    days = days_before(fields.year, fields.month or 0) + (fields.day or 0) - 1
    of_week = weekday(days) if fields.weekday is None else fields.weekday
    of_year = (
        year_day(fields.year, fields.month or 0, fields.day or 0)
        if fields.of_year is None
        else fields.of_year
    )
    if fields.dated:
        return of_week, of_year
    return 8 if fields.weekday is None else of_week, 367 if fields.of_year is None else of_year


def _from_year_day(fields: Fields, of_year: int) -> None:
    month = max(
        number
        for number in range(12)
        if BEFORE[number] + (number > 1 and leap(fields.year)) <= max(of_year, 0)
    )
    fields.month = month if fields.month is None else fields.month
    fields.day = of_year - year_day(fields.year, month, 1) + 1 if fields.day is None else fields.day
