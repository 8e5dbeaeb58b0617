"""What operators and forms of the language do with a blank; `analysis/builtins` has the builtins.

A blank may be moved, never used. Refusing is the default for everything that is not in a table.
"""

from __future__ import annotations

from enum import Enum
from typing import Final, NamedTuple

from ocpiq.plan.effects import Effect


class Blanks(Enum):
    """What an operation does with an operand that is, or holds, a blank; the text is for `ocpiq help blanks`."""

    MOVES = "passes through: a blank, and arrays and objects that hold one"
    OUTSIDE = "error for a blank; arrays and objects that hold one pass through"
    ITEMS = "error for a blank and for an item that is one; deeper ones pass through"
    COMPARES = "error for a blank, or for holding one if both sides have the same type"
    REFUSES = "error for a blank, and for arrays and objects that hold one"


class Form(NamedTuple):
    """What a form does with a blank, and what its result tells of its operands."""

    blanks: Blanks
    effect: Effect


KEY: Final = "a key, an index, a bound"

FORMS: Final[dict[str, Form]] = {
    ".": Form(Blanks.MOVES, Effect.PASSES_THROUGH),
    ".f": Form(Blanks.MOVES, Effect.PASSES_THROUGH),
    ".[n]": Form(Blanks.MOVES, Effect.PASSES_THROUGH),
    ".[a:b]": Form(Blanks.MOVES, Effect.REORDERS),
    ".[]": Form(Blanks.OUTSIDE, Effect.PASSES_THROUGH),
    KEY: Form(Blanks.REFUSES, Effect.COMPUTES),
    "..": Form(Blanks.MOVES, Effect.COMPUTES),
    "a | b": Form(Blanks.MOVES, Effect.PASSES_THROUGH),
    "a, b": Form(Blanks.MOVES, Effect.PASSES_THROUGH),
    "a as $x": Form(Blanks.MOVES, Effect.PASSES_THROUGH),
    "[a]": Form(Blanks.MOVES, Effect.PASSES_THROUGH),
    "{k: a}": Form(Blanks.MOVES, Effect.PASSES_THROUGH),
    '"\\(a)"': Form(Blanks.MOVES, Effect.COMPUTES),
    "a + b": Form(Blanks.OUTSIDE, Effect.COMPUTES),
    "a * b": Form(Blanks.OUTSIDE, Effect.COMPUTES),
    "a - b": Form(Blanks.REFUSES, Effect.COMPUTES),
    "a / b": Form(Blanks.REFUSES, Effect.COMPUTES),
    "a % b": Form(Blanks.REFUSES, Effect.COMPUTES),
    "-a": Form(Blanks.REFUSES, Effect.COMPUTES),
    "a == b": Form(Blanks.COMPARES, Effect.COMPUTES),
    "a != b": Form(Blanks.COMPARES, Effect.COMPUTES),
    "a < b": Form(Blanks.COMPARES, Effect.COMPUTES),
    "a <= b": Form(Blanks.COMPARES, Effect.COMPUTES),
    "a > b": Form(Blanks.COMPARES, Effect.COMPUTES),
    "a >= b": Form(Blanks.COMPARES, Effect.COMPUTES),
    "a and b": Form(Blanks.OUTSIDE, Effect.COUNTS),
    "a or b": Form(Blanks.OUTSIDE, Effect.COUNTS),
    "a // b": Form(Blanks.OUTSIDE, Effect.PASSES_THROUGH),  # its left; the right passes through
    "if a then b else c": Form(Blanks.OUTSIDE, Effect.DECIDES),  # its condition; the branches pass through
    "try a catch b": Form(Blanks.MOVES, Effect.PASSES_THROUGH),
    "a?": Form(Blanks.MOVES, Effect.PASSES_THROUGH),
    "reduce, foreach": Form(Blanks.MOVES, Effect.COMPUTES),
    "label, break": Form(Blanks.MOVES, Effect.PASSES_THROUGH),
    "p = a": Form(Blanks.MOVES, Effect.COMPUTES),
    "p |= f": Form(Blanks.MOVES, Effect.COMPUTES),
    "by a": Form(Blanks.REFUSES, Effect.DECIDES),
    "join … on a == b": Form(Blanks.REFUSES, Effect.DECIDES),
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
    return FORMS[f"a {operator.removesuffix('=') if operator in UPDATES else operator} b"].blanks


UPDATES: Final = ("+=", "-=", "*=", "/=", "%=", "//=")
