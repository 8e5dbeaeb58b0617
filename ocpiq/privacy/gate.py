"""The gate: the one place where the bytes of pages are opened. What leaves it is what the view shows.

Three ways lead through it, and an object meets the same fate on each: the narrow one decodes a page at once
into records of just the fields that are read; where that fails, each object is tried alone; and one that
still resists is followed slice by slice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any

from msgspec import UNSET, Struct, UnsetType, defstruct
from msgspec.json import Decoder

from ocpiq.analysis.needs import Need
from ocpiq.analysis.views import ViewNode
from ocpiq.privacy import tolerant
from ocpiq.privacy.careful import BLANKS, BrokenError, Items
from ocpiq.privacy.envelope import BOM, Envelope, Head, head, split
from ocpiq.privacy.narrow import row_change
from ocpiq.privacy.shapes import Cell, Record, Shape, cell
from ocpiq.privacy.slices import LIST, OBJECT, REFUSED, fields
from ocpiq.privacy.unknown import unknown
from ocpiq.privacy.window import UPDATED, Window, moment


class Opened(Struct, frozen=True):
    """A page, opened: what its envelope says, and the rows that lie in the window.

    `status_code` is None without an envelope; where it is no success no row is opened. `status_message` is
    cut and escaped. `count` is the number of objects that were sent, `bad` the places of those that are no
    objects. `undated` counts rows that stayed because their `last_updated` cannot be read. `unknown` are
    names, on the first page, of fields that no version has, `unnamed` counts those whose names are not shown.
    """

    status_code: int | None
    status_message: str
    timestamp: str
    count: int
    rows: Sequence[object]
    bad: tuple[int, ...] = ()
    undated: int = 0
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
        self._window = window
        self._first = True
        root = cell(view, need)
        self._sealed = window is not None and root.record is not None and not has(root.record, UPDATED)
        if self._sealed:
            root = cell(view, need, (UPDATED,))
        self.shape: Shape | None = root.record.shape if root.record else None
        self._root = root
        self._change = row_change(root.record) if root.record else None
        self._updated = reader(root, UPDATED)
        item: Any = root.record.cls if root.record else dict[str, Any]
        page = defstruct(
            "Page", [("data", list[item] | None | UnsetType, UNSET)], bases=(Envelope,), gc=False
        )
        self._item: Decoder[Any] = Decoder(item)
        self._items: Decoder[list[Any]] = Decoder(list[item])
        self._page: Decoder[Any] = Decoder(page)

    def page(self, body: bytes) -> Opened:
        """Open an envelope, a bare list, or one object. PlatformError where it is no JSON."""
        body = body.removeprefix(BOM).lstrip(BLANKS)
        narrow = self._narrow_page(body)
        if narrow is None or self._first:
            found, slices = split(body)
        if narrow is None:
            return self._opened(found, slices, None)
        return self._opened(narrow[0], slices if self._first else [], narrow[1])

    def lines(self, chunk: bytes) -> Opened:
        """Open lines that each hold an object."""
        chunk = chunk.removeprefix(BOM)
        try:
            decoded = self._item.decode_lines(chunk)
        except REFUSED:
            decoded = None
        if decoded is not None and len(decoded) != line_count(chunk, len(decoded)):
            decoded = None
        slices: Items = []
        if decoded is None or self._first:
            slices = [line.strip(BLANKS) for line in chunk.split(b"\n") if line.strip(BLANKS)]
        return self._opened(Head(), slices, decoded)

    def _narrow_page(self, body: bytes) -> tuple[Head, list[Any]] | None:
        """Return head and records of a page that the narrow way can read."""
        try:
            if body[:1] == LIST:
                return Head(), self._items.decode(body)
            page = self._page.decode(body)
        except REFUSED:
            return None
        if page.data is UNSET and page.status_code is UNSET and page.status_message is UNSET:
            return None
        found = head(page.status_code, page.status_message, page.timestamp)
        return found, page.data or [] if found.opens else []

    def _opened(self, found: Head, slices: Items, records: list[Any] | None) -> Opened:
        """Return an opened page, from its records or, where the narrow way had none, from its slices."""
        names, unnamed = unknown(self._view, slices) if self._first else ((), 0)
        self._first = False
        if records is None:
            count, (rows, undated, bad) = len(slices), self._each(slices)
        else:
            count, (rows, undated), bad = len(records), self._all(records), ()
        return Opened(found.status, found.message, found.timestamp, count, rows, bad, undated, names, unnamed)

    def _all(self, records: list[Any]) -> tuple[list[Any], int]:
        """Return the rows of records in the window, and how many of them have no date."""
        undated = 0
        if self._window:
            moments = [moment(self._updated(record)) for record in records]
            undated = moments.count(None)
            records = [record for record, at in zip(records, moments, strict=True) if self._window.holds(at)]
            for record in records if self._sealed else ():
                setattr(record, UPDATED, None)
        change = self._change
        return records if change is None else [change(record) for record in records], undated

    def _each(self, slices: Items) -> tuple[list[Any], int, tuple[int, ...]]:
        """Return the rows of slices in the window, how many of them have no date, and which slices are no
        objects."""
        rows: list[Any] = []
        bad: list[int] = []
        undated = 0
        for number, raw in enumerate(slices):
            try:
                more, without = self._one(raw)
            except BrokenError:
                bad.append(number)
                continue
            rows += more
            undated += without
        return rows, undated, tuple(bad)

    def _one(self, raw: bytes | Items) -> tuple[list[Any], int]:
        """Return the row of one object, if it is in the window, and how many have no date. BrokenError for no
        object."""
        if isinstance(raw, list) or raw[:1] != OBJECT:
            raise BrokenError(0)
        try:
            record = self._item.decode(raw)
        except REFUSED:
            parts = fields(raw)
        else:
            return self._all([record])
        at = moment(parts.get(UPDATED))
        if self._window and not self._window.holds(at):
            return [], 0
        return [tolerant.root(self._root, parts)], int(self._window is not None and at is None)


def has(record: Record, key: str) -> bool:
    """Tell whether a record has the field `key`."""
    return any(member.key == key for member in record.members)


def reader(root: Cell, key: str) -> Callable[[Any], object]:
    """Return what reads the field `key` of a row as it was decoded, sealed or not."""
    if root.record is None:
        return lambda row: row.get(key)
    return attrgetter(next((member.attribute for member in root.record.members if member.key == key), key))


def line_count(chunk: bytes, seen: int) -> int:
    """Return how many lines are not empty; `seen` is what it should be, which spares looking at each."""
    if chunk.count(b"\n") + (not chunk.endswith(b"\n")) == seen:
        return seen
    return sum(1 for line in chunk.split(b"\n") if line.strip(BLANKS))
