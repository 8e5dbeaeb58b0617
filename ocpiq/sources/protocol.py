"""What a source is: something that gives a module's pages through the gate."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from msgspec import Struct

from ocpiq.errors import Notify
from ocpiq.gate import Gate, OpenedPage


class Ask(Struct, frozen=True):
    """What is wanted of a source: a module, and bounds of `last_updated` (OCPI DateTimes that end in Z).

    The bounds, and that only the `newest` so many at the end of the list are wanted, are for the platform to send
    less; the gate keeps to the bounds in any case, and who asks counts in any case.
    """

    module: str
    since: str | None = None
    until: str | None = None
    newest: int | None = None


class Source(Protocol):
    """A place that modules are read from; `version` is the OCPI version of its objects.

    One that `repeats` may come upon an object twice, and leaves it out by its key if the gate has one.
    """

    @property
    def version(self) -> str:
        """The OCPI version."""

    @property
    def repeats(self) -> bool:
        """Whether an object may come twice."""

    def pages(self, ask: Ask, gate: Gate, notify: Notify) -> Iterator[OpenedPage]:
        """Yield what the gate makes of each page, as it is read.

        `notify` gets a PageRead for each, warnings, and a PullEnded at the end. Raises PlatformError or
        UsageError where nothing can be read, IncompleteError after the last page where there was more to read.
        """
