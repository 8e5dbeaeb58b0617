"""What the result of a form, an operator, a builtin or an aggregate tells of its operands.

Beside what each does with a blank, each entry of those tables has one of these; `ocpiq.analysis.roles` follows them to
the results. `COMPUTES` is the default, because it tells everything.
"""

from __future__ import annotations

from enum import Enum


class Effect(Enum):
    """What a result tells of an operand; the text is for people."""

    PASSES_THROUGH = "is the operand, or a part of it"
    COMPUTES = "is computed from the operand"
    COUNTS = "tells the type of the operand, its length or its keys"
    REORDERS = "is the items of the operand, fewer of them or in another order"
    GROUPS = "is arrays of the items of the operand"
    PICKS = "is one item of the operand, which the values of all of them decide"
    TOTALS = "is a total over the operands of several objects"
    DECIDES = "is there or not, sooner or later, as the operand says"
    PRINTS = "is the operand, which is also written to standard error"
