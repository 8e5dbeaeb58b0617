"""Which queries only move the numbers that they read: these are printed without a look at their form."""

from __future__ import annotations

import pytest

from ocpiq.query import compile

MOVING = [
    ".",
    ".a[0]?.b, .c",
    "map(.a)",
    'select(.a | test("x") | not) | [keys, .b]',
    "cdrs",
    "cdrs pass .",
    'cdrs pass total_energy | select(.total_energy > 3 and .currency == "EUR") | {id, kwh: .total_energy, n: 1}',
    "cdrs pass total_energy | . as {id: $i} | [$i, .total_energy] | limit 3",
    'cdrs pass total_energy | top 3 by .total_energy | {kwh: .total_energy, text: "\\(.id)"}',
    "cdrs pass total_energy, cdr_location.id | join (locations pass city) as $l on .cdr_location.id == $l.id",
    "reduce .[] as $x (null; $x)",
]
COMPUTING = [
    ". + 1",
    "-.a",
    "0.00001",
    "[1, 0.00001]",
    "$x",
    "length",
    "infinite",
    "cdrs pass total_energy as rounded(10)",
    "cdrs pass total_energy | {kwh: (.total_energy / 1e9)}",
    "cdrs pass total_energy | select(.total_energy > 3) | .total_energy * 1",
    "cdrs pass total_energy | aggregate sum(.total_energy)",
    "reduce .[] as $x (0; . + $x)",
    "def f: if . > 9 then . else . + 1 | f end; f",
]


@pytest.mark.parametrize("text", MOVING)
def test_what_only_moves_numbers(text: str) -> None:
    assert not compile(text).computes


@pytest.mark.parametrize("text", COMPUTING)
def test_what_may_compute_one(text: str) -> None:
    assert compile(text, variables=("x",)).computes
