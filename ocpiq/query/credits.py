"""Rows of a source with `net`: each has a weight, and a credit CDR is read as the CDR that it cancels, with weight -1.

OCPI (2.2 and later): a credit CDR repeats the data of the CDR that it cancels under an id of its own, and only its
`total_cost` has the other sign. Some platforms change the sign of other totals as well, so the signs are taken from the
CDR that is cancelled: credits with totals wait until all CDRs were read, and of the CDRs only negative totals are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from itertools import chain
from typing import Any, Final, cast

from ocpiq.analysis.credits import CANCELLED, CREDIT, TOTAL
from ocpiq.gate import Row, Shape
from ocpiq.privacy.platform_field import PLATFORM
from ocpiq.runtime.net_aggregates import Weight
from ocpiq.values.numbers import NUMBERS, magnitude, negated

FLAGS: Final = (CREDIT, CANCELLED)
KEY_SIZE: Final = 8  # bytes of the number for a key
PARTY: Final = (PLATFORM, "country_code", "party_id")  # with the id, the key of a CDR

Path = tuple[str | int, ...]
Signs = frozenset[Path]
"""The paths of the negative numbers in the totals of a CDR."""
NO_SIGNS: Final[Signs] = frozenset()


class CreditRows:
    """Adds weights to the rows of a source; their `shape` is None for dicts."""

    def __init__(self, shape: Shape | None) -> None:
        self._shape = shape
        self._is_dict = shape is None
        self._get: Callable[[Any, str, None], Any] = dict.get if shape is None else getattr
        self._attributes = {name: slot.attribute for name, slot in shape.slots.items()} if shape else {}
        self._totals = [name for key, name in self._attributes.items() if key.startswith(TOTAL)]
        self._credits: list[object] = []
        self._signs: dict[int, Signs] = {}  # by the keys of the CDRs that have negative totals

    def page(self, rows: Iterable[object]) -> Iterator[tuple[Weight, object]]:
        """Yield the rows of a page with their weights, except credits with totals."""
        get, credit, totals, key = self._get, self._attributes.get(CREDIT, CREDIT), self._totals, self._key
        for row in rows:
            if self._is_dict:
                totals = [name for name in cast("dict[str, object]", row) if name.startswith(TOTAL)]
            if get(row, credit, None) is not True:
                for name in totals:
                    if is_negative(get(row, name, None)):
                        self._keep_signs(row, totals)
                        break
                weight = Weight(1)
                weight.row, weight.read_key = row, key
                yield weight, row
            elif totals:
                self._credits.append(row)
            else:
                yield self._cancelled(row, totals)

    def credits(self) -> Iterator[tuple[Weight, object]]:
        """Yield the credits that have waited for all other rows."""
        for row in self._credits:
            totals = (
                [name for name in row if name.startswith(TOTAL)] if isinstance(row, dict) else self._totals
            )
            yield self._cancelled(row, totals)

    def waiting(self) -> tuple[list[object], dict[int, Signs]]:
        """Return the credits that wait, and the signs by the keys of CDRs; their paths have the names of fields."""
        shape = self._shape
        if shape is None:
            return self._credits, self._signs
        return self._credits, {
            key: frozenset(field_path(path, shape) for path in signs) for key, signs in self._signs.items()
        }

    def add(self, credits: Iterable[object], signs: Mapping[int, Signs]) -> None:
        """Add what has waited in a part of the run."""
        self._credits += credits
        self._signs |= signs

    def __bool__(self) -> bool:
        return bool(self._credits)

    def _field(self, row: object, name: str) -> object:
        return self._get(row, self._attributes.get(name, name), None)

    def _key(self, row: object, id_name: str = "id") -> int | None:
        """Return a number for the key of a CDR, the same in every process; None if the view does not show its id."""
        id_ = self._field(row, id_name)
        if type(id_) is not str:
            return None
        party = (self._field(row, name) for name in PARTY)
        key = repr([*(part.casefold() if type(part) is str else "" for part in party), id_.casefold()])
        return int.from_bytes(blake2b(key.encode(), digest_size=KEY_SIZE).digest(), "big")

    def _keep_signs(self, row: object, totals: Sequence[str]) -> None:
        key = self._key(row)
        if key is not None:
            paths = (negative_paths(self._get(row, name, None), (name,)) for name in totals)
            self._signs[key] = frozenset(chain.from_iterable(paths))

    def _cancelled(self, row: object, totals: Sequence[str]) -> tuple[Weight, object]:
        """Return the weight of a credit and the CDR that it cancels."""
        key = self._key(row, CANCELLED)
        signs = NO_SIGNS if key is None else self._signs.get(key, NO_SIGNS)
        values = {name: with_signs(self._get(row, name, None), signs, (name,)) for name in totals}
        if key is not None and self._field(row, "id") is not None:
            values[self._attributes.get("id", "id")] = self._field(row, CANCELLED)
        if isinstance(row, dict):
            row = {name: value for name, value in row.items() if name not in FLAGS} | values
        else:
            flags = {self._attributes[name]: None for name in FLAGS if name in self._attributes}
            for name, value in (flags | values).items():
                setattr(row, name, value)
        weight = Weight(-1)
        weight.row, weight.read_key = row, lambda row: key
        return weight, row


def is_negative(value: object) -> bool:
    """Return whether a value contains a negative number."""
    value_type = type(value)
    if value_type in NUMBERS:
        return cast(float, value) < 0
    return any(is_negative(inner) for _, inner in _items(value))


def negative_paths(value: object, path: Path) -> Iterator[Path]:
    """Yield the paths of the negative numbers in a value."""
    value_type = type(value)
    if value_type in NUMBERS:
        if cast(float, value) < 0:
            yield path
        return
    for name, inner in _items(value):
        yield from negative_paths(inner, (*path, name))


def field_path(path: Path, shape: Shape | None) -> Path:
    """Return a path into a row with the names of fields in place of attributes."""
    names: list[str | int] = []
    for step in path:
        slots = shape.slots if shape is not None and type(step) is str else {}
        name, slot = next(
            ((key, slot) for key, slot in slots.items() if slot.attribute == step), (step, None)
        )
        names.append(name)
        shape = slot.shape if slot is not None else shape if type(step) is int else None
    return tuple(names)


def with_signs(value: Any, signs: Signs, path: Path) -> Any:  # noqa: ANN401 - a number or an object of a page
    """Return a value with the numbers at the paths `signs` made negative, all others positive."""
    value_type = type(value)
    if value_type in NUMBERS:
        return negated(magnitude(value)) if path in signs else magnitude(value)
    if value_type is dict:
        return {name: with_signs(inner, signs, (*path, name)) for name, inner in value.items()}
    if value_type is list:
        return [with_signs(inner, signs, (*path, index)) for index, inner in enumerate(value)]
    if isinstance(value, Row):
        for name, inner in _items(value):
            setattr(value, cast(str, name), with_signs(inner, signs, (*path, name)))
    return value


def _items(value: Any) -> Iterable[tuple[str | int, object]]:  # noqa: ANN401 - anything of a page
    """Return the named or numbered parts of a value."""
    if type(value) is dict:
        return value.items()
    if type(value) is list:
        return enumerate(value)
    if isinstance(value, Row):
        return [(name, getattr(value, name)) for name in value.__struct_fields__]
    return ()
