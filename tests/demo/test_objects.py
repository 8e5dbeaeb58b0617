"""The demo's objects: always the same, complete, and in agreement with each other."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

import orjson
import pytest

from ocpiq import demo, schema
from ocpiq.demo.clock import NOW, instant, iso

Json = dict[str, Any]
EVERY = [(module, version) for version in demo.VERSIONS for module in demo.MODULES]
TOKEN_KEY = ("country_code", "party_id", "uid", "type")
COSTS = ("total_fixed_cost", "total_energy_cost", "total_time_cost", "total_parking_cost")


@cache
def everything(module: str, version: str = "2.2.1") -> list[Json]:
    return list(demo.objects(module, version))


def by_id(module: str) -> dict[str, Json]:
    return {each["id"]: each for each in everything(module)}


def seconds(text: str) -> int:
    return instant(text.removesuffix("Z"))


def units(amount: float) -> int:
    return round(amount * 10_000)


# --- the same everywhere

DIGESTS = {
    ("locations", "2.1.1"): "ede2db7453e5376a",
    ("sessions", "2.1.1"): "ad2af063d7a74bdc",
    ("cdrs", "2.1.1"): "44a0eb12d4f4aeb3",
    ("tariffs", "2.1.1"): "22af4d16b38e5660",
    ("tokens", "2.1.1"): "3d4f0688ab1aacf3",
    ("locations", "2.2.1"): "8025350ec7f3ac60",
    ("sessions", "2.2.1"): "0796f7826ef7daaf",
    ("cdrs", "2.2.1"): "af2de2b8588c2bf1",
    ("tariffs", "2.2.1"): "c8aa90659ad6cc2d",
    ("tokens", "2.2.1"): "a9db7053b988ef78",
    ("locations", "2.2"): "8025350ec7f3ac60",
    ("sessions", "2.2"): "59845793419172c1",
    ("cdrs", "2.2"): "d28ceb548378426e",
    ("tariffs", "2.2"): "c8aa90659ad6cc2d",
    ("tokens", "2.2"): "a9db7053b988ef78",
    ("locations", "2.3.0"): "41d1afdc88f3b83f",
    ("sessions", "2.3.0"): "d02fd7393e93153f",
    ("cdrs", "2.3.0"): "6b00014e9e219599",
    ("tariffs", "2.3.0"): "759495124a15dda0",
    ("tokens", "2.3.0"): "a9db7053b988ef78",
}
DIGEST = """
import hashlib, sys, orjson
from ocpiq import demo
print(hashlib.sha256(b"".join(map(orjson.dumps, demo.objects(*sys.argv[1:])))).hexdigest()[:16])
"""


@pytest.mark.parametrize(("module", "version"), EVERY)
def test_the_data_is_always_the_same(module: str, version: str) -> None:
    content = b"".join(map(orjson.dumps, everything(module, version)))
    assert hashlib.sha256(content).hexdigest()[:16] == DIGESTS[module, version]


def test_neither_hash_seed_nor_time_zone_changes_the_data() -> None:
    environment = os.environ | {"PYTHONHASHSEED": "4711", "TZ": "Asia/Tokyo"}
    command = [sys.executable, "-c", DIGEST, "cdrs", "2.2.1"]
    found = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == DIGESTS["cdrs", "2.2.1"]


# --- complete


def test_how_much_there_is() -> None:
    counts = {module: len(everything(module)) for module in demo.MODULES}
    assert counts == {"locations": 113, "sessions": 10_000, "cdrs": 9899, "tariffs": 33, "tokens": 420}


@pytest.mark.parametrize(("module", "version"), EVERY)
def test_ids_are_unique(module: str, version: str) -> None:
    key = "uid" if module == "tokens" else "id"
    counts = Counter(each[key] for each in everything(module, version))
    assert counts.most_common(1)[0][1] == 1


def test_evses_are_unique_on_the_whole_platform() -> None:
    counts = Counter(evse["uid"] for each in everything("locations") for evse in each["evses"])
    assert counts.most_common(1)[0][1] == 1


def problems(value: object, field: schema.SchemaField, version: str) -> Iterator[str]:
    """Yield what a version's schema has against the value of a field."""
    if field.many:
        for item in value if isinstance(value, list) else [None]:
            yield from one_problem(item, field, version)
    else:
        yield from one_problem(value, field, version)


