"""Numbers: which classes they have, and which of them keep the digits that they were written with.

A number that is only moved prints as jq 1.8 prints it: with all its digits, in the scientific notation of the General
Decimal Arithmetic specification (`1.000`, `0.10`, `1E+2`). It counts as a double.
"""

from __future__ import annotations

import math
import re
import sys
from typing import Final

import orjson

from ocpiq.values.patterns import lazy_pattern

EXACT_DIGITS: Final = 4300
"""Digits up to which integers are exact: as many as Python converts in a time that nobody notices."""

ALWAYS_CONVERTED: Final = 600  # digits that Python converts under any setting
LARGEST: Final = sys.float_info.max
SHORT: Final = 17  # characters with which a fraction has at most 15 digits: as many as every double keeps
SMALL: Final = 1e-4  # below it, a double is written with an exponent
REPEATED: Final = 7  # characters of a fraction that probably occurs more than once
MOST_REPEATED: Final = 16_384  # fractions that are remembered
LARGEST_EXPONENT: Final = 999_999_999  # of jq; a number beyond it is infinite
TEXT: Final = lazy_pattern(r"[+-]?(?:[0-9]++\.?[0-9]*+|\.[0-9]++)(?:[eE][+-]?[0-9]++)?", re.ASCII)


class LiteralNumber(float):
    """A number that prints as it was written and counts as a double."""

    __slots__ = ("text",)
    text: str

    def __new__(cls, value: float, text: str) -> LiteralNumber:
        """Return the number that `text` writes and `value` is near to."""
        number = super().__new__(cls, value)
        number.text = text
        return number

    @property
    def printed(self) -> orjson.Fragment:
        """What the encoder of JSON writes."""
        return orjson.Fragment(self.text)

    def __reduce__(self) -> tuple[type[LiteralNumber], tuple[float, str]]:
        return LiteralNumber, (float(self), self.text)


LARGEST_WRITTEN: Final = LiteralNumber(LARGEST, "1.7976931348623157e+308")
"""What a number beyond a double counts as that was read."""

NUMBERS: Final = (int, float, LiteralNumber)
"""The classes of numbers; booleans are none."""

NEGATIVE_ZERO: Final = LiteralNumber(-0.0, "-0")
"""A computed zero with a sign: it prints as in jq; `-0.0` was written so."""


WRITTEN_ZERO: Final = LiteralNumber(0.0, "0")
"""A zero that was written, from a builtin that computes other numbers: negated it has no sign."""


def integer(text: str) -> int | LiteralNumber:
    """Return the integer that digits stand for; beyond EXACT_DIGITS it keeps them and counts as the largest double."""
    sign = "-" if text[0] == "-" else ""
    digits = text.lstrip("+-").lstrip("0") or "0"
    if len(digits) > EXACT_DIGITS:
        return LiteralNumber(-LARGEST if sign else LARGEST, sign + digits)
    if digits == "0" and sign:
        return NEGATIVE_ZERO
    if len(digits) < ALWAYS_CONVERTED:
        return int(sign + digits)
    from decimal import Decimal  # noqa: PLC0415 - almost never needed

    return int(Decimal(sign + digits))


def fraction(text: str) -> float:
    """Return the number that `text`, with a point or an exponent, stands for: a double if it prints like that.

    So a double that was read has no exponent when it prints; `encode_read` relies on it.
    """
    number = float(text)
    if (
        (number >= SMALL or number <= -SMALL)
        and (text[-1] > "0" or text[-2:] == ".0")
        and len(text) < SHORT
        and "e" not in text
        and "E" not in text
    ):
        return number
    return _literal(number, text)


class Fractions(dict[str, float]):
    """Returns `fraction(text)` for a text, faster for one that was seen: prices, currents and durations repeat."""

    def __missing__(self, text: str) -> float:
        number = fraction(text)
        if len(text) <= REPEATED and len(self) < MOST_REPEATED:
            self[text] = number
        return number


def number(text: str) -> int | float:
    """Return the number that `text` stands for, in any form that jq reads."""
    return integer(text) if text.lstrip("+-").isdigit() else fraction(text)


def _literal(number: float, text: str) -> float:
    if TEXT.fullmatch(text) is None:  # the text is printed: let nothing else pass
        raise ValueError("not a number")
    from decimal import Decimal, InvalidOperation  # noqa: PLC0415 - not needed for the usual numbers

    try:
        written = Decimal(text)
    except InvalidOperation:  # an exponent beyond that of any number
        return _largest(number) if abs(number) > 1 else math.copysign(0.0, number)
    if written and written.adjusted() > LARGEST_EXPONENT:
        return _largest(number)
    printed = str(written)
    if printed == repr(number):
        return number
    if "E" not in printed and "." not in printed:  # such as `1.` or `100e-2` without a fraction left
        return integer(printed)
    return LiteralNumber(number, printed)


def _largest(number: float) -> float:
    return LARGEST_WRITTEN if number > 0 else negated(LARGEST_WRITTEN)


def negated(number: float) -> float:
    """Return `-number` for a number that was written: it keeps its digits; zero has no sign, as in jq."""
    if isinstance(number, int):
        return -number
    text = number.text if isinstance(number, LiteralNumber) else repr(number)
    if not number:
        return 0 if text == "-0" else _without_sign(number, text)
    if not isinstance(number, LiteralNumber):
        return -number
    return LiteralNumber(-number, text[1:] if text[0] == "-" else f"-{text}")


def magnitude(number: float) -> float:
    """Return the absolute value of a number, with its digits."""
    if not isinstance(number, LiteralNumber):
        return abs(number)
    return _without_sign(number, number.text)


def _without_sign(number: float, text: str) -> float:
    printed = text.lstrip("-")
    if printed == "0":
        return 0
    return abs(float(number)) if printed == repr(abs(float(number))) else LiteralNumber(abs(number), printed)
