"""The classes of rows: made from a source's view and demand, with just the fields that the query reads."""

from __future__ import annotations

from types import GenericAlias
from typing import Any, Final

from msgspec import UNSET, Raw, Struct, defstruct

from ocpiq.gate.keys import SECRET, Identifier
from ocpiq.gate.treated import reads_presence
from ocpiq.privacy.demand import Demand
from ocpiq.privacy.platform_field import PLATFORM
from ocpiq.privacy.view import ViewNode
from ocpiq.schema import ENDED, UPDATED

Plain = str | int | float | bool | None | list[str | int | float | bool | None]
"""The types of a leaf that passes by default; any other shape is left to the untyped decoder."""

WHOLE: Final = Demand(whole=True)


class Slot(Struct, frozen=True):
    """How the engine reads a field: the row's attribute, and the shape of the nested row if there is one."""

    attribute: str
    shape: Shape | None


class Shape(Struct, frozen=True):
    """How the engine reads a row: its class, and its slots by JSON key."""

    cls: type[Struct]
    slots: dict[str, Slot]


class Row(Struct, gc=False):
    """The base of all rows: their `repr` shows no value."""

    def __repr__(self) -> str:
        return "Row(…)"


class Cell(Struct, frozen=True):
    """How a value leaves the gate: as its view node says, or, for an object with a `record`, as a nested row."""

    node: ViewNode
    record: Record | None = None


class Member(Struct, frozen=True):
    """A field of a record."""

    key: str
    attribute: str
    cell: Cell


class Record(Struct, frozen=True):
    """The class that objects are decoded into; if `whole`, they leave the gate as dicts, else as instances."""

    cls: type[Struct]
    members: tuple[Member, ...]
    shape: Shape | None
    whole: bool


def cell_of(node: ViewNode, demand: Demand, sealed: tuple[str, ...] = ()) -> Cell:
    """Return how a value leaves the gate for a demand; `sealed` are keys that only the gate reads."""
    if node.visibility in ("blank", "plain", "treated") or (node.visibility == "open" and demand.whole):
        return Cell(node)
    if node.visibility == "shown" and (demand.whole or not node.children):
        return Cell(node)
    return Cell(node, record_of(node, demand, sealed))


def record_of(node: ViewNode, demand: Demand, sealed: tuple[str, ...]) -> Record:
    """Return the record of objects with this demand."""
    wanted = dict.fromkeys(node.children, WHOLE) if demand.whole else demand.fields
    platform = not demand.whole and reads_platform(node, demand)
    nodes = {key: None if key == PLATFORM and platform else node.child(key) for key in wanted}
    attributes = {key: f"f{number}" for number, key in enumerate(wanted)}
    members = tuple(
        Member(key, attributes[key], cell_of(child, wanted[key]))
        for key, child in nodes.items()
        if child is not None
    )
    absent = UNSET if demand.whole else None
    columns: list[Any] = [(member.attribute, decoding_type(member.cell), absent) for member in members]
    columns += [(key, Raw if key in (UPDATED, *ENDED) else Identifier, None) for key in sealed]
    names = {member.attribute: member.key for member in members}
    constants: dict[str, Any] = {attributes[key]: None for key, child in nodes.items() if child is None}
    if platform:
        columns.append((attributes[PLATFORM], str | None, None))
        names[attributes[PLATFORM]] = SECRET  # which no platform knows
        del constants[attributes[PLATFORM]]
    cls = defstruct("Row", columns, bases=(Row,), rename=names, namespace=constants, gc=False)
    by_key = {member.key: member.cell.record for member in members}
    slots = {key: Slot(attributes[key], shape_of(by_key.get(key))) for key in wanted}
    return Record(cls, members, None if demand.whole else Shape(cls, slots), demand.whole)


def reads_platform(node: ViewNode, demand: Demand) -> bool:
    """Tell whether the query reads `platform` of the objects: the name of their login, which the gate adds."""
    return not node.blank.path and PLATFORM in demand.fields and PLATFORM not in node.children


def shape_of(record: Record | None) -> Shape | None:
    """Return the shape of a record that leaves the gate as a row."""
    return record.shape if record else None


def decoding_type(cell: Cell) -> object:
    """Return the type that msgspec decodes a value as; any other value is left to the untyped decoder."""
    if cell.node.visibility == "blank" or reads_presence(cell.node):
        return Raw  # its presence is read, its bytes are not
    if cell.record is None:
        return Any if cell.node.visibility in ("shown", "open") else Plain
    item = cell.record.cls | None
    return GenericAlias(list, (item,)) | None if cell.node.many else item
