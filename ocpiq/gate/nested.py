"""Nested objects as records of their own: EVSEs and connectors, out of the locations that a platform lists."""

from __future__ import annotations

from collections.abc import Sequence
from types import GenericAlias
from typing import Any

from msgspec import UNSET, Raw, Struct, defstruct

from ocpiq.gate.keys import Identifier, ObjectKey
from ocpiq.gate.layout import Record, Row, decoder, decoding_type
from ocpiq.gate.records import BatchRecords, LazyRecords, Records, untyped_rows
from ocpiq.gate.slices import column_reader, key_reader
from ocpiq.gate.window import WindowedRecords
from ocpiq.schema import NestedModule
from ocpiq.values.json.codec import SIGNED_ZERO
from ocpiq.values.json.fragments import REFUSED, fields, objects


class NestedBatchRecords:
    """Decodes a page into holders of records at once, and gives each record the keys of its holders."""

    def __init__(self, records: BatchRecords, nested: NestedModule, key: ObjectKey | None) -> None:
        self.shape = records.shape
        self._records = records
        self._nested = nested
        self._key = key
        self._holder_keys, self.item, own_keys = holder_layout(
            nested, records.record, key.names if key else ()
        )
        self._key_columns = column_reader(own_keys) if own_keys else None
        self._decoder = decoder(self.item)
        self.keeps_digits = records.keeps_digits

    def are_objects(self, records: list[Any]) -> bool:
        """Return true: msgspec has decoded each item as an object."""
        return True

    def keys(self, records: list[Any]) -> Sequence[int | None]:
        """Return the sealed keys of the outermost holders."""
        assert self._key is not None and self._key_columns is not None
        return self._key.of_columns(self._key_columns(records))

    def may_have_signed_zeros(self, records: list[Any]) -> bool:
        """Tell whether a number that keeps its digits may be `-0`."""
        return self.keeps_digits

    def rows(self, records: list[Any]) -> WindowedRecords:
        """Return the rows of all nested objects."""
        collected: list[Any] = []
        for holder in records:
            self._collect(holder, [], collected)
        return self._records.rows(collected)

    def rows_of_object(self, raw: bytes) -> WindowedRecords:
        """Return the rows of the objects nested in one object."""
        if self.keeps_digits and SIGNED_ZERO.search(raw):
            return nested_rows(self._records, self._nested, raw)
        try:
            holder = self._decoder.decode(raw)
        except REFUSED:
            pass
        else:
            return self.rows([holder])
        return nested_rows(self._records, self._nested, raw)

    def _collect(
        self, holder: Struct, outer_keys: list[tuple[str, Any]], collected: list[Any], depth: int = 0
    ) -> None:
        """Add the records in a holder to `collected`, each with the keys of all its holders."""
        keys = outer_keys + [
            (attribute, getattr(holder, attribute)) for attribute in self._holder_keys[depth]
        ]
        for inner in getattr(holder, "parts") or ():  # noqa: B009
            if inner is None:
                continue
            if depth + 1 < len(self._holder_keys):
                self._collect(inner, keys, collected, depth + 1)
                continue
            for attribute, value in keys:
                setattr(inner, attribute, value)
            collected.append(inner)


class NestedLazyRecords:
    """Takes the objects nested in each object from its slices."""

    def __init__(self, records: LazyRecords, nested: NestedModule, key: ObjectKey | None) -> None:
        self.shape = records.shape
        self.item: Any = Raw
        self.are_objects = records.are_objects
        self.may_have_signed_zeros = records.may_have_signed_zeros
        self.keys = key_reader(key)
        self._records = records
        self._nested = nested

    def rows(self, records: list[Raw]) -> WindowedRecords:
        """Return the rows of all nested objects."""
        return merge_rows([self.rows_of_object(bytes(raw)) for raw in records])

    def rows_of_object(self, raw: bytes) -> WindowedRecords:
        """Return the rows of the objects nested in one object."""
        return nested_rows(self._records, self._nested, raw)


def nested_records(
    records: BatchRecords | LazyRecords, nested: NestedModule, key: ObjectKey | None
) -> Records:
    """Return the maker of the rows of nested objects; `key` identifies the objects that contain them."""
    if isinstance(records, BatchRecords):
        return NestedBatchRecords(records, nested, key)
    return NestedLazyRecords(records, nested, key)


def holder_layout(
    nested: NestedModule, record: Record, key: tuple[str, ...]
) -> tuple[list[list[str]], type[Struct], list[str]]:
    """Return the attributes that nested objects take from their holders, by depth, and the outermost holder's class.

    Also the attributes of that class that `key` names.
    """
    depths: list[list[str]] = [[] for _ in nested.path]
    inner = record.cls
    for depth in reversed(range(len(nested.path))):
        inherited = [
            member
            for member in record.members
            if member.key in nested.keys and len(nested.keys[member.key]) == depth + 1
        ]
        depths[depth] = [member.attribute for member in inherited]
        absent = UNSET if record.whole else None
        columns: list[Any] = [(member.attribute, decoding_type(member.cell), absent) for member in inherited]
        columns.append(("parts", GenericAlias(list, (inner | None,)) | None, None))
        names = {member.attribute: nested.keys[member.key][-1] for member in inherited}
        attributes = {name: attribute for attribute, name in names.items()}
        if depth == 0:
            columns += [(name, Identifier, None) for name in key if name not in attributes]
        inner = defstruct(
            "Holder", columns, bases=(Row,), rename=names | {"parts": nested.path[depth]}, gc=False
        )
    return depths, inner, [attributes.get(name, name) for name in key]


def nested_rows(records: BatchRecords | LazyRecords, nested: NestedModule, raw: bytes) -> WindowedRecords:
    """Return the rows of the objects nested in a slice, by the untyped decoder."""
    seal = records.seal if isinstance(records, LazyRecords) else None
    return merge_rows(
        [untyped_rows(records.root, slices, records.window, seal) for slices in nested_objects(nested, raw)]
    )


def merge_rows(parts: list[WindowedRecords]) -> WindowedRecords:
    """Return the rows of all parts together."""
    rows = [row for part in parts for row in part.rows]
    identities = [identity for part in parts for identity in part.identities]
    undated, unended = sum(part.undated for part in parts), sum(part.unended for part in parts)
    return WindowedRecords(rows, undated, unended, identities)


def nested_objects(nested: NestedModule, raw: bytes) -> list[dict[str, bytes]]:
    """Return the slices of the fields of each nested object, with its holders' keys. BrokenError if `raw` is no object.

    Every object in the place of a nested one counts, in lists of any depth; anything else there does not.
    """
    holders = [(dict[str, bytes](), fields(raw))]
    for depth, step in enumerate(nested.path):
        names = {key: path[-1] for key, path in nested.keys.items() if len(path) == depth + 1}
        inner = []
        for outer_keys, members in holders:
            keys = outer_keys | {key: members[name] for key, name in names.items() if name in members}
            inner += [(keys, slices) for slices in objects(members.get(step, b""))]
        holders = inner
    return [
        keys | {name: raw for name, raw in members.items() if name not in nested.keys}
        for keys, members in holders
    ]
