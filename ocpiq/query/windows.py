"""The window of each source as it is for one run: with the run's variables and the time at which it began."""

from __future__ import annotations

from datetime import timedelta

from msgspec import Struct

from ocpiq.values.times import EPOCH


class SourceWindow(Struct, frozen=True):
    """What a source asks for: bounds of `last_updated` and of the end of charging, microseconds since 1970.

    `newest` is the number of the latest objects.
    """

    since: int | None = None
    until: int | None = None
    during: tuple[int, int] | None = None
    newest: int | None = None

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
