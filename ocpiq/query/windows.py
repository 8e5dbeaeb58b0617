"""The window of each source as it is for one run: with the run's variables and the time at which it began."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from msgspec import Struct

from ocpiq.analysis.explanation import SourceExplanation
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

    @property
    def ends(self) -> tuple[int | None, int | None]:
        """The beginning and the end: of the end of charging, else of `last_updated`."""
        return self.during or (self.since, self.until)

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


def filters(source: SourceExplanation, window: SourceWindow | None) -> list[str]:
    """Return what narrows the objects that are requested, in words.

    `window` has the dates of the run; they stand beside words that depend on it: `last month`, `$month`.
    """
    window = window or SourceWindow()
    bounds = [
        f"{word} {_dated(text, bound)}"
        for word, text, bound in (
            ("from", source.since, window.since),
            ("before", source.until, window.until),
        )
        if text
    ]
    narrowed = [f"last updated {' and '.join(bounds)}"] if bounds else []
    if isinstance(source.during, str):
        dates = "" if window.during is None else f" ({' to '.join(map(_time, window.during))})"
        narrowed.append(f"charged during {source.during}{dates}")
    elif source.during:
        narrowed.append(f"charged during {' to '.join(source.during)}")
    if source.newest is not None:
        resolved = "" if window.newest in (None, source.newest) else f" ({window.newest})"
        narrowed.append(f"the newest {source.newest}{resolved}")
    return narrowed


def _dated(text: str, bound: int | None) -> str:
    """Return a bound as the query writes it, with its date if that is not what it writes."""
    date = None if bound is None else _time(bound)
    return text if date in (None, text) else f"{text} ({date})"


def _time(microseconds: int) -> str:
    try:
        return f"{(EPOCH + timedelta(microseconds=microseconds)).isoformat()}Z"
    except OverflowError:  # before the year 1 or after 9999
        return f"{microseconds} us"
