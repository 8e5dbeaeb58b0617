"""`strptime` (jq manual, "Dates") as the GNU C library reads it, in English whatever the locale."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from ocpiq.engine.natives.calendar import BEFORE, days_before, leap, weekday, year_day
from ocpiq.errors import RunError
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
# of each number: the least and greatest value, the most digits
NUMBERS: Final = {
    "C": (0, 99, 2),
    "d": (1, 31, 2),
    "e": (1, 31, 2),
    "g": (0, 99, 2),
    "G": (0, 9999, 4),
    "H": (0, 23, 2),
    "k": (0, 23, 2),
    "I": (1, 12, 2),
    "l": (1, 12, 2),
    "j": (1, 366, 3),
    "m": (1, 12, 2),
    "M": (0, 59, 2),
    "S": (0, 61, 2),
    "s": (0, 10**18, 19),
    "u": (1, 7, 1),
    "U": (0, 53, 2),
    "V": (0, 53, 2),
    "w": (0, 6, 1),
    "W": (0, 53, 2),
    "y": (0, 99, 2),
    "Y": (0, 9999, 4),
}
ZONE: Final = re.compile(r"Z|[+-][0-9]{2}(?::?[0-9]{2})?", re.ASCII)


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
    fields = Fields()
    try:
        place = _read(text, 0, form, fields)
        if text[place:] and not text[place].isspace():
            raise ValueError
    except ValueError:
        raise RunError(f'date "{text}" does not match format "{form}"') from None
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
    return [*parts, text[place:]] if place < len(text) else parts


def _read(text: str, place: int, form: str, fields: Fields) -> int:
    """Read `text` from `place` on in `form`; return where it ends. Raises ValueError."""
    for item in ITEM.finditer(form):
        directive = item[1]
        if item[0].isspace() or directive in ("n", "t"):
            while text[place : place + 1].isspace():
                place += 1
        elif directive is None or directive == "%":
            if text[place : place + 1] != (directive or item[0]):
                raise ValueError
            place += 1
        elif directive in SHORT:
            place = _read(text, place, SHORT[directive], fields)
            fields.dated = fields.dated or directive in "cDFx"
        else:
            place = _directive(directive, text, place, fields)
    return place


def _directive(directive: str, text: str, place: int, fields: Fields) -> int:
    if directive in "aA":
        fields.weekday, place = _name(DAYS, text, place)
        return place
    if directive in "bBh":
        fields.month, place = _name(MONTHS, text, place)
        fields.dated = True
        return place
    if directive == "p":
        half, place = _name(("am", "pm"), text, place)
        fields.afternoon = half == 1
        return place
    if directive in "zZ":
        return _zone(directive, text, place)
    if directive not in NUMBERS:
        raise ValueError
    least, greatest, digits = NUMBERS[directive]
    while text[place : place + 1] == " ":
        place += 1
    start = place
    while place - start < digits and text[place : place + 1].isdecimal() and text[place].isascii():
        if int(text[start : place + 1]) > greatest:
            break
        place += 1
    if place == start or int(text[start:place]) < least:
        raise ValueError
    _number(directive, int(text[start:place]), fields)
    return place


def _name(names: Sequence[str], text: str, place: int) -> tuple[int, int]:
    """Return which of the names, or of their first three letters, stands in the text, and where it ends."""
    for number, name in enumerate(names):
        for form in (name, name[:3]):
            if text[place : place + len(form)].lower() == form:
                return number, place + len(form)
    raise ValueError


def _zone(directive: str, text: str, place: int) -> int:
    """Pass over a zone; jq ignores what it says."""
    if directive == "Z":
        while place < len(text) and not text[place].isspace():
            place += 1
        return place
    while text[place : place + 1] == " ":
        place += 1
    found = ZONE.match(text, place)
    if found is None:
        raise ValueError
    return found.end()


def _number(directive: str, number: int, fields: Fields) -> None:
    match directive:
        case "C":
            fields.century = number
        case "d" | "e":
            fields.day = number
        case "H" | "k":
            fields.hour, fields.twelve = number, False
        case "I" | "l":
            fields.hour, fields.twelve = number % 12, True
        case "j":
            fields.of_year = number - 1
        case "m":
            fields.month = number - 1
        case "M":
            fields.minute = number
        case "S":
            fields.second = number
        case "s":
            _moment(number, fields)
        case "u" | "w":
            fields.weekday = number % 7
        case "U" | "W":
            fields.week, fields.week_from = number, int(directive == "W")
        case "y":
            fields.year, fields.of_century = number + (1900 if number > 68 else 2000), number
        case "Y":
            fields.year, fields.century, fields.of_century = number, None, 0
    fields.dated = fields.dated or directive in "CdemyY"


def _moment(seconds: int, fields: Fields) -> None:
    try:
        moment = time.localtime(seconds)
    except (ValueError, OverflowError, OSError):
        raise ValueError from None
    fields.year, fields.month, fields.day = moment.tm_year, moment.tm_mon - 1, moment.tm_mday
    fields.hour, fields.minute, fields.second = moment.tm_hour, moment.tm_min, moment.tm_sec
    fields.weekday, fields.of_year = (moment.tm_wday + 1) % 7, moment.tm_yday - 1


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
