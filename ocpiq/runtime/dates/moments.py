"""Builtins for OCPI that jq lacks: local time of DateTimes, durations, power of connectors, prices, rounding.

DateTimes are read in every form that platforms send; null and 1970-01-01, which means unknown, return null.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, Final, cast

from ocpiq.errors import RunError
from ocpiq.runtime.builtins.numbers import to_number
from ocpiq.values import times
from ocpiq.values.arithmetic import Number, divide, is_finite, multiply, normalize, to_float
from ocpiq.values.blank import Blank
from ocpiq.values.json.codec import excerpt, number_text
from ocpiq.values.numbers import NUMBERS
from ocpiq.values.patterns import lazy_pattern
from ocpiq.values.periods import LABELS
from ocpiq.values.times import instant, midnight, months_later
from ocpiq.values.types import Value, type_name

HOUR: Final = 3_600_000_000  # microseconds
PHASES: Final = {"AC_2_PHASE": 2, "AC_2_PHASE_SPLIT": 2, "AC_3_PHASE": 3}
MAX_DIGITS: Final = 300
MAX_SECONDS: Final = 1e12  # seconds; the year 9999 ends at 2.5e11
AMOUNT: Final = lazy_pattern(r"\s*[+-]?[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?\s*", re.ASCII)
UNKNOWN: Final = lazy_pattern(r"\s*1970-0?1-0?1(?:[Tt ]|$)")

# ---------------------------------------------------------------- moments


def moment(value: Value) -> int | None:
    """Return a DateTime, or seconds or milliseconds since 1970, in microseconds; None if it is unknown."""
    if value is None:
        return None
    if type(value) is str:
        microseconds = times.epoch_us(value)
        if microseconds is not None or UNKNOWN.match(value):
            return microseconds
    elif type(value) in NUMBERS and abs(number := cast(float, value)) < MAX_SECONDS:
        return int(number * times.SECOND)
    elif type(value) in NUMBERS and (parsed := times.number_us(number)) is not None:
        return parsed
    raise RunError(f"{type_name(value)} ({excerpt(value)}) is not a date and time")


def zone(value: Value) -> tzinfo:
    """Return a time zone."""
    try:
        if type(value) is str:
            return times.zone(value)
    except ValueError:
        pass
    raise RunError(f"{excerpt(value)} is not a time zone (such as Europe/Amsterdam)")


def local(value: Value, zone_name: Value) -> datetime | None:
    """Return the wall clock of a zone at a moment."""
    clock = moment(value)
    try:
        return None if clock is None else times.local(clock, zone(zone_name))
    except OverflowError:
        raise RunError(f"{excerpt(value)} is beyond the year 9999") from None


def _local_builtin(describe: Callable[[datetime], Value]) -> Callable[[Value, Value], Value]:
    def builtin(value: Value, zone_name: Value) -> Value:
        clock = local(value, zone_name)
        return None if clock is None else describe(clock)

    return builtin


def utc(value: Value) -> Value:
    """`utc`: the time as `2026-01-31T06:00:00Z`, without the fraction of a second; null if it is unknown."""
    clock = local(value, "UTC")
    return None if clock is None else f"{clock.replace(microsecond=0, tzinfo=None).isoformat()}Z"


def duration_hours(end: Value, start: Value) -> Value:
    """`duration_hours(end; start)`; null if one of them is unknown."""
    last, first = moment(end), moment(start)
    return None if last is None or first is None else normalize((last - first) / HOUR)


# ---------------------------------------------------------------- slots


def slots(unit: Value, start: Value, end: Value, zone_name: Value) -> Iterator[Value]:
    """`slots(unit; start; end; zone)`: each hour (day, …) that an interval overlaps, and by how many hours."""
    if type(unit) is not str or (unit != "hour" and unit not in LABELS):
        raise RunError(f"{excerpt(unit)} is not a unit of slots (use hour, {', '.join(LABELS)})")
    tz = zone(zone_name)
    first, last = moment(start), moment(end)
    if first is None or last is None:
        return
    try:
        for begin, stop, label in (_hours if unit == "hour" else _days)(str(unit), first, last, tz):
            hours = (min(stop, last) - max(begin, first)) / HOUR
            clock = times.local(begin, UTC).isoformat()[:19] + "Z"
            yield {"slot": label, "start": clock, "hours": normalize(hours)}
    except (OverflowError, ValueError):
        raise RunError("the interval of slots ends beyond the year 9999") from None


def _hours(unit: str, first: int, last: int, tz: tzinfo) -> Iterator[tuple[int, int, str]]:
    wall = times.local(first, tz)
    begin = first - (wall.minute * 60 + wall.second) * times.SECOND - wall.microsecond
    while begin < last:
        yield begin, begin + HOUR, times.local(begin, tz).isoformat()[:13]
        begin += HOUR


def _days(unit: str, first: int, last: int, tz: tzinfo) -> Iterator[tuple[int, int, str]]:
    day = _start_of(unit, times.local(first, tz).date())
    begin = instant(midnight(day), tz)
    while begin < last:
        next_day = _next_start(unit, day)
        stop = instant(midnight(next_day), tz)
        yield begin, stop, LABELS[unit](day)
        day, begin = next_day, stop


def _start_of(unit: str, day: date) -> date:
    if unit == "week":
        return day - timedelta(days=day.weekday())
    if unit == "quarter":
        return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    return {"day": day, "month": day.replace(day=1), "year": day.replace(month=1, day=1)}[unit]


def _next_start(unit: str, day: date) -> date:
    if unit in ("day", "week"):
        return day + timedelta(days=1 if unit == "day" else 7)
    return months_later(day, {"month": 1, "quarter": 3, "year": 12}[unit])


# ---------------------------------------------------------------- rounding


def _quantize(value: Value, digits: Value) -> Decimal | None:
    """Return a number rounded to `digits` decimals, halves away from zero, starting from its shortest text."""
    if type(digits) is not int or not -MAX_DIGITS <= digits <= MAX_DIGITS:
        raise RunError(f"{excerpt(digits)} is not a number of decimals")
    if type(value) not in NUMBERS:
        raise RunError(f"{type_name(value)} ({excerpt(value)}) number required")
    try:
        exact = (
            Decimal(number_text(cast(Number, value))) if is_finite(cast(Number, value)) else Decimal("NaN")
        )
        return exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP) if exact.is_finite() else None
    except InvalidOperation:  # more digits than a Decimal holds: nothing to round
        return exact if digits >= 0 else Decimal(0)


def round_decimals(value: Value, digits: Value) -> Value:
    """`round(n)`; null stays null."""
    if value is None:
        return None
    rounded = _quantize(value, digits)
    if rounded is None or (type(value) is int and cast(int, digits) >= 0):
        return value
    return normalize(float(rounded) + 0.0)  # zero without a sign


def fixed_decimals(value: Value, digits: Value) -> Value:
    """`fixed(n)`: a string with exactly n decimals; null stays null."""
    if value is None:
        return None
    rounded = _quantize(value, digits)
    if rounded is None or (type(digits) is int and digits < 0):
        raise RunError(f"{excerpt(value)} has no text with {excerpt(digits)} decimals")
    return f"{rounded:.{digits}f}"


# ---------------------------------------------------------------- power and prices


def power_kw(voltage: Value, amperage: Value, power_type: Value) -> Value:
    """Return the maximum power of a connector from its voltage (to neutral) and amperage; null if one is missing."""
    if type(voltage) not in NUMBERS or type(amperage) not in NUMBERS:
        return None
    phases = PHASES.get(power_type, 1) if type(power_type) is str else 1
    return divide(multiply(multiply(voltage, amperage), phases), 1000)


def excl_vat(price: Value) -> Value:
    """`excl_vat`: a Price of 2.2 or 2.3.0, or a number as in 2.1.1, without VAT."""
    if type(price) is dict:
        return _amount(_first_present(price, "excl_vat", "before_taxes"))
    return _amount(price)


def incl_vat(price: Value) -> Value:
    """`incl_vat`: a Price with VAT; null if it has none, as a number of 2.1.1."""
    if type(price) is not dict:
        return price if type(price) is Blank else None
    price_incl_vat = _first_present(price, "incl_vat", "after_taxes")
    if price_incl_vat is not None or not isinstance(taxes := price.get("taxes"), list):
        return _amount(price_incl_vat)
    amounts = [_amount(tax.get("amount")) for tax in taxes if type(tax) is dict]
    total = [_amount(price.get("before_taxes")), *amounts]
    for amount in total:
        if amount is None or type(amount) is Blank:
            return amount
    if not all(is_finite(cast(Number, amount)) for amount in total):
        return normalize(sum(to_float(cast(Number, amount)) for amount in total))
    return normalize(float(sum(Decimal(number_text(cast(Number, amount))) for amount in total)))


def _first_present(price: dict[str, Value], *names: str) -> Value:
    return next((price[name] for name in names if price.get(name) is not None), None)


def _amount(value: Value) -> Value:
    """Return an amount; some platforms send it as text."""
    if type(value) is str and AMOUNT.fullmatch(value):
        return to_number(value.strip())
    if value is None or type(value) in NUMBERS or type(value) is Blank:
        return value
    raise RunError(f"{type_name(value)} ({excerpt(value)}) is not a price")


NATIVES: Final[dict[str, Callable[..., Any]]] = {
    **{
        name: _local_builtin(lambda clock, label=label: label(clock.date()))  # type: ignore[misc]
        for name, label in LABELS.items()
    },
    "hour": _local_builtin(lambda clock: clock.hour),
    "weekday": _local_builtin(lambda clock: clock.isoweekday()),
    "utc": utc,
    "duration_hours": duration_hours,
    "slots": slots,
    "_round": round_decimals,
    "fixed": fixed_decimals,
    "_power_kw": power_kw,
    "excl_vat": excl_vat,
    "incl_vat": incl_vat,
}
