"""The conversion of cells: whatever the value and the type, it is exact or does not fit."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocpiq.sinks.column_types import TypedColumn, type_of_cells
from ocpiq.sinks.conversion import ColumnConverter, MisfitError
from ocpiq.sinks.sink import StoredType
from ocpiq.values.blank import BLANK
from ocpiq.values.json.codec import to_json

TYPES: tuple[StoredType, ...] = ("boolean", "integer", "number", "decimal", "time", "text", "json")
DIGITS = {"precision": 12, "scale": 3}
VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(2**54), 2**54)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.decimals(-1000, 1000, places=3).map(str)
    | st.text(max_size=4)
    | st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.isoformat().replace("+00:00", "Z"))
    | st.sampled_from(["true", "1e5", "012", "2026-01-01", "1970-01-01T00:00:00Z", "2026-02-30T00:00:00Z"])
    | st.lists(st.integers(), max_size=2)
)


def converter(type_: StoredType) -> ColumnConverter:
    digits = DIGITS if type_ == "decimal" else {}
    return ColumnConverter(TypedColumn("v", type_, **digits), "aware")


def is_exact(value: object, cell: object, type_: StoredType) -> bool:
    """Tell whether the cell is the value, or what its text says exactly."""
    if value is None:
        return cell is None
    match type_:
        case "text":
            return cell == (value if isinstance(value, str) else to_json(value))  # type: ignore[arg-type]
        case "json":
            assert isinstance(cell, str)
            read = json.loads(cell)
            return read == value or (isinstance(value, float) and float(read) == value)
        case "boolean":
            return type(cell) is bool and value in (cell, "true" if cell else "false")
        case "time":
            known = value if isinstance(value, str) else ""
            return isinstance(cell, datetime) and (
                not known.endswith("Z") or datetime.fromisoformat(known) == cell
            )
    if isinstance(value, str):
        exact = Decimal(value)
        fraction = exact != exact.to_integral_value()
        return cell == (
            float(value) if type_ == "number" and fraction else exact
        )  # the nearest double, as in JSON
    if isinstance(value, float) and type_ == "decimal":
        return cell == Decimal(repr(value))
    return cell == value  # Python compares integers with doubles exactly


@given(VALUES, st.sampled_from(TYPES))
def test_a_cell_is_exact_or_does_not_fit(value: object, type_: StoredType) -> None:
    try:
        (cell,) = converter(type_).convert([value])  # type: ignore[list-item]
    except MisfitError as error:
        assert error.index == 0 and type_ not in ("text", "json")
    else:
        assert is_exact(value, cell, type_), (value, cell)


@given(st.lists(VALUES, min_size=1, max_size=6))
def test_the_chosen_type_holds_every_cell(values: list[object]) -> None:
    type_ = type_of_cells(values)  # type: ignore[arg-type]
    cells = converter(type_).convert(values)  # type: ignore[arg-type]
    assert all(is_exact(value, cell, type_) for value, cell in zip(values, cells, strict=True))


@given(st.lists(VALUES, max_size=6), st.sampled_from(TYPES))
def test_a_batch_is_converted_as_its_cells_are(values: list[object], type_: StoredType) -> None:
    """The fast ways through whole columns give the same."""
    alone: list[object] = []
    for index, value in enumerate(values):
        try:
            alone.extend(converter(type_).convert([value]))  # type: ignore[list-item]
        except MisfitError:
            with pytest.raises(MisfitError) as error:
                converter(type_).convert(values)  # type: ignore[arg-type]
            assert error.value.index == index
            return
    assert list(converter(type_).convert(values)) == alone  # type: ignore[arg-type]


@pytest.mark.parametrize("type_", TYPES)
def test_blanks_are_null_and_noted(type_: StoredType) -> None:
    column = converter(type_)
    assert list(column.convert([None, BLANK])) == [None, None]
    assert column.typed_column.blank


SPECIAL = {
    "NaN is null": ("number", math.nan, None),
    "infinity is what JSON has": ("number", math.inf, 1.7976931348623157e308),
    "NaN is null as text too": ("text", math.nan, None),
    "a lone surrogate": ("text", "a\ud800", "a\ufffd"),
}


@pytest.mark.parametrize(("type_", "value", "cell"), SPECIAL.values(), ids=SPECIAL)
def test_what_no_format_holds(type_: StoredType, value: object, cell: object) -> None:
    assert list(converter(type_).convert([value])) == [cell]  # type: ignore[list-item]
