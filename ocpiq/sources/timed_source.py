"""A source that remembers when its last pull began and ended, by the platform's clock."""

from __future__ import annotations

from collections.abc import Iterator

from ocpiq.errors import Notify
from ocpiq.gate import Gate, OpenedPage
from ocpiq.sources.protocol import Ask, Source, owner_of
from ocpiq.values.times import epoch_us


class TimedSource:
    """`source`, with the first and the last time in the envelopes of its last pull, in microseconds since 1970."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.version = source.version
        self.repeats = source.repeats
        self.owner = owner_of(source)
        self.times: list[int] = []

    def pages(self, ask: Ask, gate: Gate, notify: Notify) -> Iterator[OpenedPage]:
        """Yield the pages of the source."""
        self.times = []
        for page in self._source.pages(ask, gate, notify):
            time = epoch_us(page.timestamp)
            if time is not None:
                self.times = [min(time, *self.times), max(time, *self.times)] if self.times else [time, time]
            yield page
