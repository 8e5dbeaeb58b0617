"""What a query would show: the role of each field, as golden texts."""

from __future__ import annotations

from typing import NoReturn, get_args

import pytest

from ocpiq.analysis import analyze
from ocpiq.analysis.aggregates import AGGREGATES
from ocpiq.analysis.builtins import BUILTINS
from ocpiq.analysis.explanation import explain
from ocpiq.analysis.field_uses import ROLES
from ocpiq.analysis.roles import HANDLERS
from ocpiq.analysis.roles.tracer import Tracer
from ocpiq.language import parse
from ocpiq.plan import nodes as plan
from ocpiq.plan.effects import Effect
from ocpiq.plan.nodes import Plan

KEY = "key country_code, party_id, id"
ID_READ = "key id, country_code, party_id"

CASES = [
    ("sessions pass kwh | .kwh", f"shown kwh; {KEY}"),
    ("sessions | .kwh", f"blanked kwh; {KEY}"),
    ("sessions only id, kwh", f"shown id, kwh; {ID_READ}"),
    ("sessions pass kwh | select(.kwh > 3) | .id", f"shown id; decides kwh; {ID_READ}"),
    ("sessions pass kwh | select(.kwh > 3) | {status}", f"decides kwh; blanked status; {KEY}"),
    (
        "sessions | .cdr_token",
        f"shown cdr_token.country_code, cdr_token.party_id, cdr_token.type; "
        f"blanked cdr_token.uid, cdr_token.contract_id; {KEY}",
    ),
    ("sessions pass cdr_token | .cdr_token", f"shown cdr_token; {KEY}"),
    (
        "sessions pass charging_periods.dimensions | .charging_periods[].dimensions[].volume",
        f"shown charging_periods.dimensions.volume; {KEY}",
    ),
    ("sessions | aggregate count", KEY),
    ("sessions since 2026-01-01 | .id", f"shown id; window last_updated; {ID_READ}"),
    ("sessions during 2026-01 | .id", f"shown id; window end_date_time; {ID_READ}"),
    ("locations pass city | .evses[].uid", f"shown evses.uid; {KEY}"),
    # what is computed from one object is shown
    ("sessions pass kwh | .kwh + 1 | tostring", f"shown kwh; {KEY}"),
    ('sessions pass cdr_token.uid | "\\(.cdr_token.uid)"', f"shown cdr_token.uid; {KEY}"),
    ("sessions pass cdr_token.uid | [.cdr_token.uid] | @csv", f"shown cdr_token.uid; {KEY}"),
    ("sessions pass cdr_token.uid | .cdr_token.uid | @base64", f"shown cdr_token.uid; {KEY}"),
    ("sessions pass cdr_token.uid | .cdr_token.uid | ascii_downcase", f"shown cdr_token.uid; {KEY}"),
    ("sessions pass cdr_token.uid | .cdr_token | [.uid] | tojson", f"shown cdr_token.uid; {KEY}"),
    ("sessions pass kwh | -.kwh", f"shown kwh; {KEY}"),
    ('sessions pass kwh | if .kwh > 3 then "much" else "little" end', f"shown kwh; {KEY}"),
    ("sessions pass kwh | {n: 1} | debug", KEY),
    ("sessions pass kwh | (.kwh | debug) as $kwh | {n: 1}", f"shown kwh; {KEY}"),
    ("sessions pass kwh, status | {a: .kwh, b: .status} | .a", f"shown kwh; {KEY}"),
    ("locations | {n: (.evses | length)}", f"shown evses; {KEY}"),
    (
        'locations pass evses.status | {uid: first(.evses[] | select(.status == "BLOCKED") | .uid)}',
        f"shown evses.status, evses.uid; decides evses.status; {KEY}",
    ),
    # totals over several objects
    ("sessions pass kwh | aggregate sum(.kwh)", f"aggregated kwh; {KEY}"),
    ("sessions pass kwh | aggregate {kwh: (sum(.kwh) | round(1))}", f"aggregated kwh; {KEY}"),
    ("sessions pass kwh | aggregate max(.kwh)", f"shown kwh; {KEY}"),
    (
        "sessions pass kwh, status | aggregate sum(.kwh) by .status",
        f"shown status; aggregated status, kwh; decides status; {KEY}",
    ),
    (
        'sessions pass kwh, status | select(.status == "ACTIVE") | aggregate sum(.kwh)',
        f"aggregated status, kwh; decides status; {KEY}",
    ),
    ("sessions pass kwh | select(.kwh > 3) | aggregate count", f"aggregated kwh; decides kwh; {KEY}"),
    ("[sessions pass kwh | select(.kwh > 3) | {n: 1}] | length", f"aggregated kwh; decides kwh; {KEY}"),
    # which are none
    ("sessions pass kwh | aggregate sum(.kwh) by .id", f"shown id, kwh; decides id; {ID_READ}"),
    ("sessions pass kwh | limit 1 | aggregate sum(.kwh)", f"shown kwh; {KEY}"),
    ("sessions newest 1 pass kwh | aggregate sum(.kwh)", f"shown kwh; {KEY}"),
    (
        "sessions pass charging_periods.dimensions"
        " | {kwh: (.charging_periods[].dimensions[] | aggregate sum(.volume))}",
        f"shown charging_periods.dimensions.volume; {KEY}",
    ),
    # order
    ("sessions pass kwh | sort by .kwh | .id", f"shown id; decides kwh; {ID_READ}"),
    ("sessions pass kwh | top 3 by .kwh | .id", f"shown id; decides kwh; {ID_READ}"),
    ("[sessions pass kwh] | sort_by(.kwh) | .[] | .id", f"shown id; decides kwh; {KEY}"),
    ("limit(3; sessions pass kwh | select(.kwh > 5) | .id)", f"shown id; decides kwh; {ID_READ}"),
    # fields that no result tells of
    ("sessions pass kwh | .kwh as $kwh | {n: 1}", KEY),
    ("sessions pass kwh | {id, kwh} | .id", f"shown id; {ID_READ}"),
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
        'sessions pass "location.id" | join locations as $l on .location.id == $l.id | $l.id',
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
    [
        ("sum(.total_energy)", ("the credit CDRs",)),
        ("count", ()),
        ("max(.total_energy)", ("the credit CDRs", "every value that max takes")),
    ],
)
def test_net(total: str, holds: tuple[str, ...]) -> None:
    found = explain(analyze(parse(f"cdrs net pass total_energy | aggregate {{found: {total}}}")), "2.2.1")
    assert (found.sources[0].net, found.holds, found.warnings) == (True, holds, ())
    assert "credit" in found.sources[0].of_role("aggregated")


