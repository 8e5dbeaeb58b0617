"""The gate: the only place where the bytes of pages are read. Only what the view shows leaves it.

An object is decoded in one of three ways, always with the same result: a page is decoded at once into records of just
the fields that are read; if that fails, each object is decoded alone; and if that fails too, the untyped decoder goes
through the object slice by slice.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from copy import copy
from typing import Any, Final

from msgspec import UNSET, Raw, Struct, UnsetType, defstruct
from msgspec.structs import astuple, replace

from ocpiq.errors import PlatformError
from ocpiq.gate.envelope import BOM, Envelope, EnvelopeHead, Form, Framing, Page, envelope_head
from ocpiq.gate.field_report import OBJECTS_READ, FieldReport, Survey
from ocpiq.gate.keys import Identity, KeySeal, ObjectKey, Repeats
from ocpiq.gate.known_repeats import KnownRepeats, OtherKeysError
from ocpiq.gate.layout import Shape, decoder, reads_platform
from ocpiq.gate.list_order import Order
from ocpiq.gate.missing_fields import MissingFields
from ocpiq.gate.nested import merge_rows, nested_records
from ocpiq.gate.platform_label import PlatformLabel
from ocpiq.gate.records import BatchRecords, LargePageRecords, LazyRecords, Records, records_of
from ocpiq.gate.treated import with_treatments
from ocpiq.gate.window import Window, WindowedRecords
from ocpiq.privacy.demand import Demand
from ocpiq.privacy.platform_field import has_platform, without_platform
from ocpiq.privacy.recipient import Recipient
from ocpiq.privacy.sealed import has_sealed
from ocpiq.privacy.view import ViewNode
from ocpiq.schema import DEFAULT_VERSION, module
from ocpiq.values.json.codec import SIGNED_ZERO
from ocpiq.values.json.fragments import LIST, OBJECT, REFUSED
from ocpiq.values.json.reader import BLANKS, BrokenError
from ocpiq.values.json.scanner import Items

LARGE: Final = 16 << 20
"""Bytes of a page beyond which its objects are decoded one by one: some platforms send everything in one page."""

PageRows = tuple[WindowedRecords, tuple[int, ...], int]
"""Rows, the positions of items that are not objects, and the number of objects left out as repeats."""


class OpenedPage(Struct, frozen=True):
    """An opened page: its envelope, and the rows in the window.

    `status_code` is None without an envelope; if it is not a success, there are no rows. `status_message` is cut and
    escaped. `count` is the number of items on the page, `bad` the positions of those that are not objects; `repeated`
    counts objects left out because an earlier one has the same key. `undated` counts rows kept although their
    `last_updated` cannot be read, `unended` objects left out because their end of charging cannot be read.
    `field_report` covers all pages so far. `form` is the form of the page. `wrong_module` says of the first page of a
    file that its objects have no field of the module. `platform` is the name of the login that it comes from, if any.
    `order` is that of all objects so far, if the query asks for the newest. For a state, `identities` has that of each
    row. If rows are kept, `whole` has them with all that the view shows; it is None if that is not certain. Lines that
    go on from the page before, which may be one of another part, are a page that `continues`.
    """

    status_code: int | None
    status_message: str
    timestamp: str
    count: int
    rows: Sequence[object]
    bad: tuple[int, ...] = ()
    undated: int = 0
    unended: int = 0
    field_report: FieldReport = FieldReport()
    repeated: int = 0
    form: Form = "envelope"
    wrong_module: bool = False
    platform: str = ""
    order: Order = ""
    identities: Sequence[Identity] = ()
    whole: Sequence[object] | None = None
    continues: bool = False

    def __repr__(self) -> str:
        return f"OpenedPage(status_code={self.status_code}, count={self.count}, rows={len(self.rows)})"


def gate(
    view: ViewNode,
    demand: Demand,
    *,
    window: Window | None = None,
    key: tuple[str, ...] = (),
    version: str = DEFAULT_VERSION,
    recipient: Recipient | None = None,
    seal: KeySeal | None = None,
    as_version: str = "",
) -> Gate:
    """Return the gate of a source that shows `view` and of which the query reads `demand`.

    `key` names the fields that identify an object; without it, repeated objects are not detected. `version` is the OCPI
    version of the objects. `recipient` has the key of pseudonyms: a view with pseudonyms needs one.
    `seal` seals the keys of the rows for a state. With `as_version`, objects are read in the form of this version, to
    which view and demand belong.
    """
    return Gate(with_treatments(view, recipient), demand, window, key, version, seal, as_version)


class Gate:
    """Opens the pages of one source. `shape` is the shape of the rows; None if every row is a dict."""

    def __init__(
        self,
        view: ViewNode,
        demand: Demand,
        window: Window | None,
        key: tuple[str, ...],
        version: str,
        seal: KeySeal | None = None,
        as_version: str = "",
    ) -> None:
        is_column, view = has_platform(view), without_platform(view)
        self.framing = framing_of(view)
        self._view = view
        self._demand = demand
        self._as_version = as_version
        self._window = window
        self._seal = seal
        self._whole: Gate | None = None
        self._order = window.order if window else None
        self._survey = self._new_survey(version)
        self._key = ObjectKey(key) if key else None
        inner_window, inner_key, inner_seal = (None, None, None) if as_version else (window, self._key, seal)
        if view.nested:
            self._inner: Records = nested_records(
                records_of(view, demand, window, seal=seal), view.nested, inner_key
            )
        else:
            sealer = None
            if has_sealed(view):
                from ocpiq.gate.sealed import sealer_of, with_drivers  # noqa: PLC0415 - few queries have them

                sealer = sealer_of(view, demand)
                if sealer is not None:
                    view, demand = with_drivers(view, demand)
            self._inner = records_of(view, demand, inner_window, inner_key, inner_seal, sealer)
        self._read = view, demand
        self.shape: Shape | None = self._inner.shape
        self._label = PlatformLabel("", self.shape, is_column=is_column, is_read=reads_platform(view, demand))
        self._read_with(self._converted(version, {}) if as_version else self._inner)

    @property
    def fields_read(self) -> frozenset[str] | None:
        """The fields of an object that it reads; None if these may be any."""
        view, demand = self._read
        if self.shape is None or view.nested or self._as_version:
            return None
        keys = () if self._key is None else self._key.names
        dates = () if self._window is None else self._window.keys
        return frozenset((*demand.fields, *keys, *dates, *(self._seal.fields if self._seal else ())))

    def _read_with(self, records: Records) -> None:
        self._records = records
        self._decoder = PageDecoder(records, self.framing)
        self._large_decoder = (
            PageDecoder(LargePageRecords(records), self.framing)
            if isinstance(records, BatchRecords)
            else self._decoder
        )

    def _decoder_of(self, size: int) -> PageDecoder:
        """Return the decoder of a page of so many bytes."""
        return self._decoder if size <= LARGE else self._large_decoder

    def _converted(self, version: str, party: Mapping[str, str]) -> Records:
        """Return the maker of rows from objects of OCPI `version`."""
        from ocpiq.gate.conversion import (  # noqa: PLC0415 - few queries read other versions
            ConvertedNestedRecords,
            ConvertedRecords,
            conversion,
        )

        convert = conversion(*self._read, self._as_version, version, party)
        if isinstance(self._inner, BatchRecords | LazyRecords):
            return ConvertedRecords(self._inner, convert, self._window, self._key, self._seal)
        return ConvertedNestedRecords(self._inner, convert, self._key)

    def keeping(self, whole: Gate) -> Gate:
        """Return this gate, whose pages also have the rows of the gate `whole`, of the same objects."""
        gate = copy(self)
        gate._whole = whole
        return gate

    def of_platform(self, name: str, version: str, party: Mapping[str, str] | None = None) -> Gate:
        """Return this gate for the objects of one platform: they have its name, and a field report of their own.

        `party` has the country_code and party_id of the platform, if they are known: OCPI 2.1.1 objects have none.
        """
        gate = copy(self)
        gate._label = replace(self._label, name=name)
        gate._survey = self._new_survey(version)
        if self._as_version:
            gate._read_with(gate._converted(version, party or {}))
        if self._whole is not None:
            gate._whole = self._whole.of_platform("", version, party)
        if self._order is not None:
            self._order.restart()
        return gate

    def without_survey(self) -> Gate:
        """Return this gate without its field report: the names of the fields are read elsewhere."""
        gate = copy(self)
        gate._survey = self._survey.ended()
        return gate

    def with_report_of(self, other: Gate) -> Gate:
        """Return this gate, which goes on with the field report of another one."""
        gate = copy(self)
        gate._survey = other._survey
        return gate

    def _new_survey(self, version: str) -> Survey:
        view, demand = self._view, self._demand
        if self._as_version:
            from ocpiq.gate.own_form import own_demand, own_view  # noqa: PLC0415 - see above

            view, demand = (
                own_view(view, self._as_version, version),
                own_demand(view, demand, self._as_version, version),
            )
        return Survey(view, self.framing.fields, MissingFields(view, demand, version))

    def page(
        self,
        body: bytes,
        repeats: Repeats | None = None,
        *,
        first: bool = False,
        left_out: Collection[int] = (),
    ) -> OpenedPage:
        """Open an envelope, a bare list, or one object. PlatformError if it is not JSON.

        `repeats` takes the sealed keys of the objects and returns the positions of those to leave out; without it,
        `left_out` are these positions. Only the `first` page of a file is checked for being of the `wrong_module`.
        """
        if self._whole is None:
            return self._page(body, repeats, first=first, left_out=left_out)
        known = None if repeats is None else KnownRepeats(repeats)
        opened = self._page(body, known, first=first)
        return replace(opened, whole=self._whole.same_rows(body, opened, known))

    def same_rows(
        self, body: bytes, opened: OpenedPage, repeats: KnownRepeats | None
    ) -> Sequence[object] | None:
        """Return the rows of a page as this gate opens it; None unless they are of the same objects as `opened`."""
        try:
            page = self._page(body, None if repeats is None else repeats.again, first=False)
        except (PlatformError, OtherKeysError):
            return None
        counts = [
            (one.count, one.bad, one.undated, one.unended, one.repeated, len(one.rows))
            for one in (page, opened)
        ]
        return page.rows if counts[0] == counts[1] else None

    def _page(
        self, body: bytes, repeats: Repeats | None, *, first: bool, left_out: Collection[int] = ()
    ) -> OpenedPage:
        """Open a page for the query."""
        body = body.removeprefix(BOM).lstrip(BLANKS)
        decoder = self._decoder_of(len(body))
        head, records = decoder.records(body)
        page = Page(head, [])
        repeats = repeats if self._key else None
        keys = None if records is None or repeats is None else decoder.maker.keys(records)
        suspect = first and (records is None or begins_empty(records))
        surveyed = OBJECTS_READ if suspect else self._survey.remaining
        if records is None or (surveyed and not decoder.in_slices):
            page = self.framing.split(body)
        elif surveyed:
            page = Page(head, [bytes(raw) for raw in records[:surveyed]])
        if records is None:
            rows = self._rows_of_slices(page.slices, repeats, left_out)
            return self._opened(page, len(page.slices), rows, suspect=suspect)
        repeated = set(repeats(keys)) if keys and repeats else left_out
        return self._opened(
            page, len(records), rows_without(records, repeated, decoder.maker), suspect=suspect
        )

    def page_at_once(self, body: bytes, repeats: Repeats | None) -> OpenedPage | None:
        """Open a page as `page` does, without reading the names of fields; None unless it is decoded at once."""
        body = body.removeprefix(BOM).lstrip(BLANKS)
        decoder = self._decoder_of(len(body))
        head, records = decoder.records(body)
        if records is None:
            return None
        keys = decoder.maker.keys(records) if repeats and self._key else None
        repeated = set(repeats(keys)) if keys and repeats else ()
        rows = rows_without(records, repeated, decoder.maker)
        return self._opened(Page(head, []), len(records), rows, suspect=False)

    def lines(self, lines: Sequence[bytes], *, first: bool = False, continues: bool = False) -> OpenedPage:
        """Open lines with one object each; none of them is empty."""
        decoder = self._decoder_of(sum(map(len, lines)))
        records = decoder.records_of_lines(lines)
        suspect = first and (records is None or begins_empty(records))
        surveyed = lines if records is None else lines[: OBJECTS_READ if suspect else self._survey.remaining]
        page = Page(EnvelopeHead(), [line.strip(BLANKS) for line in surveyed])
        if records is None:
            rows = self._rows_of_slices(page.slices, None)
            return self._opened(page, len(lines), rows, suspect=suspect, continues=continues)
        rows = decoder.maker.rows(records), (), 0
        return self._opened(page, len(lines), rows, suspect=suspect, continues=continues)

    def _opened(
        self, page: Page, count: int, page_rows: PageRows, *, suspect: bool, continues: bool = False
    ) -> OpenedPage:
        """Return an opened page of `count` items; a `suspect` page may be of the wrong module."""
        wrong_module = suspect and self._survey.is_wrong_module(page.slices)
        windowed, bad, repeated = page_rows
        partly = count > self._survey.remaining
        self._survey.read(page.slices)
        if partly:
            self._survey.look_further(windowed.rows, self.shape)
        return OpenedPage(
            page.head.status,
            page.head.message,
            page.head.timestamp,
            count,
            self._label.added_to(windowed.rows),
            bad,
            windowed.undated,
            windowed.unended,
            self._survey.report,
            repeated,
            page.form,
            wrong_module,
            self._label.name,
            self._order.order if self._order else "",
            windowed.identities,
            continues=continues,
        )

    def _rows_of_slices(
        self, slices: Items, repeats: Repeats | None, left_out: Collection[int] = ()
    ) -> PageRows:
        """Return the rows of slices that are decoded one by one."""
        rows: list[WindowedRecords] = []
        keys: list[int | None] = []
        bad: list[int] = []
        for position, raw in enumerate(slices):
            try:
                if isinstance(raw, list) or raw[:1] != OBJECT:
                    raise BrokenError(0)
                rows.append(self._records.rows_of_object(raw))
            except BrokenError:
                bad.append(position)
                continue
            if repeats and self._key:
                keys.append(self._key.of_slice(raw))
        repeated = set(repeats(keys)) if repeats and keys else left_out
        kept = [windowed for position, windowed in enumerate(rows) if position not in repeated]
        return merge_rows(kept), tuple(bad), len(repeated)


def rows_without(records: list[Any], repeated: Collection[int], maker: Records) -> PageRows:
    """Return the rows of records without those at the positions `repeated`."""
    kept = records
    if repeated:
        kept = [record for position, record in enumerate(records) if position not in repeated]
    return maker.rows(kept), (), len(repeated)


def begins_empty(records: list[Any]) -> bool:
    """Tell whether the first record has no field that the query reads, as far as it is decoded."""
    if not records or isinstance(records[0], Raw):
        return bool(records)
    return all(value is None or value is UNSET for value in astuple(records[0]))


def framing_of(view: ViewNode) -> Framing:
    """Return the framing of the objects that a platform lists for a view."""
    viewed = module(view.blank.module, DEFAULT_VERSION)
    pulled = module(viewed.pulled, DEFAULT_VERSION)
    return Framing(frozenset(pulled.root.children), frozenset(pulled.key))


class PageDecoder:
    """Decodes whole pages into the items that `maker` makes rows of; `in_slices` if these are slices."""

    def __init__(self, maker: Records, framing: Framing) -> None:
        self.maker = maker
        self.framing = framing
        self.in_slices = maker.item is Raw
        data = list[maker.item] | None | UnsetType  # type: ignore[name-defined]
        members = {f"f{number}": name for number, name in enumerate(sorted(framing.fields))}
        beside: list[Any] = [(attribute, Raw | UnsetType, UNSET) for attribute in members]
        page = defstruct(
            "Page", [("data", data, UNSET), *beside], bases=(Envelope,), rename=members, gc=False
        )
        self._names = {"status_code": "status_code"} | members
        self._object = decoder(maker.item)
        self._list = decoder(list[maker.item])  # type: ignore[name-defined]
        self._page = decoder(page)

    def records(self, body: bytes) -> tuple[EnvelopeHead, list[Any] | None]:
        """Return the head and the items of a page, decoded at once; None for the items if that fails."""
        try:
            if body[:1] == LIST:
                head, records = EnvelopeHead(), self._list.decode(body)
            else:
                page = self._page.decode(body)
                received = {
                    name for attribute, name in self._names.items() if getattr(page, attribute) is not UNSET
                }
                if not isinstance(page.data, list) or not self.framing.is_envelope({"data", *received}):
                    return EnvelopeHead(), None
                head = envelope_head(page.status_code, page.status_message, page.timestamp)
                records = page.data if head.is_success else []
        except REFUSED:
            return EnvelopeHead(), None
        return head, records if self._are_exact(records, body) else None

    def _are_exact(self, records: list[Any], *texts: bytes) -> bool:
        """Tell whether the items are objects, with all digits that matter."""
        if not self.maker.are_objects(records):
            return False
        return not self.maker.may_have_signed_zeros(records) or not any(map(SIGNED_ZERO.search, texts))

    def records_of_lines(self, lines: Sequence[bytes]) -> list[Any] | None:
        """Return the items of lines, each line decoded alone; None if that fails."""
        try:
            records = list(map(self._object.decode, lines))
        except REFUSED:
            return None
        return records if self._are_exact(records, *lines) else None
