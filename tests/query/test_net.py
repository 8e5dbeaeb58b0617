"""`net`: totals as if credit CDRs and the CDRs that they cancel did not exist, on whatever pages they are."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocpiq import query, sources
from ocpiq.errors import CompileError, OcpiqError, PrivacyError
from ocpiq.sources.memory_source import MemorySource

Json = dict[str, Any]
SHOWS = "pass ., country_code"
TOTALS = [
    "count",
    "count(.total_energy > 3)",
    "sum(.total_energy)",
    "sum(.total_time // 1)",
    "sum(.total_cost | excl_vat)",
    "sum((.total_cost | excl_vat) - 0.25 * .total_energy)",
    "avg(.total_energy)",
    "avg(.total_time)",
    "min(.total_energy)",
    "max(.total_cost | excl_vat)",
    "median(.total_energy)",
    "quantile(.total_time; 0.9)",
    "stddev(.total_energy)",
    "count_distinct(.id)",
    "collect(.id)",
    "first(.id)",
    "last(.id)",
    "any(.total_energy > 3)",
    "all(.total_energy > 3)",
    "collect(.credit)",
    "collect(.remark)",
    "collect(.total_fixed_cost | excl_vat)",
    "first(.total_energy)",
]
PIPELINES = [  # from the source to the aggregate; each CDR goes through once
    "",
    ". as $c | $c | ",
    "select(.party_id) | sort by .party_id | ",
    ". + {} | ",
    "try . catch . | ",
    "(empty, .) | ",
    '(if .party_id == "ABC" then (., empty) else (empty, .) end) | ',
    "label $out | foreach . as $c (0; $c; .) | ",
    "def f: if . == null then f else ., empty end; f | ",
]
numbers = st.integers(-8, 40).map(
    lambda number: number / 4
)  # a discount, or energy for the grid, is negative


@st.composite
def cdrs_with_credits(draw: st.DrawFn) -> tuple[list[Json], list[Json]]:
    """Draw CDRs, some of them credited, in any order; and those that remain."""
    all_, remaining = list[Json](), list[Json]()
    negates = draw(st.booleans())  # some platforms negate the other totals too
    for number in range(draw(st.integers(0, 7))):
        cdr = {
            "country_code": draw(st.sampled_from(["NL", "BE"])),
            "party_id": "ABC",
            "id": f"C{number}",
            "currency": "EUR",
            "total_cost": {"excl_vat": draw(numbers)},
            "total_energy": draw(numbers),
            "total_fixed_cost": {"excl_vat": draw(numbers)},
            "total_time": draw(st.none() | numbers),
            "remark": draw(st.sampled_from(["", "a"])),
            "charging_periods": [{"dimensions": []}] * draw(st.integers(0, 2)),
        }
        all_.append(cdr)
        if draw(st.booleans()):
            all_.append(credited(cdr, negates=negates))
        else:
            remaining.append(cdr)
    order = draw(st.permutations(all_))
    return order, [cdr for cdr in order if cdr in remaining]


def credited(cdr: Json, *, negates: bool = False) -> Json:
    """Return the credit CDR of a CDR."""
    cost = {name: -amount for name, amount in cdr["total_cost"].items()}
    others = dict[str, Any]()
    if negates:
        others["total_energy"] = -cdr["total_energy"]
        others["total_fixed_cost"] = {"excl_vat": -cdr["total_fixed_cost"]["excl_vat"]}
    flags = {"credit": True, "credit_reference_id": cdr["id"], "remark": "credit"}
    return {**cdr, "id": f"{cdr['id']}-C", "total_cost": cost, **others, **flags}


def run(text: str, cdrs: list[Json], version: str = "2.2.1", page: int = 2) -> list[Any]:
    return list(query.compile(text, version=version).run(sources={"cdrs": MemorySource(cdrs, version, page)}))


@given(
    cdrs_with_credits(),
    st.lists(st.sampled_from(TOTALS), min_size=1),
    st.sampled_from(PIPELINES),
    st.sampled_from(["pass total_energy, total_time, total_cost, total_fixed_cost, remark", "pass ."]),
    st.sampled_from(["2.2", "2.2.1", "2.3.0"]),
)
@settings(deadline=None)
def test_totals_are_those_of_the_remaining_cdrs(
    cdrs: tuple[list[Json], list[Json]], totals: list[str], pipeline: str, passed: str, version: str
) -> None:
    order, remaining = cdrs
    body = f"{passed} | {pipeline}aggregate [{', '.join(totals)}]"
    assert run(f"cdrs net {body}", order, version) == run(f"cdrs {body}", remaining, version)


@given(cdrs_with_credits())
def test_groups_and_periods(cdrs: tuple[list[Json], list[Json]]) -> None:
    order, remaining = cdrs
    for body in (
        "aggregate {n: count, kwh: sum(.total_energy)} by .country_code",
        ".charging_periods[] | aggregate {n: count} by {a: 1}",
    ):
        netted = run(f"cdrs net pass total_energy, charging_periods | {body} | select(.n > 0)", order)
        assert netted == run(f"cdrs pass total_energy, charging_periods | {body}", remaining)
    own = "pass charging_periods | {n: (.charging_periods[] | aggregate count)} | aggregate sum(.n)"
    assert run(f"cdrs net {own}", order) == run(f"cdrs {own}", remaining)  # a count in each CDR has no weight


CDR = {
    "country_code": "NL",
    "party_id": "ABC",
    "id": "C1",
    "total_energy": 10,
    "total_time": 1.5,
    "total_cost": {"excl_vat": 5, "incl_vat": 6.05},
    "end_date_time": "2026-01-31T11:00:00Z",
    "last_updated": "2026-01-31T12:00:00Z",
}
LATER = {"last_updated": "2026-02-03T12:00:00Z"}
CREDIT = {**credited(CDR), **LATER}
AGAIN = {**CDR, "id": "C1-2", "total_energy": 8, **LATER}
ALL = [CDR, CREDIT, AGAIN]
SUM = "pass total_energy | aggregate [count, sum(.total_energy)]"


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        pytest.param("", [1, 8], id="all"),
        pytest.param("during 2026-01", [1, 8], id="when charging ended: the credit is with its CDR"),
        pytest.param("during 2026-02", [0, 0], id="no charging"),
        pytest.param("until 2026-02-01", [1, 10], id="as January was known at its end"),
        pytest.param("since 2026-02-01", [0, -2], id="what February changed: the two add up to all"),
        pytest.param("newest 1", [1, 8], id="newest"),
    ],
)
def test_a_credit_counts_in_its_own_window(window: str, expected: list[float]) -> None:
    assert run(f"cdrs net {window} {SUM}", ALL) == [expected]


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ({"credit": True}, [0, 0]),
        ({"credit": True, "credit_reference_id": 7}, [0, 0]),
        ({"credit": False, "credit_reference_id": "C1"}, [2, 20]),
        ({"credit": None}, [2, 20]),
        ({"credit": "true"}, [2, 20]),
        ({"credit": {"x": 1}}, [2, 20]),
        ({}, [2, 20]),
    ],
)
def test_flags_of_a_credit(flags: Json, expected: list[float]) -> None:
    assert run(f"cdrs net {SUM}", [CDR, {**CDR, "id": "C2", **flags}]) == [expected]


def test_a_credit_is_read_as_the_cdr_that_it_cancels() -> None:
    text = (
        "cdrs net pass total_cost, total_energy | {id, credit, credit_reference_id, total_cost} | aggregate "
    )
    assert run(text + "[collect(.)]", ALL) == [
        [[{"id": "C1-2", "credit": None, "credit_reference_id": None, "total_cost": CDR["total_cost"]}]]
    ]


def test_2_1_1_has_no_credits_and_refuses_the_clause() -> None:
    text = "cdrs net pass total_energy | aggregate sum(.total_energy)"
    with pytest.raises(
        CompileError, match=r"net reads cdrs.credit, a field of OCPI 2.2, 2.2.1, 2.3.0, not of 2.1.1"
    ):
        run(text, [{"id": "C1", "total_energy": 3}], "2.1.1")


@pytest.mark.parametrize(
    "text",
    [
        "cdrs net pass charging_periods | {n: (.charging_periods[]? | aggregate count)} | aggregate sum(.n)",
        "def over(s): s | aggregate count; over(cdrs net)",
        "def c: cdrs net; c | select(.id) | aggregate count",
        "(cdrs net | select(.id)) as $c | aggregate count($c.id)",
        "cdrs net | join each (cdrs only id) as $other on .party_id == $other.id | aggregate count",
        "cdrs net only id, credit, credit_reference_id | aggregate count_distinct(.id)",
        "[cdrs net | aggregate count by .party_id] | .[0].count",
        "cdrs net | aggregate count by .party_id | aggregate sum(.count)",
    ],
)
def test_allowed_positions(text: str) -> None:
    compiled = query.compile(text)
    answer = 0 if "charging_periods" in text else 1
    assert list(compiled.run(sources=sources.memory({"cdrs": ALL}))) == [answer]


@pytest.mark.parametrize(
    ("text", "error", "message", "hint"),
    [
        (
            "sessions net | aggregate count",
            CompileError,
            "net works on cdrs, which have credits, not on sessions",
            "",
        ),
        ("cdrs net | .id", CompileError, "net works only with aggregates", "cdrs net … | aggregate …"),
        ("cdrs net", CompileError, "net works only with aggregates", ""),
        ("[cdrs net] | length", CompileError, "net works only with aggregates", ""),
        ("(cdrs net), (cdrs net) | aggregate count", CompileError, "net works only with aggregates", ""),
        ("try (cdrs net) catch 0 | aggregate count", CompileError, "net works only with aggregates", ""),
        (
            "sessions | join each (cdrs net) as $c | aggregate count",
            CompileError,
            "net works only with aggregates",
            "",
        ),
        (
            "cdrs net | limit 3 | aggregate count",
            CompileError,
            "limit may drop a credit CDR",
            "after the aggregate",
        ),
        ("cdrs net | top 3 by .id | aggregate count", CompileError, "top may drop a credit CDR", ""),
        ("cdrs net | distinct by .session_id | aggregate count", CompileError, "distinct may drop", ""),
        (
            "cdrs net only id | aggregate count",
            PrivacyError,
            "net reads cdrs.credit",
            "to use it: only …, credit",
        ),
        (
            "cdrs net only id, credit | aggregate collect(.id)",
            PrivacyError,
            "net reads cdrs.credit_reference_id",
            "to use it: only …, credit_reference_id",
        ),
        ("cdrs net | aggregate sum(.total_energy)", PrivacyError, "cdrs.total_energy is blanked", ""),
        ("cdrs net | aggregate first(.total_energy)", PrivacyError, "cdrs.total_energy is blanked", ""),
    ],
)
def test_refused_positions(text: str, error: type[OcpiqError], message: str, hint: str) -> None:
    with pytest.raises(error) as caught:
        query.compile(text)
    assert message in caught.value.message and hint in caught.value.hint
    assert caught.value.span is not None