def one_problem(value: object, field: schema.SchemaField, version: str) -> Iterator[str]:
    if field.leaf:
        if isinstance(value, dict | list) or value is None:
            yield f"{field.path} is not a scalar"
        elif field.enum and not field.open_enum and value not in field.enum:
            yield f"{field.path} has no value {value}"
        longest = re.search(r"ring\((\d+)\)", field.type)
        if longest and len(str(value)) > int(longest[1]):
            yield f"{field.path} is too long"
    elif not isinstance(value, dict):
        yield f"{field.path} is not an object"
    else:
        known = {name: child for name, child in field.children.items() if version in child.versions}
        for name, child in known.items():
            if name in value:
                yield from problems(value[name], child, version)
            elif child.required:
                yield f"{child.path} is missing"
        yield from (f"{field.path}.{name} is unknown" for name in value if name not in known)


@pytest.mark.parametrize(("module", "version"), EVERY)
def test_every_object_fits_the_schema_of_its_version(module: str, version: str) -> None:
    root = schema.module(module, version).root
    assert (
        Counter(problem for each in everything(module, version) for problem in problems(each, root, version))
        == {}
    )


# --- in agreement


def test_references_lead_to_objects() -> None:
    locations, tariffs = by_id("locations"), by_id("tariffs")
    plugs = {
        (each["id"], evse["uid"], connector["id"])
        for each in everything("locations")
        for evse in each["evses"]
        for connector in evse["connectors"]
    }
    tokens = {tuple(each[name] for name in TOKEN_KEY): each["contract_id"] for each in everything("tokens")}
    for each in everything("sessions"):
        assert (each["location_id"], each["evse_uid"], each["connector_id"]) in plugs
        assert {period["tariff_id"] for period in each["charging_periods"]} <= tariffs.keys()
        token = each["cdr_token"]
        assert tokens[tuple(token[name] for name in TOKEN_KEY)] == token["contract_id"]
    for each in everything("locations"):
        used = {
            name
            for evse in each["evses"]
            for plug in evse["connectors"]
            for name in plug.get("tariff_ids", ())
        }
        assert used <= tariffs.keys()
    for each in everything("cdrs"):
        copy = each["cdr_location"]
        assert copy["address"] == locations[copy["id"]]["address"]
        assert [tariff["id"] for tariff in each["tariffs"]] == [each["charging_periods"][0]["tariff_id"]]


def test_a_cdr_repeats_its_session() -> None:
    sessions = by_id("sessions")
    for each in everything("cdrs"):
        session = sessions[each["session_id"]]
        assert session["status"] == "COMPLETED"
        for name in ("start_date_time", "end_date_time", "cdr_token", "currency", "auth_method"):
            assert each[name] == session[name], (each["id"], name)


def volume(cdr: Json, *dimensions: str) -> int:
    """Return the sum of dimensions over a CDR's charging periods, in ten thousandths."""
    parts = [part for period in cdr["charging_periods"] for part in period["dimensions"]]
    return sum(units(part["volume"]) for part in parts if part["type"] in dimensions)


def test_the_totals_of_a_cdr_are_the_sums_of_its_parts() -> None:
    for each in everything("cdrs"):
        sign = -1 if each.get("credit") else 1
        for kind in ("excl_vat", "incl_vat"):
            parts = sum(units(each[name][kind]) for name in COSTS if name in each)
            assert units(each["total_cost"][kind]) == sign * parts, each["id"]
        rounding = len(each["charging_periods"])
        assert units(each["total_energy"]) == volume(each, "ENERGY")
        assert abs(units(each["total_time"]) - volume(each, "TIME", "PARKING_TIME")) <= rounding
        assert abs(units(each["total_parking_time"]) - volume(each, "PARKING_TIME")) <= rounding


def test_a_credit_cancels_a_cdr_that_another_replaces() -> None:
    cdrs = by_id("cdrs")
    credits = [each for each in everything("cdrs") if each.get("credit")]
    assert len(credits) == 32
    for each in credits:
        wrong, right = cdrs[each["credit_reference_id"]], cdrs[each["credit_reference_id"] + "-2"]
        assert each["total_cost"]["excl_vat"] == -wrong["total_cost"]["excl_vat"]
        assert each.get("total_energy_cost") == wrong.get("total_energy_cost")
        assert each["session_id"] == wrong["session_id"] == right["session_id"]
        assert wrong["last_updated"] < each["last_updated"] < right["last_updated"]


