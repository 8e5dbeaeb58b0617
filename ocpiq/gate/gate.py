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

from ocpiq.gate.envelope import BOM, Envelope, EnvelopeHead, Form, Framing, Page, head
from ocpiq.gate.field_report import FieldReport, Survey
from ocpiq.gate.keys import ObjectKey, Repeats
from ocpiq.gate.layout import Shape
from ocpiq.gate.nested import in_parts, together
from ocpiq.gate.records import Apart, BatchRecords, Records, rows
from ocpiq.gate.window import Window, WindowedRecords
from ocpiq.privacy.demand import Demand
from ocpiq.privacy.view import ViewNode
from ocpiq.schema import DEFAULT_VERSION, module
from ocpiq.values.json.fragments import LIST, OBJECT, REFUSED
from ocpiq.values.json.reader import BLANKS, BrokenError
from ocpiq.values.json.scanner import Items

LARGE: Final = 16 << 20
"""Bytes of a page beyond which its objects are decoded one by one: a platform may send everything at once."""

Taken = tuple[WindowedRecords, tuple[int, ...], int]
"""Rows, the places of what is not an object, and how many objects were left out as repeats."""


class OpenedPage(Struct, frozen=True):
    """A page, opened: what its envelope says, and the rows that lie in the window.

    `status_code` is None without an envelope; where it is not a success no row is opened. `status_message` is
    cut and escaped. `count` is the number of objects that were sent, `bad` the places of those that are no
    objects; `repeated` counts those that were left out because they came before. `undated` counts rows that
    stayed because their `last_updated` cannot be read, `unended` those that did not because their end of
    charging cannot be. `met` is what the names of fields have told so far, over all pages. `form` is that of
    the page.
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
    form: Form = "envelope"

    def __repr__(self) -> str:
        return f"OpenedPage(status_code={self.status_code}, count={self.count}, rows={len(self.rows)})"


def gate(view: ViewNode, need: Demand, *, window: Window | None = None, key: tuple[str, ...] = ()) -> Gate:
    """Return the gate for a source that shows `view` and of which the query reads `need`.

    `key` names the fields that tell one object of a page from another; without it repeats are not looked for.
    """
    return Gate(view, need, window, key)


class Gate:
    """Opens the pages of one source. `shape` is that of the rows; None where every row is a dict."""

    def __init__(self, view: ViewNode, need: Demand, window: Window | None, key: tuple[str, ...]) -> None:
        self.framing = framing_of(view)
        self._survey = Survey(view)
        self._key = ObjectKey(key) if key else None
        if view.part:
            self._rows: Records = in_parts(rows(view, need, window), view.part, self._key)
        else:
            self._rows = rows(view, need, window, self._key)
        self.shape: Shape | None = self._rows.shape
        self._way = PageDecoder(self._rows, self.framing)
        self._large = (
            PageDecoder(Apart(self._rows), self.framing)
            if isinstance(self._rows, BatchRecords)
            else self._way
        )

    def page(self, body: bytes, repeats: Repeats | None = None) -> OpenedPage:
        """Open an envelope, a bare list, or one object. PlatformError if it is not JSON.

        `repeats` hears the sealed keys of the objects and says which of them are to be left out.
        """
        body = body.removeprefix(BOM).lstrip(BLANKS)
        way = self._way if len(body) <= LARGE else self._large
        head, records = way.records(body)
        page = Page(head, [])
        repeats = repeats if self._key else None
        keys = None if records is None or repeats is None else way.rows.keys(records)
        if records is None or (self._survey.left and not way.apart):
            page = self.framing.split(body)
        elif self._survey.left:
            page = Page(head, [bytes(raw) for raw in records[: self._survey.left]])
        if records is None:
            return self._opened(page, len(page.slices), self._each(page.slices, repeats))
        gone = set(repeats(keys)) if keys and repeats else ()
        kept = [record for place, record in enumerate(records) if place not in gone] if gone else records
        return self._opened(page, len(records), (way.rows.all(kept), (), len(gone)))

    def lines(self, lines: Sequence[bytes]) -> OpenedPage:
        """Open lines that each hold an object; none of them is blank."""
        way = self._way if sum(map(len, lines)) <= LARGE else self._large
        records = way.of_lines(lines)
        looked_at = lines if records is None else lines[: self._survey.left]
        page = Page(EnvelopeHead(), [line.strip(BLANKS) for line in looked_at])
        if records is None:
            return self._opened(page, len(lines), self._each(page.slices, None))
        return self._opened(page, len(lines), (way.rows.all(records), (), 0))

    def _opened(self, page: Page, count: int, taken: Taken) -> OpenedPage:
        """Return an opened page of `count` objects."""
        self._survey.look(page.slices)
        kept, bad, repeated = taken
        return OpenedPage(
            page.head.status,
            page.head.message,
            page.head.timestamp,
            count,
            kept.rows,
            bad,
            kept.undated,
            kept.unended,
            self._survey.report,
            repeated,
            page.form,
        )

    def _each(self, slices: Items, repeats: Repeats | None) -> Taken:
        """Return the rows of slices, the places of what is not an object, and how many are repeats."""
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


def framing_of(view: ViewNode) -> Framing:
    """Return how the objects are framed that a platform lists for a view."""
    seen = module(view.blank.module, DEFAULT_VERSION)
    listed = module(seen.pulled, DEFAULT_VERSION)
    return Framing(frozenset(listed.root.children), frozenset(listed.key))


class PageDecoder:
    """Decodes pages at once, into what `rows` makes its rows of; `apart` tells that these are slices."""

    def __init__(self, rows: Records, framing: Framing) -> None:
        self.rows = rows
        self.framing = framing
        self.apart = rows.item is Raw
        data = list[rows.item] | None | UnsetType  # type: ignore[name-defined]
        members = {f"f{number}": name for number, name in enumerate(sorted(framing.fields))}
        beside: list[Any] = [(attribute, Raw | UnsetType, UNSET) for attribute in members]
        page = defstruct(
            "Page", [("data", data, UNSET), *beside], bases=(Envelope,), rename=members, gc=False
        )
        self._names = {"status_code": "status_code"} | members
        self._object: Decoder[Any] = Decoder(rows.item)
        self._list: Decoder[list[Any]] = Decoder(list[rows.item])  # type: ignore[name-defined]
        self._page: Decoder[Any] = Decoder(page)

    def records(self, body: bytes) -> tuple[EnvelopeHead, list[Any] | None]:
        """Return head and objects of a page as decoded at once; None for objects where that cannot be."""
        try:
            if body[:1] == LIST:
                found, records = EnvelopeHead(), self._list.decode(body)
            else:
                page = self._page.decode(body)
                sent = {name for at, name in self._names.items() if getattr(page, at) is not UNSET}
                if not isinstance(page.data, list) or not self.framing.is_envelope({"data", *sent}):
                    return EnvelopeHead(), None
                found = head(page.status_code, page.status_message, page.timestamp)
                records = page.data if found.opens else []
        except REFUSED:
            return EnvelopeHead(), None
        return found, records if self.rows.takes(records) else None

    def of_lines(self, lines: Sequence[bytes]) -> list[Any] | None:
        """Return the objects of lines, each decoded for itself; None where that cannot be."""
        try:
            records = list(map(self._object.decode, lines))
        except REFUSED:
            return None
        return records if self.rows.takes(records) else None
