"""Python objects as a source, for tests of queries and for data from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from ocpiq.errors import Notify
from ocpiq.gate import Gate, OpenedPage
from ocpiq.sources.monitor import monitor_pages
from ocpiq.sources.protocol import Ask
from ocpiq.values.numbers import LiteralNumber

PAGE = 1000  # objects


class MemorySource:
    """Objects of one module; they are encoded as pages and opened by the gate, like all others."""

    repeats = False

    def __init__(self, objects: Sequence[object], version: str, page: int = PAGE) -> None:
        self.objects = objects
        self.version = version
        self.page = page

    def pages(self, ask: Ask, gate: Gate, notify: Notify) -> Iterator[OpenedPage]:
        """Yield the pages."""
        total = len(self.objects)
        starts = range(0, max(1, total), self.page)
        bodies = (
            msgspec.json.encode(self.objects[start : start + self.page], enc_hook=written) for start in starts
        )
        yield from monitor_pages(ask.module, ((gate.page(body), total) for body in bodies), notify)


def written(value: object) -> msgspec.Raw:
    """Return a number of another result as it was written. TypeError for a value that JSON does not have."""
    if isinstance(value, LiteralNumber):
        return msgspec.Raw(value.text.encode())
    raise TypeError(f"Encoding objects of type {type(value).__name__} is unsupported")
