"""The Gregorian calendar for any year: days since 1970-01-01, months counted from 0, days of the week from Sunday."""

from __future__ import annotations

from typing import Final

DAYS_PER_CYCLE: Final = 146_097  # days in 400 years
DAYS_TO_1970: Final = 719_468  # days from 0000-03-01 to 1970-01-01
DAYS_BEFORE_MONTH: Final = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)


def is_leap(year: int) -> bool:
    """Tell a leap year."""
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def days_before(year: int, month: int) -> int:
    """Return the days from 1970 to the first of a month."""
    shifted = year - (month < 2)  # years that begin in March, so that a leap day is the last
    months = (month + 10) % 12
    return (
        shifted * 365
        + shifted // 4
        - shifted // 100
        + shifted // 400
        + (153 * months + 2) // 5
        - DAYS_TO_1970
    )


def date_of(days: int) -> tuple[int, int, int]:
    """Return year, month from 0 and day of the month."""
    cycle, rest = divmod(days + DAYS_TO_1970, DAYS_PER_CYCLE)
    year = (rest - rest // 1460 + rest // 36524 - rest // 146096) // 365
    day_of_year = rest - (365 * year + year // 4 - year // 100)
    months = (5 * day_of_year + 2) // 153
    month = (months + 2) % 12
    return cycle * 400 + year + (month < 2), month, day_of_year - (153 * months + 2) // 5 + 1


def weekday(days: int) -> int:
    """Return the day of the week of a day, 0 for Sunday."""
    return (days + 4) % 7


def year_day(year: int, month: int, day: int) -> int:
    """Return the day of the year, 0 for the first of January; `month` may be any of the twelve."""
    return DAYS_BEFORE_MONTH[month] + (month > 1 and is_leap(year)) + day - 1
