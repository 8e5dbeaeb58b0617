"""A year of charging: who charged where, when and how fast. Facts only, no OCPI objects."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import accumulate
from typing import Final

from msgspec import Struct

from ocpiq.demo.chance import Chance, Weighted
from ocpiq.demo.clock import BEGIN, DAY, DAYS, HOUR, MINUTE, instant, month, weekday
from ocpiq.demo.drivers import Driver, drivers
from ocpiq.demo.names import BELGIUM, BRITAIN, NETHERLANDS, Country
from ocpiq.demo.sites import ChargingSpot, sites

CHARGES: Final = 10_000
SEED: Final = 303

BY_MONTH: Final = (104, 103, 98, 92, 90, 91, 84, 83, 97, 101, 103, 106)  # January to December
BY_WEEKDAY: Final = (100, 103, 102, 104, 112, 88, 76)  # Monday to Sunday
QUIET_DAYS: Final = frozenset((instant("2025-12-25"), instant("2025-12-26"), instant("2026-01-01")))
# Percent of energy, January to December.
NEED: Final = (118, 116, 108, 101, 96, 93, 92, 93, 96, 102, 109, 115)

COUNTRY: Final = Weighted((NETHERLANDS, BELGIUM, BRITAIN), (52, 23, 25))
KINDS: Final = ("street", "garage", "fast", "motorway", "work", "home")
KIND_ON_WEEKDAYS: Final = Weighted(KINDS, (44, 13, 14, 10, 16, 3))
KIND_AT_WEEKENDS: Final = Weighted(KINDS, (44, 16, 19, 16, 1, 4))


def hours(*weights: int) -> Weighted[int]:
    """Return the hours of the day, in local time, with their weights."""
    return Weighted(range(24), weights)


EVENING: Final = hours(3, 2, 1, 1, 1, 2, 4, 7, 8, 7, 7, 8, 9, 9, 9, 11, 17, 26, 30, 26, 21, 16, 11, 6)
SHOPPING: Final = hours(0, 0, 0, 0, 0, 0, 1, 3, 7, 12, 18, 21, 20, 20, 22, 22, 21, 20, 15, 10, 5, 2, 0, 0)
TRAVEL: Final = hours(2, 1, 1, 1, 2, 4, 8, 12, 13, 13, 15, 16, 16, 16, 17, 19, 21, 21, 17, 13, 10, 7, 5, 3)
OFFICE: Final = hours(0, 0, 0, 0, 0, 1, 8, 28, 34, 16, 5, 3, 4, 7, 3, 2, 1, 1, 0, 0, 0, 0, 0, 0)
HOURS: Final = {
    "street": EVENING,
    "home": EVENING,
    "garage": SHOPPING,
    "fast": SHOPPING,
    "motorway": TRAVEL,
    "work": OFFICE,
}
FLAWS: Final = (
    ("zero", 3),  # plugged in and out within a second, no energy
    ("tenfold", 2),  # the session's kwh is ten times what the CDR says
    ("backwards", 1),  # ends before it starts
    ("negative", 1),  # energy below zero
    ("endless", 1),  # nobody noticed the end for weeks
    ("invalid", 7),  # status INVALID: the authorisation was withdrawn
    ("no cdr", 4),  # completed, but its CDR was never made
    ("credited", 3),  # the first CDR had the wrong tariff: credited, and made anew
)
FLAW: Final = Weighted(tuple(name for name, _ in FLAWS), tuple(weight for _, weight in FLAWS))


class Charge(Struct, frozen=True, gc=False):
    """One charge. `steps` are (seconds, watts) while energy flows, then the car is parked until `seconds`."""

    number: int
    start: int
    seconds: int
    steps: tuple[tuple[int, int], ...]
    spot: ChargingSpot
    driver: Driver
    flaw: str
    delay: int  # seconds from the end until the CDR exists

    @property
    def end(self) -> int:
        """Return the instant at which the car was unplugged."""
        return self.start + self.seconds


@cache
def charges() -> tuple[Charge, ...]:
    """Return the charges of the year, the earliest first. No EVSE and no driver is in two of them at once."""
    chance = Chance(SEED)
    places, people = Places(), People()
    evse_taken: dict[int, int] = {}
    driver_taken: dict[int, int] = {}
    found: list[Charge] = []
    for start, country, kind in arrivals(chance):
        while True:
            driver = people.pick(chance, country, away=kind == "motorway")
            spot = places.pick(chance, driver, country, kind)
            free = max(evse_taken.get(spot.evse, 0), driver_taken.get(driver.number, 0)) < start
            if free and is_compatible(spot, driver):
                break
        made = charge(chance, len(found) + 1, start, spot, driver)
        evse_taken[spot.evse] = made.end + MINUTE
        if not driver.ad_hoc:
            driver_taken[driver.number] = made.end + MINUTE
        found.append(made)
    return tuple(found)


def arrivals(chance: Chance) -> list[tuple[int, Country, str]]:
    """Return when cars arrive, in which country and at which kind of site; the earliest first."""
    found: list[tuple[int, Country, str]] = []
    for day, count in enumerate(counts(chance)):
        midnight = BEGIN + day * DAY
        kinds = KIND_AT_WEEKENDS if weekday(midnight) > 4 else KIND_ON_WEEKDAYS
        for _ in range(count):
            country, kind = COUNTRY.pick(chance), kinds.pick(chance)
            wall = HOURS[kind].pick(chance) * HOUR + chance.below(HOUR)
            ahead = country.zone.offset(midnight + DAY // 2)
            found.append((midnight + (wall - ahead) % DAY, country, kind))
    return sorted(found, key=lambda arrival: arrival[0])


def counts(chance: Chance) -> list[int]:
    """Return the number of charges of each day of the year; together they are exactly `CHARGES`."""
    weights = []
    for day in range(DAYS):
        midnight = BEGIN + day * DAY
        pattern = BY_MONTH[month(midnight) - 1] * BY_WEEKDAY[weekday(midnight)]
        growth = 1000 + day  # the business grows by a third in the year
        weights.append(pattern * growth * chance.between(85, 115) // (3 if midnight in QUIET_DAYS else 1))
    sums = [0, *accumulate(weights)]
    return [CHARGES * sums[day + 1] // sums[-1] - CHARGES * sums[day] // sums[-1] for day in range(DAYS)]


class Places:
    """Where cars are plugged in: near home more often than elsewhere in the country."""

    def __init__(self) -> None:
        self.spots: dict[tuple[str, str], list[ChargingSpot]] = {}
        for spot in sites().spots:
            for area in (spot.city.name, spot.city.country.code):
                self.spots.setdefault((area, spot.kind), []).append(spot)

    def pick(self, chance: Chance, driver: Driver, country: Country, kind: str) -> ChargingSpot:
        """Return a spot of a kind, or on the street where the area has none of that kind."""
        near = chance.permille(750) and driver.city.country is country
        area = driver.city.name if near else country.code
        found = self.spots.get((area, kind)) or self.spots.get((country.code, kind))
        return chance.pick(found or self.spots[country.code, "street"])


class People:
    """Who charges: mostly the country's own drivers, each as often as his or her weight says."""

    def __init__(self) -> None:
        everybody = drivers()
        countries = {driver.city.country.code for driver in everybody}
        self.all = weighted_drivers(everybody)
        self.own = {
            code: weighted_drivers([driver for driver in everybody if driver.city.country.code == code])
            for code in sorted(countries)
        }

    def pick(self, chance: Chance, country: Country, *, away: bool) -> Driver:
        """Return a driver; `away` from home foreigners are more likely."""
        return (self.all if chance.permille(250 if away else 30) else self.own[country.code]).pick(chance)


