"""The 2.1.1 form of each object: what is renamed, what is left out, what is embedded."""

from __future__ import annotations

from typing import Any

import pytest

from ocpiq import demo
from ocpiq.demo import legacy

Json = dict[str, Any]


def first(module: str, version: str, **having: object) -> Json:
    """Return the first object that has these values."""
    found = demo.objects(module, version)
    return next(each for each in found if all(each.get(name) == value for name, value in having.items()))


def pair(module: str, **having: object) -> tuple[Json, Json]:
    """Return an object as 2.2.1 and as 2.1.1 has it."""
    new = first(module, "2.2.1", **having)
    name = "uid" if module == "tokens" else "id"
    return new, first(module, "2.1.1", **{name: new[name]})


@pytest.mark.parametrize("module", demo.MODULES)
def test_the_party_is_that_of_the_connection(module: str) -> None:
    new, old = pair(module)
    assert {"country_code", "party_id"} <= new.keys()
    assert not {"country_code", "party_id"} & old.keys()


@pytest.mark.parametrize(
    ("parking_type", "expected"),
    [
        ("ON_STREET", "ON_STREET"),
        ("UNDERGROUND_GARAGE", "UNDERGROUND_GARAGE"),
        ("ALONG_MOTORWAY", "OTHER"),
        ("ON_DRIVEWAY", "OTHER"),
        (None, "UNKNOWN"),
    ],
)
def test_the_type_of_a_location(parking_type: str | None, expected: str) -> None:
    _, old = pair("locations", parking_type=parking_type)
    assert old["type"] == expected
    assert not {"parking_type", "publish", "publish_allowed_to", "state"} & old.keys()


def test_a_connector_has_one_tariff_and_other_names() -> None:
    new, old = pair("locations")
    before, after = (each["evses"][0]["connectors"][0] for each in (new, old))
    assert after["tariff_id"] == before["tariff_ids"][0]
    assert after["voltage"] == before["max_voltage"]
    assert after["amperage"] == before["max_amperage"]
    assert not {"tariff_ids", "max_voltage", "max_amperage", "max_electric_power"} & after.keys()


def test_capabilities_that_came_later_are_left_out() -> None:
    source = {"capabilities": ["RFID_READER", "CONTACTLESS_CARD_SUPPORT"], "connectors": []}
    assert legacy.evse(source)["capabilities"] == ["RFID_READER"]


def test_a_session_embeds_its_location_with_one_connector() -> None:
    new, old = pair("sessions", status="COMPLETED")
    [evse] = old["location"]["evses"]
    [connector] = evse["connectors"]
    embedded = (old["location"]["id"], evse["uid"], connector["id"])
    assert embedded == (new["location_id"], new["evse_uid"], new["connector_id"])
    assert (old["start_datetime"], old["end_datetime"]) == (new["start_date_time"], new["end_date_time"])
    assert old["auth_id"] == new["cdr_token"]["contract_id"]
    assert old["total_cost"] == new["total_cost"]["excl_vat"]
    assert not {"start_date_time", "end_date_time", "cdr_token", "location_id"} & old.keys()


def test_a_session_in_progress_has_no_end() -> None:
    new, old = pair("sessions", status="ACTIVE")
    assert "end_date_time" not in new
    assert "end_datetime" not in old


def test_a_cdr_has_a_stop_and_one_amount() -> None:
    new, old = pair("cdrs")
    assert old["stop_date_time"] == new["end_date_time"]
    assert old["total_cost"] == new["total_cost"]["excl_vat"]
    assert old["location"]["id"] == new["cdr_location"]["id"]
    assert "vat" not in old["tariffs"][0]["elements"][0]["price_components"][0]
    assert "tariff_id" not in old["charging_periods"][0]


def test_what_was_credited_is_not_listed() -> None:
    new = list(demo.objects("cdrs", "2.2.1"))
    cancelled = {each["credit_reference_id"] for each in new if each.get("credit")}
    kept = [each["id"] for each in new if not each.get("credit") and each["id"] not in cancelled]
    assert [each["id"] for each in demo.objects("cdrs", "2.1.1")] == kept


def test_dimensions_that_came_later_are_left_out() -> None:
    source = [
        {"start_date_time": "", "dimensions": [{"type": "MAX_POWER"}, {"type": "ENERGY"}], "tariff_id": "T"}
    ]
    assert legacy.periods(source) == [{"start_date_time": "", "dimensions": [{"type": "ENERGY"}]}]


@pytest.mark.parametrize(
    ("kind", "expected"), [("RFID", "RFID"), ("APP_USER", "OTHER"), ("AD_HOC_USER", "OTHER")]
)
def test_a_token(kind: str, expected: str) -> None:
    new, old = pair("tokens", type=kind)
    assert (old["type"], old["auth_id"]) == (expected, new["contract_id"])
    assert "contract_id" not in old
