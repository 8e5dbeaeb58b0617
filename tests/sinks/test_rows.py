"""Values as rows: the columns stay fixed, and a value that does not fit is an error."""

from __future__ import annotations

import pytest

from ocpiq.errors import FormatError
from ocpiq.plan.columns import ONE, UNKNOWN, Columns
from ocpiq.sinks.rows import RowBuilder
from ocpiq.values.blank import BLANK

AB = Columns({"a": ONE, "b": ONE})
DEEP = Columns({"a": ONE, "p": Columns({"x": ONE, "y": ONE})})
OPEN = Columns({"a": ONE, "b": UNKNOWN}, open=True)

FITS = {
    "the first value decides": (UNKNOWN, [{"b": 1, "a": 2}, {"a": 3}], "b a", [[1, 2], [None, 3]]),
    "flattened with dots": (UNKNOWN, [{"a": {"b": {"c": 1}}, "d": 2}], "a.b.c d", [[1, 2]]),
    "lists stay lists": (UNKNOWN, [{"a": [{"b": 1}]}], "a", [[[{"b": 1}]]]),
    "values that are not objects": (UNKNOWN, [1, "x", None, BLANK], "value", [[1], ["x"], [None], [BLANK]]),
    "known": (AB, [{"b": 1}, {"a": 2}], "a b", [[None, 1], [2, None]]),
    "known, no value": (AB, [], "a b", []),
    "known not to be objects, no value": (ONE, [], "value", []),
    "nothing known, no value": (UNKNOWN, [], "", []),
    "null instead of an object": (
        DEEP,
        [{"a": 1, "p": None}, {"p": {"y": 2}}],
        "a p.x p.y",
        [[1, None, None], [None, None, 2]],
    ),
    "a blank instead of an object": (DEEP, [{"p": BLANK}], "a p.x p.y", [[None, BLANK, BLANK]]),
    "an empty object": (UNKNOWN, [{"a": {}}], "a", [[{}]]),
    "open: the first may add": (
        OPEN,
        [{"c": 1, "a": 2, "b": {"d": 3}}, {"b": {"d": 4}}],
        "a b.d c",
        [[2, 3, 1], [None, 4, None]],
    ),
    "open, no value": (OPEN, [], "a b", []),
}


@pytest.mark.parametrize(("known", "values", "names", "cells"), FITS.values(), ids=FITS)
def test_rows(known: Columns, values: list[object], names: str, cells: list[list[object]]) -> None:
    rows = RowBuilder(known)
    assert [rows.cells(value) for value in values] == cells
    rows.settle()
    assert rows.names == tuple(names.split())


MISFITS = {
    "a field without a column": (
        UNKNOWN,
        [{"a": 1}, {"a": 1, "b": 2}],
        "result 2 has b, which has no column",
    ),
    "deep": (DEEP, [{"p": {"z": 1}}], "result 1 has p.z, which has no column"),
    "an array": (UNKNOWN, [[1]], "result 1 is an array, which is not a row"),
    "an array later": (AB, [{}, []], "result 2 is an array"),
    "a number among objects": (AB, [{}, 1], "result 2 is a value of type number, not an object"),
    "null among objects": (AB, [None], "result 1 is a value of type null, not an object"),
    "an object among numbers": (
        UNKNOWN,
        [1, {"a": 1}],
        "result 2 is an object, but the first result was not",
    ),
    "an object in one column": (
        UNKNOWN,
        [{"a": 1}, {"a": {"b": 1}}],
        "result 2 has an object in a, which is a single column",
    ),
    "a number instead of an object": (
        DEEP,
        [{"p": 1}],
        "result 1 has a value of type number in p, not an object",
    ),
    "a name twice": (UNKNOWN, [{"a.b": 1, "a": {"b": 2}}], "two columns are named a.b"),
    "a name with an escape sequence": (AB, [{"\x1b[2J": 1}], r"result 1 has '\x1b[2J', which"),
    "a long name": (AB, [{"x" * 100: 1}], "result 1 has " + "x" * 59 + "…, which"),
}


@pytest.mark.parametrize(("known", "values", "message"), MISFITS.values(), ids=MISFITS)
def test_a_value_that_does_not_fit_is_an_error(known: Columns, values: list[object], message: str) -> None:
    rows = RowBuilder(known)
    with pytest.raises(FormatError) as error:
        for value in values:
            rows.cells(value)
    assert error.value.message.startswith(message)
    assert error.value.hint


def test_sorted_columns() -> None:
    rows = RowBuilder(sort_keys=True)
    assert rows.cells({"b": {"d": 1, "c": 2}, "a": 3}) == [3, 2, 1]
    assert rows.names == ("a", "b.c", "b.d")
