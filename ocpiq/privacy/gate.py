"""The gate: the one place where the bytes of pages are opened. What leaves it is what the view shows.

Three ways lead through it, and an object meets the same fate on each: the narrow one decodes a page at once
into records of just the fields that are read; where that fails, each object is tried alone; and one that
still resists is followed slice by slice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import UNSET, Struct, UnsetType, defstruct
from msgspec.json import Decoder

from ocpiq.analysis.needs import Need
from ocpiq.analysis.views import ViewNode
from ocpiq.privacy.careful import BLANKS, BrokenError
from ocpiq.privacy.envelope import BOM, Envelope, Head, head, split
from ocpiq.privacy.parts import in_parts, together
from ocpiq.privacy.rows import rows
from ocpiq.privacy.scan import Items
from ocpiq.privacy.shapes import Shape
from ocpiq.privacy.slices import LIST, OBJECT, REFUSED
from ocpiq.privacy.unknown import unknown
from ocpiq.privacy.window import Kept, Window


class Opened(Struct, frozen=True):
    """A page, opened: what its envelope says, and the rows that lie in the window.

    `status_code` is None without an envelope; where it is no success no row is opened. `status_message` is
    cut and escaped. `count` is the number of objects that were sent, `bad` the places of those that are no
    objects. `undated` counts rows that stayed because their `last_updated` cannot be read, `unended` those that
    did not because their end of charging cannot be. `unknown` are
    names, on the first page, of fields that no version has, `unnamed` counts those whose names are not shown.
    """

    status_code: int | None
    status_message: str
    timestamp: str
    count: int
    rows: Sequence[object]
    bad: tuple[int, ...] = ()
    undated: int = 0
    unended: int = 0
    unknown: tuple[str, ...] = ()
    unnamed: int = 0

    def __repr__(self) -> str:
        return f"Opened(status_code={self.status_code}, count={self.count}, rows={len(self.rows)})"


def gate(view: ViewNode, need: Need, *, window: Window | None = None) -> Gate:
    """Return the gate for a source that shows `view` and of which the query reads `need`."""
    return Gate(view, need, window)


class Gate:
    """Opens the pages of one source. `shape` is that of the rows; None where every row is a dict."""

    def __init__(self, view: ViewNode, need: Need, window: Window | None) -> None:
        self._view = view
        self._first = True
        self._rows = rows(view, need, window)
        if view.part:
            self._rows = in_parts(self._rows, view.part)
        self.shape: Shape | None = self._rows.shape
        item = self._rows.item
        data = list[item] | None | UnsetType  # type: ignore[valid-type]
        page = defstruct("Page", [("data", data, UNSET)], bases=(Envelope,), gc=False)
        self._object: Decoder[Any] = Decoder(item)
        self._list: Decoder[list[Any]] = Decoder(list[item])  # type: ignore[valid-type]
        self._page: Decoder[Any] = Decoder(page)

    def page(self, body: bytes) -> Opened:
        """Open an envelope, a bare list, or one object. PlatformError where it is no JSON."""
        body = body.removeprefix(BOM).lstrip(BLANKS)
        found, records = self._records(body)
        slices: Items = []
        if records is None or self._first:
            found, slices = split(body)
        return self._opened(found, slices, records)

    def lines(self, chunk: bytes) -> Opened:
        """Open lines that each hold an object."""
        chunk = chunk.removeprefix(BOM)
        try:
            records = self._object.decode_lines(chunk)
        except REFUSED:
            records = None
        if records is not None and not (same_lines(chunk, len(records)) and self._rows.takes(records)):
            records = None
        slices: Items = []
        if records is None or self._first:
            slices = [line.strip(BLANKS) for line in chunk.split(b"\n") if line.strip(BLANKS)]
        return self._opened(Head(), slices, records)

    def _records(self, body: bytes) -> tuple[Head, list[Any] | None]:
        """Return head and objects of a page as decoded at once; None for objects where that cannot be."""
        try:
            if body[:1] == LIST:
                found, records = Head(), self._list.decode(body)
            else:
                page = self._page.decode(body)
                if page.data is UNSET and page.status_code is UNSET and page.status_message is UNSET:
                    return Head(), None
                found = head(page.status_code, page.status_message, page.timestamp)
                records = page.data or [] if found.opens else []
        except REFUSED:
            return Head(), None
        return found, records if self._rows.takes(records) else None

    def _opened(self, found: Head, slices: Items, records: list[Any] | None) -> Opened:
        """Return an opened page, from what was decoded at once or else from its slices."""
        names, unnamed = unknown(self._view, slices) if self._first else ((), 0)
        self._first = False
        bad: tuple[int, ...] = ()
        if records is None:
            count, (kept, bad) = len(slices), self._each(slices)
        else:
            count, kept = len(records), self._rows.all(records)
        return Opened(
            found.status,
            found.message,
            found.timestamp,
            count,
            kept.rows,
            bad,
            kept.undated,
            kept.unended,
            names,
            unnamed,
        )

    def _each(self, slices: Items) -> tuple[Kept, tuple[int, ...]]:
        """Return the rows of slices, and the places of those that are no objects."""
        found: list[Kept] = []
        bad: list[int] = []
        for number, raw in enumerate(slices):
            try:
                if isinstance(raw, list) or raw[:1] != OBJECT:
                    raise BrokenError(0)
                found.append(self._rows.one(raw))
            except BrokenError:
                bad.append(number)
        return together(found), tuple(bad)


def same_lines(chunk: bytes, count: int) -> bool:
    """Tell whether there are as many lines that are not empty as objects."""
    ends, at = 0, chunk.find(b"\n")
    while at >= 0:
        ends, at = ends + 1, chunk.find(b"\n", at + 1)
    if ends + (not chunk.endswith(b"\n")) == count:
        return True
    return sum(1 for line in chunk.split(b"\n") if line.strip(BLANKS)) == count
