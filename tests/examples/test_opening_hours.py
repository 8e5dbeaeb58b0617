"""Time outside of opening hours does not count: compared with a clock on the wall, asked minute by minute."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ocpiq import query, sources
from ocpiq.reports import find, pack_folder

Json = dict[str, Any]
LONDON = "Europe/London"


def hours(begin: str, end: str, *weekdays: int) -> list[Json]:
    days = weekdays or tuple(range(1, 8))
    return [{"weekday": day, "period_begin": begin, "period_end": end} for day in days]


def opening(regular: list[Json], **exceptions: list[tuple[str, str]]) -> Json:
    times = {
        f"exceptional_{name}": [{"period_begin": begin, "period_end": end} for begin, end in periods]
        for name, periods in exceptions.items()
    }
    return {"twentyfourseven": False, "regular_hours": regular, **times}


CASES = {
    "always": ({"twentyfourseven": True}, []),
    "unknown": (None, []),
    "no regular hours": ({"twentyfourseven": False}, []),
    "by day": (opening(hours("07:00", "22:30")), []),
    "over midnight": (opening(hours("18:00", "03:00", 5, 6)), []),
    "to midnight": (opening(hours("06:00", "00:00")), []),
    "two times a day": (opening(hours("07:00", "12:00") + hours("13:00", "22:00")), []),
    "overlapping times": (opening(hours("07:00", "14:00") + hours("13:00", "22:00")), []),
    "closed on a day": (
        opening(hours("07:00", "22:00"), closings=[("2026-03-28T00:00:00Z", "2026-03-29T00:00:00Z")]),
        [],
    ),
    "open at night": (
        opening(hours("07:00", "22:00"), openings=[("2026-03-28T20:00:00Z", "2026-03-29T09:00:00Z")]),
        [],
    ),
    "open and closed": (
        opening(
            hours("07:00", "22:00"),
            openings=[("2026-03-28T20:00:00Z", "2026-03-29T09:00:00Z")],
            closings=[("2026-03-28T23:00:00Z", "2026-03-29T08:00:00Z")],
        ),
        [],
    ),
    "works": (opening(hours("07:00", "22:00")), [("2026-03-28T06:00:00Z", "2026-03-28T09:00:00Z")]),
    "works, twice in the list": (
        {"twentyfourseven": True},
        [("2026-03-28T06:00:00Z", "2026-03-28T09:00:00Z"), ("2026-03-28T08:00:00Z", "2026-03-28T10:00:00Z")],
    ),
}
FROM, UNTIL = "2026-03-27T10:15:00Z", "2026-03-30T09:45:00Z"  # the clocks change on the 29th
PIECE = {"evse_uid": "E1", "location_id": "L1", "since": FROM, "to": UNTIL, "low": 1, "high": 1, "counted": 1}


def open_minutes(times: Json | None, closed: list[tuple[str, str]], zone: str) -> int:
    """Return the minutes of the piece in which the place is open, asked one by one."""
    at = datetime.fromisoformat
    minutes, moment = 0, at(FROM)
    while moment < at(UNTIL):
        minutes += is_open(times, moment, zone) and not any(at(a) <= moment < at(b) for a, b in closed)
        moment += timedelta(minutes=1)
    return minutes


def is_open(times: Json | None, moment: datetime, zone: str) -> bool:
    if times is None or times["twentyfourseven"] or not times.get("regular_hours"):
        return True

    def within(name: str) -> bool:
        return any(
            datetime.fromisoformat(period["period_begin"])
            <= moment
            < datetime.fromisoformat(period["period_end"])
            for period in times.get(name, ())
        )

    local = moment.astimezone(ZoneInfo(zone))
    clock = f"{local:%H:%M}"
    regular = False
    for period in times["regular_hours"]:
        begin, end = period["period_begin"], period["period_end"]
        today, yesterday = local.isoweekday(), (local - timedelta(days=1)).isoweekday()
        if end > begin:
            regular |= period["weekday"] == today and begin <= clock < end
        else:
            regular |= period["weekday"] == today and clock >= begin
            regular |= period["weekday"] == yesterday and clock < end
    return (regular or within("exceptional_openings")) and not within("exceptional_closings")


@pytest.mark.parametrize("zone", [LONDON, "Europe/Amsterdam"])
@pytest.mark.parametrize(("times", "closed"), CASES.values(), ids=CASES)
def test_only_opening_hours_count(times: Json | None, closed: list[tuple[str, str]], zone: str) -> None:
    rows = [{"evse_uid": "E1", "from": begin, "until": end} for begin, end in closed]
    text = f"""include "status_time"; {json.dumps(PIECE)}
        | without_closed({json.dumps(rows)}; {json.dumps(times)}; "{zone}")
        | .counted * duration_hours(.to; .since)"""
    counted = sum(query.compile(text, home=pack_folder()).run())
    assert counted * 60 == pytest.approx(open_minutes(times, closed, zone))


def test_an_outage_at_night_does_not_count_where_it_is_closed() -> None:
    """A day of a British rapid charger that is open from 7 to 22, and down from 20 to 6 local time."""
    evse = {"uid": "E1", "connectors": [{"id": "1", "max_electric_power": 50_000}]}
    key = {"country_code": "GB", "party_id": "ABC"}
    place = key | {
        "id": "L1",
        "country": "GBR",
        "time_zone": LONDON,
        "opening_times": opening(hours("07:00", "22:00")),
        "evses": [evse],
    }

    def status(name: str, previous: str | None, begin: str, end: str) -> Json:
        times = {"earliest": begin, "from": begin, "seen": begin, "until": end, "until_earliest": end}
        return key | {"location_id": "L1", "evse_uid": "E1", "status": name, "previous": previous, **times}

    listed = [
        status("AVAILABLE", None, "2026-06-01T05:00:00Z", "2026-06-01T19:00:00Z"),
        status("OUTOFORDER", "AVAILABLE", "2026-06-01T19:00:00Z", "2026-06-02T05:00:00Z"),
        status("AVAILABLE", "OUTOFORDER", "2026-06-02T05:00:00Z", "2026-06-02T06:00:00Z"),
    ]
    report = find("uk_reliability")
    compiled = query.compile(report.text, home=report.path.parent)
    memory = sources.memory({"statuses": listed, "locations": [place]})
    by_module = {module: memory.get(module, memory["locations"]) for module in compiled.modules}
    [row] = compiled.run(sources=by_module)
    assert isinstance(row, dict)
    assert (row["evses"], row["uptime_low"]) == (1, pytest.approx(100 * 13 / 15, abs=0.001))
