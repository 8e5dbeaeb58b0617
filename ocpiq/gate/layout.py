"""The classes of rows: made from a source's view and demand, with just the fields that the query reads."""

from __future__ import annotations

from types import GenericAlias
from typing import Any, Final

from msgspec import UNSET, Raw, Struct, defstruct
from msgspec.json import Decoder

from ocpiq.gate.keys import SECRET, Identifier
from ocpiq.gate.treated import reads_presence
from ocpiq.privacy.demand import Demand
from ocpiq.privacy.platform_field import PLATFORM
from ocpiq.privacy.view import ViewNode
from ocpiq.schema import ENDED, UPDATED
from ocpiq.values.numbers import Fractions

Plain = str | int | float | bool | None | list[str | int | float | bool | None]
"""The types of a leaf that passes by default; any other shape is left to the untyped decoder."""

PlainText = str | int | bool | None | list[str | int | bool | None]
"""The types of a leaf that is text by the specification: a fraction, whose digits matter, is left to that decoder."""

Computed = str | int | float | bool | None | list[Any] | dict[str, Any]
"""The types of a leaf that passes and whose digits do not matter."""

WHOLE: Final = Demand(whole=True)
COMPUTED: Final = Demand(whole=True, digits=False)

COMPANION: Final = "companion"
"""The attribute of a row with its sealed numbers and its driver; no shape has a slot for it."""

SealedNumber = int | float
Companion = tuple[int, tuple[SealedNumber, ...]] | None
"""The hash of a row's driver and its sealed numbers; None if one of them is missing: no total counts such a row."""


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
    """How a value leaves the gate: as its view node says, or, for an object with a `record`, as a nested row.

    With `digits`, numbers in it keep the digits that they were sent with.
    """

    node: ViewNode
    record: Record | None = None
    digits: bool = True

    @property
    def is_written_number(self) -> bool:
        """Whether it passes by default, is a number by the specification and keeps its digits."""
        return self.node.visibility == "plain" and self.digits and is_numeric(self.node)


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


def cell_of(
    node: ViewNode, demand: Demand, sealed: tuple[str, ...] = (), *, has_companion: bool = False
) -> Cell:
    """Return how a value leaves the gate for a demand; `sealed` are keys that only the gate reads.

    With `has_companion`, each row has one.
    """
    if node.visibility in ("blank", "plain", "treated") or (node.visibility == "open" and demand.whole):
        return Cell(node, digits=demand.digits or node.many)
    if node.visibility == "shown" and (demand.whole or not node.children):
        return Cell(node, digits=demand.digits or node.many)
    return Cell(node, record_of(node, demand, sealed, has_companion=has_companion), demand.digits)


def record_of(node: ViewNode, demand: Demand, sealed: tuple[str, ...], *, has_companion: bool) -> Record:
    """Return the record of objects with this demand."""
    everything = WHOLE if demand.digits else COMPUTED
    wanted = dict.fromkeys(node.children, everything) if demand.whole else demand.fields
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
    if has_companion:
        columns.append((COMPANION, Any, None))
        names[COMPANION] = SECRET + COMPANION
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
        return scalar_type(cell)
    item = cell.record.cls | None
    return GenericAlias(list, (item,)) | None if cell.node.many else item


def scalar_type(cell: Cell) -> object:
    """Return the type of a value that is not a record; the decoder keeps the digits of a fraction in `Any`."""
    if cell.node.visibility in ("shown", "open"):
        return Any if cell.digits or cell.node.visibility == "open" else Computed
    if cell.node.visibility != "plain" or not cell.digits:
        return Plain
    return Any if is_numeric(cell.node) else PlainText


def is_numeric(node: ViewNode) -> bool:
    """Tell whether a leaf is a number by the specification, or decimal text that some platforms send as a number."""
    return node.field is not None and (node.field.json == "number" or node.field.mark == "decimal")


def decoder(type_: Any) -> Decoder[Any]:  # noqa: ANN401 - a type that is made at run time
    """Return the decoder of a type. Fractions in what may be anything keep their digits."""
    return Decoder(type_, float_hook=Fractions().__getitem__)


def keeps_digits(cell: Cell) -> bool:
    """Tell whether a number in a value may keep its digits."""
    if cell.record is None:
        return cell.is_written_number or (cell.digits and cell.node.visibility in ("shown", "open"))
    return any(keeps_digits(member.cell) for member in cell.record.members)
