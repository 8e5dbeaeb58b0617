"""The names of the fields in the first objects and the OCPI versions that have them; never their values."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from copy import copy
from typing import Final, NamedTuple, TypeAlias

from msgspec import Raw, Struct
from msgspec.structs import replace

from ocpiq.gate.envelope import members
from ocpiq.gate.layout import Shape
from ocpiq.gate.missing_fields import MissingField, MissingFields
from ocpiq.gate.nested import nested_objects
from ocpiq.privacy.view import ViewNode
from ocpiq.schema import SchemaField
from ocpiq.values.json.fragments import OBJECT, fields, uncopied_objects
from ocpiq.values.json.reader import BrokenError
from ocpiq.values.json.scanner import Items
from ocpiq.values.patterns import lazy_pattern

OBJECTS_READ: Final = 100  # the first objects of a source, over any number of pages
NAME: Final = lazy_pattern(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")


Objects: TypeAlias = Sequence[Mapping[str, bytes | Raw]]
"""The slices of the fields of each object in one place."""


class FieldReport(Struct, frozen=True):
    """What the names of the fields in the first objects tell.

    `objects` is the number of objects read so far. `unknown` are the paths of fields that no OCPI version has, sorted;
    `unnamed` counts those whose names are not shown. `versions` are the versions that have all the other fields, as far
    as the view shows these or their blanks; empty before the first such field. `missing` are the fields that the query
    reads and no object has, of those that are required or have a similar name in the objects.
    """

    unknown: tuple[str, ...] = ()
    unnamed: int = 0
    versions: tuple[str, ...] = ()
    objects: int = 0
    missing: tuple[MissingField, ...] = ()


class Survey:
    """Collects the field names of a source's first objects, over as many pages as they come in.

    `known` are the names of the fields that the objects of a page can have, `missing` looks for those that are read.
    """

    def __init__(self, view: ViewNode, known: Collection[str], missing: MissingFields) -> None:
        self._missing = missing
        self._named_in_query = {node.blank.path for node in vendor_nodes(view)}
        self._known = {*known, *(path.partition(".")[0] for path in self._named_in_query)}
        self._names = ReceivedNames(view)
        self.report = FieldReport()

    @property
    def remaining(self) -> int:
        """How many more objects are to be read."""
        return OBJECTS_READ - self.report.objects

    def ended(self) -> Survey:
        """Return a survey that reads no names."""
        survey = copy(self)
        survey.report = FieldReport(objects=OBJECTS_READ)
        return survey

    def read(self, slices: Items) -> None:
        """Read the names in the next objects and update `report`."""
        first = slices[: self.remaining]
        if not first:
            return
        for raw in first:
            if isinstance(raw, bytes) and raw[:1] == OBJECT:
                self._names.read(raw)
        self.report = self._report(self.report.objects + len(first))

    def is_wrong_module(self, slices: Items) -> bool:
        """Tell whether none of the first items of a page has a field of the module, although there is content."""
        first = slices[:OBJECTS_READ]
        objects = [raw for raw in first if isinstance(raw, bytes) and raw[:1] == OBJECT]
        names = {name for raw in objects for name in names_in(raw)}
        return (bool(names) or len(objects) < len(first)) and names.isdisjoint(self._known)

    def _report(self, objects: int) -> FieldReport:
        """Return the report on the first `objects` objects.

        An unknown name is shown if it is a plain identifier, and left out if the query itself names it.
        """
        seen = self._names.seen
        self._missing.read(seen)
        unknown = {path for path, versions in seen if versions is None} - self._named_in_query
        plain = {path for path in unknown if all(NAME.fullmatch(name) for name in path.split("."))}
        known = [set(versions) for _, versions in seen if versions]
        versions = tuple(sorted(set.intersection(*known))) if known else ()
        return FieldReport(
            tuple(sorted(plain)), len(unknown) - len(plain), versions, objects, self._missing.fields
        )

    def look_further(self, rows: Sequence[object], shape: Shape | None) -> None:
        """Look for the missing fields in the rows of a page of which not all objects were read."""
        if self.report.missing:
            self._missing.look(rows, shape)
            self.report = replace(self.report, missing=self._missing.fields)


class InnerField(NamedTuple):
    """A field in which other fields are looked for: its name, its schema and view, the start of their paths."""

    name: str
    field: SchemaField | None
    view: ViewNode | None
    prefix: str


class ReceivedNames:
    """The paths of the fields in the objects read so far, or in the objects nested in them.

    `seen` has them with the versions that have each. None stands for a field that no version has; the versions of a
    field that the view leaves out are empty, so that its presence stays private. Objects in the same place with the
    same names tell the same: only the first of them is looked at, the others just lead to those inside.
    """

    def __init__(self, view: ViewNode) -> None:
        self._view = view
        self._inner: dict[tuple[str, tuple[str, ...]], list[InnerField]] = {}
        self.seen: set[tuple[str, tuple[str, ...] | None]] = set()

    def read(self, raw: bytes) -> None:
        """Read the names in an object; nothing if it cannot be read."""
        view = self._view
        objects: Objects
        try:
            objects = nested_objects(view.nested, raw) if view.nested else [members(raw)]
        except BrokenError:
            return
        todo: list[tuple[InnerField, Objects]] = [(InnerField("", view.field, view, ""), objects)]
        while todo:
            place, objects = todo.pop()
            for slices in objects:
                names = tuple(slices)
                inner = self._inner.get((place.prefix, names))
                if inner is None:
                    inner = self._inner[place.prefix, names] = self._look_at(place, names)
                todo += [(field, uncopied_objects(slices[field.name])) for field in inner]

    def _look_at(self, place: InnerField, names: Sequence[str]) -> list[InnerField]:
        """Note the fields of an object with these names; return those in which other fields are looked for."""
        inner = []
        known = place.field.children if place.field else {}
        for name in names:
            child = known.get(name)
            view = place.view.child(name) if place.view else None
            path = f"{place.prefix}{name}"
            self.seen.add((path, None if child is None else child.versions if view else ()))
            if child is not None and not child.leaf and (view is None or view.treatment is None):
                inner.append(InnerField(name, child, view, f"{path}."))
        return inner


def names_in(raw: bytes) -> Iterable[str]:
    """Return the names of the fields in an object; none if it cannot be read."""
    try:
        return fields(raw)
    except BrokenError:
        return ()


def vendor_nodes(view: ViewNode) -> Iterator[ViewNode]:
    """Yield the nodes of the view that the query names although no OCPI version has the field."""
    for node in view.children.values():
        if node.field is None:
            yield node
        yield from vendor_nodes(node)
