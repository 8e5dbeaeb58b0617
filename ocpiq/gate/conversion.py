"""Reads objects in the form of another OCPI version: moves the slices of fields to the names that this version has.

A slice is moved as it was sent; no value is decoded. What the form asked for does not have is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from json import dumps
from typing import Final

from msgspec import Raw, Struct
from msgspec.structs import replace

from ocpiq.gate.keys import KeySeal, ObjectKey
from ocpiq.gate.nested import merge_rows
from ocpiq.gate.records import BatchRecords, LazyRecords, Records
from ocpiq.gate.slices import key_reader
from ocpiq.gate.window import Window, WindowedRecords
from ocpiq.privacy.demand import Demand
from ocpiq.privacy.view import ViewNode
from ocpiq.schema import UPDATED, SchemaField, module
from ocpiq.schema.counterparts import counterparts
from ocpiq.schema.fields import Counterpart
from ocpiq.values.blank import Blank
from ocpiq.values.json.fragments import LIST, NULL, OBJECT, fields, items
from ocpiq.values.json.reader import BrokenError
from ocpiq.values.json.scanner import Items

UNREADABLE: Final = b"!"
"""Stands for a value that cannot be moved; it is not JSON, so the decoders make it the blank."""

Members = Mapping[str, bytes]
Convert = Callable[[bytes], bytes]
Write = Callable[[Members], bytes | None]
"""Returns the slice of a field from the slices of an object of the platform's form; None if it was not sent."""
Path = tuple[str, ...]


class Step(Struct, frozen=True):
    """A step to a field of the platform's form; from a list it takes the only item."""

    name: str
    only: bool


class Converter(Struct, frozen=True):
    """What a conversion needs: the counterparts of all fields, the platform's module, and the party that it serves."""

    counterparts: Mapping[str, Counterpart]
    own_root: SchemaField
    version: str
    party: Mapping[str, str]

    def fields(
        self, field: SchemaField, context: Path, view: ViewNode | None, demand: Demand
    ) -> list[tuple[bytes, Write]]:
        """Return how each field of an object is written, as far as a query reads it.

        `context` is the path of the object of the platform's form that the fields are read from; `view` is None inside
        a value that is shown whole.
        """
        writers: list[tuple[bytes, Write]] = []
        for name, child in field.children.items():
            inner = None if view is None else view.children.get(name)
            shows_all = view is None or view.visibility in ("shown", "treated")
            if self.version not in child.versions or (inner is None and not shows_all):
                continue
            if not demand.whole and name not in demand.fields:
                continue
            write = self.field(
                child, context, inner, Demand(whole=True) if demand.whole else demand.fields[name]
            )
            if write is not None:
                writers.append((key_text(name), write))
        for name in view.children if view is not None else ():
            if name not in field.children and (demand.whole or name in demand.fields):
                write_vendor_field = slice_writer((Step(name, only=False),), renamed=False)
                writers.append((key_text(name), write_vendor_field))
        return writers

    def field(self, field: SchemaField, context: Path, view: ViewNode | None, demand: Demand) -> Write | None:
        """Return how a field is written; None if it has no counterpart."""
        counterpart = self.counterparts.get(field.path)
        if counterpart is None:
            return None
        if counterpart.party:
            return self.party_writer(counterpart.party, view)
        if counterpart.path is None:
            made = object_writer(self.fields(field, context, view, demand))
            return in_list(made) if field.many else made
        steps = self.steps(context, counterpart.path, many=field.many)
        if field.leaf:
            is_wrapped = field.many and not self.is_list(counterpart.path)
            moved = slice_writer(steps, renamed=".".join(counterpart.path) != field.path)
            return in_list(moved) if is_wrapped else moved
        write = object_writer(self.fields(field, counterpart.path, view, demand))
        return nested_writer(steps, write)

    def party_writer(self, name: str, view: ViewNode | None) -> Write | None:
        """Return how a part of the platform's party is written; one that is not known is the blank where it is one."""
        if self.party:
            text = dumps(self.party[name]).encode()
            return lambda _: text
        return (lambda _: NULL) if view is not None and view.visibility == "blank" else None

    def steps(self, context: Path, path: Path, *, many: bool) -> tuple[Step, ...]:
        """Return the steps from the object at `context` to a field in it."""
        ends = range(len(context) + 1, len(path) + 1)
        return tuple(
            Step(path[end - 1], only=self.is_list(path[:end]) and (end < len(path) or not many))
            for end in ends
        )

    def is_list(self, path: Path) -> bool:
        """Tell whether a field of the platform's form is a list."""
        field = self.own_root
        for name in path:
            field = field.children[name]
        return field.many


def conversion(view: ViewNode, demand: Demand, version: str, own: str, party: Mapping[str, str]) -> Convert:
    """Return the function that reads an object of OCPI `own` in the form of `version`, as far as the query reads it.

    `party` has the country_code and party_id of the platform, if they are known.
    """
    name = view.blank.module
    listed = module(name, version).pulled
    converter = Converter(counterparts(listed, version, own), module(listed, own).root, version, party)
    root = module(listed, version).root
    if view.nested is not None:
        view, demand = around_nested(view, demand)
    write = object_writer(converter.fields(root, (), view, demand))

    def convert(raw: bytes) -> bytes:
        return write(fields(raw)) or b"{}"

    return convert


