"""How the objects of a page become rows: whole pages at once, or one by one when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from operator import attrgetter
from typing import Any, Final, Protocol, overload

from msgspec import Raw, Struct, defstruct
from msgspec.json import Decoder

from ocpiq.gate import untyped
from ocpiq.gate.keys import Identifier, ObjectKey
from ocpiq.gate.layout import Cell, Row, Shape, cell
from ocpiq.gate.typed import row_change, rows_change
from ocpiq.gate.window import Verdict, Window, WindowedRecords, kept
from ocpiq.privacy.demand import Demand
from ocpiq.privacy.view import ViewNode
from ocpiq.values.json.fragments import OBJECT, REFUSED, fields


class Records(Protocol):
    """Makes rows: `shape` is theirs, `item` what msgspec decodes each object of a page as."""

    shape: Shape | None
    item: Any

    def takes(self, records: list[Any]) -> bool:
        """Tell whether all of these are objects."""

    def keys(self, records: list[Any]) -> Sequence[int | None]:
        """Return the sealed keys of these, before they become rows; None for one that has no key."""

    def all(self, records: list[Any]) -> WindowedRecords:
        """Return the rows of a page that was decoded."""

    def one(self, raw: bytes) -> WindowedRecords:
        """Return the row of a slice, if it is in the window. BrokenError where it is not an object."""


def rows(
    view: ViewNode, need: Demand, window: Window | None, key: ObjectKey | None = None
) -> BatchRecords | LazyRecords:
    """Return what makes the rows of a source; with a `key` it can tell repeated objects.

    Rows of a few fields are fastest a page at once. Dicts are not: a page of them leaves the processor's
    caches before the first is used.
    """
    root = cell(view, need)
    return LazyRecords(root, window, key) if holds_dicts(root) else BatchRecords(view, need, window, key)


def holds_dicts(cell: Cell) -> bool:
    """Tell whether there are dicts in a value."""
    if cell.record is None:
        known = cell.node.field
        return cell.node.treatment == "shown" and (known is None or not known.leaf)
    return cell.record.whole or any(holds_dicts(member.cell) for member in cell.record.members)


def shows(view: ViewNode, name: str) -> bool:
    """Tell whether the query may see a field, which then can stay in a row that is not asked for it."""
    node = view.children.get(name)
    return node is not None and node.treatment in ("plain", "shown")


class BatchRecords:
    """Decodes a page into records, which are the rows where nothing in them is blank."""

    def __init__(self, view: ViewNode, need: Demand, window: Window | None, key: ObjectKey | None) -> None:
        root = cell(view, need)
        seen = {member.key: member.attribute for member in root.record.members} if root.record else {}
        keys = window.keys if window else ()
        self.window = window
        self.key = key
        read = (*(key.names if key else ()), *keys)
        self._sealed = tuple(name for name in read if name not in seen)
        self._withheld = tuple(name for name in self._sealed if name in keys or not shows(view, name))
        self._read = [attrgetter(seen.get(key, key)) for key in keys]
        self._columns = columns([seen.get(name, name) for name in key.names]) if key else None
        self.root = cell(view, need, self._sealed) if self._sealed else root
        assert self.root.record is not None
        self.record = self.root.record
        self.shape = self.record.shape
        self.item: Any = self.record.cls
        self._decoder: Decoder[Any] = Decoder(self.item)
        self._change = row_change(self.record)
        self._change_all = rows_change(self.record)

    def takes(self, records: list[Any]) -> bool:
        """Tell that all are objects: else they would not be records."""
        return True

    def keys(self, records: list[Any]) -> Sequence[int | None]:
        """Return the sealed keys of records."""
        assert self.key is not None and self._columns is not None
        return self.key.of_columns(self._columns(records))

    def all(self, records: list[Any]) -> WindowedRecords:
        """Return the rows of records."""
        undated = unended = 0
        if self.window:
            read = [map(read, records) for read in self._read]
            verdicts = list(map(self.window.judge, zip(*read, strict=True)))
            records, undated, unended = kept(records, verdicts)
        for name in self._withheld:
            for record in records:
                setattr(record, name, None)
        if self._change_all is not None:
            self._change_all(records)
        return WindowedRecords(records, undated, unended)

    def row(self, raw: bytes) -> object:
        """Return the row of an object, whether it lies in the window or not."""
        try:
            record = self._decoder.decode(raw)
        except REFUSED:
            pass
        else:
            for name in self._withheld:
                setattr(record, name, None)
            return record if self._change is None else self._change(record)
        return untyped.root(self.root, fields(raw))

    def one(self, raw: bytes) -> WindowedRecords:
        """Return the row of a slice."""
        try:
            record = self._decoder.decode(raw)
        except REFUSED:
            pass
        else:
            return self.all([record])
        return followed(self.root, fields(raw), self.window)


class LazyRecords:
    """Splits a page into slices, and decodes each when its row is asked for."""

    def __init__(self, root: Cell, window: Window | None, key: ObjectKey | None) -> None:
        self.shape = root.record.shape if root.record else None
        self.item: Any = Raw
        self.root = root
        self.window = window
        self._decoder: Decoder[Any] = Decoder(root.record.cls if root.record else dict[str, Any])
        self._change = row_change(root.record) if root.record else None
        self.keys = key_reader(key)

    def takes(self, records: list[Raw]) -> bool:
        """Tell whether all slices are objects."""
        return all(memoryview(raw)[:1] == OBJECT for raw in records)

    def all(self, records: list[Raw]) -> WindowedRecords:
        """Return the rows of slices."""
        if self.window is None:
            return WindowedRecords(LazySequence(records, self.row))
        verdicts = [judged(bytes(raw), self.window) for raw in records]
        records, undated, unended = kept(records, verdicts)
        return WindowedRecords(LazySequence(records, self.row), undated, unended)

    def one(self, raw: bytes) -> WindowedRecords:
        """Return the row of a slice."""
        if self.window is None:
            return WindowedRecords([self.row(raw)])
        found, undated, unended = kept([raw], [judged(raw, self.window)])
        if not found:
            fields(raw)
        return WindowedRecords([self.row(each) for each in found], undated, unended)

    def row(self, raw: bytes | Raw) -> object:
        """Return the row of an object, whether it lies in the window or not."""
        try:
            record = self._decoder.decode(raw)
        except REFUSED:
            pass
        else:
            return record if self._change is None else self._change(record)
        return untyped.root(self.root, fields(bytes(raw)))


class Apart(LazyRecords):
    """Decodes the objects of a page that is too large for all of its records, each when its row is asked for."""

    def __init__(self, rows: BatchRecords) -> None:
        super().__init__(rows.root, rows.window, rows.key)
        self._rows = rows

    def row(self, raw: bytes | Raw) -> object:
        """Return the row of an object, whether it lies in the window or not."""
        return self._rows.row(bytes(raw))


def columns(attributes: list[str]) -> Callable[[list[Any]], list[list[object]]]:
    """Return what gives the values of these attributes of records, a list for each attribute."""
    getters = [attrgetter(attribute) for attribute in attributes]
    return lambda records: [list(map(get, records)) for get in getters]


def key_reader(key: ObjectKey | None) -> Callable[[list[Raw]], Sequence[int | None]]:
    """Return what reads the sealed keys of slices."""
    names = key.names if key else ()
    get = columns([f"k{number}" for number in range(len(names))]) if key else None
    fields = [(f"k{number}", Identifier, None) for number in range(len(names))]
    renamed = {f"k{number}": name for number, name in enumerate(names)}
    decode = Decoder(defstruct("KeyFields", fields, bases=(Row,), rename=renamed, gc=False)).decode

    def read(slices: list[Raw]) -> Sequence[int | None]:
        assert key is not None and get is not None
        try:
            return key.of_columns(get([decode(raw) for raw in slices]))
        except REFUSED:
            pass
        return [key.of_slice(bytes(raw)) for raw in slices]

    return read


def followed(root: Cell, parts: dict[str, bytes], window: Window | None) -> WindowedRecords:
    """Return the row of an object given as the slices of its fields, if it is in the window."""
    verdict = window.judge([parts.get(key) for key in window.keys]) if window else Verdict.IN
    found, undated, unended = kept([parts], [verdict])
    return WindowedRecords([untyped.root(root, each) for each in found], undated, unended)


class LazySequence(Sequence[object]):
    """Rows that are made when they are asked for, each anew."""

    __slots__ = ("_make", "_slices")

    def __init__(self, slices: Sequence[Raw], make: Callable[[Raw], object]) -> None:
        self._slices = slices
        self._make = make

    def __len__(self) -> int:
        return len(self._slices)

    @overload
    def __getitem__(self, index: int) -> object: ...
    @overload
    def __getitem__(self, index: slice) -> LazySequence: ...
    def __getitem__(self, index: int | slice) -> object:
        if isinstance(index, slice):
            return LazySequence(self._slices[index], self._make)
        return self._make(self._slices[index])

    def __iter__(self) -> Iterator[object]:
        return map(self._make, self._slices)

    def __repr__(self) -> str:
        return f"Later({len(self)} rows)"


class Dated(Struct):
    """The fields that windows read."""

    last_updated: Raw | None = None
    end_date_time: Raw | None = None
    end_datetime: Raw | None = None
    stop_date_time: Raw | None = None


DATED: Final = Decoder(Dated)


def judged(raw: bytes, window: Window) -> Verdict:
    """Return where the object of a slice lies. BrokenError where it is not an object."""
    try:
        dated = DATED.decode(raw)
    except REFUSED:
        pass
    else:
        return window.judge([getattr(dated, key) for key in window.keys])
    parts = fields(raw)
    return window.judge([parts.get(key) for key in window.keys])
