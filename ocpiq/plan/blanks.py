"""What operators and forms of the language do with a blank; `analysis/builtins` has the builtins.

A blank may be moved, never used. Refusing is the default for everything that is not in a table.
"""

from __future__ import annotations

from enum import Enum
from typing import Final


class Blanks(Enum):
    """What an operation does with an operand that is, or holds, a blank; the text is for `ocpiq help blanks`."""

    MOVES = "passes through: a blank, and arrays and objects that hold one"
    OUTSIDE = "error for a blank; arrays and objects that hold one pass through"
    ITEMS = "error for a blank and for an item that is one; deeper ones pass through"
    COMPARES = "error for a blank, or for holding one if both sides have the same type"
    REFUSES = "error for a blank, and for arrays and objects that hold one"


KEY: Final = "a key, an index, a bound"

FORMS: Final[dict[str, Blanks]] = {
    ".": Blanks.MOVES,
    ".f": Blanks.MOVES,
    ".[n]": Blanks.MOVES,
    ".[a:b]": Blanks.MOVES,
    ".[]": Blanks.OUTSIDE,
    KEY: Blanks.REFUSES,
    "..": Blanks.MOVES,
    "a | b": Blanks.MOVES,
    "a, b": Blanks.MOVES,
    "a as $x": Blanks.MOVES,
    "[a]": Blanks.MOVES,
    "{k: a}": Blanks.MOVES,
    '"\\(a)"': Blanks.MOVES,
    "a + b": Blanks.OUTSIDE,
    "a * b": Blanks.OUTSIDE,
    "a - b": Blanks.REFUSES,
    "a / b": Blanks.REFUSES,
    "a % b": Blanks.REFUSES,
    "-a": Blanks.REFUSES,
    "a == b": Blanks.COMPARES,
    "a != b": Blanks.COMPARES,
    "a < b": Blanks.COMPARES,
    "a <= b": Blanks.COMPARES,
    "a > b": Blanks.COMPARES,
    "a >= b": Blanks.COMPARES,
    "a and b": Blanks.OUTSIDE,
    "a or b": Blanks.OUTSIDE,
    "a // b": Blanks.OUTSIDE,  # its left; the right passes through
    "if a then b else c": Blanks.OUTSIDE,  # its condition; the branches pass through
    "try a catch b": Blanks.MOVES,
    "a?": Blanks.MOVES,
    "reduce, foreach": Blanks.MOVES,
    "label, break": Blanks.MOVES,
    "p = a": Blanks.MOVES,
    "p |= f": Blanks.MOVES,
    "by a": Blanks.REFUSES,
    "join … on a == b": Blanks.REFUSES,
}
"""The operators and forms, as the documentation writes them; the entry is for `a`, `b` and `c`."""


AGGREGATES: Final[dict[str, Blanks]] = {
    "count": Blanks.OUTSIDE,
    "any": Blanks.OUTSIDE,
    "all": Blanks.OUTSIDE,
    "first": Blanks.MOVES,
    "last": Blanks.MOVES,
    "collect": Blanks.MOVES,
}
"""What aggregate functions do with a blank in their argument; all others refuse it."""


def aggregate_blanks(name: str) -> Blanks:
    """Return what an aggregate function does with a blank."""
    return AGGREGATES.get(name, Blanks.REFUSES)


def operator_blanks(operator: str) -> Blanks:
    """Return what a binary operator, or the assignment of the same name, does with a blank."""
    return FORMS[f"a {operator.removesuffix('=') if operator in UPDATES else operator} b"]


UPDATES: Final = ("+=", "-=", "*=", "/=", "%=", "//=")
