"""The fields of a source that a query reads, collected while its plan is made; the gate builds no others."""

from __future__ import annotations

from msgspec import Struct, field


class Demand(Struct):
    """How much of a value is read: all of it (`whole`), or these `fields` of the object.

    Where the view has a list, `fields` are those of its items: arrays need no notation. A demand that is not whole and
    has no fields reads only whether the value is present. Without `digits`, numbers are only computed with: it does not
    matter how they are written. If it is `optional`, no warning says that no object has it.
    """

    whole: bool = False
    fields: dict[str, Demand] = field(default_factory=dict)
    optional: bool = False
    digits: bool = True

    def at(self, name: str) -> Demand:
        """Return the demand of the field `name`, adding it if it is new."""
        return self.fields.setdefault(name, Demand())

    def contents(self) -> DemandContents:
        """Return a copy of what is read so far."""
        below = {name: (inner, inner.contents()) for name, inner in self.fields.items()}
        return DemandContents(self.whole, self.optional, below)

    def reset(self, contents: DemandContents) -> None:
        """Go back to what was read then; demands of fields remain the same objects."""
        self.whole, self.optional = contents.whole, contents.optional
        self.fields = {name: inner for name, (inner, _) in contents.fields.items()}
        for inner, below in contents.fields.values():
            inner.reset(below)


class DemandContents(Struct, frozen=True):
    """What a demand held at one moment, with the demands of its fields and what they held."""

    whole: bool
    optional: bool
    fields: dict[str, tuple[Demand, DemandContents]]
