"""Rows of a source with `net`: each has a weight, and a credit CDR is read as the CDR that it cancels, with weight -1.

OCPI (2.2 and later): a credit CDR repeats the data of the CDR that it cancels under an id of its own, and only its
`total_cost` is negative. Some platforms negate other totals as well, so every total is made positive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, cast

from msgspec import Struct

from ocpiq.gate import Shape

TOTAL: Final = "total_"  # the prefix of a CDR's totals
FLAGS: Final = ("credit", "credit_reference_id")

WeighRows = Callable[[Iterable[object]], Iterator[tuple[int, object]]]


def weigh_rows(shape: Shape | None) -> WeighRows:
    """Return the function that adds weights to the rows of a page; their `shape` is None for dicts."""
    if shape is None:
        return lambda rows: map(_of_dict, cast("Iterable[dict[str, Any]]", rows))
    names = {name: slot.attribute for name, slot in shape.slots.items()}
    credit = names["credit"]

    def of_row(row: object) -> tuple[int, object]:
        if getattr(row, credit) is not True:
            return 1, row
        reference = getattr(row, names["credit_reference_id"]) if "credit_reference_id" in names else None
        if "id" in names and type(reference) is str:
            setattr(row, names["id"], reference)
        for name, attribute in names.items():
            if name in FLAGS:
                setattr(row, attribute, None)
            elif name.startswith(TOTAL):
                setattr(row, attribute, unsigned(getattr(row, attribute)))
        return -1, row

    return lambda rows: map(of_row, rows)


def _of_dict(row: dict[str, Any]) -> tuple[int, object]:
    if row.get("credit") is not True:
        return 1, row
    cancelled = {
        name: unsigned(value) if name.startswith(TOTAL) else value
        for name, value in row.items()
        if name not in FLAGS
    }
    if "id" in cancelled and type(row.get("credit_reference_id")) is str:
        cancelled["id"] = row["credit_reference_id"]
    return -1, cancelled


def unsigned(value: Any) -> Any:  # noqa: ANN401 - a number, or an object of a page in any form that a row has
    """Return a value with every number in it made positive."""
    value_type = type(value)
    if value_type is int or value_type is float:
        return abs(value)
    if value_type is dict:
        return {name: unsigned(inner) for name, inner in value.items()}
    if value_type is list:
        return [unsigned(inner) for inner in value]
    if isinstance(value, Struct) and not value.__struct_config__.frozen:
        for name in value.__struct_fields__:
            setattr(value, name, unsigned(getattr(value, name)))
    return value
