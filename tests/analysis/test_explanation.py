"""What a query would show: the role of each field, as golden texts."""

from __future__ import annotations

import pytest

from ocpiq.analysis import analyze
from ocpiq.analysis.explanation import ROLES, explain
from ocpiq.language import parse

KEY = "key country_code, party_id, id"

CASES = [
    ("sessions pass kwh | .kwh", f"shown kwh; {KEY}"),
    ("sessions | .kwh", f"blanked kwh; {KEY}"),
    ("sessions only id, kwh", f"shown id, kwh; {KEY}"),
    ("sessions pass kwh | select(.kwh > 3) | .id", f"shown id; used kwh; {KEY}"),
    ("sessions pass kwh | select(.kwh > 3) | {status}", f"blanked status; used kwh; {KEY}"),
    (
        "sessions | .cdr_token",
        f"shown cdr_token.country_code, cdr_token.party_id, cdr_token.type; "
        f"blanked cdr_token.uid, cdr_token.contract_id; {KEY}",
    ),
    ("sessions pass cdr_token | .cdr_token", f"shown cdr_token; {KEY}"),
    ("sessions pass . | [.]", f"shown .; {KEY}"),
    (
        "sessions pass charging_periods.dimensions | .charging_periods[].dimensions[].volume",
        f"shown charging_periods.dimensions.volume; {KEY}",
    ),
    ("sessions pass kwh | aggregate sum(.kwh)", f"used kwh; {KEY}"),
    ("sessions pass kwh | aggregate max(.kwh)", f"shown kwh; {KEY}"),
    ("sessions pass kwh, status | aggregate sum(.kwh) by .status", f"shown status; used kwh; {KEY}"),
    ("sessions | aggregate count", KEY),
    ("sessions since 2026-01-01 | .id", f"shown id; window last_updated; {KEY}"),
    ("sessions during 2026-01 | .id", f"shown id; window end_date_time, end_datetime; {KEY}"),
    ("sessions pass kwh | .kwh + 1 | tostring", f"used kwh; {KEY}"),
    ("locations pass city | .evses[].uid", f"shown evses.uid; {KEY}"),
]

HOLDS = [
    ("sessions | .id", ()),
    ("sessions | limit 3", ()),
    ("sessions | aggregate count", ()),
    ("[sessions]", ("all outputs, in an array",)),
    ("sessions | sort by .id", ("all values, to sort them",)),
    ("sessions | top 3 by .id", ("the top values",)),
    ("sessions | distinct by .id", ("the keys of all values, to find those that differ",)),
    ("sessions | aggregate count by .id", ("a state for each group",)),
    ("sessions pass kwh | aggregate median(.kwh)", ("every value that median takes",)),
    (
        "sessions pass location.id | join locations as $l on .location.id == $l.id | $l.id",
        ("what is read of the objects that are joined",),
    ),
    ("[1, 2]", ()),
]


def roles(query: str) -> str:
    (source,) = explain(analyze(parse(query)), "2.2.1").sources
    return "; ".join(f"{role} {', '.join(paths)}" for role in ROLES if (paths := source.of_role(role)))


@pytest.mark.parametrize(("query", "expected"), CASES, ids=str)
def test_roles(query: str, expected: str) -> None:
    assert roles(query) == expected


@pytest.mark.parametrize(("query", "expected"), HOLDS, ids=str)
def test_what_is_held(query: str, expected: tuple[str, ...]) -> None:
    assert explain(analyze(parse(query)), "2.2.1").holds == expected


@pytest.mark.parametrize(
    ("total", "holds"),
    [("sum(.total_energy)", ()), ("count", ()), ("max(.total_energy)", ("every value that max takes",))],
)
def test_net(total: str, holds: tuple[str, ...]) -> None:
    found = explain(analyze(parse(f"cdrs net pass total_energy | aggregate {{found: {total}}}")), "2.2.1")
    assert (found.sources[0].net, found.holds, found.warnings) == (True, holds, ())
    assert "credit" in [field.path for field in found.sources[0].fields]


def test_each_source_is_told_apart() -> None:
    one, other = explain(
        analyze(parse("(sessions pass kwh | .kwh), (cdrs since $a until 2026-02-01 | .id)"), givens=["a"]),
        "2.2.1",
    ).sources
    assert (one.module, one.passes, one.since, one.until) == ("sessions", ("kwh",), None, None)
    assert (other.module, other.passes, other.since, other.until) == (
        "cdrs",
        (),
        "$a",
        "2026-02-01T00:00:00Z",
    )
    assert (other.during, other.newest) == (None, None)
    assert one.of_role("shown") == ["kwh"]
    assert other.of_role("shown") == ["id"]


def test_periods_and_newest() -> None:
    one, other = explain(
        analyze(parse("(cdrs during 2026-01 | .id), (cdrs newest 3 | .id)")), "2.2.1"
    ).sources
    assert one.during == ("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z")
    assert other.newest == 3
