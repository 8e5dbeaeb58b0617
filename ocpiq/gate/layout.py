"""What rows are made of: the view and the need of a source as classes that hold just the fields that are read."""

from __future__ import annotations

from types import GenericAlias
from typing import Any, Final

from msgspec import UNSET, Raw, Struct, defstruct

from ocpiq.gate.keys import Identifier
from ocpiq.privacy.demand import Demand
from ocpiq.privacy.view import ViewNode
from ocpiq.schema import ENDED, UPDATED

Plain = str | int | float | bool | None | list[str | int | float | bool | None]
"""What a leaf that passes by default may be; any other shape is left to the tolerant way."""

WHOLE: Final = Demand(whole=True)


class Slot(Struct, frozen=True):
    """How the engine reads a field: the row's attribute, and the shape of the object there where it is taken apart."""

    attribute: str
    shape: Shape | None


class Shape(Struct, frozen=True):
    """How the engine reads an object: its class, and by JSON key its slots."""

    cls: type[Struct]
    slots: dict[str, Slot]


class Row(Struct, gc=False):
    """What all rows have in common: they do not show themselves."""

    def __repr__(self) -> str:
        return "Row(…)"


class Cell(Struct, frozen=True):
    """How a value leaves the gate: as the view has it, or, with a record, taken apart where it is an object."""

    node: ViewNode
    record: Record | None = None


class Member(Struct, frozen=True):
    """A field of a record."""

    key: str
    attribute: str
    cell: Cell


class Record(Struct, frozen=True):
    """The class that objects are decoded into; `whole` ones leave the gate as dicts, the others as they are."""

    cls: type[Struct]
    members: tuple[Member, ...]
    shape: Shape | None
    whole: bool


def cell(node: ViewNode, need: Demand, sealed: tuple[str, ...] = ()) -> Cell:
    """Return how a value of the view is delivered for a need; `sealed` are keys that the gate itself reads."""
    if node.treatment in ("blank", "plain"):
        return Cell(node)
    if node.treatment == "shown" and (need.whole or not node.children):
        return Cell(node)
    return Cell(node, record(node, need, sealed))


def record(node: ViewNode, need: Demand, sealed: tuple[str, ...]) -> Record:
    """Return the class for objects in which `need` is read."""
    wanted = dict.fromkeys(node.children, WHOLE) if need.whole else need.fields
    nodes = {key: node.child(key) for key in wanted}
    attributes = {key: f"f{number}" for number, key in enumerate(wanted)}
    members = tuple(
        Member(key, attributes[key], cell(below, wanted[key]))
        for key, below in nodes.items()
        if below is not None
    )
    absent = UNSET if need.whole else None
    columns: list[Any] = [(member.attribute, decoded(member.cell), absent) for member in members]
    columns += [(key, Raw if key in (UPDATED, *ENDED) else Identifier, None) for key in sealed]
    cls = defstruct(
        "Row",
        columns,
        bases=(Row,),
        rename={member.attribute: member.key for member in members},
        namespace={attributes[key]: None for key, below in nodes.items() if below is None},
        gc=False,
    )
    by_key = {member.key: member.cell.record for member in members}
    slots = {key: Slot(attributes[key], shape_of(by_key.get(key))) for key in wanted}
    return Record(cls, members, None if need.whole else Shape(cls, slots), need.whole)


def shape_of(record: Record | None) -> Shape | None:
    """Return the shape of a record that the engine takes apart."""
    return record.shape if record else None


def decoded(cell: Cell) -> object:
    """Return the type that msgspec decodes a value as; what is no such value is left to the tolerant way."""
    if cell.node.treatment == "blank":
        return Raw  # its presence is read, its bytes never are
    if cell.record is None:
        return Any if cell.node.treatment == "shown" else Plain
    item = cell.record.cls | None
    return GenericAlias(list, (item,)) | None if cell.node.many else item
