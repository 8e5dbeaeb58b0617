"""The saved queries of `examples/` on the demo data, with results computed again in plain Python."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ocpiq import demo, query, sources
from ocpiq.analysis.total_warnings import total_warnings
from ocpiq.errors import UsageError

FOLDER = Path(__file__).parents[2] / "examples"
EXAMPLES = sorted(path.stem for path in FOLDER.glob("*.ocpiq"))
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
CONTRACT = "NL-DEM-C12898354-6"
MARCH = {"period": "2026-03"}
Json = dict[str, Any]


def status(name: str, previous: str | None, begin: str, end: str) -> Json:
    """Return a status from a log that polled every minute, and saw each change a minute late at most."""
    place = next(
        place
        for place in demo.objects("locations")
        if is_rapid(place["evses"][0]) and place["country"] == "GBR" and is_always_open(place)
    )
    times = {"earliest": begin, "from": begin, "seen": begin, "until": end, "until_earliest": end}
    if previous is not None:
        times["seen"] = begin.replace(":00Z", ":59Z")
    names = ("country_code", "party_id")
    key = {key: place[key] for key in names} | {
        "location_id": place["id"],
        "evse_uid": place["evses"][0]["uid"],
    }
    return key | {"status": name, "previous": previous, **times, "by": "poll"}


def is_rapid(evse: Json) -> bool:
    return any(connector.get("max_electric_power", 0) >= 50_000 for connector in evse["connectors"])


def is_always_open(place: Json) -> bool:
    return bool(place["opening_times"]["twentyfourseven"])


@cache
def objects(module: str) -> list[Json]:
    return list(demo.objects(module))


@cache
def source(module: str) -> sources.Source:
    if module == "statuses":
        return sources.memory({module: STATUSES})[module]
    return sources.memory({module: objects(module)})[module]


def saved(name: str, *variables: str) -> query.Query:
    return query.compile((FOLDER / f"{name}.ocpiq").read_text("utf-8"), variables=variables, home=FOLDER)


def run(name: str, variables: dict[str, Any] | None = None) -> list[Any]:
    compiled = saved(name, *(variables or {}))
    parts = {"evses": "locations", "connectors": "locations"}
    return list(
        compiled.run(
            sources={module: source(parts.get(module, module)) for module in compiled.modules},
            variables=variables,
        )
    )


def run_on(name: str, variables: dict[str, Any] | None = None, **listed: list[Json]) -> list[Any]:
    """Return the results of a query on a few objects."""
    compiled = saved(name, *(variables or {}))
    available = sources.memory(
        {module: listed.get(module, []) for module in ("sessions", "cdrs", "locations")}
    )
    by_module = {module: available.get(module, available["locations"]) for module in compiled.modules}
    return list(compiled.run(sources=by_module, variables=variables))


STATUSES = [
    status("AVAILABLE", None, "2026-01-01T00:00:00Z", "2026-01-11T00:00:00Z"),
    status("OUTOFORDER", "AVAILABLE", "2026-01-11T00:00:00Z", "2026-01-11T12:00:00Z"),
    status("AVAILABLE", "OUTOFORDER", "2026-01-11T12:00:00Z", "2026-02-01T00:00:00Z"),
]

GOLDEN: dict[str, tuple[dict[str, Any], int, Json]] = {
    "average_duration": (MARCH, 1, {"sessions": 827, "hours": 6.412}),
    "city_month": (
        MARCH,
        14,
        {"city": "Breda", "month": "2026-03", "sessions": 41, "kwh": 1161.4, "places": 7},
    ),
    "data_quality": ({}, 114, {"problem": "at 0,0", "id": "LOC00113"}),
    "drivers_per_station": (
        MARCH,
        71,
        {"country_code": "GB", "party_id": "DMK", "location_id": "LOC00007", "sessions": 14, "drivers": 12},
    ),
    "failed_sessions": (
        {"count": "3"},
        3,
        {
            "id": "S0009918",
            "status": "COMPLETED",
            "kwh": 0,
            "start_date_time": "2026-10-29T17:16:03Z",
            "evse_uid": "EVSE00086",
        },
    ),
    "flat_locations": (
        {},
        412,
        {
            "location": "LOC00001",
            "name": "Parking Knikkerdijk",
            "address": "Knikkerdijk 120",
            "postal_code": "5683 KL",
            "city": "Eindhoven",
            "country": "NLD",
            "latitude": "51.435440",
            "longitude": "5.466283",
            "evse": "EVSE00000",
            "status": "AVAILABLE",
            "connector": "1",
            "standard": "IEC_62196_T2",
            "kw": 11,
        },
    ),
    "idle_ports": (
        MARCH,
        927,
        {
            "location_id": "LOC00001",
            "uid": "EVSE00000",
            "connectors": 1,
            "session": "S0003351",
            "start": "2026-03-06T13:59:20Z",
            "end": "2026-03-06T15:36:29Z",
            "kwh": 17.098,
        },
    ),
    "impossible_sessions": (
        {},
        20,
        {
            "party_id": "DEM",
            "id": "S0008302",
            "evse_uid": "EVSE00060",
            "start_date_time": "2026-09-09T09:03:22Z",
            "end_date_time": "2026-09-09T10:11:09Z",
            "kwh": 36.96,
            "hours": 1.1297222222222223,
            "wrong": "overlaps S0008069",
        },
    ),
    "nevi_uptime": (
        {},
        2,
        {"period": "2025", "uptime_low": 100, "uptime_high": 100, "observed": 0.057, "verdict": "not proven"},
    ),
    "uk_reliability": (
        {},
        1,
        {"period": "2026", "evses": 1, "uptime_low": 98.385, "uptime_high": 98.389},
    ),
    "uptime": (
        {},
        1,
        {
            "period": "2026-01",
            "uptime_low": 98.385,
            "uptime_high": 98.389,
            "observed": 100,
            "verdict": "missed",
        },
    ),
    "missing_cdrs": (MARCH, 3, {"id": "S0003962", "end_date_time": "2026-03-29T19:10:31Z", "kwh": 23.023}),
    "occupancy": (MARCH, 168, {"weekday": 1, "hour": 0, "sessions": 33, "occupied_hours": 32}),
    "one_driver": ({"contract": CONTRACT.lower()}, 226, {"kind": "token"}),
    "power_classes": ({}, 38, {"city": "Breda", "class": "fast", "connectors": 1, "kw": 50}),
    "prices_and_durations": (
        MARCH,
        3,
        {
            "country": "BEL",
            "currency": "EUR",
            "month": "2026-03",
            "cdrs": 196,
            "price_kwh": 0.34,
            "hours_p95": 14.48,
        },
    ),
    "tariff_revenue": (
        MARCH,
        28,
        {
            "party_id": "DMK",
            "tariff": "GB-FAST",
            "currency": "GBP",
            "cdrs": 36,
            "kwh": 1102.5,
            "revenue": 522.65,
        },
    ),
    "tariffs_in_use": (
        {},
        33,
        {"party_id": "DMK", "id": "GB-FAST", "listed": True, "connectors": 18, "cdrs": 361},
    ),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_results(name: str) -> None:
    variables, count, first = GOLDEN[name]
    rows = run(name, variables)
    assert (len(rows), {key: rows[0][key] for key in first}) == (count, first)


@pytest.mark.parametrize("name", EXAMPLES)
def test_it_is_short_and_documented(name: str) -> None:
    lines = (FOLDER / f"{name}.ocpiq").read_text("utf-8").splitlines()
    assert lines[0] == "#!/usr/bin/env -S ocpiq -f"
    assert len([line for line in lines if line.strip()]) <= 20
    assert max(map(len, lines)) <= 170
    metadata = saved(name).metadata
    assert metadata.name == name
    assert metadata.about and metadata.privacy
    index = (FOLDER / "README.md").read_text("utf-8")
    assert f"[{name}.ocpiq]({name}.ocpiq)" in index


def test_a_missing_parameter_is_an_error_that_names_it() -> None:
    with pytest.raises(UsageError) as caught:
        run("one_driver")
    assert (caught.value.message, caught.value.hint) == (
        "the query needs contract: the driver's contract id",
        "--arg contract TEXT",
    )


# ---------------------------------------------------------------- the same results in plain Python


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def in_march(listed: list[Json], zone: ZoneInfo | None = None) -> Iterator[Json]:
    begin, end = (datetime(2026, month, 1, tzinfo=zone or UTC) for month in (3, 4))
    return (
        record
        for record in listed
        if record.get("end_date_time") and begin <= at(record["end_date_time"]) < end
    )


def hours(record: Json) -> float:
    return (at(record["end_date_time"]) - at(record["start_date_time"])).total_seconds() / 3600


def places() -> dict[str, Json]:
    return {place["id"]: place for place in objects("locations")}


def test_city_month() -> None:
    groups: dict[str, list[Json]] = defaultdict(list)
    for session in in_march(objects("sessions"), AMSTERDAM):
        if session["status"] == "COMPLETED":
            groups[places()[session["location_id"]]["city"]].append(session)
    assert run("city_month", MARCH) == [
        {
            "city": city,
            "month": "2026-03",
            "sessions": len(group),
            "kwh": pytest.approx(sum(session["kwh"] for session in group), abs=0.051),
            "places": len({session["location_id"] for session in group}),
        }
        for city, group in sorted(groups.items())
    ]


def test_power_classes() -> None:
    def name(kw: float) -> str:
        return "slow" if kw <= 7.4 else "normal" if kw <= 22 else "fast" if kw < 150 else "ultra fast"

    groups: dict[tuple[str, str], list[float]] = defaultdict(list)
    for place in objects("locations"):
        for connector in (connector for evse in place["evses"] for connector in evse["connectors"]):
            kw = connector["max_electric_power"] / 1000
            groups[place["city"], name(kw)].append(kw)
    assert run("power_classes") == [
        {"city": city, "class": class_, "connectors": len(powers), "kw": pytest.approx(sum(powers))}
        for (city, class_), powers in sorted(groups.items())
    ]


def without_credits(cdrs: list[Json]) -> list[Json]:
    """Return the CDRs that are neither credits nor cancelled by one."""
    cancelled = {cdr["credit_reference_id"] for cdr in cdrs if cdr.get("credit")}
    return [cdr for cdr in cdrs if not cdr.get("credit") and cdr["id"] not in cancelled]


@pytest.mark.parametrize("name", EXAMPLES)
def test_its_totals_are_not_misleading(name: str) -> None:
    compiled = saved(name)
    assert total_warnings(compiled.plan, "2.2.1") == ()


def test_tariff_revenue() -> None:
    groups: dict[tuple[Any, str], list[Json]] = defaultdict(list)
    for cdr in in_march(objects("cdrs")):
        tariffs = cdr.get("tariffs") or [{"id": None}]
        groups[tariffs[0]["id"], cdr["currency"]].append(cdr)
    rows = {(row["tariff"], row["currency"]): row for row in run("tariff_revenue", MARCH)}
    assert rows.keys() == groups.keys()
    for key, group in groups.items():
        remaining = without_credits(group)
        revenue = sum(cdr["total_cost"]["excl_vat"] for cdr in group)  # negative in a credit
        assert rows[key]["cdrs"] == len(remaining)
        assert rows[key]["kwh"] == pytest.approx(sum(cdr["total_energy"] for cdr in remaining), abs=0.051)
        assert rows[key]["revenue"] == pytest.approx(revenue, abs=0.0051)


def test_missing_cdrs() -> None:
    billed = {cdr["session_id"] for cdr in without_credits(objects("cdrs"))}
    expected = [
        session["id"]
        for session in in_march(objects("sessions"))
        if session["status"] == "COMPLETED" and session["id"] not in billed
    ]
    assert sorted(row["id"] for row in run("missing_cdrs", MARCH)) == sorted(expected)


@pytest.mark.parametrize(
    ("cdrs", "is_missing"),
    [
        pytest.param([], True, id="none"),
        pytest.param([{"id": "C1"}], False, id="one"),
        pytest.param([{"id": "C1"}, {"id": "C2", "credit": True}], True, id="one that was credited"),
        pytest.param([{"id": "C2", "credit": True}, {"id": "C1"}], True, id="the credit first"),
        pytest.param(
            [{"id": "C1"}, {"id": "C2", "credit": True}, {"id": "C3", "credit": False}],
            False,
            id="one that was credited and its replacement",
        ),
        pytest.param([{"id": "C1", "credit": None}], False, id="credit null"),
    ],
)
def test_a_session_that_was_only_credited_misses_its_cdr(cdrs: list[Json], is_missing: bool) -> None:
    key = {"country_code": "NL", "party_id": "ABC"}
    session = {**key, "id": "S1", "status": "COMPLETED", "kwh": 1, "end_date_time": "2026-03-01T00:00:00Z"}
    listed = [{**key, "session_id": "S1", **cdr} for cdr in cdrs]
    rows = run_on("missing_cdrs", MARCH, sessions=[session], cdrs=listed)
    assert [row["id"] for row in rows] == ["S1"] * is_missing


def test_idle_ports() -> None:
    used = Counter(session["evse_uid"] for session in in_march(objects("sessions")))
    expected = [
        evse["uid"]
        for place in objects("locations")
        for evse in place["evses"]
        for _ in range(max(1, used[evse["uid"]]))
    ]
    rows = run("idle_ports", MARCH)
    assert [row["uid"] for row in rows] == expected
    assert {row["uid"] for row in rows if row["session"] is None} == {
        evse["uid"] for place in objects("locations") for evse in place["evses"] if not used[evse["uid"]]
    }


def test_occupancy() -> None:
    expected_hours: dict[tuple[int, int], float] = defaultdict(float)
    for session in in_march(objects("sessions"), AMSTERDAM):
        begin, end = at(session["start_date_time"]), at(session["end_date_time"])
        slot = begin.replace(minute=0, second=0)
        while slot < end:
            local = slot.astimezone(AMSTERDAM)
            overlap = min(end, slot + timedelta(hours=1)) - max(begin, slot)
            expected_hours[local.isoweekday(), local.hour] += overlap.total_seconds() / 3600
            slot += timedelta(hours=1)
    rows = run("occupancy", MARCH)
    assert [(row["weekday"], row["hour"]) for row in rows] == sorted(expected_hours)
    for row in rows:
        assert row["occupied_hours"] == pytest.approx(expected_hours[row["weekday"], row["hour"]], abs=0.051)


def test_prices_and_durations() -> None:
    groups: dict[str, list[Json]] = defaultdict(list)
    for cdr in without_credits(list(in_march(objects("cdrs")))):
        if cdr["total_energy"] > 0:
            groups[cdr["cdr_location"]["country"]].append(cdr)
    rows = run("prices_and_durations", MARCH)
    assert [row["country"] for row in rows] == sorted(groups)
    for row in rows:
        group = groups[row["country"]]
        lengths = sorted(map(hours, group))
        place = 0.95 * (len(lengths) - 1)
        low, high = lengths[int(place)], lengths[int(place) + 1]
        assert row["cdrs"] == len(group)
        assert row["price_kwh"] == pytest.approx(
            median(cdr["total_cost"]["excl_vat"] / cdr["total_energy"] for cdr in group), abs=0.000051
        )
        assert row["hours_p95"] == pytest.approx(low + (high - low) * (place - int(place)), abs=0.0051)


def test_drivers_per_station() -> None:
    drivers_by_location: dict[str, set[str]] = defaultdict(set)
    for session in in_march(objects("sessions"), AMSTERDAM):
        drivers_by_location[session["location_id"]].add(session["cdr_token"]["contract_id"])
    expected = {place: len(drivers) for place, drivers in drivers_by_location.items() if len(drivers) >= 5}
    assert {row["location_id"]: row["drivers"] for row in run("drivers_per_station", MARCH)} == expected


def party(item: Json) -> tuple[str, str]:
    return item["country_code"], item["party_id"]


def test_tariffs_in_use() -> None:
    connectors = Counter(
        (*party(place), tariff)
        for place in objects("locations")
        for evse in place["evses"]
        for connector in evse["connectors"]
        for tariff in connector.get("tariff_ids") or []
    )
    cdrs = Counter(
        (*party(cdr), tariff["id"])
        for cdr in without_credits(objects("cdrs"))
        for tariff in cdr.get("tariffs") or []
    )
    listed = {(*party(tariff), tariff["id"]) for tariff in objects("tariffs")}
    assert run("tariffs_in_use") == [
        dict(zip(("country_code", "party_id", "id"), key, strict=True))
        | {"listed": key in listed, "connectors": connectors[key], "cdrs": cdrs[key]}
        for key in sorted({*connectors, *cdrs, *listed})
    ]


def test_average_duration() -> None:
    lengths = [
        hours(session) for session in in_march(objects("sessions")) if session["status"] == "COMPLETED"
    ]
    assert run("average_duration", MARCH) == [
        {"sessions": len(lengths), "hours": pytest.approx(sum(lengths) / len(lengths), abs=0.00051)}
    ]


def test_one_driver() -> None:
    expected = Counter(
        kind
        for kind in ("token", "session", "cdr")
        for record in objects(f"{kind}s")
        if (record if kind == "token" else record["cdr_token"])["contract_id"] == CONTRACT
    )
    assert Counter(row["kind"] for row in run("one_driver", {"contract": CONTRACT})) == expected


def test_impossible_sessions() -> None:
    expected: dict[str, str] = {}
    before: Json = {}
    ended = [
        session for session in objects("sessions") if (session.get("end_date_time") or "").startswith("2026")
    ]
    for session in sorted(ended, key=lambda session: (session["evse_uid"], session["start_date_time"])):
        if hours(session) < 0:
            expected[session["id"]] = "ends before it begins"
        elif session["kwh"] > 400 * hours(session):
            expected[session["id"]] = "too much energy"
        elif (
            before.get("evse_uid") == session["evse_uid"]
            and before["end_date_time"] > session["start_date_time"]
        ):
            expected[session["id"]] = f"overlaps {before['id']}"
        before = session
    assert {row["id"]: row["wrong"] for row in run("impossible_sessions")} == expected


def test_data_quality_finds_faults_that_the_demo_does_not_have() -> None:
    connector = {"id": "1", "max_electric_power": 5_000_000}
    owner = {"country_code": "NL", "party_id": "ABC"}
    nowhere = owner | {
        "id": "L",
        "coordinates": {"latitude": "0.0", "longitude": "0.00000"},
        "evses": [{"uid": "E", "connectors": [connector]}],
    }
    assert run_on("data_quality", locations=[nowhere]) == [
        {"problem": "at 0,0", **owner, "id": "L"},
        {"problem": "impossible power", **owner, "id": "E/1"},
    ]


def test_impossible_sessions_finds_overlaps() -> None:
    def session(id: str, evse: str, begin: str, end: str) -> Json:
        times = {"start_date_time": f"2026-01-01T{begin}:00Z", "end_date_time": f"2026-01-01T{end}:00Z"}
        return {"id": id, "evse_uid": evse, "kwh": 5, **times}

    listed = [
        session("a", "E1", "10:00", "12:00"),
        session("b", "E2", "10:00", "12:00"),
        session("c", "E1", "11:00", "13:00"),
        session("d", "E1", "13:00", "14:00"),
    ]
    assert [(row["id"], row["wrong"]) for row in run_on("impossible_sessions", sessions=listed)] == [
        ("c", "overlaps a")
    ]
