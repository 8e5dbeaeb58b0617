"""The names of the fields in the first objects and the OCPI versions that have them; never their values."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from ocpiq.gate.layout import Shape
from ocpiq.gate.missing_fields import MissingField, MissingFields
from ocpiq.gate.nested import nested_objects
from ocpiq.privacy.view import ViewNode
from ocpiq.schema import SchemaField
from ocpiq.values.json.fragments import OBJECT, fields, objects
from ocpiq.values.json.reader import BrokenError
from ocpiq.values.json.scanner import Items
from ocpiq.values.patterns import lazy_pattern

OBJECTS_READ: Final = 100  # the first objects of a source, over any number of pages
NAME: Final = lazy_pattern(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")


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
        self._view = view
        self._missing = missing
        self._named_in_query = {node.blank.path for node in vendor_nodes(view)}
        self._known = {*known, *(path.partition(".")[0] for path in self._named_in_query)}
        self._seen: set[tuple[str, tuple[str, ...] | None]] = set()
        self.report = FieldReport()

    @property
    def remaining(self) -> int:
        """How many more objects are to be read."""
        return OBJECTS_READ - self.report.objects

    def read(self, slices: Items) -> None:
        """Read the names in the next objects and update `report`."""
        first = slices[: self.remaining]
        if not first:
            return
        for raw in first:
            if isinstance(raw, bytes) and raw[:1] == OBJECT:
                self._seen.update(known_versions(self._view, raw))
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
        self._missing.read(self._seen)
        unknown = {path for path, versions in self._seen if versions is None} - self._named_in_query
        plain = {path for path in unknown if all(NAME.fullmatch(name) for name in path.split("."))}
        known = [set(versions) for _, versions in self._seen if versions]
        versions = tuple(sorted(set.intersection(*known))) if known else ()
        return FieldReport(
            tuple(sorted(plain)), len(unknown) - len(plain), versions, objects, self._missing.fields
        )

    def look_further(self, rows: Sequence[object], shape: Shape | None) -> None:
        """Look for the missing fields in the rows of a page of which not all objects were read."""
        if self.report.missing:
            self._missing.look(rows, shape)
            self.report = replace(self.report, missing=self._missing.fields)


def names_in(raw: bytes) -> Iterable[str]:
    """Return the names of the fields in an object; none if it cannot be read."""
    try:
        return fields(raw)
    except BrokenError:
        return ()


def known_versions(view: ViewNode, raw: bytes) -> Iterator[tuple[str, tuple[str, ...] | None]]:
    """Yield the path of each field in an object, or in the objects nested in it, and the versions that have it.

    None stands for a field that no version has; the versions of a field that the view leaves out are empty, so that
    its presence stays private.
    """
    try:
        records = nested_objects(view.nested, raw) if view.nested else [fields(raw)]
    except BrokenError:
        return
    todo: list[tuple[SchemaField | None, ViewNode | None, str, dict[str, bytes]]]
    todo = [(view.field, view, "", members) for members in records]
    while todo:
        field, shown, prefix, members = todo.pop()
        known = field.children if field else {}
        for name, slice_ in members.items():
            child, node = known.get(name), shown.child(name) if shown else None
            yield f"{prefix}{name}", None if child is None else child.versions if node else ()
            if child is not None and not child.leaf and (node is None or node.treatment is None):
                todo += [(child, node, f"{prefix}{name}.", inner) for inner in objects(slice_)]


def vendor_nodes(view: ViewNode) -> Iterator[ViewNode]:
    """Yield the nodes of the view that the query names although no OCPI version has the field."""
    for node in view.children.values():
        if node.field is None:
            yield node
        yield from vendor_nodes(node)
