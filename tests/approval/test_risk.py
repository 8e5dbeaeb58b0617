"""Groups and unique rows, as counted by hand and as by a plain count of every combination."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ocpiq.approval.risk import CodedTable, Risk, risk_of, risks, sentences
from ocpiq.errors import UsageError

ROWS = [
    {"id": 1, "city": "Utrecht", "hour": 8},
    {"id": 2, "city": "Utrecht", "hour": 8},
    {"id": 3, "city": "Utrecht", "hour": 9},
    {"id": 4, "city": "Delft", "hour": 9},
    {"id": 5, "city": "Delft", "hour": 9},
]


def test_every_combination() -> None:
    found = list(risks(CodedTable(ROWS)))
    assert found == [
        Risk(("id",), 5, 5, 1, 5),
        Risk(("city",), 5, 2, 2, 0),
        Risk(("hour",), 5, 2, 2, 0),
        Risk(("city", "hour"), 5, 3, 1, 1),
    ]
    assert sentences(found, 5) == [
        "id differs in every row: whoever can look up the value finds the row",
        "20 % of the rows are the only ones with their city and hour: whoever knows these finds the row",
    ]


@given(
    some.lists(
        some.fixed_dictionaries({}, optional={name: some.integers(0, 3) for name in "abcd"}), max_size=12
    )
)
def test_it_is_what_a_plain_count_gives(rows) -> None:
    table = CodedTable(rows)
    for size in (1, 2, 3):
        for names in combinations(table.columns, size):
            sizes = Counter(tuple(row.get(name) for name in names) for row in rows).values()
            expected = Risk(names, len(rows), len(sizes), min(sizes), sum(size == 1 for size in sizes))
            assert risk_of(table, names) == expected
    for risk in risks(table):
        assert risk == risk_of(table, risk.columns)


def test_a_missing_field_is_null_in_whatever_row_it_first_appears() -> None:
    table = CodedTable([{}, {"a": 1}, {"b": 2}, {"a": None, "b": 2}])
    assert risk_of(table, ("a",)) == Risk(("a",), 4, 2, 1, 1)
    assert risk_of(table, ("a", "b")) == Risk(("a", "b"), 4, 3, 1, 2)


SENTENCES = {
    "nobody alone": (
        [Risk(("city",), 100, 2, 12, 0)],
        ["no row is the only one with its city; the smallest group has 12 rows"],
    ),
    "all alone by two": (
        [Risk(("a", "b"), 9, 9, 1, 9), Risk(("a",), 9, 2, 3, 0)],
        ["every row is the only one with its a and b: whoever knows these finds the row"],
    ),
    "hardly any": (
        [Risk(("a", "b", "c"), 5000, 4998, 1, 1)],
        [
            "less than 0.1 % of the rows are the only ones with their a, b and c: whoever knows these finds the row"
        ],
    ),
    "not all": (
        [Risk(("a",), 100_000, 99_998, 1, 99_999)],
        ["99.9 % of the rows are the only ones with their a: whoever knows these finds the row"],
    ),
}


@pytest.mark.parametrize(("found", "said"), SENTENCES.values(), ids=SENTENCES)
def test_sentences(found: list[Risk], said: list[str]) -> None:
    assert sentences(found, 100) == said


def test_rows_that_do_not_vary() -> None:
    assert sentences([], 1) == ["there is one row, and it stands alone"]
    assert sentences([], 1200) == ["all 1,200 rows have the same values"]


def test_too_many_combinations() -> None:
    rows = [{f"c{number}": row for number in range(40)} for row in range(2)]
    with pytest.raises(UsageError, match="40 columns have 10,700 combinations"):
        list(risks(CodedTable(rows)))
