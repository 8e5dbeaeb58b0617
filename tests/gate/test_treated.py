"""Treated fields: what leaves the gate of every value, by both decoders, whatever the query reads."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.json_texts import listed
from support.rows import RECIPIENT, careful_only, needs, plain, seen

from ocpiq.gate import gate
from ocpiq.gate.treatment_functions import pseudonym_function, rounding_function, treatment_function
from ocpiq.privacy.recipient import Recipient
from ocpiq.privacy.treatments import PERIODS, Treatment
from ocpiq.values.blank import BLANK

FIELDS = {
    "kwh": "kwh",
    "text": "cdr_token.contract_id",
    "time": "start_date_time",
    "place": "location.coordinates.latitude",
}


def shown(field: str, treatment: str, sent: str) -> object:
    """Return a treated field of a session: read alone and with the whole object, by both decoders."""
    path = FIELDS.get(field, field)
    raw = sent.encode()
    for name in reversed(path.split(".")):
        raw = b'{"%s": %s }' % (name.encode(), raw)
    results = []
    for read in (path, "."):
        for body in (listed([raw]), listed([raw[:-1] + b', "x": NaN}'])):
            view = seen("sessions", [f"{path} as {treatment}"])
            results.append(value_of(gate(view, needs(read), recipient=RECIPIENT), body, path))
            with careful_only():
                results.append(value_of(gate(view, needs(read), recipient=RECIPIENT), body, path))
    assert all(plain(result) == plain(results[0]) for result in results), results
    return results[0]


def value_of(opening: Any, body: bytes, path: str) -> object:
    (row,) = opening.page(body).rows
    shape = opening.shape
    for name in path.split("."):
        if isinstance(row, dict):
            row = row[name]
        else:
            slot = shape.slots[name]
            row, shape = getattr(row, slot.attribute), slot.shape
    return row


PSEUDONYM = "drv_xtwxwoc3qymgotui"  # of NLMSPC1 for the recipient of the tests


@pytest.mark.parametrize(
    ("field", "treatment", "sent", "expected"),
    [
        ("kwh", "aggregate", "12.3", BLANK),
        ("kwh", "aggregate", "null", BLANK),
        ("kwh", "aggregate", '{"a": 12}', BLANK),
        ("total_cost.excl_vat", "aggregate", "12.3", BLANK),
        ("kwh", "rounded(5)", "12.3", 10),
        ("kwh", "rounded(5)", "10", 10),
        ("kwh", "rounded(5)", "9.999999999999999", 5),
        ("kwh", "rounded(5)", "-0.1", -5),
        ("kwh", "rounded(5)", "-0.0", 0),
        ("kwh", "rounded(0.01)", "0.29", 0.29),
        ("kwh", "rounded(0.01)", "0.29999", 0.29),
        ("kwh", "rounded(0.5)", "7", 7.0),
        ("kwh", "rounded(5)", "null", None),
        ("kwh", "rounded(5)", '"12.3"', "10"),
        ("kwh", "rounded(5)", '"a"', BLANK),
        ("kwh", "rounded(5)", "true", BLANK),
        ("kwh", "rounded(5)", "[12]", BLANK),
        ("kwh", "rounded(5)", '{"a": 12}', BLANK),
        ("kwh", "rounded(5)", "NaN", BLANK),
        ("place", "rounded(0.01)", '"52.3702157"', "52.37"),
        ("place", "rounded(0.01)", '"52.370"', "52.37"),
        ("place", "rounded(0.01)", '"52"', "52.00"),
        ("place", "rounded(0.01)", '"-0.001"', "-0.01"),
        ("place", "rounded(0.01)", '"-0.000"', "0.00"),
        ("place", "rounded(0.25)", '"4.899"', "4.75"),
        ("time", "hour", '"2026-01-31T23:59:59Z"', "2026-01-31T23"),
        ("time", "day", '"2026-01-31T23:59:59Z"', "2026-01-31"),
        ("time", "week", '"2026-01-01T00:00:00"', "2026-W01"),
        ("time", "month", '"2026-01-31 23:59:59.5"', "2026-01"),
        ("time", "quarter", '"2026-01-31T23:59:59Z"', "2026-Q1"),
        ("time", "year", '"2026-01-31T23:59:59Z"', "2026"),
        ("time", "month", '"soon"', BLANK),
        ("time", "month", '"1970-1-1T00:00:00Z"', BLANK),
        ("time", "month", '{"a": "2026-01-31"}', BLANK),
        ("time", "month", "null", None),
        ("text", "prefix(4)", '"NL-MSP-C1"', "NL-M"),
        ("text", "prefix(4)", '"NL"', "NL"),
        ("text", "prefix(4)", "12345", BLANK),
        ("text", "prefix(4)", '["NL-MSP"]', BLANK),
        ("text", "pseudonym", '"NL-MSP-C1"', PSEUDONYM),
        ("text", "pseudonym", '" nl*msp*c1 "', PSEUDONYM),
        ("text", "pseudonym", '"#NA"', None),
        ("text", "pseudonym", '""', None),
        ("text", "pseudonym", "null", None),
        ("text", "pseudonym", "true", BLANK),
        ("text", "pseudonym", '["NL-MSP-C1"]', BLANK),
        ("text", "present", '"NL-MSP-C1"', True),
        ("text", "present", "null", False),
        ("cdr_token", "present", '{"uid": 1}', True),
        ("charging_periods", "present", "[]", True),
        ("total_cost", "present", " null", False),
    ],
)
def test_treated_values(field: str, treatment: str, sent: str, expected: object) -> None:
    assert plain(shown(field, treatment, sent))[0] == plain(expected)[0] or (
        expected == BLANK and plain(shown(field, treatment, sent))[0][0] == "blank"
    )


@pytest.mark.parametrize("read", ["kwh", "."])
def test_a_field_that_was_not_sent_is_not_present(read: str) -> None:
    view = seen("sessions", ["kwh as present"])
    assert value_of(gate(view, needs(read)), b'[{"id": "1"}]', "kwh") is False
    with careful_only():
        assert value_of(gate(view, needs(read)), b'[{"id": "1"}]', "kwh") is False


def test_everything_but_a_treated_field_is_as_sent() -> None:
    view = seen("sessions", [".", "cdr_token.uid as pseudonym", "kwh as rounded(5)"])
    sent = {"x_own": {"a": [1]}, "kwh": 7, "cdr_token": {"uid": "U", "y": [2]}, "status": {"z": 1}}
    expected = sent | {"kwh": 5, "cdr_token": {"uid": "tok_2wppyfwnwos77634", "y": [2]}}
    for body in (json.dumps([sent]).encode(), json.dumps([sent]).encode()[:-2] + b', "n": NaN}]'):
        (row,) = gate(view, needs("."), recipient=RECIPIENT).page(body).rows
        assert {name: value for name, value in row.items() if name != "n"} == expected


def test_a_scalar_in_place_of_an_object_with_a_treated_field_is_blank() -> None:
    view = seen("sessions", [".", "cdr_token.uid as pseudonym"])
    opening = gate(view, needs("."), recipient=RECIPIENT)
    rows = opening.page(
        b'[{"cdr_token": "U"}, {"cdr_token": [["U"], {"uid": "U"}]}, {"cdr_token": null}]'
    ).rows
    tokens = [row["cdr_token"] for row in rows]
    assert tokens == [BLANK, [[BLANK], {"uid": "tok_2wppyfwnwos77634"}], None]


def test_nested_objects_have_treated_keys() -> None:
    view = seen("evses", ["location_id as pseudonym", "uid as pseudonym", "last_updated as day"])
    body = b'[{"id": "L1", "evses": [{"uid": "E1", "last_updated": "2026-01-31T10:00:00Z"}]}]'
    for read in (["."], ["location_id", "uid", "last_updated"]):
        opening = gate(view, needs(*read), recipient=RECIPIENT)
        found = [value_of(opening, body, name) for name in ("location_id", "uid", "last_updated")]
        assert [str(value)[:4] for value in found] == ["loc_", "evs_", "2026"]
        assert found[2] == "2026-01-31"


@given(
    st.decimals(-1000, 1000, allow_nan=False, places=4), st.sampled_from(["5", "0.01", "0.25", "3", "100"])
)
def test_rounding_is_that_of_decimals(number: Decimal, step: str) -> None:
    expected = (number / Decimal(step)).to_integral_value(ROUND_FLOOR) * Decimal(step)
    rounded = rounding_function(Decimal(step))
    assert Decimal(repr(rounded(float(number)))) == expected
    assert Decimal(str(rounded(str(number)))) == expected


@given(st.floats(-1e9, 1e9), st.sampled_from(["5", "0.01", "1000000000"]))
def test_rounding_twice_changes_nothing(number: float, step: str) -> None:
    rounded = rounding_function(Decimal(step))
    once = rounded(number)
    assert rounded(once) == once


def test_the_period_is_that_of_the_time_zone() -> None:
    month = treatment_function(Treatment("month", zone="Europe/Amsterdam"), None, BLANK)
    assert [month("2026-01-31T22:59:59Z"), month("2026-01-31T23:00:00Z")] == ["2026-01", "2026-02"]


@given(
    st.datetimes(datetime(1999, 1, 1), datetime(2030, 1, 1)),
    st.sampled_from(["UTC", "Europe/Amsterdam", "America/St_Johns", "Asia/Kathmandu", "Australia/Lord_Howe"]),
    st.sampled_from(PERIODS),
    st.sampled_from(["Z", "", ".000Z", ".5Z", "+00:00"]),
)
def test_periods_are_those_of_local_time(moment: datetime, name: str, unit: str, end: str) -> None:
    treat = treatment_function(Treatment(unit, zone=name), None, BLANK)
    moment = moment.replace(microsecond=0)
    wall = moment.replace(tzinfo=UTC).astimezone(ZoneInfo(name))
    week = wall.isocalendar()
    expected = {
        "hour": f"{wall:%Y-%m-%dT%H}",
        "day": f"{wall:%Y-%m-%d}",
        "week": f"{week.year}-W{week.week:02}",
        "month": f"{wall:%Y-%m}",
        "quarter": f"{wall.year}-Q{(wall.month + 2) // 3}",
        "year": f"{wall.year}",
    }
    for minutes in (30, 1, 0):  # others of the hour come before it
        found = treat((moment + timedelta(minutes=minutes)).isoformat() + end)
    assert found == expected[unit]


def test_a_day_that_begins_within_an_hour_and_is_taken_back() -> None:
    """In St. John's, clocks went back at one minute past midnight, so that the old day went on for an hour."""
    day = treatment_function(Treatment("day", zone="America/St_Johns"), None, BLANK)
    minutes = ("29", "30", "31")
    assert [day(f"2000-10-29T02:{minute}:30Z") for minute in minutes] == [
        "2000-10-28",
        "2000-10-29",
        "2000-10-28",
    ]


