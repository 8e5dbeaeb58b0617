"""What reports find: made-up objects with one fault each, and sums computed again in plain Python."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

import pytest
from support.rows import RECIPIENT

from ocpiq import demo, query, sources
from ocpiq.privacy.recipient import Recipient
from ocpiq.reports import find

Json = dict[str, Any]
KEY = {"country_code": "NL", "party_id": "ABC"}
CONNECTOR = {
    "id": "1",
    "standard": "IEC_62196_T2",
    "power_type": "AC_3_PHASE",
    "max_electric_power": 11_000,
    "tariff_ids": ["T1"],
}
EVSE = {
    "uid": "E1",
    "evse_id": "NL*ABC*E1",
    "status": "AVAILABLE",
    "capabilities": ["RFID_READER"],
    "parking_restrictions": ["EV_ONLY"],
    "connectors": [CONNECTOR],
    "last_updated": "2026-01-01T00:00:00Z",
}
PLACE = KEY | {
    "id": "L1",
    "publish": True,
    "address": "Weg 1",
    "city": "Utrecht",
    "country": "NLD",
    "coordinates": {"latitude": "52.1", "longitude": "5.1"},
    "operator": {"name": "ABC", "website": "https://abc.example"},
    "owner": {"name": "ABC"},
    "opening_times": {"twentyfourseven": True},
    "energy_mix": {"is_green_energy": True},
    "time_zone": "Europe/Amsterdam",
    "evses": [EVSE],
}
NOW = {"last_updated": "2026-02-01T00:00:00Z"}
SESSION = KEY | NOW | {"id": "S1", "location_id": "L1", "evse_uid": "E1", "kwh": 5, "status": "COMPLETED"}


def run(
    name: str, variables: dict[str, Any], recipient: Recipient | None = None, /, **modules: list[Json]
) -> list[Json]:
    report = find(name)
    names = [parameter.name for parameter in report.metadata.params]
    compiled = query.compile(report.text, variables=names, home=report.path.parent)
    whole = sources.memory(modules)
    by_module = {module: whole[module if module in modules else "locations"] for module in compiled.modules}
    return list(compiled.run(sources=by_module, variables=variables, recipient=recipient))


def place(**changes: Any) -> Json:
    """Return the location with other values; None leaves a field out. `evse` and `connector` are changes below it."""
    evse = EVSE | changes.pop("evse", {})
    evse["connectors"] = [without_none(CONNECTOR | changes.pop("connector", {}))]
    return without_none(PLACE | changes | {"evses": [without_none(evse)]})


def without_none(value: Json) -> Json:
    return {name: item for name, item in value.items() if item is not None}


def at(begin: str, end: str, **changes: Any) -> Json:
    times = {"start_date_time": f"2026-01-{begin}:00Z", "end_date_time": f"2026-01-{end}:00Z"}
    return SESSION | times | changes


AFIR: list[tuple[Json, list[str]]] = [
    ({}, []),
    ({"operator": None}, ["name of the operator", "contact of the operator"]),
    ({"operator": {"name": "ABC"}}, ["contact of the operator"]),
    ({"owner": None}, ["owner"]),
    ({"city": ""}, ["address"]),
    ({"coordinates": {"latitude": "0.0000", "longitude": "0.000"}}, ["coordinates"]),
    ({"coordinates": {"latitude": "0.0", "longitude": "5.1"}}, []),
    ({"opening_times": None}, ["opening hours"]),
    ({"time_zone": None}, ["time zone"]),
    ({"energy_mix": None}, ["share of renewable energy"]),
    ({"energy_mix": {"is_green_energy": False}}, []),
    ({"evse": {"evse_id": None}}, ["id of the charge point"]),
    ({"evse": {"status": "UNKNOWN"}}, ["status"]),
    ({"evse": {"capabilities": []}}, ["means of payment"]),
    ({"evse": {"parking_restrictions": None}}, ["access for disabled drivers and parking"]),
    ({"connector": {"power_type": None, "max_electric_power": 11_000}}, ["current, AC or DC"]),
    ({"connector": {"max_electric_power": None}}, ["maximum power"]),
    ({"connector": {"tariff_ids": []}}, ["ad hoc price"]),
    ({"connector": {"standard": None}}, ["connector"]),
    ({"evse": {"status": "REMOVED", "evse_id": None}}, []),
    ({"publish": False, "operator": None}, []),
]


@pytest.mark.parametrize(("changes", "missing"), AFIR, ids=[str(changes)[:60] for changes, _ in AFIR])
def test_afir_names_what_is_missing(changes: Json, missing: list[str]) -> None:
    rows = run("afir_completeness", {}, locations=[place(**dict(changes))])
    assert [row["element"] for row in rows] == missing


@pytest.mark.parametrize("connectors", [[], None], ids=["no connectors", "no list"])
def test_afir_finds_nothing_of_a_connector_where_there_is_none(connectors: list[Json] | None) -> None:
    evse = without_none(EVSE | {"connectors": connectors})
    rows = run("afir_completeness", {}, locations=[PLACE | {"evses": [evse]}])
    assert {row["element"] for row in rows} == {
        "connector",
        "current, AC or DC",
        "maximum power",
        "ad hoc price",
    }


def test_afir_counts_by_operator() -> None:
    rows = run("afir_summary", {}, locations=[place(), place(id="L2", owner=None)])
    counts = {row["element"]: (row["evses"], row["complete"], row["missing"]) for row in rows}
    assert counts.pop("owner") == (2, 1, 1)
    assert set(counts.values()) == {(2, 2, 0)}


DOT_NL: list[tuple[Json, list[tuple[str | None, str | None, str]]]] = [
    ({}, []),
    ({"opening_times": None}, [(None, None, "opening_times")]),
    ({"energy_mix": None}, [(None, None, "energy_mix")]),
    ({"evse": {"parking_restrictions": []}}, [("E1", None, "parking_restrictions")]),
    ({"connector": {"max_electric_power": None}}, [("E1", "1", "max_electric_power")]),
    ({"connector": {"tariff_ids": None}}, [("E1", "1", "tariff_ids")]),
    ({"evse": {"status": "PLANNED", "parking_restrictions": None}}, []),
    ({"country": "BEL", "energy_mix": None}, []),
    ({"publish": False, "energy_mix": None}, []),
]


@pytest.mark.parametrize(("changes", "missing"), DOT_NL, ids=[str(changes)[:60] for changes, _ in DOT_NL])
def test_dot_nl_names_what_is_missing(
    changes: Json, missing: list[tuple[str | None, str | None, str]]
) -> None:
    rows = run("dot_nl", {}, locations=[place(**dict(changes))])
    assert [(row["evse_uid"], row["connector_id"], row["element"]) for row in rows] == missing


QUALITY: list[tuple[list[Json], list[tuple[str, str]]]] = [
    ([at("02T10:00", "02T11:00")], []),
    ([at("02T10:00", "02T11:00", kwh=1001)], [("11 energy above 1000 kWh", "S1")]),
    ([at("02T11:00", "02T10:00")], [("14 ends before it starts", "S1")]),
    ([at("02T10:00", "09T10:01")], [("15 longer than seven days", "S1")]),
    ([at("02T10:00", "02T11:00"), at("02T10:00", "02T11:00", id="S2")], [("17 twice", "S2")]),
    ([at("02T10:00", "02T11:00", kwh=12.2)], [("38 abnormal energy", "S1")]),
    ([at("02T10:00", "02T11:00", kwh=12.1)], []),
    ([at("02T10:00", "02T11:00", kwh=51)], [("41 excessive energy", "S1")]),
    ([at("02T10:00", "02T10:00", kwh=2)], [("40 energy in no time", "S1")]),
    ([at("02T10:00", "02T11:00", kwh=-1)], [("negative energy", "S1")]),
    ([at("02T10:00", "02T12:00"), at("02T11:00", "02T13:00", id="S2")], [("overlaps the one before", "S2")]),
    ([at("02T10:00", "02T12:00"), at("02T12:00", "02T13:00", id="S2")], []),
    (
        [at(f"02T10:{n:02}", f"02T10:{n + 1:02}", id=f"S{n}", kwh=0.1) for n in range(59)]
        + [at(f"02T09:0{n}", f"02T09:0{n + 1}", id=f"T{n}", kwh=0.1) for n in range(2)],
        [("13 more than 60 sessions a day", id) for id in ("T0", "T1", *(f"S{n}" for n in range(59)))],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("listed", "faults"), QUALITY, ids=[str(faults[:1]) for _, faults in QUALITY])
def test_the_quality_rules_of_qualicharge(listed: list[Json], faults: list[tuple[str, str]]) -> None:
    variables = {"period": "2026-01", "country": "NLD"}
    rows = run("qualicharge_quality", variables, sessions=listed, locations=[place()])
    assert [(row["rule"], row["id"]) for row in rows] == faults


CDR = KEY | NOW | {
    "id": "C1",
    "session_id": "S1",
    "start_date_time": "2026-01-02T10:00:00Z",
    "end_date_time": "2026-01-02T11:00:00Z",
    "total_energy": 5,
    "total_time": 1,
    "total_cost": {"excl_vat": 2},
    "charging_periods": [{"dimensions": [{"type": "ENERGY", "volume": 5}]}],
}  # fmt: skip
MUCH = {"total_energy": 500, "charging_periods": [{"dimensions": [{"type": "ENERGY", "volume": 500}]}]}
NEGATIVE = {"total_energy": -5, "charging_periods": [{"dimensions": [{"type": "ENERGY", "volume": -5}]}]}


@pytest.mark.parametrize(
    ("changes", "kwh", "faults"),
    [
        ({}, 5, []),
        (NEGATIVE, -5, ["negative energy"]),
        ({"total_cost": {"excl_vat": -2}}, 5, ["negative cost without credit"]),
        ({"total_cost": {"excl_vat": -2}, "credit": True}, 5, []),
        ({"end_date_time": "2026-01-02T09:00:00Z"}, 5, ["ends before it starts"]),
        ({"total_parking_time": 1.5}, 5, ["parks longer than it lasts"]),
        (MUCH, 500, ["more energy than 400 kW allow"]),
        ({"total_energy": 6}, 6, ["other energy than its charging periods"]),
        ({}, 50, ["other energy than its session"]),
    ],
)
def test_impossible_cdrs(changes: Json, kwh: float, faults: list[str]) -> None:
    listed = [SESSION | {"kwh": kwh}]
    rows = run("impossible_cdrs", {"period": "2026-01"}, cdrs=[CDR | changes], sessions=listed)
    assert [row["fault"] for row in rows] == faults


def test_connectors_without_tariff() -> None:
    listed = [
        place(),
        place(id="L2", connector={"tariff_ids": []}),
        place(id="L3", connector={"tariff_ids": ["T1", "T9"]}),
    ]
    rows = run("connectors_without_tariff", {}, locations=listed, tariffs=[KEY | {"id": "T1"}])
    assert [(row["location_id"], row["problem"], row["tariff_id"]) for row in rows] == [
        ("L2", "no tariff", None),
        ("L3", "tariff is not listed", "T9"),
    ]


def test_the_indicators_of_a_concession() -> None:
    places = {place["id"]: place for place in demo.objects("locations") if place["publish"]}
    expected: dict[str, Json] = defaultdict(
        lambda: {"sessions": 0, "failed": 0, "kwh": 0.0, "connected": 0.0}
    )
    for session in demo.objects("sessions"):
        city = places.get(session["location_id"], {}).get("city")
        end = session.get("end_date_time") or ""
        if city is None or not "2026-01-01" <= end < "2026-04-01":
            continue
        hours = (
            datetime.fromisoformat(end) - datetime.fromisoformat(session["start_date_time"])
        ).total_seconds() / 3600
        row = expected[city]
        row["sessions"] += 1
        row["failed"] += session["status"] != "COMPLETED" or session["kwh"] < 0.1
        row["kwh"] += session["kwh"]
        row["connected"] += max(hours, 0)
    modules = {name: list(demo.objects(name)) for name in ("locations", "sessions")}
    rows = run("concession", {"period": "2026-Q1"}, **modules)
    assert [row["city"] for row in rows] == sorted(expected)
    for row in rows:
        wanted = expected[row["city"]]
        evses = {
            evse["uid"]
            for place in places.values()
            if place["city"] == row["city"]
            for evse in place["evses"]
            if evse["status"] not in ("PLANNED", "REMOVED")
        }
        assert (row["evses"], row["sessions"], row["failed"]) == (
            len(evses),
            wanted["sessions"],
            wanted["failed"],
        )
        assert row["kwh"] == pytest.approx(wanted["kwh"], abs=0.051)
        assert row["connected_hours"] == pytest.approx(wanted["connected"], abs=0.051)
        assert row["available_hours"] == len(evses) * 24 * 90


def powered(*volumes: float) -> list[Json]:
    """Return charging periods with these highest powers."""
    return [{"dimensions": [{"type": "MAX_POWER", "volume": volume}]} for volume in volumes]


@pytest.mark.parametrize(
    ("session", "power", "origin"),
    [
        pytest.param({"charging_periods": powered(7, 11, 3)}, "11.00", "MAX_POWER", id="the highest"),
        pytest.param({"charging_periods": []}, "10.00", "energy and time", id="no periods"),
        pytest.param({}, "10.00", "energy and time", id="no list of periods"),
        pytest.param({"charging_periods": powered(0)}, "10.00", "energy and time", id="a power of 0"),
        pytest.param({"kwh": 0}, "0.00", "energy and time", id="no energy"),
        pytest.param(
            {"kwh": 0, "end_date_time": "2026-01-02T10:00:00Z"},
            "0.00",
            "no time and no energy: 0",
            id="unplugged at once",
        ),
        pytest.param({"end_date_time": "2026-01-02T10:00:00Z"}, None, None, id="energy in no time"),
        pytest.param({"kwh": -1}, None, None, id="negative energy"),
    ],
)
def test_the_power_of_a_session_is_not_0_where_energy_flowed(
    session: Json, power: str | None, origin: str | None
) -> None:
    token = {"cdr_token": {"type": "RFID"}, "connector_id": "1"}
    modules = {"locations": [place()], "sessions": [at("02T10:00", "02T10:30") | token | session]}
    variables = {"period": "2026-01", "network_provider": "acme"}
    [row] = run("nevi_sessions", variables, **modules)
    assert row["power_kw"] == power
    counted = run("nevi_power", {"period": "2026-01"}, **modules)
    assert [row["power_from"] for row in counted] == [origin] * (origin is not None)


def test_nevi_power_counts_the_sessions_of_nevi_sessions() -> None:
    """Both leave out those of a port that the platform does not list."""
    token = {"cdr_token": {"type": "RFID"}, "connector_id": "1"}
    listed = [at("02T10:00", "02T11:00", id=uid, evse_uid=uid) | token for uid in ("E1", "E9")]
    modules = {"locations": [place()], "sessions": listed}
    rows = run("nevi_sessions", {"period": "2026-01", "network_provider": "acme"}, **modules)
    assert [row["session_id"] for row in rows] == ["E1"]
    counted = run("nevi_power", {"period": "2026-01"}, **modules)
    assert [row["sessions"] for row in counted] == [1]


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["Unix", "Windows"])
def test_a_list_of_stations_may_have_the_lines_of(end: str) -> None:
    modules = {"locations": [place()], "sessions": [at("02T10:00", "02T11:00")]}
    stations = f"L1{end}L2{end}"
    counted = run("nevi_power", {"period": "2026-01", "stations": stations}, **modules)
    assert [row["sessions"] for row in counted] == [1]
    ids = f"L1,NLD_1{end}L2,NLD_2{end}"
    [row] = run("nobil_status", {"country": "NLD", "ids": ids}, locations=[place()])
    assert row["nobilId"] == "NLD_1"


def test_a_tariff_that_is_named_twice_is_used_once() -> None:
    """As by a CDR that has a tariff as it was, and as it is since a change."""
    tariff = KEY | NOW | {"id": "T1"}
    cdr = KEY | NOW | {"id": "C1", "tariffs": [tariff, tariff]}
    locations = [place(connector={"tariff_ids": ["T1", "T1"]})]
    [row] = run("tariffs_in_use", {}, locations=locations, cdrs=[cdr], tariffs=[tariff])
    assert (row["listed"], row["connectors"], row["cdrs"]) == (True, 1, 1)


@pytest.mark.parametrize(
    ("more", "hours"),
    [
        ([{"type": "ENERGY", "volume": 1}], 1.5),
        ([{"type": "ENERGY", "volume": 0}], 1),
        ([], 1.5),
    ],
    ids=["energy", "no energy", "energy not known"],
)
def test_the_time_of_charging_of_a_transaction(more: list[Json], hours: float) -> None:
    first = [{"type": "TIME", "volume": 1}, {"type": "ENERGY", "volume": 5}]
    second = [{"type": "TIME", "volume": 0.5}, *more]
    token = {"cdr_token": KEY | {"uid": "CARD"}, "connector_id": "1"}
    session = at("02T10:00", "02T13:00", charging_periods=[{"dimensions": first}, {"dimensions": second}])
    modules = {"locations": [place()], "sessions": [session | token]}
    [row] = run("elaadnl_transactions", {"period": "2026-01"}, RECIPIENT, **modules)
    assert row["ChargeTime"] == hours


def test_the_coverage_of_an_uptime() -> None:
    """A day of a log in the last month of a year: up for 12 h, down for 6 h, then nobody polled for 6 h."""
    times = ["2026-10-01T00:00:00Z", "2026-10-01T12:00:00Z", "2026-10-01T18:00:00Z", "2026-10-02T00:00:00Z"]
    names = ("AVAILABLE", "OUTOFORDER", "UNOBSERVED")
    listed = [
        KEY
        | {"location_id": "L1", "evse_uid": "E1", "status": name, "previous": previous}
        | {
            "earliest": begin[:14] + "00:00Z",
            "from": begin,
            "seen": seen,
            "until": end,
            "until_earliest": end,
        }
        for name, previous, begin, seen, end in zip(
            names,
            (None, *names),
            times,
            (times[0], "2026-10-01T12:10:00Z", times[2]),
            times[1:],
            strict=False,
        )
    ]
    excluded = [{"evse_uid": "E1", "from": "2026-10-01T13:00:00Z", "until": "2026-10-01T14:00:00Z"}]
    variables = {"period": "2026-10", "excluded": excluded}
    [row] = run("nevi_coverage", variables, statuses=listed, locations=[])
    assert row == KEY | {
        "station_id": "L1",
        "port_id": "E1",
        "coverage": f"{100 * 18 / 8760:.2f}",
        "outage_least": "350.00",
        "outage_most": "360.00",
        "outage_excl": "60.00",
        "unobserved": f"{60 * (8760 - 18):.2f}",
    }
    uptime = run(
        "nevi_uptime_months", variables | {"network_provider": "acme"}, statuses=listed, locations=[]
    )
    assert [row["total_outage"] for row in uptime] == ["360.00"]


def test_the_heat_map_of_occupancy() -> None:
    """Two charge points; one is used on a Friday from 10:00 to 11:30 UTC, which is from 11:00 in Amsterdam."""
    two = place(id="L2", evse={"uid": "E2"})
    hidden = place(id="L3", publish=False, evse={"uid": "E3"})
    listed = [at("02T10:00", "02T11:30"), at("02T10:00", "02T11:30", id="S2", location_id="L3")]
    rows = run("occupancy_heat_map", {"period": "2026-01"}, locations=[place(), two, hidden], sessions=listed)
    assert [row["weekday"] for row in rows] == [1, 2, 3, 4, 5, 6, 7]
    used = {(row["weekday"], name): row[name] for row in rows for name in row if row[name] and ":" in name}
    assert used == {(5, "11:00"): 10, (5, "12:00"): 5}, "five Fridays, two charge points"
