"""Objects that lie in others: EVSEs and connectors, out of the locations that a platform lists."""

from __future__ import annotations

from collections.abc import Sequence
from types import GenericAlias
from typing import Any

from msgspec import UNSET, Raw, Struct, defstruct
from msgspec.json import Decoder

from ocpiq.gate.keys import Identifier, ObjectKey
from ocpiq.gate.layout import Record, Row, decoded
from ocpiq.gate.records import BatchRecords, LazyRecords, Records, columns, followed, key_reader
from ocpiq.gate.window import WindowedRecords
from ocpiq.schema import NestedModule
from ocpiq.values.json.fragments import REFUSED, fields, objects


class PartsAtOnce:
    """Decodes a page into holders of records, and gives each record the keys of what holds it."""

    def __init__(self, rows: BatchRecords, part: NestedModule, key: ObjectKey | None) -> None:
        self.shape = rows.shape
        self._rows = rows
        self._part = part
        self._key = key
        self._keys, self.item, own = holders(part, rows.record, key.names if key else ())
        self._columns = columns(own) if own else None
        self._decoder: Decoder[Any] = Decoder(self.item)

    def takes(self, records: list[Any]) -> bool:
        """Tell that all are objects: else they would not be holders."""
        return True

    def keys(self, records: list[Any]) -> Sequence[int | None]:
        """Return the sealed keys of what holds the parts."""
        assert self._key is not None and self._columns is not None
        return self._key.of_columns(self._columns(records))

    def all(self, records: list[Any]) -> WindowedRecords:
        """Return the rows of all parts."""
        found: list[Any] = []
        for holder in records:
            self._collect(holder, [], found)
        return self._rows.all(found)

    def one(self, raw: bytes) -> WindowedRecords:
        """Return the rows of the parts of one object."""
        try:
            holder = self._decoder.decode(raw)
        except REFUSED:
            pass
        else:
            return self.all([holder])
        return each(self._rows, self._part, raw)

    def _collect(
        self, holder: Struct, above: list[tuple[str, Any]], found: list[Any], depth: int = 0
    ) -> None:
        """Add the records in a holder, with the keys of all that holds them."""
        here = above + [(attribute, getattr(holder, attribute)) for attribute in self._keys[depth]]
        for inner in getattr(holder, "parts") or ():  # noqa: B009
            if inner is None:
                continue
            if depth + 1 < len(self._keys):
                self._collect(inner, here, found, depth + 1)
                continue
            for attribute, value in here:
                setattr(inner, attribute, value)
            found.append(inner)


class PartsOneByOne:
    """Follows each object to its parts."""

    def __init__(self, rows: LazyRecords, part: NestedModule, key: ObjectKey | None) -> None:
        self.shape = rows.shape
        self.item: Any = Raw
        self.takes = rows.takes
        self.keys = key_reader(key)
        self._rows = rows
        self._part = part

    def all(self, records: list[Raw]) -> WindowedRecords:
        """Return the rows of all parts."""
        return together([self.one(bytes(raw)) for raw in records])

    def one(self, raw: bytes) -> WindowedRecords:
        """Return the rows of the parts of one object."""
        return each(self._rows, self._part, raw)


def in_parts(rows: BatchRecords | LazyRecords, part: NestedModule, key: ObjectKey | None) -> Records:
    """Return what makes rows of the parts of the objects on a page; `key` is of what holds them."""
    return PartsAtOnce(rows, part, key) if isinstance(rows, BatchRecords) else PartsOneByOne(rows, part, key)


def holders(
    part: NestedModule, record: Record, key: tuple[str, ...]
) -> tuple[list[list[str]], type[Struct], list[str]]:
    """Return by depth the attributes that parts get of their holders, and the class of the outermost holder.

    Also its attributes that `key` names.
    """
    depths: list[list[str]] = [[] for _ in part.path]
    inner = record.cls
    for depth in reversed(range(len(part.path))):
        keys = [m for m in record.members if m.key in part.keys and len(part.keys[m.key]) == depth + 1]
        depths[depth] = [member.attribute for member in keys]
        absent = UNSET if record.whole else None
        columns: list[Any] = [(member.attribute, decoded(member.cell), absent) for member in keys]
        columns.append(("parts", GenericAlias(list, (inner | None,)) | None, None))
        names = {member.attribute: part.keys[member.key][-1] for member in keys}
        own = {name: attribute for attribute, name in names.items()}
        if depth == 0:
            columns += [(name, Identifier, None) for name in key if name not in own]
        inner = defstruct(
            "Holder", columns, bases=(Row,), rename=names | {"parts": part.path[depth]}, gc=False
        )
    return depths, inner, [own.get(name, name) for name in key]


def each(rows: BatchRecords | LazyRecords, part: NestedModule, raw: bytes) -> WindowedRecords:
    """Return the rows of the parts in a slice, each followed on its own."""
    return together([followed(rows.root, parts, rows.window) for parts in found(part, raw)])


def together(kept: list[WindowedRecords]) -> WindowedRecords:
    """Return the rows of all."""
    rows = [row for each in kept for row in each.rows]
    return WindowedRecords(rows, sum(each.undated for each in kept), sum(each.unended for each in kept))


def found(part: NestedModule, raw: bytes) -> list[dict[str, bytes]]:
    """Return the slices of the fields of each part, with the keys of what holds it. BrokenError for no object.

    Every object in a part's place is one, in lists of any depth; what is not an object there is none.
    """
    holding = [(dict[str, bytes](), fields(raw))]
    for depth, step in enumerate(part.path):
        names = {key: place[-1] for key, place in part.keys.items() if len(place) == depth + 1}
        inner = []
        for keys, members in holding:
            here = keys | {key: members[name] for key, name in names.items() if name in members}
            inner += [(here, below) for below in objects(members.get(step, b""))]
        holding = inner
    return [keys | {k: v for k, v in members.items() if k not in part.keys} for keys, members in holding]