@pytest.mark.parametrize(
    "hour", ["2026-01-31T24", "2026-01-31T99", "2026-02-30T10", "+026-01-31T1", "2026-01-31T1\u0663"]
)
def test_a_time_that_does_not_exist_is_blank(hour: str) -> None:
    treat = treatment_function(Treatment("hour", zone="UTC"), None, BLANK)
    treat(f"{hour}:00:00Z")
    assert treat(f"{hour}:30:00Z") is BLANK


def test_a_pseudonym_depends_on_recipient_and_class() -> None:
    keys = [RECIPIENT.key, Recipient("other", bytes(32), "").key]
    found = {pseudonym_function(key, class_)("X")[4:] for key in keys for class_ in ("driver", "token")}
    assert len(found) == 4
    assert all(
        len(pseudonym) == 16 and pseudonym.isalnum() and pseudonym == pseudonym.lower() for pseudonym in found
    )


def test_the_pseudonym_is_the_hmac_that_the_documents_describe() -> None:
    import base64
    import hashlib
    import hmac

    digest = hmac.new(RECIPIENT.key, b"ocpiq1\0token\0abc", hashlib.sha256).digest()[:10]
    expected = "tok_" + base64.b32encode(digest).decode().lower()
    assert pseudonym_function(RECIPIENT.key, "token")(" ABC ") == expected