def weighted_drivers(people: Sequence[Driver]) -> Weighted[Driver]:
    """Return drivers with their weights."""
    return Weighted(people, [driver.weight for driver in people])


def is_compatible(spot: ChargingSpot, driver: Driver) -> bool:
    """Tell whether the driver's car has the plug; a home charger is used by few."""
    if spot.kind == "home":
        return not driver.ad_hoc and driver.number % 40 == spot.evse % 40
    return spot.plug.power_type != "DC" or spot.plug.standard == driver.car.dc_plug


def charge(chance: Chance, number: int, start: int, spot: ChargingSpot, driver: Driver) -> Charge:
    """Return a charge: how much the car needs, how long it stays, and whether something went wrong."""
    car = driver.car
    flaw = FLAW.pick(chance) if chance.permille(22) else ""
    direct = spot.plug.power_type == "DC"
    # Percent of the battery when the car leaves.
    full = chance.bell(55, 85) if direct else chance.bell(70, 100)
    left = chance.bell(5, 50)
    need = car.battery * max(full - left, 3) * NEED[month(start) - 1] // 10_000
    if flaw in {"zero", "invalid"}:
        steps: tuple[tuple[int, int], ...] = ()
        stay = 0 if flaw == "zero" else chance.between(4, 90)
    elif direct:
        watts = min(car.dc, spot.plug.watts) * chance.between(80, 97) // 100
        steps = ((need * 2 // 3 * HOUR // watts, watts), (need // 3 * HOUR // (watts // 2), watts // 2))
        stay = steps[0][0] + steps[1][0] + chance.bell(0, 8) * MINUTE + chance.below(MINUTE)
    else:
        watts = min(car.ac, spot.plug.watts) * chance.between(93, 99) // 100
        stay = parking_seconds(chance, spot, start)
        steps = ((max(min(need * HOUR // watts, stay), 1), watts),)
    delay = chance.between(4, 50) * MINUTE if chance.permille(975) else chance.between(2 * DAY, 9 * DAY)
    return Charge(number, start, stay, steps, spot, driver, flaw, delay)


def parking_seconds(chance: Chance, spot: ChargingSpot, start: int) -> int:
    """Return how long a car stays at an AC connector, in seconds."""
    hour = spot.city.country.zone.local(start) % DAY // HOUR
    if spot.kind == "work":
        minutes = chance.bell(180, 620)
    elif spot.kind == "garage":
        minutes = chance.bell(35, 330)
    elif hour >= 16 and chance.permille(720):  # over night, until 6 to 10 in the morning
        minutes = (30 - hour) * 60 + chance.bell(0, 220)
    else:
        minutes = chance.bell(25, 400)
    return minutes * MINUTE + chance.below(MINUTE)
