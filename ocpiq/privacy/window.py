"""Windows on `last_updated`, which the gate reads whether the query passes it or not."""

from __future__ import annotations

from msgspec import Raw, Struct

from ocpiq.privacy.careful import BrokenError
from ocpiq.privacy.slices import value
from ocpiq.values.times import epoch_us

UPDATED = "last_updated"


class Window(Struct, frozen=True):
    """A half-open stretch of time, in microseconds since 1970; None is open."""

    since: int | None
    until: int | None

    def holds(self, moment: int | None) -> bool:
        """Tell whether a moment lies in the window; one that is not known may."""
        if moment is None:
            return True
        return (self.since is None or self.since <= moment) and (self.until is None or moment < self.until)


def moment(sent: object) -> int | None:
    """Return the moment that a value, or the slice of one, says; None where it says none."""
    raw = bytes(sent) if isinstance(sent, Raw) else sent
    if isinstance(raw, bytes):
        try:
            raw = value(raw) if raw[:1] == b'"' else None
        except BrokenError:
            return None
    return epoch_us(raw) if isinstance(raw, str) else None
