"""A gate that shows whole objects as their views are by default."""

from __future__ import annotations

from collections.abc import Iterable

from ocpiq.gate import Gate, OpenedPage, gate
from ocpiq.privacy.demand import Demand
from ocpiq.privacy.view import view
from ocpiq.schema import module


def gate_of(name: str, version: str = "2.2.1") -> Gate:
    """Return a gate for a module that the query reads as a whole."""
    found = module(name, version)
    return gate(view(found, ()), Demand(whole=True), key=module(found.pulled, version).key)


def ids(pages: Iterable[OpenedPage]) -> list[object]:
    """Return the ids of the objects in pages."""
    return [row.get("id") for page in pages for row in page.rows]