def around_nested(view: ViewNode, demand: Demand) -> tuple[ViewNode, Demand]:
    """Return the view and the demand of the objects that contain those of a nested module."""
    assert view.nested is not None
    keys = view.nested.keys
    own = {UPDATED: blank_node(view, UPDATED)} | {
        name: node for name, node in view.children.items() if name not in keys
    }
    inner, inner_demand = replace(view, nested=None, children=own), read_of_nested(demand, keys)
    for depth in reversed(range(len(view.nested.path))):
        outer = {path[-1]: view.children.get(name) for name, path in keys.items() if len(path) == depth + 1}
        shown = {name: node for name, node in outer.items() if node is not None}
        step = view.nested.path[depth]
        fields = dict.fromkeys(shown, Demand(whole=True)) | {step: inner_demand}
        inner = replace(inner, visibility="container", treatment=None, children=shown | {step: inner})
        inner_demand = Demand(fields=fields)
    return inner, inner_demand


def read_of_nested(demand: Demand, keys: Mapping[str, object]) -> Demand:
    """Return the demand of nested objects, with what a window reads, and without the keys of their holders."""
    if demand.whole:
        return demand
    fields = {name: inner for name, inner in demand.fields.items() if name not in keys}
    return Demand(fields={UPDATED: Demand(whole=True)} | fields)


def blank_node(view: ViewNode, name: str) -> ViewNode:
    """Return the node of a field that only the gate reads."""
    return ViewNode("blank", False, {}, Blank(view.blank.module, name), None)


def key_text(name: str) -> bytes:
    """Return a key of a JSON object with its colon."""
    return dumps(name).encode() + b":"


def value_at(steps: Sequence[Step], members: Members) -> bytes | None:
    """Return the slice of a field some steps away; None if it was not sent. BrokenError if it cannot be read."""
    raw: bytes | None = None
    for number, step in enumerate(steps):
        if number:
            if raw is None or raw[:1] != OBJECT:
                return None
            members = fields(raw)
        raw = members.get(step.name)
        if step.only and raw is not None and raw[:1] == LIST:
            raw = only_item(raw, scalars=number == len(steps) - 1)
    return raw


def only_item(raw: bytes, *, scalars: bool) -> bytes | None:
    """Return the slice of the only item of a list; None if it has none, or several.

    BrokenError if it is a list of `scalars`, and has something else in it.
    """
    found = items(raw)
    if scalars and any(isinstance(item, list) or item[:1] == OBJECT for item in found):
        raise BrokenError(0)
    return found[0] if len(found) == 1 and isinstance(found[0], bytes) else None


def slice_writer(steps: Sequence[Step], *, renamed: bool) -> Write:
    """Return the writer of a value that is moved as it was sent.

    Under another name only a scalar or a list of scalars is moved: an object of another shape has other fields.
    """

    def write(members: Members) -> bytes | None:
        try:
            raw = value_at(steps, members)
        except BrokenError:
            return UNREADABLE
        if renamed and raw is not None and (raw[:1] == OBJECT or (raw[:1] == LIST and OBJECT in raw)):
            return UNREADABLE
        return raw

    return write


def object_writer(writers: Sequence[tuple[bytes, Write]]) -> Write:
    """Return the writer of an object; there is none if none of its fields was sent."""

    def write(members: Members) -> bytes | None:
        written = [key + raw for key, writer in writers if (raw := writer(members)) is not None]
        return b"{" + b",".join(written) + b"}" if written else None

    return write


def in_list(write_item: Write) -> Write:
    """Return the writer of a list with one item; of null, null."""

    def write(members: Members) -> bytes | None:
        raw = write_item(members)
        return raw if raw is None or raw == NULL else b"[" + raw + b"]"

    return write


def nested_writer(steps: Sequence[Step], write: Write) -> Write:
    """Return the writer of an object, or of each object of a list, some steps away; any other value is moved."""

    def converted(raw: bytes) -> bytes:
        if raw[:1] == OBJECT:
            return write(fields(raw)) or b"{}"
        if raw[:1] == LIST:
            return b"[" + b",".join(map(item, items(raw))) + b"]"
        return raw

    def item(found: bytes | Items) -> bytes:
        if isinstance(found, list):
            return b"[" + b",".join(map(item, found)) + b"]"
        return converted(found)

    def write_nested(members: Members) -> bytes | None:
        try:
            raw = value_at(steps, members)
            return None if raw is None else converted(raw)
        except (BrokenError, RecursionError):
            return UNREADABLE

    return write_nested


# ---------------------------------------------------------------- the rows of converted objects


class ConvertedRecords(LazyRecords):
    """Converts each object before its row is made; keys and windows are read in the platform's own form."""

    def __init__(
        self,
        records: BatchRecords | LazyRecords,
        convert: Convert,
        window: Window | None,
        key: ObjectKey | None,
        seal: KeySeal | None,
    ) -> None:
        super().__init__(records.root, window, key, seal)
        self._records = records
        self._convert_object = convert

    def row(self, raw: bytes | Raw) -> object:
        """Return the row of an object, in the window or not."""
        return self._records.row(self._convert_object(bytes(raw)))


class ConvertedNestedRecords:
    """Converts each object before the rows of those nested in it are made."""

    def __init__(self, records: Records, convert: Convert, key: ObjectKey | None) -> None:
        self.shape = records.shape
        self.item = Raw
        self.keys = key_reader(key)
        self._records = records
        self._convert = convert

    def are_objects(self, records: list[Raw]) -> bool:
        """Tell whether all slices are objects."""
        return all(memoryview(raw)[:1] == OBJECT for raw in records)

    def may_have_signed_zeros(self, records: list[Raw]) -> bool:
        """Return false: each row is checked when it is made."""
        return False

    def rows(self, records: list[Raw]) -> WindowedRecords:
        """Return the rows of all nested objects."""
        return merge_rows([self.rows_of_object(bytes(raw)) for raw in records])

    def rows_of_object(self, raw: bytes) -> WindowedRecords:
        """Return the rows of the objects nested in one object."""
        return self._records.rows_of_object(self._convert(raw))
