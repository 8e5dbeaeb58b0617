"""The charging locations, and the places to plug in that the charges choose from."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final

from msgspec import Struct

from ocpiq.demo.chance import Chance, Weighted
from ocpiq.demo.clock import DAY, NOW, instant, iso
from ocpiq.demo.json import Json, without_none
from ocpiq.demo.names import CITIES, City, Country
from ocpiq.demo.tariffs import ENERGY_MIX, tariffs

LOCATIONS: Final = 112
SEED: Final = 101
REMOVED: Final = iso(instant("2025-06-12T09:30"))
PLANNED: Final = instant("2026-10-20T14:00")


class Plug(Struct, frozen=True):
    """A type of connector: power in watts, current in amperes, voltage in volts (line to neutral for AC)."""

    standard: str
    format: str
    power_type: str
    volts: int
    amperes: int
    watts: int


SOCKET_11: Final = Plug("IEC_62196_T2", "SOCKET", "AC_3_PHASE", 230, 16, 11_000)
SOCKET_22: Final = Plug("IEC_62196_T2", "SOCKET", "AC_3_PHASE", 230, 32, 22_000)
CABLE_7: Final = Plug("IEC_62196_T2", "CABLE", "AC_1_PHASE", 230, 32, 7_400)
CCS_50: Final = Plug("IEC_62196_T2_COMBO", "CABLE", "DC", 500, 125, 50_000)
CCS_150: Final = Plug("IEC_62196_T2_COMBO", "CABLE", "DC", 920, 300, 150_000)
CCS_300: Final = Plug("IEC_62196_T2_COMBO", "CABLE", "DC", 920, 500, 300_000)
CHADEMO_50: Final = Plug("CHADEMO", "CABLE", "DC", 500, 125, 50_000)


class ChargingSpot(Struct, frozen=True, eq=False):
    """One connector of an EVSE: `evse` counts the EVSEs of the demo from 0, `location` its locations."""

    location: int
    evse: int
    evse_uid: str
    evse_id: str
    connector_id: str
    plug: Plug
    kind: str  # of its tariff, see tariffs.PRICE_LIST
    city: City


class Site(Struct, frozen=True):
    """A kind of location. `evses` are the plugs of each EVSE; `kind` says who charges there and when."""

    kind: str
    parking_type: str | None
    evses: tuple[tuple[Plug, ...], ...]
    always_open: bool = True
    facilities: tuple[str, ...] = ()


STREET: Final = Site("street", "ON_STREET", ((SOCKET_22,), (SOCKET_22,)))
OLD_STREET: Final = Site("street", "ON_STREET", ((SOCKET_11,), (SOCKET_11,)))
GARAGE: Final = Site("garage", "PARKING_GARAGE", ((SOCKET_11,),) * 6, False, ("WIFI", "BUS_STOP"))
UNDERGROUND: Final = Site("garage", "UNDERGROUND_GARAGE", ((SOCKET_11,),) * 8, True, ("TRAIN_STATION",))
RETAIL: Final = Site(
    "fast", "PARKING_LOT", ((CCS_50, CHADEMO_50), (CCS_50,), (SOCKET_22,)), False, ("SUPERMARKET", "CAFE")
)
MOTORWAY: Final = Site(
    "motorway",
    "ALONG_MOTORWAY",
    ((CCS_150, CHADEMO_50), (CCS_150,), (CCS_300,), (CCS_300,)),
    True,
    ("RESTAURANT", "FUEL_STATION"),
)
WORK: Final = Site("work", None, ((SOCKET_11,),) * 5, False)
HOME: Final = Site("home", "ON_DRIVEWAY", ((CABLE_7,),))
SITES: Final = Weighted(
    (STREET, OLD_STREET, GARAGE, UNDERGROUND, RETAIL, MOTORWAY, WORK, HOME), (36, 14, 9, 5, 16, 8, 8, 4)
)
STATUSES: Final = Weighted(
    ("AVAILABLE", "CHARGING", "BLOCKED", "OUTOFORDER", "INOPERATIVE"), (74, 17, 3, 4, 2)
)
CITY: Final = Weighted(CITIES, tuple(city.weight for city in CITIES))


class Sites(Struct, frozen=True):
    """All locations as OCPI 2.2.1 objects, and every spot by location."""

    locations: tuple[Json, ...]
    spots: tuple[ChargingSpot, ...]


@cache
def sites() -> Sites:
    """Return the locations of the demo, the oldest first, and their spots."""
    chance = Chance(SEED)
    locations: list[Json] = []
    spots: list[ChargingSpot] = []
    for index in range(LOCATIONS):
        site = SITES.pick(chance)
        city = CITY.pick(chance)
        here = charging_spots(site, city, index, spots[-1].evse + 1 if spots else 0)
        locations.append(location(chance, site, here))
        spots += here
    return Sites(
        (*with_removed(locations, len(numbers(spots))), planned(len(numbers(spots)) + 1)), tuple(spots)
    )


def with_removed(locations: Sequence[Json], number: int) -> list[Json]:
    """Return the locations, one of them with a dismantled EVSE, the demo's `number`."""
    street = next(place for place in locations if place.get("parking_type") == "ON_STREET")
    last = street["evses"][-1]
    removed = last | {
        "uid": f"EVSE{number:05}",
        "evse_id": f"{last['evse_id'][:-1]}{len(street['evses']) + 1}",
        "status": "REMOVED",
        "connectors": [plug | {"last_updated": REMOVED} for plug in last["connectors"]],
        "physical_reference": f"{number % 90 + 10}",
        "last_updated": REMOVED,
    }
    changed = street | {"evses": [*street["evses"], removed]}
    return [changed if place is street else place for place in locations]


