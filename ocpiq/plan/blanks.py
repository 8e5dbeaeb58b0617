"""What operators and forms of the language do with a blank; `builtins` says it of each builtin.

A blank may be moved, never used. Refusing is the default: what is not in a table is refused.
"""

from __future__ import annotations

from enum import Enum
from typing import Final


class Blanks(Enum):
    """What something does with an operand that is, or holds, a blank; the text is for people."""

    MOVES = "moves it, and what holds it"
    OUTSIDE = "refuses it, moves what holds it"
    ITEMS = "refuses it and as an item, moves what holds it deeper"
    COMPARES = "refuses it, and what holds it unless the other is of another type"
    REFUSES = "refuses it, and what holds it"


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
    "a // b": Blanks.OUTSIDE,  # its left; the right is moved
    "if a then b else c": Blanks.OUTSIDE,  # its condition; the branches are moved
    "try a catch b": Blanks.MOVES,
    "a?": Blanks.MOVES,
    "reduce, foreach": Blanks.MOVES,
    "label, break": Blanks.MOVES,
    "p = a": Blanks.MOVES,
    "p |= f": Blanks.MOVES,
    "by a": Blanks.REFUSES,
    "join … on a == b": Blanks.REFUSES,
}
"""The operators and forms, in the words of the documentation: `a`, `b`, `c` are what the entry is about."""


AGGREGATES: Final[dict[str, Blanks]] = {
    "count": Blanks.OUTSIDE,
    "any": Blanks.OUTSIDE,
    "all": Blanks.OUTSIDE,
    "first": Blanks.MOVES,
    "last": Blanks.MOVES,
    "collect": Blanks.MOVES,
}
"""What an aggregate function does with a blank in its argument; those that are not here refuse it."""


def aggregate_blanks(name: str) -> Blanks:
    """Return what an aggregate function does."""
    return AGGREGATES.get(name, Blanks.REFUSES)


def operator_blanks(operator: str) -> Blanks:
    """Return the entry of a binary operator, and of the assignment that is short for it."""
    return FORMS[f"a {operator.removesuffix('=') if operator in UPDATES else operator} b"]


UPDATES: Final = ("+=", "-=", "*=", "/=", "%=", "//=")
