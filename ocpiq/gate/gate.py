"""The gate: the one place where the bytes of pages are opened. What leaves it is what the view shows.

Three ways lead through it, and an object meets the same fate on each: the narrow one decodes a page at once
into records of just the fields that are read; where that fails, each object is tried alone; and one that
still resists is followed slice by slice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from msgspec import UNSET, Raw, Struct, UnsetType, defstruct
from msgspec.json import Decoder

from ocpiq.gate.envelope import BOM, Envelope, EnvelopeHead, head, split
from ocpiq.gate.field_report import LOOKED_AT, FieldReport, met
from ocpiq.gate.keys import ObjectKey, Repeats
from ocpiq.gate.layout import Shape
from ocpiq.gate.nested import in_parts, together
from ocpiq.gate.records import Apart, BatchRecords, Records, rows
from ocpiq.gate.window import Window, WindowedRecords
from ocpiq.privacy.demand import Demand
from ocpiq.privacy.view import ViewNode
from ocpiq.values.json.fragments import LIST, OBJECT, REFUSED
from ocpiq.values.json.reader import BLANKS, BrokenError
from ocpiq.values.json.scanner import Items

LARGE: Final = 16 << 20
"""Bytes of a page beyond which its objects are decoded one by one: a platform may send everything at once."""

Taken = tuple[WindowedRecords, tuple[int, ...], int]
"""Rows, the places of what is no object, and how many objects were left out as repeats."""


class OpenedPage(Struct, frozen=True):
    """A page, opened: what its envelope says, and the rows that lie in the window.

    `status_code` is None without an envelope; where it is no success no row is opened. `status_message` is
    cut and escaped. `count` is the number of objects that were sent, `bad` the places of those that are no
    objects; `repeated` counts those that were left out because they came before. `undated` counts rows that
    stayed because their `last_updated` cannot be read, `unended` those that did not because their end of
    charging cannot be. `met` is what the names of the first page's fields tell.
    """

    status_code: int | None
    status_message: str
    timestamp: str
    count: int
    rows: Sequence[object]
    bad: tuple[int, ...] = ()
    undated: int = 0
    unended: int = 0
    met: FieldReport = FieldReport()
    repeated: int = 0

    def __repr__(self) -> str:
        return f"Opened(status_code={self.status_code}, count={self.count}, rows={len(self.rows)})"


def gate(view: ViewNode, need: Demand, *, window: Window | None = None, key: tuple[str, ...] = ()) -> Gate:
    """Return the gate for a source that shows `view` and of which the query reads `need`.

    `key` names the fields that tell one object of a page from another; without it repeats are not looked for.
    """
    return Gate(view, need, window, key)


class Gate:
    """Opens the pages of one source. `shape` is that of the rows; None where every row is a dict."""

    def __init__(self, view: ViewNode, need: Demand, window: Window | None, key: tuple[str, ...]) -> None:
        self._view = view
        self._first = True
        self._key = ObjectKey(key) if key else None
        if view.part:
            self._rows: Records = in_parts(rows(view, need, window), view.part, self._key)
        else:
            self._rows = rows(view, need, window, self._key)
        self.shape: Shape | None = self._rows.shape
        self._object: Decoder[Any] = Decoder(self._rows.item)
        self._way = PageDecoder(self._rows)
        self._large = PageDecoder(Apart(self._rows)) if isinstance(self._rows, BatchRecords) else self._way

    def page(self, body: bytes, repeats: Repeats | None = None) -> OpenedPage:
        """Open an envelope, a bare list, or one object. PlatformError where it is no JSON.

        `repeats` hears the sealed keys of the objects and says which of them are to be left out.
        """
        body = body.removeprefix(BOM).lstrip(BLANKS)
        way = self._way if len(body) <= LARGE else self._large
        found, records = way.records(body)
        repeats = repeats if self._key else None
        keys = None if records is None or repeats is None else way.rows.keys(records)
        slices: Items = []
        if records is None or (self._first and not way.apart):
            found, slices = split(body)
        elif self._first:
            slices = [bytes(raw) for raw in records[:LOOKED_AT]]
        if records is None:
            return self._opened(found, slices, len(slices), self._each(slices, repeats))
        gone = set(repeats(keys)) if keys and repeats else ()
        kept = [record for place, record in enumerate(records) if place not in gone] if gone else records
        return self._opened(found, slices, len(records), (way.rows.all(kept), (), len(gone)))

    def lines(self, chunk: bytes) -> OpenedPage:
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
        if records is None:
            return self._opened(EnvelopeHead(), slices, len(slices), self._each(slices, None))
        return self._opened(EnvelopeHead(), slices, len(records), (self._rows.all(records), (), 0))

    def _opened(self, found: EnvelopeHead, slices: Items, count: int, taken: Taken) -> OpenedPage:
        """Return an opened page of so many objects."""
        told = met(self._view, slices) if self._first else FieldReport()
        self._first = False
        kept, bad, repeated = taken
        return OpenedPage(
            found.status,
            found.message,
            found.timestamp,
            count,
            kept.rows,
            bad,
            kept.undated,
            kept.unended,
            told,
            repeated,
        )

    def _each(self, slices: Items, repeats: Repeats | None) -> Taken:
        """Return the rows of slices, the places of what is no object, and how many are repeats."""
        found: list[WindowedRecords] = []
        keys: list[int | None] = []
        bad: list[int] = []
        for number, raw in enumerate(slices):
            try:
                if isinstance(raw, list) or raw[:1] != OBJECT:
                    raise BrokenError(0)
                found.append(self._rows.one(raw))
            except BrokenError:
                bad.append(number)
                continue
            if repeats and self._key:
                keys.append(self._key.of_slice(raw))
        gone = set(repeats(keys)) if repeats and keys else ()
        stay = [kept for place, kept in enumerate(found) if place not in gone]
        return together(stay), tuple(bad), len(gone)


class PageDecoder:
    """Decodes pages at once, into what `rows` makes its rows of; `apart` tells that these are slices."""

    def __init__(self, rows: Records) -> None:
        self.rows = rows
        self.apart = rows.item is Raw
        data = list[rows.item] | None | UnsetType  # type: ignore[name-defined]
        page = defstruct("Page", [("data", data, UNSET)], bases=(Envelope,), gc=False)
        self._list: Decoder[list[Any]] = Decoder(list[rows.item])  # type: ignore[name-defined]
        self._page: Decoder[Any] = Decoder(page)

    def records(self, body: bytes) -> tuple[EnvelopeHead, list[Any] | None]:
        """Return head and objects of a page as decoded at once; None for objects where that cannot be."""
        try:
            if body[:1] == LIST:
                found, records = EnvelopeHead(), self._list.decode(body)
            else:
                page = self._page.decode(body)
                if page.data is UNSET and page.status_code is UNSET and page.status_message is UNSET:
                    return EnvelopeHead(), None
                found = head(page.status_code, page.status_message, page.timestamp)
                records = page.data or [] if found.opens else []
        except REFUSED:
            return EnvelopeHead(), None
        return found, records if self.rows.takes(records) else None


def same_lines(chunk: bytes, count: int) -> bool:
    """Tell whether there are as many lines that are not empty as objects."""
    ends, at = 0, chunk.find(b"\n")
    while at >= 0:
        ends, at = ends + 1, chunk.find(b"\n", at + 1)
    if ends + (not chunk.endswith(b"\n")) == count:
        return True
    return sum(1 for line in chunk.split(b"\n") if line.strip(BLANKS)) == count