def planned(number: int) -> Json:
    """Return a location under construction, with the demo's EVSE `number`: without a place and a tariff."""
    city = CITIES[0]
    operator, plug = city.country.operator, SOCKET_22
    spot = ChargingSpot(
        LOCATIONS, number, f"EVSE{number:05}", evse_id(city, LOCATIONS, 0), "1", plug, "street", city
    )
    future = {"status": "PLANNED", "connectors": [drop_tariffs(connector(spot, PLANNED))]}
    return {
        "country_code": operator.country_code,
        "party_id": operator.party_id,
        "id": f"LOC{LOCATIONS + 1:05}",
        "publish": False,
        "name": "Bouwplaats",
        "address": "Nog Onbekend 1",
        "city": city.name,
        "postal_code": f"{city.postal}00 ZZ",
        "country": city.country.alpha3,
        "coordinates": {"latitude": "0.000000", "longitude": "0.000000"},
        "parking_type": "PARKING_LOT",
        "evses": [{"uid": spot.evse_uid, "evse_id": spot.evse_id, **future, "last_updated": iso(PLANNED)}],
        "operator": {"name": operator.name, "website": operator.website},
        "time_zone": city.country.zone.name,
        "last_updated": iso(PLANNED),
    }


def drop_tariffs(plug: Json) -> Json:
    """Return a connector without tariffs."""
    return {name: value for name, value in plug.items() if name != "tariff_ids"}


def evse_id(city: City, location: int, place: int) -> str:
    """Return the eMI3 id of the EVSE at a place of a location; both count from 0."""
    operator = city.country.operator
    return f"{operator.country_code}*{operator.party_id}*E{location + 1:04}*{place + 1}"


def charging_spots(site: Site, city: City, index: int, first: int) -> list[ChargingSpot]:
    """Return the spots of one location, whose first EVSE is number `first`."""
    return [
        ChargingSpot(
            location=index,
            evse=first + place,
            evse_uid=f"EVSE{first + place:05}",
            evse_id=evse_id(city, index, place),
            connector_id=str(number),
            plug=plug,
            kind=site.kind if plug.power_type == "DC" or site.kind != "fast" else "street",
            city=city,
        )
        for place, plugs in enumerate(site.evses)
        for number, plug in enumerate(plugs, 1)
    ]


def location(chance: Chance, site: Site, spots: Sequence[ChargingSpot]) -> Json:
    """Return a location as OCPI 2.2.1 has it."""
    city, index = spots[0].city, spots[0].location
    operator = city.country.operator
    street = chance.pick(city.country.streets)
    evses = [evse(chance, [spot for spot in spots if spot.evse == number]) for number in numbers(spots)]
    home = site is HOME
    return without_none(
        country_code=operator.country_code,
        party_id=operator.party_id,
        id=f"LOC{index + 1:05}",
        publish=not home,
        publish_allowed_to=[{"issuer": operator.name, "group_id": f"HOUSEHOLD{index + 1:05}"}]
        if home
        else None,
        name=None if home else f"{name(chance, site, city.country)} {street}",
        address=f"{street} {chance.between(1, 180)}",
        city=city.name,
        postal_code=postal_code(chance, city),
        state=city.state,
        country=city.country.alpha3,
        coordinates=coordinates(chance, city, 60_000 if site is MOTORWAY else 22_000),
        parking_type=site.parking_type,
        evses=evses,
        operator={"name": operator.name, "website": operator.website},
        owner=None
        if home
        else {"name": operator.name if site is STREET else f"{name(chance, site, city.country)} Beheer"},
        facilities=list(site.facilities) or None,
        time_zone=city.country.zone.name,
        opening_times=opening_times(chance, site),
        charging_when_closed=None if site.always_open else chance.permille(600),
        energy_mix=ENERGY_MIX if chance.permille(700) else None,
        last_updated=max(part["last_updated"] for part in evses),
    )