def test_nothing_is_in_two_places_at_once() -> None:
    free: dict[str, int] = {}
    for each in everything("sessions"):
        if not sound(each):
            continue
        keys = [each["evse_uid"]]
        if each["cdr_token"]["type"] != "AD_HOC_USER":
            keys.append(each["cdr_token"]["uid"])
        for key in keys:
            assert free.get(key, 0) <= seconds(each["start_date_time"]), each["id"]
            free[key] = seconds(each["end_date_time"])


def sound(session: Json) -> bool:
    """Tell whether a session has an end that can be true."""
    if session["status"] != "COMPLETED":
        return False
    hours = (seconds(session["end_date_time"]) - seconds(session["start_date_time"])) / 3600
    return 0 <= hours < 24 and session["kwh"] >= 0


# --- realistic


def test_the_year() -> None:
    starts = [each["start_date_time"] for each in everything("sessions")]
    assert starts == sorted(starts)
    assert starts[0][:10] == "2025-11-01"
    assert starts[-1][:10] == "2026-10-31"
    for module in ("sessions", "cdrs"):
        assert max(each["last_updated"] for each in everything(module)) < iso(NOW)
    created = [each["last_updated"] for each in everything("cdrs")]
    assert created == sorted(created)


def test_patterns_of_day_week_and_season() -> None:
    good = [each for each in everything("sessions") if sound(each)]
    office = {each["id"] for each in everything("locations") if "Kantoor" in each.get("name", "")}
    hours = Counter(each["start_date_time"][11:13] for each in good)
    assert hours["16"] > 4 * hours["02"]
    workdays = Counter(
        seconds(each["start_date_time"]) // 86400 % 7 for each in good if each["location_id"] in office
    )
    saturday, sunday, monday = 2, 3, 4  # 1970-01-01 was a Thursday
    assert workdays[monday] > 5 * (workdays[saturday] + workdays[sunday])
    energy = {
        month: [each["kwh"] for each in good if each["start_date_time"][5:7] == month]
        for month in ("01", "07")
    }
    assert sum(energy["01"]) / len(energy["01"]) > 1.1 * sum(energy["07"]) / len(energy["07"])


def test_no_connector_gives_more_than_it_can() -> None:
    power = {
        (evse["uid"], plug["id"]): plug["max_electric_power"]
        for each in everything("locations")
        for evse in each["evses"]
        for plug in evse["connectors"]
    }
    for each in everything("cdrs"):
        where = each["cdr_location"]
        hours = each["total_time"] - each["total_parking_time"]
        assert each["total_energy"] <= power[where["evse_uid"], where["connector_id"]] / 1000 * hours + 0.01


def test_examples_of_bad_data() -> None:
    sessions, billed = everything("sessions"), {each["session_id"]: each for each in everything("cdrs")}
    assert Counter(each["status"] for each in sessions) == {"COMPLETED": 9910, "INVALID": 78, "ACTIVE": 12}
    ended = [each for each in sessions if each["status"] == "COMPLETED"]
    found = {
        "backwards": sum(each["end_date_time"] < each["start_date_time"] for each in ended),
        "zero length": sum(each["end_date_time"] == each["start_date_time"] for each in ended),
        "negative": sum(each["kwh"] < 0 for each in ended),
        "a month long": sum(
            seconds(each["end_date_time"]) - seconds(each["start_date_time"]) > 30 * 86400 for each in ended
        ),
        "no CDR": sum(each["id"] not in billed for each in ended),
        "other energy in the CDR": sum(
            each["id"] in billed and billed[each["id"]]["total_energy"] != each["kwh"] for each in ended
        ),
    }
    assert found == {
        "backwards": 13,
        "zero length": 33,
        "negative": 7,
        "a month long": 8,
        "no CDR": 75,
        "other energy in the CDR": 25,
    }


# --- for the reports


def evses() -> Iterator[tuple[Json, Json]]:
    return ((place, evse) for place in everything("locations") for evse in place["evses"])


