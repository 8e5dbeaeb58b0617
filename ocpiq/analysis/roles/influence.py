"""Which source fields a value depends on.

The sets only grow, so the analysis may report a dependency too many, never one too few.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from ocpiq.analysis.streams import Place

ITEMS: Final = "[]"
"""The last name of a place that stands for the type, length and keys of a field, not its content."""


class FieldInfluence(Struct, frozen=True):
    """A field that a value depends on; with `total`, only as part of a total over several objects."""

    place: Place
    total: bool = False


FieldInfluences = frozenset[FieldInfluence]
NOTHING: Final[FieldInfluences] = frozenset()


class Influence(Struct, frozen=True):
    """What a value depends on.

    `places`: the places that the value may be; `computed_from`: fields that any part of the value depends on; `shape`:
    fields that decide which items it has and their order. `fields` and `item` are the parts of an object and of an
    array that the query makes; the items of the array come from several objects of `combined_sources`.
    """

    places: frozenset[Place] = frozenset()
    computed_from: FieldInfluences = NOTHING
    shape: FieldInfluences = NOTHING
    fields: dict[str, Influence] = {}
    item: Influence | None = None
    combined_sources: frozenset[int] = frozenset()

    def tells(self) -> FieldInfluences:
        """Return the influences on the value and everything in it."""
        told = self.computed_from | facts(self.places) | totals(self.shape, self.combined_sources)
        for part in (*self.fields.values(), *((self.item,) if self.item is not None else ())):
            told |= part.tells()
        return told

    def type_influences(self) -> FieldInfluences:
        """Return the influences on the type, length and keys of the value."""
        return self.computed_from | totals(self.shape, self.combined_sources) | facts(shape_of(self.places))

    def field(self, name: str) -> Influence:
        """Return the field `name` of the value."""
        parts = [Influence(places=field_places(self.places, name), computed_from=self.computed_from)]
        if name in self.fields:
            parts.append(self.fields[name])
        return union(parts)

    def items(self) -> Influence:
        """Return any item of the value; arrays of a source need no notation."""
        parts = [Influence(places=self.places, computed_from=self.computed_from), *self.fields.values()]
        if self.item is not None:
            parts.append(self.item)
        return union(parts)

    def with_influences(self, extra: FieldInfluences) -> Influence:
        """Return the value with `extra` added to everything read from it."""
        if extra <= self.computed_from:
            return self
        return Influence(
            self.places, self.computed_from | extra, self.shape, self.fields, self.item, self.combined_sources
        )


def computed_value(told: FieldInfluences) -> Influence:
    """Return a value that is computed."""
    return Influence(computed_from=told)


def facts(places: Iterable[Place]) -> FieldInfluences:
    """Return what values at places tell."""
    return frozenset(FieldInfluence(place) for place in places)


def totals(told: FieldInfluences, many: frozenset[int]) -> FieldInfluences:
    """Return what is told where the objects of the sources `many` were combined."""
    if not many:
        return told
    return frozenset(
        FieldInfluence(influence.place, influence.total or influence.place[0] in many) for influence in told
    )


def field_places(places: Iterable[Place], name: str) -> frozenset[Place]:
    """Return the places of a field of the values at places."""
    return frozenset((source, (*path, name)) for source, path in places)


def shape_of(places: Iterable[Place]) -> frozenset[Place]:
    """Return the places that stand for the type and the length of values; every object of a source is an object."""
    return field_places(((source, path) for source, path in places if path), ITEMS)


def union(values: Iterable[Influence]) -> Influence:
    """Return the combined influence of alternatives."""
    first, *rest = values
    for value in rest:
        first = _both(first, value)
    return first


def _both(one: Influence, other: Influence) -> Influence:
    fields = dict(one.fields)
    for name, value in other.fields.items():
        fields[name] = _both(fields[name], value) if name in fields else value
    item = one.item if other.item is None else other.item if one.item is None else _both(one.item, other.item)
    return Influence(
        one.places | other.places,
        one.computed_from | other.computed_from,
        one.shape | other.shape,
        fields,
        item,
        one.combined_sources | other.combined_sources,
    )
