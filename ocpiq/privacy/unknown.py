"""Fields that no version of OCPI has: their names, never their values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ocpiq.analysis.views import ViewNode
from ocpiq.privacy.careful import BrokenError
from ocpiq.privacy.parts import found
from ocpiq.privacy.scan import Items
from ocpiq.privacy.slices import OBJECT, fields, objects

LOOKED_AT: Final = 100  # objects of the first page
NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")


def unknown(view: ViewNode, sent: Items) -> tuple[tuple[str, ...], int]:
    """Return the unknown fields of the first objects, sorted, and how many more have names that are not
    shown.

    A name is shown where it is a plain identifier, and left out where the query itself names it.
    """
    named = {node.blank.path for node in vendors(view)}
    first = [raw for raw in sent[:LOOKED_AT] if isinstance(raw, bytes) and raw[:1] == OBJECT]
    met = {path for raw in first for path in paths(view, raw)} - named
    plain = {path for path in met if all(NAME.fullmatch(name) for name in path.split("."))}
    return tuple(sorted(plain)), len(met) - len(plain)


def paths(view: ViewNode, raw: bytes) -> Iterator[str]:
    """Yield the paths of unknown fields in an object, or in its parts."""
    try:
        objects_of = found(view.part, raw) if view.part else [fields(raw)]
    except BrokenError:
        return
    todo = [(view.field, "", members) for members in objects_of]
    while todo:
        field, prefix, members = todo.pop()
        known = field.children if field else {}
        for name, part in members.items():
            below = known.get(name)
            if below is None:
                yield f"{prefix}{name}"
            elif not below.leaf:
                todo += [(below, f"{prefix}{name}.", inner) for inner in objects(part)]


def vendors(view: ViewNode) -> Iterator[ViewNode]:
    """Yield the nodes of the view that the query itself names and no version of OCPI knows."""
    for node in view.children.values():
        if node.field is None:
            yield node
        yield from vendors(node)