def test_each_report_finds_its_fields() -> None:
    """What a report reads is there at least once: the reports' own tests compare their results with it."""
    places = everything("locations")
    assert Counter(evse["status"] for _, evse in evses()).keys() == {
        "AVAILABLE",
        "CHARGING",
        "BLOCKED",
        "OUTOFORDER",
        "INOPERATIVE",
        "PLANNED",
        "REMOVED",
    }
    restrictions = {item for _, evse in evses() for item in evse.get("parking_restrictions", ())}
    assert restrictions == {"EV_ONLY", "PLUGGED", "CUSTOMERS", "DISABLED"}
    assert {"twentyfourseven", "regular_hours", "exceptional_closings"} <= {
        name for place in places for name in place.get("opening_times", {})
    }
    assert 0 < sum("energy_mix" in place for place in places) < len(places)
    assert {place["time_zone"] for place in places} == {
        "Europe/Amsterdam",
        "Europe/Brussels",
        "Europe/London",
    }
    assert {tariff["currency"] for tariff in everything("tariffs")} == {"EUR", "GBP"}
    assert [place["id"] for place in places if float(place["coordinates"]["latitude"]) == 0] == ["LOC00113"]


@pytest.mark.parametrize("version", demo.VERSIONS)
def test_reports_find_their_fields_in_every_version(version: str) -> None:
    places = everything("locations", version)
    statuses = {evse["status"] for place in places for evse in place["evses"]}
    assert {"PLANNED", "REMOVED", "OUTOFORDER", "INOPERATIVE"} <= statuses
    for name in ("opening_times", "energy_mix", "time_zone"):
        assert sum(name in place for place in places) > 50
    restrictions = {
        item for place in places for evse in place["evses"] for item in evse.get("parking_restrictions", ())
    }
    assert "DISABLED" in restrictions
    for module in ("tariffs", "sessions", "cdrs"):
        assert {item["currency"] for item in everything(module, version)} == {"EUR", "GBP"}
    dimensions = {
        part["type"]
        for cdr in everything("cdrs", version)
        for period in cdr["charging_periods"]
        for part in period["dimensions"]
    }
    assert ("MAX_POWER" in dimensions) == (version != "2.1.1"), "2.1.1 has no such dimension"
    credits = [cdr for cdr in everything("cdrs", version) if cdr.get("credit")]
    assert bool(credits) == (version != "2.1.1"), "2.1.1 has no credits"
    if version != "2.1.1":
        parties = {(place["country_code"], place["party_id"]) for place in places}
        assert parties == {("NL", "DEM"), ("GB", "DMK")}


@pytest.mark.parametrize("version", ["2.2", "2.2.1", "2.3.0"])
def test_most_cdrs_have_the_highest_power_and_some_have_not(version: str) -> None:
    cdrs = everything("cdrs", version)
    counts = Counter(volume(cdr, "MAX_POWER") > 0 for cdr in cdrs if cdr["total_energy"])
    assert counts[True] > 3 * counts[False] > 3000


def test_what_is_not_in_use_has_no_sessions() -> None:
    used = {session["evse_uid"] for session in everything("sessions")}
    unused = {evse["uid"] for _, evse in evses() if evse["status"] in ("PLANNED", "REMOVED")}
    assert len(unused) == 2
    assert not used & unused
    idle = {evse["uid"] for _, evse in evses()} - used - unused
    assert idle, "a port without a session all year"


def test_tariffs_that_nothing_uses_and_a_connector_without_one() -> None:
    plugs = [plug for _, evse in evses() for plug in evse["connectors"]]
    assert sum("tariff_ids" not in plug for plug in plugs) == 1
    used = {name for plug in plugs for name in plug.get("tariff_ids", ())}
    used |= {tariff["id"] for cdr in everything("cdrs") for tariff in cdr["tariffs"]}
    assert by_id("tariffs").keys() - used == {
        "BE-MOTORWAY-2025",
        "BE-MOTORWAY-2026",
        "BE-MOTORWAY-ADHOC",
    }


def test_each_object_is_of_the_cpo_of_its_country() -> None:
    parties = {"NLD": ("NL", "DEM"), "BEL": ("NL", "DEM"), "GBR": ("GB", "DMK")}
    locations = by_id("locations")
    for module in ("locations", "sessions", "cdrs"):
        for each in everything(module):
            place = each.get("location_id") or each.get("cdr_location", each).get("id")
            assert (each["country_code"], each["party_id"]) == parties[locations[place]["country"]]
