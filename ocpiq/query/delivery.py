"""What a delivery with a state adds to a run: the window of one source, and which of its rows are handed out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ocpiq.gate import Identity  # queries of plain JSON do not need it


class Delivery(Protocol):
    """A delivery: `source` is the number of the source that it bounds.

    `bounds` are those of `last_updated` in microseconds since 1970, which stand in for `since last`; None if the source
    keeps its own window. `secret` seals the keys of the objects; `late_before` is the moment before which objects are
    marked as late.
    """

    @property
    def source(self) -> int:
        """The number of the source."""

    @property
    def bounds(self) -> tuple[int | None, int | None] | None:
        """The bounds."""

    @property
    def period(self) -> tuple[int, int] | None:
        """The period of the end of charging, in place of that of the query; None if the source keeps its own."""

    @property
    def secret(self) -> bytes:
        """The secret."""

    @property
    def late_before(self) -> int | None:
        """The moment."""

    def select(self, rows: Sequence[object], identities: Sequence[Identity]) -> Iterator[Iterable[object]]:
        """Yield the rows of a page that are handed out, and remember them."""

    def complete(self) -> None:
        """Note that every page was read to the end."""
