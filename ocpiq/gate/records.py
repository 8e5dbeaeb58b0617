"""Turns the objects of a page into rows: all at once, or each when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Protocol, overload

from msgspec import Raw

from ocpiq.gate import untyped
from ocpiq.gate.keys import Identity, KeySeal, ObjectKey
from ocpiq.gate.layout import COMPANION, Cell, Record, Shape, cell_of, decoder, keeps_digits
from ocpiq.gate.slices import (
    KnownObjects,
    SealReader,
    column_reader,
    identities_of,
    identity_of,
    key_reader,
    verdict_of,
)
from ocpiq.gate.typed import SCALARS, batch_converter, converter, record_converter
from ocpiq.gate.window import Verdict, Window, WindowedRecords, moment, within_window
from ocpiq.privacy.demand import Demand
from ocpiq.privacy.view import ViewNode
from ocpiq.values.json.codec import SIGNED_ZERO
from ocpiq.values.json.fragments import OBJECT, REFUSED, fields

if TYPE_CHECKING:
    from ocpiq.gate.sealed import Sealer


class Records(Protocol):
    """Makes rows of shape `shape`; msgspec decodes each object of a page as an `item`."""

    shape: Shape | None
    item: Any

    def are_objects(self, records: list[Any]) -> bool:
        """Tell whether all items of a page are objects."""

    def may_have_signed_zeros(self, records: list[Any]) -> bool:
        """Tell whether a number that keeps its digits may be `-0`, of which the decoder drops the sign."""

    def keys(self, records: list[Any]) -> Sequence[int | None]:
        """Return the sealed keys of items, before they become rows; None for an item without a key."""

    def rows(self, records: list[Any]) -> WindowedRecords:
        """Return the rows of a decoded page that lie in the window."""

    def rows_of_object(self, raw: bytes) -> WindowedRecords:
        """Return the rows of one slice that lie in the window. BrokenError if it is not an object."""


def records_of(
    view: ViewNode,
    demand: Demand,
    window: Window | None,
    key: ObjectKey | None = None,
    seal: KeySeal | None = None,
    sealer: Sealer | None = None,
) -> BatchRecords | LazyRecords:
    """Return the maker of a source's rows; with a `key`, it also seals keys, and with a `seal`, for a state.

    With a `sealer`, rows have companions.

    Rows of a few fields are fastest a page at once. Dicts are not: a page of them leaves the processor's caches before
    the first one is used.
    """
    root = cell_of(view, demand, has_companion=sealer is not None)
    if contains_dicts(root) or (seal is not None and view.nested is not None):
        return LazyRecords(root, window, key, seal, sealer)
    return BatchRecords(view, demand, window, key, seal, sealer)


def contains_dicts(cell: Cell) -> bool:
    """Tell whether a value leaves the gate as a dict or contains one."""
    if cell.record is None:
        known = cell.node.field
        return cell.node.visibility in ("shown", "open") and (known is None or not known.leaf)
    return cell.record.whole or any(contains_dicts(member.cell) for member in cell.record.members)


def is_shown(view: ViewNode, name: str) -> bool:
    """Tell whether the query may see a field: then it can stay in a row although the query does not read it."""
    node = view.children.get(name)
    return node is not None and node.visibility in ("plain", "shown")


class BatchRecords:
    """Decodes a page into records at once; after blanking, these are the rows."""

    def __init__(
        self,
        view: ViewNode,
        demand: Demand,
        window: Window | None,
        key: ObjectKey | None,
        seal: KeySeal | None = None,
        sealer: Sealer | None = None,
    ) -> None:
        root = cell_of(view, demand, has_companion=sealer is not None)
        members = root.record.members if root.record else ()
        attributes = {member.key: member.attribute for member in members}
        window_keys = window.keys if window else ()
        self.window = window
        self.key = key
        seal_keys = () if seal is None else seal.fields
        gate_keys = dict.fromkeys((*(key.names if key else ()), *window_keys, *seal_keys))
        sealed = tuple(name for name in gate_keys if name not in attributes)
        self._erased = tuple(
            name for name in sealed if seal is not None or name in window_keys or not is_shown(view, name)
        )
        self.seal = seal
        self._identity_columns = column_reader([attributes.get(name, name) for name in seal_keys])
        self._window_getters = [attrgetter(attributes.get(name, name)) for name in window_keys]
        self._key_columns = column_reader([attributes.get(name, name) for name in key.names]) if key else None
        self.root = cell_of(view, demand, sealed, has_companion=sealer is not None) if sealed else root
        assert self.root.record is not None
        self.record = self.root.record
        self.shape = self.record.shape
        self.item: Any = self.record.cls
        self._decoder = decoder(self.item)
        self.keeps_digits = keeps_digits(self.root)
        self._convert = record_converter(self.record)
        self._convert_batch = batch_converter(self.record)
        self.sealer = sealer
        self._seal = None if sealer is None else sealer.of_records(self.record)

    def are_objects(self, records: list[Any]) -> bool:
        """Return true: msgspec has decoded each item as an object."""
        return True

    def may_have_signed_zeros(self, records: list[Any]) -> bool:
        """Tell whether a number that keeps its digits is zero, or in a list or an object."""
        return self.keeps_digits and may_have_zeros(self.record, records)

    def keys(self, records: list[Any]) -> Sequence[int | None]:
        """Return the sealed keys of records."""
        assert self.key is not None and self._key_columns is not None
        return self.key.of_columns(self._key_columns(records))

    def rows(self, records: list[Any]) -> WindowedRecords:
        """Return the rows of records, which are changed in place."""
        undated = unended = 0
        if self.window:
            columns = [map(get, records) for get in self._window_getters]
            verdicts = list(map(self.window.judge, zip(*columns, strict=True)))
            records, undated, unended = within_window(records, verdicts)
        if self._seal is not None:
            self._seal(records)
        identities = self._identities(records)
        for name in self._erased:
            for record in records:
                setattr(record, name, None)
        if self._convert_batch is not None:
            self._convert_batch(records)
        return WindowedRecords(records, undated, unended, identities)

    def _identities(self, records: list[Any]) -> Sequence[Identity]:
        """Return the identities of records; none without a seal."""
        if self.seal is None:
            return ()
        columns = self._identity_columns(records)
        if self.seal.late_before is None:
            return [Identity(parts, False, self.seal) for parts in zip(*columns, strict=True)]
        *columns, updated = columns
        lates = map(self.seal.is_late, map(moment, updated))
        return [Identity(parts, late, self.seal) for *parts, late in zip(*columns, lates, strict=True)]

    def row(self, raw: bytes) -> object:
        """Return the row of an object, in the window or not."""
        if self.keeps_digits and SIGNED_ZERO.search(raw):
            return untyped_row(self.root, fields(raw), self.sealer)
        try:
            record = self._decoder.decode(raw)
        except REFUSED:
            pass
        else:
            if self._seal is not None:
                self._seal([record])
            for name in self._erased:
                setattr(record, name, None)
            return record if self._convert is None else self._convert(record)
        return untyped_row(self.root, fields(raw), self.sealer)

    def rows_of_object(self, raw: bytes) -> WindowedRecords:
        """Return the row of a slice, if it lies in the window."""
        if self.keeps_digits and SIGNED_ZERO.search(raw):
            return untyped_rows(self.root, fields(raw), self.window, self.seal, self.sealer)
        try:
            record = self._decoder.decode(raw)
        except REFUSED:
            pass
        else:
            return self.rows([record])
        return untyped_rows(self.root, fields(raw), self.window, self.seal, self.sealer)


class LazyRecords:
    """Splits a page into slices and decodes each when its row is asked for."""

    def __init__(
        self,
        root: Cell,
        window: Window | None,
        key: ObjectKey | None,
        seal: KeySeal | None = None,
        sealer: Sealer | None = None,
    ) -> None:
        self.shape = root.record.shape if root.record else None
        self.seal = seal
        self._seal_reader = None if seal is None else SealReader(seal, window)
        self.item: Any = Raw
        self.root = root
        self.window = window
        self._decoder = decoder(root.record.cls if root.record else dict[str, Any])
        self.keeps_digits = keeps_digits(root)
        self._convert = converter(root)
        self._key = key
        self._read_keys = key_reader(key)
        self._known = KnownObjects([], [], [])
        self.sealer = sealer

    def keys(self, records: list[Raw]) -> Sequence[int | None]:
        """Return the sealed keys of slices; what a state needs of them is read with these."""
        key, seal = self._key, self.seal
        if key is None or seal is None or key.names != seal.names or not records:
            return self._read_keys(records)
        self._known = self._identities(records)
        columns = zip(*[identity.parts for identity in self._known.identities], strict=True)
        return key.of_columns(list(columns))

    def _identities(self, records: list[Raw]) -> KnownObjects:
        assert self._seal_reader is not None
        return self._seal_reader.identities(records, self.window)

    def are_objects(self, records: list[Raw]) -> bool:
        """Tell whether all slices are objects."""
        return all(memoryview(raw)[:1] == OBJECT for raw in records)

    def may_have_signed_zeros(self, records: list[Raw]) -> bool:
        """Tell whether a number that keeps its digits may be `-0`: each row is checked when it is made."""
        return False

    def rows(self, records: list[Raw]) -> WindowedRecords:
        """Return the rows of slices."""
        undated = unended = 0
        identities: Sequence[Identity] = ()
        if self._seal_reader is not None:
            known = self._known
            if known.slices is not records:
                known = self._identities(records)
            identities, verdicts = known.identities, known.verdicts
            if self.window is not None:
                paired = zip(records, identities, strict=True)
                kept, undated, unended = within_window(paired, verdicts)
                records, identities = [raw for raw, _ in kept], [identity for _, identity in kept]
        elif self.window is not None:
            verdicts = [verdict_of(bytes(raw), self.window) for raw in records]
            records, undated, unended = within_window(records, verdicts)
        return WindowedRecords(LazySequence(records, self.row), undated, unended, identities)

    def rows_of_object(self, raw: bytes) -> WindowedRecords:
        """Return the row of a slice, if it lies in the window."""
        verdict = Verdict.IN if self.window is None else verdict_of(raw, self.window)
        kept, undated, unended = within_window([raw], [verdict])
        if not kept:
            fields(raw)  # raises if it is not an object
        rows = [self.row(slice_) for slice_ in kept]
        return WindowedRecords(rows, undated, unended, identities_of(kept, self.seal))

    def row(self, raw: bytes | Raw) -> object:
        """Return the row of an object, in the window or not."""
        if self.keeps_digits and SIGNED_ZERO.search(raw):
            return untyped_row(self.root, fields(bytes(raw)), self.sealer)
        try:
            record = self._decoder.decode(raw)
        except REFUSED:
            pass
        else:
            row = record if self._convert is None else self._convert(record)
            if self.sealer is not None:
                setattr(row, COMPANION, self.sealer.of_parts(fields(bytes(raw))))
            return row
        return untyped_row(self.root, fields(bytes(raw)), self.sealer)


class LargePageRecords(LazyRecords):
    """Decodes the objects of a very large page, each when its row is asked for, to bound the memory."""

    def __init__(self, records: BatchRecords) -> None:
        super().__init__(records.root, records.window, records.key, records.seal, records.sealer)
        self._records = records

    def row(self, raw: bytes | Raw) -> object:
        """Return the row of an object, in the window or not."""
        return self._records.row(bytes(raw))


def may_have_zeros(record: Record, rows: list[Any]) -> bool:
    """Tell whether a number in decoded records that keeps its digits is zero, or in a list or an object."""
    for member in record.members:
        if not keeps_digits(member.cell):
            continue
        values = list(map(attrgetter(member.attribute), rows))
        inner = member.cell.record
        if inner is None or inner.whole:
            if not SCALARS.issuperset(map(type, values)) or 0 in values:
                return True
            continue
        nested = [value for value in values if value is not None]
        if member.cell.node.many:
            nested = [item for items in nested for item in items if item is not None]
        if may_have_zeros(inner, nested):
            return True
    return False


def untyped_row(root: Cell, parts: dict[str, bytes], sealer: Sealer | None) -> object:
    """Return the row of an object, from the slices of its fields."""
    row = untyped.root_row(root, parts)
    if sealer is not None:
        setattr(row, COMPANION, sealer.of_parts(parts))
    return row


def untyped_rows(
    root: Cell,
    parts: dict[str, bytes],
    window: Window | None,
    seal: KeySeal | None = None,
    sealer: Sealer | None = None,
) -> WindowedRecords:
    """Return the row of an object, from the slices of its fields, if it lies in the window."""
    verdict = window.judge([parts.get(key) for key in window.keys]) if window else Verdict.IN
    kept, undated, unended = within_window([parts], [verdict])
    identities = () if seal is None else [identity_of(slices, seal) for slices in kept]
    rows = [untyped_row(root, slices, sealer) for slices in kept]
    return WindowedRecords(rows, undated, unended, identities)


class LazySequence(Sequence[object]):
    """Rows that are made each time they are asked for."""

    __slots__ = ("make", "slices")

    def __init__(self, slices: Sequence[Raw], make: Callable[[Raw], object]) -> None:
        self.slices = slices
        self.make = make

    def __len__(self) -> int:
        return len(self.slices)

    @overload
    def __getitem__(self, index: int) -> object: ...
    @overload
    def __getitem__(self, index: slice) -> LazySequence: ...
    def __getitem__(self, index: int | slice) -> object:
        if isinstance(index, slice):
            return LazySequence(self.slices[index], self.make)
        return self.make(self.slices[index])

    def __iter__(self) -> Iterator[object]:
        return map(self.make, self.slices)

    def __repr__(self) -> str:
        return f"LazySequence({len(self)} rows)"
