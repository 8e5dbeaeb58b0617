"""Numbers: which classes they have, and what becomes of those that are too long to be computed with."""

from __future__ import annotations

import sys
from decimal import Decimal
from typing import Final

EXACT_DIGITS: Final = 4300
"""Digits up to which integers are exact: as many as Python converts in a time that nobody notices."""

ALWAYS_CONVERTED: Final = 600  # digits that Python converts under any setting
LARGEST: Final = sys.float_info.max


class LiteralNumber(float):
    """A number too long to be computed with exactly: it prints as it was written and counts as a double."""

    __slots__ = ("text",)
    text: str

    def __new__(cls, value: float, text: str) -> LiteralNumber:
        """Return the number that `text` writes and `value` is near to."""
        number = super().__new__(cls, value)
        number.text = text
        return number

    def __reduce__(self) -> tuple[type[LiteralNumber], tuple[float, str]]:
        return LiteralNumber, (float(self), self.text)


NUMBERS: Final = (int, float, LiteralNumber)
"""The classes of numbers; booleans are none."""


def integer(text: str) -> int | LiteralNumber:
    """Return the integer that digits stand for; beyond EXACT_DIGITS it keeps them and counts as the largest double."""
    sign = "-" if text[0] == "-" else ""
    digits = text.lstrip("+-").lstrip("0") or "0"
    if len(digits) <= EXACT_DIGITS:
        return int(sign + digits) if len(digits) < ALWAYS_CONVERTED else int(Decimal(sign + digits))
    return LiteralNumber(-LARGEST if sign else LARGEST, sign + digits)