def numbers(spots: Sequence[ChargingSpot]) -> list[int]:
    """Return the numbers of the EVSEs that the spots belong to, in order."""
    return list(dict.fromkeys(spot.evse for spot in spots))


def evse(chance: Chance, spots: Sequence[ChargingSpot]) -> Json:
    """Return an EVSE with its connectors."""
    spot = spots[0]
    updated = NOW - chance.between(60, 40 * DAY) if chance.permille(800) else NOW - chance.between(60, DAY)
    capabilities = ["RFID_READER", "REMOTE_START_STOP_CAPABLE", "UNLOCK_CAPABLE"]
    if spot.plug.power_type == "DC":
        capabilities += ["CONTACTLESS_CARD_SUPPORT", "CREDIT_CARD_PAYABLE"]
    elif spot.kind in {"garage", "work"}:
        capabilities += ["CHARGING_PROFILE_CAPABLE", "RESERVABLE"]
    return without_none(
        uid=spot.evse_uid,
        evse_id=spot.evse_id,
        status=STATUSES.pick(chance),
        capabilities=capabilities,
        connectors=[connector(spot, updated) for spot in spots],
        floor_level=f"-{chance.between(1, 3)}" if spot.kind == "garage" else None,
        physical_reference=f"{spot.evse % 90 + 10}",
        directions=[{"language": "en", "text": "Follow the green line"}] if spot.kind == "garage" else None,
        parking_restrictions=parking_restrictions(spot),
        last_updated=iso(updated),
    )


def parking_restrictions(spot: ChargingSpot) -> list[str]:
    """Return who may park at an EVSE; a few are for disabled drivers."""
    found = ["EV_ONLY"]
    if spot.kind == "street":
        found.append("PLUGGED")
    if spot.kind == "fast":
        found.append("CUSTOMERS")
    if spot.evse % 23 == 7 and spot.kind != "home":
        found.append("DISABLED")
    return found


def connector(spot: ChargingSpot, updated: int) -> Json:
    """Return a connector; its tariffs are those that are valid at the end of the demo's year."""
    plug = spot.plug
    valid = [tariff.id for tariff in tariffs(spot.city.country, spot.kind) if tariff.valid(NOW)]
    return {
        "id": spot.connector_id,
        "standard": plug.standard,
        "format": plug.format,
        "power_type": plug.power_type,
        "max_voltage": plug.volts,
        "max_amperage": plug.amperes,
        "max_electric_power": plug.watts,
        "tariff_ids": valid,
        "last_updated": iso(updated),
    }


def name(chance: Chance, site: Site, country: Country) -> str:
    """Return what a location or its owner is called."""
    if site is RETAIL:
        return chance.pick(country.retail)
    words = {"street": "Laadplein", "garage": "Parking", "motorway": "Snelweg", "work": "Kantoor"}
    english = {"street": "Kerbside", "garage": "Car Park", "motorway": "Services", "work": "Office"}
    return (english if country.language == "en" else words)[site.kind]


def postal_code(chance: Chance, city: City) -> str:
    """Return a code in the country's form."""
    if city.country.code == "NL":
        return f"{city.postal}{chance.digits(2)} {chance.digits(2, 'BDGHJKLMNPRTVWX')}"
    if city.country.code == "BE":
        return f"{city.postal}{chance.between(0, 5)}0"
    return f"{city.postal}{chance.between(1, 17)} {chance.between(1, 9)}{chance.digits(2, 'BDEGHJLNPQRSTUW')}"


def coordinates(chance: Chance, city: City, spread: int) -> Json:
    """Return a place near the city's centre; `spread` is how far away, in millionths of a degree."""
    latitude = city.latitude + chance.bell(-spread, spread)
    longitude = city.longitude + chance.bell(-spread, spread) * 3 // 2
    return {"latitude": degrees(latitude), "longitude": degrees(longitude)}


def degrees(millionths: int) -> str:
    """Return an angle as a GeoLocation has it: a string with six decimals."""
    whole, part = divmod(abs(millionths), 1_000_000)
    return f"{'-' if millionths < 0 else ''}{whole}.{part:06}"


def opening_times(chance: Chance, site: Site) -> Json:
    """Return when a location is open, in its local time."""
    if site.always_open:
        return {"twentyfourseven": True}
    begin, end = chance.pick((("07:00", "22:00"), ("06:30", "23:00"), ("08:00", "21:00")))
    last = 5 if site is WORK else 7
    hours = [{"weekday": day, "period_begin": begin, "period_end": end} for day in range(1, last + 1)]
    closing = {"period_begin": iso(instant("2025-12-25")), "period_end": iso(instant("2025-12-26"))}
    return {"twentyfourseven": False, "regular_hours": hours, "exceptional_closings": [closing]}
