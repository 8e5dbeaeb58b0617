"""Plans of queries as text: names resolved, outputs counted, and the fields that each source must deliver."""

from __future__ import annotations

import pytest

from ocpiq.analysis import analyze
from ocpiq.language import parse
from ocpiq.plan.dump import demand_paths, plan_text

PLANS = [
    (
        "sessions pass kwh | select(.kwh > 3) | {id}",
        """
        pipe *
          scan 0 *
          if ?
            operate >
              field kwh
              constant 3
            identity
            native empty -
          makeobject
            constant 'id'
            field id
        source 0: sessions reads kwh, id
        """,
    ),
    (
        "sessions pass kwh, status | aggregate {n: count, kwh: sum(.kwh)} by .status",
        """
        aggregate *
          scan 0 *
          key status as key1
            field status
          fold count as fold2
          fold sum as fold3
            field kwh
          makeobject
            constant 'status'
            local key1
            constant 'n'
            local fold2
            constant 'kwh'
            local fold3
        source 0: sessions reads status, kwh
        """,
    ),
    (
        "def up: if . < 3 then . + 1 | up else . end; 0 | up",
        """
        function function1
          if
            operate <
              identity
              constant 3
            pipe
              operate +
                identity
                constant 1
              invoke function1
            identity
          pipe
            constant 0
            invoke function1
        """,
    ),
    (
        "def twice(f): f | f; 1 | twice(. * 2)",
        """
        pipe
          constant 1
          operate *
            identity
            constant 2
          operate *
            identity
            constant 2
        """,
    ),
    (
        ".a as [$x] | $x, .b?",
        """
        bind bound1 *
          field a
          bind part2 *
            local bound1
            bind var3 *
              pipe
                local part2
                index
                  constant 0
              comma *
                local var3
                try ?
                  field b
        """,
    ),
]

READS = [
    ("sessions | .id", ["id"]),
    ("sessions", ["."]),
    ("sessions | {id, s: .cdr_token.type}", ["id", "cdr_token.type"]),
    ("sessions | .cdr_token", ["cdr_token"]),
    ("sessions | {t: .cdr_token} | .t.type", ["cdr_token.type"]),
    ("sessions as $s | $s.id", ["id"]),
    ("sessions as {id: $i, cdr_token: {type: $t}} | [$i, $t]", ["id", "cdr_token.type"]),
    ("def f(g): g | g; sessions | f(.cdr_token?)", ["cdr_token"]),
    ("sessions | [.[]]", ["."]),
    ("cdrs pass . | .charging_periods[].dimensions[0].volume", ["charging_periods.dimensions.volume"]),
    ("cdrs pass . | .charging_periods[1:][].tariff_id", ["charging_periods.tariff_id"]),
    ("cdrs | .charging_periods | length", ["charging_periods?"]),
    ('cdrs | .tariffs[] | select(.currency == "EUR") | .id', ["tariffs.currency", "tariffs.id"]),
    ("cdrs | if .credit then .id else .currency end", ["credit", "currency", "id"]),
    ("cdrs | [.id, .currency] | .[0]", ["id", "currency"]),
    ("sessions | to_entries | length", ["."]),
    ("sessions | aggregate count", []),
    ("sessions | limit 3 | .id", ["id"]),
    ("sessions | try .id catch .", ["id"]),
    ("sessions | .id // .currency", ["id", "currency"]),
    ("sessions | del(.id) | .currency", ["."]),
]


@pytest.mark.parametrize(("text", "expected"), PLANS, ids=[text for text, _ in PLANS])
def test_plan(text: str, expected: str) -> None:
    lines = [line.removeprefix(" " * 8) for line in expected.strip("\n").rstrip().split("\n")]
    assert plan_text(analyze(parse(text))).split("\n") == lines


@pytest.mark.parametrize(("text", "expected"), READS, ids=[text for text, _ in READS])
def test_a_query_reads_no_more_than_it_uses(text: str, expected: list[str]) -> None:
    (source,) = analyze(parse(text)).sources
    assert sorted(demand_paths(source.demand)) == sorted(expected)
