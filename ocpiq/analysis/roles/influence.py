"""What a value tells of the fields of the sources: the values that the analysis of roles computes with.

A value is at places of the sources, or made from them, or both. Of an object or array that the query makes, each part
has a value of its own. Everything is a set that only grows, so that more is said rather than less.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from ocpiq.analysis.streams import Place

ITEMS: Final = "[]"
"""The last name of a place that stands for the type, the length and the keys of the field, not for what is in it."""


class Told(Struct, frozen=True):
    """A field of which something can be told; with `total`, only as part of a total over several objects."""

    place: Place
    total: bool = False


Facts = frozenset[Told]
NOTHING: Final[Facts] = frozenset()


class Influence(Struct, frozen=True):
    """What a value tells.

    `at` are the places that the value may be, `made` is told by whatever is read of it, `shape` by which items it has,
    and in what order. `fields` and `item` are the parts of an object and of an array that the query makes; the items
    of the array come from several objects of the sources `many`.
    """

    at: frozenset[Place] = frozenset()
    made: Facts = NOTHING
    shape: Facts = NOTHING
    fields: dict[str, Influence] = {}
    item: Influence | None = None
    many: frozenset[int] = frozenset()

    def tells(self) -> Facts:
        """Return all that the value and everything in it tell."""
        told = self.made | facts(self.at) | totals(self.shape, self.many)
        for part in (*self.fields.values(), *((self.item,) if self.item is not None else ())):
            told |= part.tells()
        return told

    def outside(self) -> Facts:
        """Return what the type, the length and the keys of the value tell."""
        return self.made | totals(self.shape, self.many) | facts(shape_of(self.at))

    def field(self, name: str) -> Influence:
        """Return the field `name` of the value."""
        parts = [Influence(at=below(self.at, name), made=self.made)]
        if name in self.fields:
            parts.append(self.fields[name])
        return joined(parts)

    def items(self) -> Influence:
        """Return any item of the value; arrays of a source need no notation."""
        parts = [Influence(at=self.at, made=self.made), *self.fields.values()]
        if self.item is not None:
            parts.append(self.item)
        return joined(parts)

    def telling(self, more: Facts) -> Influence:
        """Return the value, of which whatever is read tells more."""
        if more <= self.made:
            return self
        return Influence(self.at, self.made | more, self.shape, self.fields, self.item, self.many)


def made_of(told: Facts) -> Influence:
    """Return a value that is computed."""
    return Influence(made=told)


def facts(places: Iterable[Place]) -> Facts:
    """Return what values at places tell."""
    return frozenset(Told(place) for place in places)


def totals(told: Facts, many: frozenset[int]) -> Facts:
    """Return what is told where the objects of the sources `many` were combined."""
    if not many:
        return told
    return frozenset(Told(fact.place, fact.total or fact.place[0] in many) for fact in told)


def below(places: Iterable[Place], name: str) -> frozenset[Place]:
    """Return the places of a field of the values at places."""
    return frozenset((source, (*path, name)) for source, path in places)


def shape_of(places: Iterable[Place]) -> frozenset[Place]:
    """Return the places that stand for the type and the length of values; every object of a source is an object."""
    return below(((source, path) for source, path in places if path), ITEMS)


def joined(values: Iterable[Influence]) -> Influence:
    """Return what a value tells that may be any of `values`."""
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
        one.at | other.at,
        one.made | other.made,
        one.shape | other.shape,
        fields,
        item,
        one.many | other.many,
    )
