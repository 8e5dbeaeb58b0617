"""The fields that the first objects have: their names and the versions of OCPI that know them, never their values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from ocpiq.gate.nested import found as parts
from ocpiq.privacy.view import ViewNode
from ocpiq.schema import SchemaField
from ocpiq.values.json.fragments import OBJECT, fields, objects
from ocpiq.values.json.reader import BrokenError
from ocpiq.values.json.scanner import Items

LOOKED_AT: Final = 100  # objects of a source, the first ones, whatever pages they come in
NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")


class FieldReport(Struct, frozen=True):
    """What the names of the first objects' fields tell.

    `objects` is how many were looked at so far. `unknown` are the fields that no version of OCPI has, sorted, and
    `unnamed` is how many more have names that are not shown. `versions` are those that have all the others, as far as
    the view shows these or their blanks; none before any was met.
    """

    unknown: tuple[str, ...] = ()
    unnamed: int = 0
    versions: tuple[str, ...] = ()
    objects: int = 0


class Survey:
    """Looks at the names of the fields in the first objects of a source, over as many pages as these come in."""

    def __init__(self, view: ViewNode) -> None:
        self._view = view
        self._named = {node.blank.path for node in vendors(view)}
        self._seen: set[tuple[str, tuple[str, ...] | None]] = set()
        self.report = FieldReport()

    @property
    def left(self) -> int:
        """How many more objects are to be looked at."""
        return LOOKED_AT - self.report.objects

    def look(self, sent: Items) -> None:
        """Look at the next objects, and bring `report` up to date."""
        first = sent[: self.left]
        if not first:
            return
        for raw in first:
            if isinstance(raw, bytes) and raw[:1] == OBJECT:
                self._seen.update(paths(self._view, raw))
        self.report = self._told(self.report.objects + len(first))

    def _told(self, objects: int) -> FieldReport:
        """Return what the names in the first `objects` objects tell.

        A name is shown where it is a plain identifier, and left out where the query itself names it.
        """
        strange = {path for path, versions in self._seen if versions is None} - self._named
        plain = {path for path in strange if all(NAME.fullmatch(name) for name in path.split("."))}
        known = [set(versions) for _, versions in self._seen if versions]
        versions = tuple(sorted(set.intersection(*known))) if known else ()
        return FieldReport(tuple(sorted(plain)), len(strange) - len(plain), versions, objects)


def paths(view: ViewNode, raw: bytes) -> Iterator[tuple[str, tuple[str, ...] | None]]:
    """Yield the path of each field in an object, or in its parts, and the versions that have it.

    They are None for what no version has, and none for what the view leaves out: nobody is to learn whether it is
    there.
    """
    try:
        objects_of = parts(view.part, raw) if view.part else [fields(raw)]
    except BrokenError:
        return
    todo: list[tuple[SchemaField | None, ViewNode | None, str, dict[str, bytes]]]
    todo = [(view.field, view, "", members) for members in objects_of]
    while todo:
        field, shown, prefix, members = todo.pop()
        known = field.children if field else {}
        for name, part in members.items():
            below, child = known.get(name), shown.child(name) if shown else None
            yield f"{prefix}{name}", None if below is None else below.versions if child else ()
            if below is not None and not below.leaf:
                todo += [(below, child, f"{prefix}{name}.", inner) for inner in objects(part)]


def vendors(view: ViewNode) -> Iterator[ViewNode]:
    """Yield the nodes of the view that the query itself names and no version of OCPI knows."""
    for node in view.children.values():
        if node.field is None:
            yield node
        yield from vendors(node)
