"""The functions of the treatments.

Each function takes a decoded value that is not null, and returns its treated form, or the blank for a value that the
treatment does not take. The result depends on nothing but the treated form: not on how the value was written.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Context, Decimal, InvalidOperation
from hashlib import sha256
from math import floor, isfinite, isinf
from typing import Any, Final

from ocpiq.gate.keys import identifier
from ocpiq.gate.window import moment
from ocpiq.privacy.recipient import Recipient
from ocpiq.privacy.treatments import PERIODS, Treatment
from ocpiq.schema.pseudonym_classes import OTHER, PREFIXES
from ocpiq.values.blank import NA
from ocpiq.values.numbers import LARGEST_WRITTEN, SMALL, fraction, negated
from ocpiq.values.patterns import lazy_pattern
from ocpiq.values.periods import LABELS
from ocpiq.values.times import epoch_us, local, zone

Treat = Callable[[Any], Any]

LETTERS: Final = "abcdefghijklmnopqrstuvwxyz234567"  # of base 32
PAIRS: Final = [first + second for first in LETTERS for second in LETTERS]
PSEUDONYM_BYTES: Final = 10  # of the HMAC that a pseudonym shows

EXACT: Final = Context(prec=700)  # digits: enough for every double and every step
DECIMAL_TEXT: Final = lazy_pattern(r"\s*([+-]?)([0-9]{1,40})(?:\.([0-9]{1,40}))?\s*", re.ASCII)
SAFE_QUOTIENT: Final = 1e6  # below it, the error of a division is smaller than MARGIN
MARGIN: Final = 1e-9
MOST_RESULTS: Final = 16_384  # hours, or multiples of a step, that are kept
MINUTES: Final = frozenset(f":{minute:02}" for minute in range(60))
SECONDS: Final = frozenset(f":{second:02}{end}" for second in range(60) for end in ("Z", ".000Z", ""))
"""The ends of a DateTime after the minute, in the forms that most platforms send."""
LARGEST_INTEGER: Final = 1 << 53  # beyond it a double is not exact
LARGE: Final = 1e16  # from which on a double is written with an exponent


def treatment_function(treatment: Treatment, recipient: Recipient | None, blank: object) -> Treat:
    """Return the function of a treatment for a value that is not null; `blank` if it is of another type."""
    if treatment.name == "pseudonym":
        assert recipient is not None
        return pseudonym_function(recipient.key, treatment.pseudonym_class, blank)
    if treatment.name in PERIODS:
        return period_function(treatment.name, treatment.zone, blank)
    if treatment.name == "rounded":
        return rounding_function(Decimal(treatment.amount), blank)
    return prefix_function(int(treatment.amount), blank)


# ---------------------------------------------------------------- pseudonyms


def pseudonym_function(key: bytes, class_: str, blank: object = None) -> Treat:
    """Return the function that replaces an identifier by its pseudonym.

    The pseudonym is made of the first 80 bits of HMAC-SHA-256 of the class and the identifier, without case. Missing
    identifiers (`""`, `"#NA"`) are null.
    """
    prefix, pairs = f"{PREFIXES.get(class_, OTHER)}_", PAIRS
    missing, is_driver = ("", NA.casefold()), class_ == "driver"
    block = key.ljust(sha256().block_size, b"\0")  # RFC 2104; hmac.digest takes three times as long
    inner, outer = (sha256(bytes(byte ^ pad for byte in block)) for pad in (0x36, 0x5C))
    inner.update(f"ocpiq1\0{class_}\0".encode())

    def pseudonym(value: object) -> object:
        if type(value) is not str and not (value := identifier(value)):
            return blank
        folded = value.strip().casefold()
        if folded in missing:
            return None
        if is_driver:  # eMI3: the separators of contract ids are optional
            folded = folded.replace("-", "").replace("*", "")
        within, around = inner.copy(), outer.copy()
        within.update(folded.encode("utf-8", "surrogatepass"))
        around.update(within.digest())
        bits = int.from_bytes(around.digest()[:PSEUDONYM_BYTES], "big")
        return (
            prefix
            + pairs[bits >> 70]
            + pairs[bits >> 60 & 1023]
            + pairs[bits >> 50 & 1023]
            + pairs[bits >> 40 & 1023]
            + pairs[bits >> 30 & 1023]
            + pairs[bits >> 20 & 1023]
            + pairs[bits >> 10 & 1023]
            + pairs[bits & 1023]
        )

    return pseudonym


# ---------------------------------------------------------------- periods


def period_function(unit: str, zone_name: str, blank: object = None) -> Treat:
    """Return the function that replaces a DateTime by the label of its hour, day, week, month, quarter or year."""
    tz = zone(zone_name)
    hours: dict[str, str] = {}  # the label of each whole hour (UTC) that is in one period
    ends: set[str] = set()  # the ends of DateTimes after the hour that were seen

    def wall_clock(microseconds: int | None) -> datetime | None:
        try:
            return None if microseconds is None else local(microseconds, tz)
        except OverflowError:
            return None

    def label_of(wall: datetime) -> str:
        return wall.isoformat()[:13] if unit == "hour" else LABELS[unit](wall)

    def label_of_hour(hour: str) -> str | None:
        """Return the label of an hour such as 2026-01-31T13; None if it is not in one period for certain."""
        if not hour.isascii() or hour[:2] != "20":  # earlier, offsets of time zones may have seconds
            return None
        first, last = (wall_clock(epoch_us(f"{hour}:{end}Z")) for end in ("00:00", "59:59"))
        if first is None or last is None or first.utcoffset() != last.utcoffset():
            return None
        label = label_of(first)
        return label if label == label_of(last) else None

    def is_known(hour: str, end: str) -> bool:
        """Tell whether a DateTime of an hour, with this end, has the label in `hours`; keep both if so."""
        if end[:3] not in MINUTES or end[3:] not in SECONDS:
            return False
        if hour not in hours:
            label = label_of_hour(hour)
            if label is None:
                return False
            if len(hours) >= MOST_RESULTS:
                hours.clear()
            hours[hour] = label
        ends.add(end)
        return True

    def period(value: object) -> object:
        if type(value) is str:
            hour, end = value[:13], value[13:]
            if (end in ends and hour in hours) or is_known(hour, end):
                return hours[hour]
        wall = wall_clock(moment(value)) if isinstance(value, str | int | float) else None
        return blank if wall is None else label_of(wall)

    return period


# ---------------------------------------------------------------- rounding, prefixes


def rounding_function(step: Decimal, blank: object = None) -> Treat:
    """Return the function that rounds numbers and decimal text down to a multiple of `step`."""
    double, whole = float(step), step == step.to_integral_value()
    integer, limit = int(step), float(LARGEST_INTEGER if whole else 0)
    results: dict[int, float] = {}

    def exact(number: Decimal) -> float:
        rest = EXACT.remainder(number, step)
        rounded = EXACT.subtract(number, rest if rest >= 0 else EXACT.add(rest, step))
        return result_of(rounded)

    def result_of(rounded: Decimal) -> float:
        if whole and abs(rounded) < LARGEST_INTEGER:
            return int(rounded)
        return as_read(float(rounded))

    def rounded(value: object) -> object:
        if type(value) is float and -limit < value < limit:  # in whole steps, a division by floats is exact
            return int(value // double) * integer
        if isinstance(value, float):
            quotient = value / double
            steps = floor(quotient) if -SAFE_QUOTIENT < quotient < SAFE_QUOTIENT else 0
            if MARGIN < quotient - steps < 1 - MARGIN:  # not next to a multiple: the division is exact enough
                result = results.get(steps)
                if result is None:
                    if len(results) >= MOST_RESULTS:
                        results.clear()
                    result = results[steps] = result_of(steps * step)
                return result
            return exact(Decimal(repr(value))) if isfinite(value) else blank
        if type(value) is str:
            text = round_text(value)
            return blank if text is None else text
        try:
            return exact(Decimal(value)) if type(value) is int else blank
        except (InvalidOperation, OverflowError):
            return blank

    round_text = text_rounding_function(step)
    return rounded


def as_read(number: float) -> float:
    """Return a computed number as one that was read: with an exponent it prints in another way; zero has no sign."""
    if SMALL <= abs(number) < LARGE:
        return number
    if isinf(number):
        return negated(LARGEST_WRITTEN) if number < 0 else LARGEST_WRITTEN
    return fraction(repr(number)) if number else 0.0


def text_rounding_function(step: Decimal) -> Callable[[str], str | None]:
    """Return the function that rounds decimal text, to as many decimals as the step has; None for other text."""
    decimals = len(format(step, "f").partition(".")[2])
    unit = 10**decimals
    units = int(step * unit)

    def round_text(text: str) -> str | None:
        match = DECIMAL_TEXT.fullmatch(text)
        if match is None:
            return None
        sign, integer, fraction = match.groups("")
        number = int(integer) * unit + int(fraction[:decimals].ljust(decimals, "0") or 0)
        if sign == "-":
            number = -number - bool(fraction[decimals:].strip("0"))
        number = number // units * units
        magnitude, minus = abs(number), "-" if number < 0 else ""
        if not decimals:
            return f"{minus}{magnitude}"
        return f"{minus}{magnitude // unit}.{magnitude % unit:0{decimals}}"

    return round_text


def prefix_function(length: int, blank: object = None) -> Treat:
    """Return the function that cuts text to its first characters."""
    return lambda value: value[:length] if type(value) is str else blank
