"""The order in which a source lists its objects, by their `last_updated`: of these values nothing else is kept."""

from __future__ import annotations

from typing import Final, Literal

Order = Literal["", "oldest first", "newest first", "none"]

FEW: Final = 0.25
"""The part of the steps from object to object that may go against the order: OCPI lists by creation, and some objects
are updated later. Of a list in no order it is about half."""


class ListOrder:
    """Counts the steps to a later and to an earlier `last_updated`."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Begin with another list."""
        self._last: int | None = None
        self._later = 0
        self._earlier = 0

    def add(self, updated: int | None) -> None:
        """Count the step to the next object; one without a `last_updated` that can be read does not count."""
        if updated is None:
            return
        if self._last is not None:
            self._later += updated > self._last
            self._earlier += updated < self._last
        self._last = updated

    @property
    def order(self) -> Order:
        """The order so far; empty if nothing tells it."""
        steps = self._later + self._earlier
        if not steps:
            return ""
        if self._earlier <= FEW * steps:
            return "oldest first"
        return "newest first" if self._later <= FEW * steps else "none"
