"""Mistakes with treated fields: each is refused while compiling, so before any request."""

from __future__ import annotations

from typing import Any

import pytest
from support.rows import RECIPIENT

from ocpiq import query, sources
from ocpiq.errors import CompileError, OcpiqError, UsageError

TOKEN = "cdrs pass cdr_token.contract_id as pseudonym, cdr_token.uid as pseudonym | .cdr_token.contract_id"
HOURS = "sessions pass start_date_time as hour, end_date_time as hour | "

MISUSES = [
    # misuses 7 to 10 of the requirement
    (
        f'{TOKEN} == "NL-MSP-C1"',
        "cdrs.cdr_token.contract_id is a pseudonym, which never equals a clear value",
    ),
    (
        f"{HOURS}duration_hours(.end_date_time; .start_date_time)",
        "sessions.end_date_time is cut to the hour, and is not a DateTime",
    ),
    ("(sessions pass kwh as rounded(5)), (sessions pass kwh)", "sessions.kwh is passed in two ways"),
    (
        "(sessions pass kwh as rounded(5)), (sessions pass kwh as rounded(7))",
        "sessions.kwh is passed in two ways",
    ),
    ("cdrs pass total_energy as pseudonym", "a number has no pseudonym, and cdrs.total_energy is one"),
    ("cdrs pass cdr_location.city as hour", "cdrs.cdr_location.city is not a DateTime"),
    ("cdrs pass total_energy as bucket(5)", "unknown treatment bucket"),
    # two ways
    ("sessions pass kwh as rounded(5), kwh", "sessions.kwh is passed in two ways"),
    ("sessions pass kwh as rounded(5) only kwh", "sessions.kwh is passed in two ways"),
    ("sessions pass cdr_token as present, cdr_token.uid", "sessions.cdr_token.uid is passed in two ways"),
    ("sessions pass cdr_token.uid, cdr_token as present", "sessions.cdr_token is passed in two ways"),
    ("(sessions pass kwh as rounded(5)), (sessions pass .)", "sessions.kwh is passed in two ways"),
    ("(sessions pass id as pseudonym), sessions", "sessions.id is passed in two ways"),
    ("(locations | .evses), (evses pass uid as pseudonym)", "evses.uid is passed in two ways"),
    ("(locations pass id as pseudonym), (evses | .location_id)", "locations.id is passed in two ways"),
    ("(evses pass location_id as pseudonym), (locations | .id)", "evses.location_id is passed in two ways"),
    ("(connectors pass evse_uid as pseudonym), (evses | .uid)", "connectors.evse_uid is passed in two ways"),
    (
        "sessions pass id as pseudonym, kwh | join each sessions as $s pass kwh on .kwh == $s.kwh",
        "sessions.id is passed in two ways",
    ),
    # treatments that do not fit
    ("sessions pass kwh as prefix(2)", "sessions.kwh is not text"),
    (
        "sessions pass start_date_time as pseudonym",
        "a DateTime has no pseudonym, and sessions.start_date_time is one",
    ),
    ("sessions pass status as pseudonym", "a word of a list has no pseudonym, and sessions.status is one"),
    (
        "sessions pass cdr_token as pseudonym",
        "sessions.cdr_token is an object; a treatment is for one of its fields",
    ),
    ("sessions pass cdr_token.uid as rounded(5)", "sessions.cdr_token.uid is not a number"),
    ('sessions pass "x_own" as pseudonym', "sessions.x_own is a vendor's field and has no pseudonym"),
    ("sessions pass . as present", "a treatment is for a field, not for the whole object"),
    ("sessions pass kwh as rounded", "rounded takes the size of its steps"),
    ("sessions pass kwh as rounded(0)", "rounded takes the size of its steps"),
    ("sessions pass kwh as rounded(1e12)", "rounded takes the size of its steps"),
    ("sessions pass cdr_token.uid as prefix(0)", "prefix takes a number of characters"),
    ("sessions pass cdr_token.uid as prefix(1.5)", "prefix takes a number of characters"),
    ("sessions pass kwh as present(3)", "present takes no number"),
    # pseudonyms
    (f"{TOKEN} < .cdr_token.uid", "cdrs.cdr_token.contract_id is a pseudonym, which has no order"),
    (f"{TOKEN}[:4]", "cdrs.cdr_token.contract_id is a pseudonym, which has no parts"),
    (f'{TOKEN} | test("x")', "cdrs.cdr_token.contract_id is a pseudonym, which test does not take"),
    (
        f'{TOKEN} | ltrimstr("drv_")',
        "cdrs.cdr_token.contract_id is a pseudonym, which ltrimstr does not take",
    ),
    (f"{TOKEN} | length", "cdrs.cdr_token.contract_id is a pseudonym, which length does not take"),
    (
        f'"a" | ltrimstr({TOKEN})'.replace("cdrs pass", "(cdrs pass", 1).replace(" | .cdr", ") | .cdr"),
        "is a pseudonym",
    ),
    (f'{TOKEN} + "x"', "cdrs.cdr_token.contract_id is a pseudonym, which cannot be used with `+`"),
    (
        f'{TOKEN} | IN("NL-MSP-C1")',
        "cdrs.cdr_token.contract_id is a pseudonym, which never equals a clear value",
    ),
    (
        "cdrs pass cdr_token.contract_id as pseudonym, cdr_token.uid as pseudonym"
        " | .cdr_token.contract_id == .cdr_token.uid",
        "the pseudonyms of cdrs.cdr_token.contract_id and cdrs.cdr_token.uid are never equal",
    ),
    (
        "cdrs pass cdr_token.uid as pseudonym | .cdr_token.uid == .id",
        "cdrs.cdr_token.uid is a pseudonym, which never equals a clear value",
    ),
    (
        "sessions pass location_id as pseudonym | join locations as $l on .location_id == $l.id",
        "sessions.location_id is a pseudonym, which never equals a clear value",
    ),
    ("sessions pass location_id as pseudonym | join locations as $l", "which never equals a clear value"),
    ("cdrs pass cdr_token.uid as pseudonym | sort by .cdr_token.uid", "is a pseudonym, which has no order"),
    (
        "cdrs pass cdr_token.uid as pseudonym | aggregate max(.cdr_token.uid)",
        "is a pseudonym, which has no order",
    ),
    ("cdrs pass cdr_token.uid as pseudonym | aggregate sum(.cdr_token.uid)", "needs numbers"),
    # periods
    (
        f"{HOURS}.start_date_time | fromdate",
        "sessions.start_date_time is cut to the hour, and is not a DateTime",
    ),
    (
        f"{HOURS}.start_date_time | month",
        "sessions.start_date_time is cut to the hour, and is not a DateTime",
    ),
    (f"{HOURS}.start_date_time - 3600", "sessions.start_date_time is cut to the hour, and is not a DateTime"),
    (
        f'{HOURS}select(.start_date_time == "2026-01-31")',
        "sessions.start_date_time is cut to the hour, and never equals this text",
    ),
    (
        "sessions pass start_date_time as day, end_date_time as month | .start_date_time == .end_date_time",
        "sessions.start_date_time is cut to the day, and sessions.end_date_time to the month",
    ),
    (
        "sessions pass start_date_time as day, end_date_time | .start_date_time == .end_date_time",
        "sessions.start_date_time is cut to the day, and never equals a DateTime",
    ),
    # the types of the other treatments
    (
        "sessions pass kwh as present | .kwh > 5",
        "sessions.kwh is a boolean: it and a number are ordered by type",
    ),
    (
        "sessions pass location.coordinates.latitude as rounded(1) | .location.coordinates.latitude * 2",
        "does not take",
    ),
    # net
    (
        "cdrs net pass id as pseudonym | aggregate count_distinct(.id)",
        "net reads cdrs.credit_reference_id in place of cdrs.id, and their treatments do not match",
    ),
    (
        "cdrs net pass id as prefix(2), credit_reference_id as prefix(2) | aggregate count",
        "net reads cdrs.credit_reference_id in place of cdrs.id, and their treatments do not match",
    ),
    ("cdrs net pass credit as present | aggregate count", "net reads cdrs.credit, which has a treatment"),
]

