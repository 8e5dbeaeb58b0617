"""Sealed numbers: they leave the gate beside a row, with a hash of its driver, for totals over many drivers only.

In the row itself each of them is a blank. The hash of a driver is keyed with a random secret of the process; rows
without a driver have one and the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite
from operator import attrgetter
from typing import Any, Final

from msgspec import UNSET, Raw
from msgspec.structs import replace

from ocpiq.gate.keys import SECRET, identifier
from ocpiq.gate.layout import Companion, Record, SealedNumber
from ocpiq.privacy.demand import Demand
from ocpiq.privacy.drivers import driver_paths
from ocpiq.privacy.sealed import sealed_paths
from ocpiq.privacy.view import ViewNode
from ocpiq.schema import SchemaField
from ocpiq.values.blank import NA, Blank
from ocpiq.values.json.fragments import OBJECT, fields, value
from ocpiq.values.json.reader import BrokenError

Path = tuple[str, ...]

NO_DRIVER: Final = 0
NUMBER_STARTS: Final = b"-0123456789"
MOST_NAMES: Final = 16_384  # of drivers whose hashes are kept
MISSING: Final = ("", NA.casefold())
CONTRACT_FIELDS: Final = ("contract_id", "auth_id")
SEPARATORS: Final = str.maketrans("", "", "-*")


def sealer_of(view: ViewNode, demand: Demand) -> Sealer | None:
    """Return what makes the companions of a source's rows; None if the query reads no sealed field of it.

    Objects that the query reads as a whole have none: there, the fields are blanks and nothing else.
    """
    numbers = () if demand.whole else sealed_paths(view, demand)
    return Sealer(numbers, driver_paths(view.blank.module)) if numbers else None


class Sealer:
    """Makes the companions of rows from the sealed `numbers` and the `drivers`: paths of fields."""

    def __init__(self, numbers: Sequence[Path], drivers: Sequence[Path]) -> None:
        self.numbers = numbers
        self.drivers = drivers
        self._names = [DriverNames(contract if path[-1] in CONTRACT_FIELDS else token) for path in drivers]

    def of_parts(self, parts: dict[str, bytes]) -> Companion:
        """Return the companion of an object, from the slices of its fields."""
        numbers = tuple(number_of(slice_at(parts, path)) for path in self.numbers)
        hashes = (
            names.hash_of(slice_at(parts, path))
            for names, path in zip(self._names, self.drivers, strict=True)
        )
        driver = next(filter(None, hashes), NO_DRIVER)
        return None if None in numbers else (driver, numbers)  # type: ignore[return-value]

    def of_records(self, record: Record) -> Callable[[Sequence[Any]], None]:
        """Return the function that adds their companions to records as msgspec decoded them."""
        numbers = [getter_of(record, path) for path in self.numbers]
        drivers = [
            (getter_of(record, path), names.hash_of)
            for names, path in zip(self._names, self.drivers, strict=True)
        ]

        def seal(records: Sequence[Any]) -> None:
            for decoded in records:
                known = tuple([number_of(get(decoded)) for get in numbers])
                if None in known:
                    continue
                driver = NO_DRIVER
                for get, hash_of in drivers:
                    driver = hash_of(get(decoded))
                    if driver:
                        break
                decoded.companion = driver, known

        return seal


class DriverNames:
    """The hashes of the drivers that a field names; `fold` says which names are the same driver's."""

    def __init__(self, fold: Callable[[str], str]) -> None:
        self._fold = fold
        self._hashes: dict[object, int] = {}  # of the names seen last

    def hash_of(self, part: object) -> int:
        """Return the hash of the driver that a value names, `NO_DRIVER` if it names none."""
        if part is None:
            return NO_DRIVER
        key = bytes(part) if type(part) is Raw else part if type(part) is str else None
        found = self._hashes.get(key)
        if found is None:
            name = identifier(part).strip().casefold()
            found = NO_DRIVER if name in MISSING else hash(SECRET + self._fold(name))
            if key is not None:
                if len(self._hashes) >= MOST_NAMES:
                    self._hashes.clear()
                self._hashes[key] = found
        return found


def contract(name: str) -> str:
    """Return the contract that a folded name stands for; separators are optional (eMI3)."""
    return "\0contract\0" + name.translate(SEPARATORS)


def token(name: str) -> str:
    """Return the token that a folded name stands for."""
    return "\0token\0" + name


def number_of(part: object) -> SealedNumber | None:
    """Return the finite number in a slice; None for any other value."""
    if part is None or part is UNSET:
        return None
    raw = bytes(part)  # type: ignore[call-overload]
    if not raw or raw[0] not in NUMBER_STARTS:
        return None
    try:
        number = value(raw)
        if isinstance(number, float):
            return float(number) if isfinite(number) else None
        return number if type(number) is int and isfinite(number) else None
    except (BrokenError, OverflowError):
        return None


def slice_at(parts: dict[str, bytes], path: Path) -> Raw | None:
    """Return the slice at a path; None if there is none."""
    raw = parts.get(path[0])
    for name in path[1:]:
        if raw is None or raw[:1] != OBJECT:
            return None
        try:
            raw = fields(raw).get(name)
        except BrokenError:
            return None
    return None if raw is None else Raw(raw)


def getter_of(record: Record, path: Path) -> Callable[[Any], object]:
    """Return the function that reads the field at a path of records."""
    attributes: list[str] = []
    inner: Record | None = record
    rest = list(path)
    while rest and inner is not None:
        name = rest.pop(0)
        member = next(member for member in inner.members if member.key == name)
        attributes.append(member.attribute)
        inner = member.cell.record
    get = attrgetter(".".join(attributes))

    def get_or_none(decoded: object) -> object:
        try:
            part = get(decoded)
        except AttributeError:  # the object around it is null
            return None
        if not rest:
            return part
        return slice_at({"": bytes(part)}, ("", *rest)) if isinstance(part, Raw) else None

    return get if len(path) == 1 else get_or_none


# ---------------------------------------------------------------- what the gate reads besides the query


def with_drivers(view: ViewNode, demand: Demand) -> tuple[ViewNode, Demand]:
    """Return view and demand with the fields that name the driver: blanks, unless the view shows them."""
    for path in driver_paths(view.blank.module):
        view = _with_blank(view, path, view.field)
        demand = _with_path(demand, path)
    return view, demand


def _with_blank(node: ViewNode, path: Path, field: SchemaField | None) -> ViewNode:
    """Return a node with the field at a path below it, blanked if it was not there."""
    name, *rest = path
    known = field.children.get(name) if field is not None else None
    child = node.child(name)
    if child is None:
        inner = f"{node.blank.path}.{name}".lstrip(".")
        visibility = "container" if rest else "blank"
        child = ViewNode(visibility, False, {}, Blank(node.blank.module, inner), known)  # type: ignore[arg-type]
    if rest:
        child = _with_blank(child, tuple(rest), known)
    return replace(node, children={**node.children, name: child})


def _with_path(demand: Demand, path: Path) -> Demand:
    name, *rest = path
    inner = demand.fields.get(name, Demand())
    inner = _with_path(inner, tuple(rest)) if rest else replace(inner, whole=True, optional=True)
    return replace(demand, fields={**demand.fields, name: inner})