def test_a_join_shows_what_its_keys_choose() -> None:
    text = "sessions pass location_id | join locations as $l pass city on .location_id == $l.id | {city: $l.city}"
    one, other = explain(analyze(parse(text)), "2.2.1").sources
    assert (one.of_role("shown"), one.of_role("decides")) == (["location_id"], ["location_id"])
    assert (other.of_role("shown"), other.of_role("decides")) == (["id", "city"], ["id"])


def test_all_that_is_passed_is_listed_of_this_version_alone() -> None:
    (source,) = explain(analyze(parse("cdrs pass .")), "2.2.1").sources
    assert source.passes == (".",)
    shown = source.of_role("shown")
    assert {"id", "cdr_token", "charging_periods", "total_cost"} <= set(shown)
    assert not {".", "auth_id", "stop_date_time"} & {use.path for use in (*source.fields, *source.passed)}
    uid = next(use for use in source.passed if use.path == "cdr_token.uid")
    assert (uid.roles, uid.treatment, uid.type, uid.private) == (("shown",), "clear", "CiString(36)", True)
    assert "driver" in uid.reason


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


def test_the_roles_follow_every_node_of_a_plan() -> None:
    split = {plan.Carry, plan.Gather, plan.Received}  # which come after it is explained
    assert set(get_args(Plan)) - split == set(HANDLERS)


def test_what_tells_less_than_everything_is_listed() -> None:
    """A builtin of which nothing is stated shows its operands; these were looked at and tell less, or print them."""
    stated = {builtin.name for builtin in BUILTINS.values() if builtin.effect is not Effect.COMPUTES}
    assert stated == {
        *("length", "keys", "keys_unsorted", "has", "type", "not"),  # COUNTS
        *("sort", "unique", "reverse", "_sort_by", "_unique_by", "_group_by"),  # ARRANGES, GROUPS
        *("min", "max", "_min_by", "_max_by"),  # PICKS
        *("debug", "stderr", "error", "halt_error"),  # PRINTS
    }
    totals = {name for (name, _), function in AGGREGATES.items() if function.effect is Effect.TOTALS}
    assert totals == {"count", "sum", "avg", "any", "all", "stddev", "count_distinct"}


@pytest.mark.parametrize(
    "text",
    [
        " + ".join(["(.kwh | tostring)"] * 500),
        "(if .kwh > 3 then " * 90 + ".kwh" + " else 1 end)" * 90,
        "".join(f".kwh as $v{number} | " for number in range(400)) + "$v3",
    ],
    ids=["a chain", "nested", "variables"],
)
def test_a_long_query(text: str) -> None:
    (source,) = explain(analyze(parse(f"sessions pass kwh | {text}")), "2.2.1").sources
    assert "kwh" in source.of_role("shown")


def test_all_is_shown_of_what_is_nested_too_deeply(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> NoReturn:
        raise RecursionError

    monkeypatch.setattr(Tracer, "trace", fail)
    (source,) = explain(analyze(parse("sessions pass kwh | select(.kwh > 3) | .id")), "2.2.1").sources
    assert (source.of_role("shown"), source.of_role("decides")) == (["kwh", "id"], ["kwh", "id"])