ALLOWED = [
    (f"{TOKEN} == null", [False, False]),
    (f"{TOKEN} == (.cdr_token.uid | tostring)", [False, False]),
    ("cdrs pass cdr_token.uid as pseudonym | aggregate count_distinct(.cdr_token.uid)", [2]),
    ("cdrs pass cdr_token.uid as pseudonym | aggregate count by .cdr_token.uid | .count", [1, 1]),
    ("cdrs pass cdr_token.uid as pseudonym | distinct by .cdr_token.uid | .id", ["C1", "C2"]),
    ("cdrs pass cdr_token.uid as pseudonym | .cdr_token.uid | not", [False, False]),
    ('cdrs pass total_energy as rounded(5) | select(.total_energy > 5) | .id', ["C2"]),
    ("cdrs pass total_energy as rounded(5) | aggregate sum(.total_energy)", [15]),
    ('cdrs pass end_date_time as month | select(.end_date_time == "2026-01") | .id', ["C1"]),
    ('cdrs pass end_date_time as month | select(.end_date_time >= "2026") | .id', ["C1", "C2"]),
    ("cdrs pass end_date_time as month | aggregate count by .end_date_time | .end_date_time", ["2026-01", "2026-02"]),
    (
        "cdrs pass cdr_token.uid as pseudonym | join tokens as $t pass uid as pseudonym on .cdr_token.uid == $t.uid"
        " | $t.issuer",
        ["MSP", None],
    ),
    ("cdrs net pass id as pseudonym, credit_reference_id as pseudonym | aggregate count_distinct(.id)", [2]),
    ("(cdrs pass total_energy as rounded(5)), (cdrs pass total_energy as rounded(5)) | .total_energy", [5, 10, 5, 10]),
    ("(sessions pass kwh as rounded(5)), (cdrs pass total_energy) | .total_energy", [6, 12]),
    ("cdrs only total_cost as present, cdr_token.country_code as present", [
        {"cdr_token": {"country_code": False}, "total_cost": True},
        {"cdr_token": {"country_code": False}, "total_cost": False},
    ]),
    ("cdrs only total_cost as present | [.total_cost]", [[True], [False]]),
]  # fmt: skip

