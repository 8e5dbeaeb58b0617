"""The window of each source as it is for one run: with the run's variables and the time at which it began."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from msgspec import Struct

from ocpiq.values.times import EPOCH

LONGEST: Final = 10**17  # microseconds: longer than all that OCPI can say


class SourceWindow(Struct, frozen=True):
    """What a source asks for: bounds of `last_updated` and of the end of charging, microseconds since 1970.

    `newest` is the number of the latest objects.
    """

    since: int | None = None
    until: int | None = None
    during: tuple[int, int] | None = None
    newest: int | None = None

    def length(self, now: int) -> timedelta | None:
        """Return how long the window is at most, if the run begins `now`; None if it has no beginning."""
        lengths = []
        if self.during is not None:
            lengths.append(self.during[1] - self.during[0])
        if self.since is not None:
            lengths.append(max(0, (now if self.until is None else self.until) - self.since))
        return min((timedelta(microseconds=min(length, LONGEST)) for length in lengths), default=None)

    def as_text(self) -> dict[str, object]:
        """Return the bounds that are set, in RFC 3339."""
        texts: dict[str, object] = {}
        if self.since is not None:
            texts["since"] = _time(self.since)
        if self.until is not None:
            texts["until"] = _time(self.until)
        if self.during is not None:
            texts["during"] = [_time(bound) for bound in self.during]
        if self.newest is not None:
            texts["newest"] = self.newest
        return texts


def _time(microseconds: int) -> str:
    try:
        return f"{(EPOCH + timedelta(microseconds=microseconds)).isoformat()}Z"
    except OverflowError:  # before the year 1 or after 9999
        return f"{microseconds} us"
