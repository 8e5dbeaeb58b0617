"""A hub whose two parties have objects with the same ids.

`mine` is a part of the demo data; `others` has the same ids under other parties, with other values.
"""

from __future__ import annotations

import copy
from functools import cache
from typing import Any

from ocpiq import demo

Json = dict[str, Any]
Platform = dict[str, list[Json]]
PARTIES = {("NL", "DEM"): ("NL", "XEM"), ("GB", "DMK"): ("GB", "XMK")}


def of_another_party(value: Any) -> Any:
    """Return objects with the same ids and values, but of other parties."""
    if isinstance(value, list):
        return [of_another_party(item) for item in value]
    if not isinstance(value, dict):
        return value
    changed = {name: of_another_party(item) for name, item in value.items()}
    if (key := (value.get("country_code"), value.get("party_id"))) in PARTIES:
        changed["country_code"], changed["party_id"] = PARTIES[key]  # type: ignore[index]
    if "evse_id" in value:
        changed["evse_id"] = value["evse_id"].replace("*DEM*", "*XEM*").replace("*DMK*", "*XMK*")
    return changed


@cache
def mine() -> Platform:
    """Places, tariffs and tokens of the demo platform, with the sessions and CDRs of March, and a status log."""
    march = {
        module: [item for item in demo.objects(module) if "2026-03" in (item.get("end_date_time") or "")]
        for module in ("sessions", "cdrs")
    }
    rest = {module: list(demo.objects(module)) for module in ("locations", "tariffs", "tokens")}
    return march | rest | {"statuses": statuses(rest["locations"], "2026-03-02T10", "2026-03-02T12")}


@cache
def others() -> Platform:
    """The same ids with other values: places, power and tariffs, times, energy and outages."""
    platform: Platform = of_another_party(copy.deepcopy(mine()))
    for number, place in enumerate(platform["locations"]):
        place["city"] += " other"
        place["operator"] = {"name": "Other"}
        place["publish"] = number % 3 > 0
        place.pop("energy_mix", None)
        for evse in place["evses"]:
            evse["parking_restrictions"] = None if number % 2 else ["EV_ONLY"]
            for connector in evse["connectors"]:
                connector["tariff_ids"] = connector.get("tariff_ids", [])[:1] if number % 2 else ["TX"]
                connector["max_electric_power"] = 50_000
    places = platform["locations"]
    evses = [place["evses"] for place in places]
    for place, moved in zip(places, [*evses[1:], evses[0]], strict=True):
        place["evses"] = moved  # so each EVSE is at another location
    at = {evse["uid"]: place["id"] for place in places for evse in place["evses"]}
    for session in platform["sessions"]:
        session["kwh"] = round(session["kwh"] * 1.5 + 1, 3)
        session["location_id"] = at.get(session["evse_uid"], session["location_id"])
    for number, cdr in enumerate(platform["cdrs"]):
        cdr["total_energy"] = round(cdr["total_energy"] * 1.5, 3)
        cdr["cdr_location"]["city"] += " other"
        if number % 5 == 0:
            cdr["session_id"] = None
    platform["tariffs"] = platform["tariffs"][::2]
    for tariff in platform["tariffs"]:
        for element in tariff["elements"]:
            for component in element["price_components"]:
                component["price"] += 1
    platform["statuses"] = of_another_party(statuses(mine()["locations"], "2026-03-02T11", "2026-03-09T12"))
    return platform


def statuses(places: list[Json], down: str, up: str) -> list[Json]:
    """Return the statuses of some EVSEs: available, out of order, and available again until the end of March."""
    found = []
    for place in places[::5]:
        evse = place["evses"][0]
        key = {name: place[name] for name in ("country_code", "party_id")}
        key |= {"location_id": place["id"], "evse_uid": evse["uid"], "by": "poll"}
        times = ("2026-03-01T00:00:00Z", f"{down}:00:00Z", f"{up}:00:00Z", "2026-04-01T00:00:00Z")
        names = (None, "AVAILABLE", "OUTOFORDER", "AVAILABLE")
        for begin, end, before, name in zip(times, times[1:], names, names[1:], strict=False):
            moments = {"from": begin, "earliest": begin, "seen": begin, "until": end, "until_earliest": end}
            found.append(key | moments | {"status": name, "previous": before})
    return found


def together(*platforms: Platform) -> Platform:
    """Return a hub with the objects of all, those with the same id next to each other."""
    return {
        module: [
            item for items in zip_longest(*(platform[module] for platform in platforms)) for item in items
        ]
        for module in platforms[0]
    }


def zip_longest(*lists: list[Json]) -> list[list[Json]]:
    return [[each[n] for each in lists if n < len(each)] for n in range(max(map(len, lists)))]
