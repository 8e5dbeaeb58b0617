"""Rows of a source with `net`: each has a weight, and a credit CDR is read as the CDR that it cancels, with weight -1.

OCPI (2.2 and later): a credit CDR repeats the data of the CDR that it cancels under an id of its own, and only its
`total_cost` has the other sign. Some platforms change the sign of other totals as well, so the signs are taken from the
CDR that is cancelled: credits with totals wait until all CDRs were read, and of the CDRs only negative totals are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, Final, cast

from ocpiq.analysis.credits import CANCELLED, CREDIT, TOTAL
from ocpiq.gate import Row, Shape
from ocpiq.privacy.platform_field import PLATFORM
from ocpiq.runtime.net_aggregates import Weight
from ocpiq.values.numbers import NUMBERS, magnitude, negated

FLAGS: Final = (CREDIT, CANCELLED)
PARTY: Final = (PLATFORM, "country_code", "party_id")  # with the id, the key of a CDR

Path = tuple[str | int, ...]
Signs = frozenset[Path]
"""The paths of the negative numbers in the totals of a CDR."""
NO_SIGNS: Final[Signs] = frozenset()


class CreditRows:
    """Adds weights to the rows of a source; their `shape` is None for dicts."""

    def __init__(self, shape: Shape | None) -> None:
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

    def _field(self, row: object, name: str) -> object:
        return self._get(row, self._attributes.get(name, name), None)

    def _key(self, row: object, id_name: str = "id") -> int | None:
        """Return a number for the key of a CDR; None if the view does not show its id."""
        id_ = self._field(row, id_name)
        if type(id_) is not str:
            return None
        party = (self._field(row, name) for name in PARTY)
        return hash((*(part.casefold() if type(part) is str else "" for part in party), id_.casefold()))

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
