"""Fields that no version of OCPI has: their names, never their values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ocpiq.analysis.views import ViewNode
from ocpiq.privacy.careful import BrokenError
from ocpiq.privacy.scan import Items
from ocpiq.privacy.slices import LIST, OBJECT, fields, items
from ocpiq.schema import Field

LOOKED_AT: Final = 100  # objects of the first page
NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")


def unknown(view: ViewNode, objects: Items) -> tuple[tuple[str, ...], int]:
    """Return the unknown fields of the first objects, sorted, and how many more have names that are not
    shown.

    A name is shown where it is a plain identifier, and left out where the query itself names it.
    """
    named = {node.blank.path for node in vendors(view)}
    found = (
        {path for raw in objects[:LOOKED_AT] for path in paths(view.field, "", raw)} - named
        if view.field
        else set[str]()
    )
    plain = {path for path in found if all(NAME.fullmatch(name) for name in path.split("."))}
    return tuple(sorted(plain)), len(found) - len(plain)


def paths(field: Field, prefix: str, raw: bytes | Items) -> Iterator[str]:
    """Yield the paths of unknown fields in an object, or in the objects of a list."""
    todo = [(field, prefix, raw)]
    while todo:
        field, prefix, raw = todo.pop()
        try:
            if isinstance(raw, list) or raw[:1] == LIST:
                inner = raw if isinstance(raw, list) else items(raw)
                todo += [(field, prefix, item) for item in inner]
            elif raw[:1] == OBJECT:
                for name, part in fields(raw).items():
                    below = field.children.get(name)
                    if below is None:
                        yield f"{prefix}{name}"
                    elif not below.leaf:
                        todo.append((below, f"{prefix}{name}.", part))
        except BrokenError:
            continue


def vendors(view: ViewNode) -> Iterator[ViewNode]:
    """Yield the nodes of the view that the query itself names and no version of OCPI knows."""
    for node in view.children.values():
        if node.field is None:
            yield node
        yield from vendors(node)
