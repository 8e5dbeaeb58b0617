"""What a query reads of a source, computed while its plan is made; the gate delivers this and nothing else."""

from __future__ import annotations

from msgspec import Struct, field


class Demand(Struct):
    """How much of a value is read: all of it (`whole`), or these `fields` of the object.

    Where the view has a list, `fields` are those of its items: arrays need no notation. A need without fields that
    is not whole asks for the presence alone.
    """

    whole: bool = False
    fields: dict[str, Demand] = field(default_factory=dict)

    def at(self, name: str) -> Demand:
        """Return the need of the field `name`, noted if it is new."""
        return self.fields.setdefault(name, Demand())