CDRS: list[dict[str, Any]] = [
    {
        "id": "C1",
        "total_energy": 6,
        "end_date_time": "2026-01-31T10:00:00Z",
        "cdr_token": {"uid": "U1", "contract_id": "NL-MSP-C1"},
        "total_cost": {"excl_vat": 1},
    },
    {
        "id": "C2",
        "total_energy": 12,
        "end_date_time": "2026-02-28T10:00:00Z",
        "cdr_token": {"uid": "U2", "contract_id": "NL-MSP-C2"},
    },
]
OBJECTS = {"cdrs": CDRS, "tokens": [{"uid": "u1", "issuer": "MSP"}], "sessions": [], "locations": []}


@pytest.mark.parametrize(("text", "message"), MISUSES, ids=[text for text, _ in MISUSES])
def test_misuses_are_refused(text: str, message: str) -> None:
    with pytest.raises(CompileError) as caught:
        query.compile(text)
    assert message in caught.value.message
    assert caught.value.exit_code == 3
    assert caught.value.span is not None


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("cdrs pass total_energy as bucket(5)", "did you mean rounded?"),
        ("cdrs pass total_energy as monht", "did you mean month?"),
        (
            "cdrs pass total_energy as xyzzy",
            "available: pseudonym, hour, day, week, month, quarter, year, rounded",
        ),
        ("cdrs pass total_energy as pseudonym", "a number takes rounded(n), present"),
        ("cdrs pass cdr_location.city as hour", "text takes pseudonym, prefix(n), present"),
        (
            "cdrs pass end_date_time as rounded(5)",
            "a DateTime takes hour, day, week, month, quarter, year, present",
        ),
        ("sessions pass start_date_time as hour | .start_date_time | hour", "it already is the hour"),
        (
            "cdrs pass start_date_time as hour, end_date_time | duration_hours(.end_date_time; .start_date_time)",
            "pass it in the clear, or use total_time",
        ),
    ],
)
def test_hints(text: str, hint: str) -> None:
    with pytest.raises(CompileError) as caught:
        query.compile(text)
    assert caught.value.hint.startswith(hint)


@pytest.mark.parametrize(("text", "results"), ALLOWED, ids=[text for text, _ in ALLOWED])
def test_uses_that_are_allowed(text: str, results: list[Any]) -> None:
    compiled = query.compile(text)
    assert list(compiled.run(sources=sources.memory(OBJECTS), recipient=RECIPIENT)) == results


def test_pseudonyms_need_a_recipient() -> None:
    compiled = query.compile("sessions pass cdr_token.uid as pseudonym")
    with pytest.raises(UsageError, match="pseudonyms, which are made for a recipient"):
        list(compiled.run(sources=sources.memory(OBJECTS)))
    assert not query.compile("sessions pass kwh as rounded(5)").needs_recipient


def test_an_imported_module_passes_nothing_with_a_treatment_either(tmp_path: Any) -> None:
    (tmp_path / "m.jq").write_text("def f: sessions pass kwh as rounded(5);", "utf-8")
    with pytest.raises(OcpiqError, match="only the query itself may pass fields"):
        query.compile('import "m" as m; m::f', home=tmp_path)
