"""The pages of a platform that another process has pulled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from ocpiq.errors import Notify
from ocpiq.gate import Gate, OpenedPage, PageBody, PageOwner, reopened
from ocpiq.sources.protocol import Ask


class SentPages(Struct, frozen=True):
    """Pages in the order in which they were pulled; objects that came twice are marked in them."""

    pulled: Sequence[PageBody]
    version: str
    repeats: bool = False

    def pages(self, ask: Ask, gate: Gate, notify: Notify) -> Iterator[OpenedPage]:
        """Yield the pages; nothing is reported, because the process that pulls them does it."""
        owner: PageOwner | None = None
        opener = gate
        for page in self.pulled:
            if page.owner != owner:
                owner = page.owner
                opener = gate.of_platform(owner.name, owner.version).without_survey()
            yield reopened(opener, page)
