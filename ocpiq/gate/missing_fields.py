"""The fields that a query reads and no object has, with a similar name that they have; names tell, never values."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, Final

from msgspec import UNSET, Raw, Struct, UnsetType, defstruct
from msgspec.json import Decoder

from ocpiq.errors import FieldName, nearest
from ocpiq.gate.layout import Shape, reads_platform
from ocpiq.gate.records import LazySequence
from ocpiq.privacy.demand import Demand
from ocpiq.privacy.platform_field import PLATFORM
from ocpiq.privacy.view import ViewNode
from ocpiq.values.json.fragments import REFUSED, fields, objects
from ocpiq.values.json.reader import BrokenError
from ocpiq.values.patterns import lazy_pattern

Path = tuple[str, ...]
Names = Collection[tuple[str, tuple[str, ...] | None]]
"""The paths of the received fields, and the versions that have each: None for no version, empty if out of view."""

PLAIN: Final = lazy_pattern(r"[^a-z0-9]")  # what names are compared without


class MissingField(Struct, frozen=True):
    """A field that the query reads and no object has; `near` is the path of a similar one that they have, or empty."""

    path: str
    near: str
    required: bool


class MissingFields:
    """Looks for the fields that a query reads: by the names in the first objects, then in all further rows.

    After the first objects it looks only for fields that the version of the objects requires, or that have a similar
    name in the objects.
    """

    def __init__(self, view: ViewNode, demand: Demand, version: str) -> None:
        added = view.nested.keys if view.nested else ()
        self._unseen = {path: node for path, node in read_fields(view, demand) if path[0] not in added}
        self._version = version
        self.fields: tuple[MissingField, ...] = ()

    def read(self, names: Names) -> None:
        """Update `fields` from the names received so far."""
        received = {path for path, _ in names}
        for path in [path for path in self._unseen if ".".join(path) in received]:
            del self._unseen[path]
        self.fields = tuple(self._missing(names, received))

    def _missing(self, names: Names, received: set[str]) -> Iterator[MissingField]:
        for path, node in self._unseen.items():
            parent = "".join(f"{name}." for name in path[:-1])
            if parent and parent[:-1] not in received:
                continue
            near = similar(path[-1], self._candidates(names, parent))
            field = node.field
            required = field is not None and field.required and self._version in field.versions
            if near or required:
                yield MissingField(".".join(path), f"{parent}{near}" if near else "", required)

    def _candidates(self, names: Names, parent: str) -> list[str]:
        """Return the names that may stand for a field beside them: those that the version of the objects lacks."""
        beside = [
            path.removeprefix(parent)
            for path, versions in names
            if path.startswith(parent) and (versions is None or (versions and self._version not in versions))
        ]
        return sorted(name for name in beside if "." not in name and FieldName.is_plain(name))

    def look(self, rows: Sequence[object], shape: Shape | None) -> None:
        """Look for the missing fields in the rows of a page."""
        if isinstance(rows, LazySequence):
            self._look_in(rows.slices)
        else:
            self._drop(path for path in self._paths() if any(has(row, path, shape) for row in rows))

    def _look_in(self, slices: Iterable[Raw]) -> None:
        paths = self._paths()
        names = {f"f{number}": path[0] for number, path in enumerate(paths)}
        columns: list[Any] = [(attribute, Raw | UnsetType, UNSET) for attribute in names]
        decoder = Decoder(defstruct("Fields", columns, rename=names, gc=False))
        for raw in slices:
            members = first_members(decoder, names, raw)
            self._drop(path for path in paths if path[0] in members and below(members[path[0]], path[1:]))
            if not self.fields:
                return

    def _paths(self) -> list[Path]:
        return [tuple(field.path.split(".")) for field in self.fields]

    def _drop(self, paths: Iterable[Path]) -> None:
        present = set(paths)
        if present:
            self._unseen = {path: node for path, node in self._unseen.items() if path not in present}
            self.fields = tuple(field for field in self.fields if tuple(field.path.split(".")) not in present)


def read_fields(view: ViewNode, demand: Demand, path: Path = ()) -> Iterator[tuple[Path, ViewNode]]:
    """Yield the fields that a query names to read them; of a value that is read whole, those named in its clauses."""
    if demand.whole:
        yield from named_fields(view, path)
        return
    for name, inner in demand.fields.items():
        if inner.optional or (not path and name == PLATFORM and reads_platform(view, demand)):
            continue
        node = view.child(name)
        if node is not None and FieldName.is_plain(name):
            yield (*path, name), node
            if node.field is not None and node.children:
                yield from read_fields(node, inner, (*path, name))


def named_fields(view: ViewNode, path: Path) -> Iterator[tuple[Path, ViewNode]]:
    """Yield the fields below a node that `pass` or `only` names."""
    if view.visibility == "shown":
        return
    for name, node in view.children.items():
        if node.visibility == "shown" and FieldName.is_plain(name):
            yield (*path, name), node
        else:
            yield from named_fields(node, (*path, name))


def similar(name: str, others: Collection[str]) -> str:
    """Return the name that most probably stands for another: in other letters, else the nearest; empty if none does."""
    plain = PLAIN.sub("", name.casefold())
    same = next((other for other in others if PLAIN.sub("", other.casefold()) == plain), None)
    return same or nearest(name, others) or ""


def has(value: object, path: Path, shape: Shape | None) -> bool:
    """Tell whether a row has a field."""
    if not path:
        return value is not None
    if isinstance(value, list):
        return any(has(item, path, shape) for item in value)
    if isinstance(value, dict):
        return path[0] in value and (len(path) == 1 or has(value[path[0]], path[1:], None))
    slot = shape.slots.get(path[0]) if shape else None
    if slot is None or not isinstance(value, Struct):
        return False
    return has(getattr(value, slot.attribute, None), path[1:], slot.shape)


def first_members(decoder: Decoder[Any], names: dict[str, str], raw: Raw) -> dict[str, bytes]:
    """Return the members of an object that are looked for."""
    try:
        found = decoder.decode(raw)
    except REFUSED:
        pass
    else:
        return {
            name: bytes(slice_)
            for attribute, name in names.items()
            if (slice_ := getattr(found, attribute)) is not UNSET
        }
    try:
        return fields(bytes(raw))
    except BrokenError:
        return {}


def below(raw: bytes, path: Path) -> bool:
    """Tell whether a value has a field, in any object if it is a list."""
    return not path or any(
        path[0] in members and below(members[path[0]], path[1:]) for members in objects(raw)
    )
