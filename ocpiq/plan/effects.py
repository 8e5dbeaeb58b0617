"""How the result of a form, operator, builtin or aggregate depends on an operand.

Each entry of the tables in `plan/blanks.py` has one Effect; `ocpiq.analysis.roles` follows them to the results.
`COMPUTES` is the default: the result depends on everything in the operand.
"""

from __future__ import annotations

from enum import Enum


class Effect(Enum):
    """How a result depends on an operand; the text is for people."""

    PASSES_THROUGH = "is the operand, or a part of it"
    COMPUTES = "is computed from the operand"
    COUNTS = "tells the type of the operand, its length or its keys"
    REORDERS = "is the items of the operand, fewer of them or in another order"
    GROUPS = "is arrays of the items of the operand"
    PICKS = "is one item of the operand, selected by comparing all items"
    TOTALS = "is a total over the operands of several objects"
    DECIDES = "exists, or appears earlier or later, depending on the operand"
    PRINTS = "is the operand, which is also written to standard error"
