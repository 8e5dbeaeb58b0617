"""How many outputs a plan node has for one input."""

from __future__ import annotations

from enum import IntEnum


class Outputs(IntEnum):
    """The number of outputs for one input."""

    NONE = 0
    ONE = 1
    MAYBE = 2  # none or one
    MANY = 3

    def then(self, following: Outputs) -> Outputs:
        """Return the outputs of a node with these, piped into one with `following`."""
        if Outputs.NONE in (self, following):
            return Outputs.NONE
        return max(self, following)

    def otherwise(self, other: Outputs) -> Outputs:
        """Return the outputs of one of two branches."""
        if self is other:
            return self
        return max(self, other, Outputs.MAYBE)
