"""The tariffs, and what a charge costs by them (OCPI 2.2.1, section Tariff object)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Final

from msgspec import Struct

from ocpiq.demo.clock import DAY, HOUR, MINUTE, Zone, instant, iso, weekday
from ocpiq.demo.forms import UNIT, Json, number
from ocpiq.demo.names import BELGIUM, BRITAIN, COUNTRY_CODE, NETHERLANDS, PARTY_ID, SUPPLIER, Country

WEEKDAYS: Final = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")


class Element(Struct, frozen=True, eq=False):
    """A tariff element: `prices` in ten thousandths by dimension, and when they hold, in local time.

    `hours` are minutes after midnight and may wrap; `days` are weekdays, Monday = 0; `after` is in seconds
    since the charge began.
    """

    prices: dict[str, int]
    hours: tuple[int, int] | None = None
    days: tuple[int, ...] = ()
    after: int = 0

    def holds(self, wall: int, elapsed: int) -> bool:
        """Tell whether the element applies at that local time, so many seconds after the beginning."""
        if elapsed < self.after or (self.days and weekday(wall) not in self.days):
            return False
        if self.hours is None:
            return True
        begin, end = self.hours
        minute = wall % DAY // MINUTE
        return begin <= minute < end if begin < end else minute >= begin or minute < end


class Tariff(Struct, frozen=True, eq=False):
    """A tariff of one country, valid from `begin` up to `end` (instants) where these are not None."""

    id: str
    country: Country
    type: str
    text: str
    elements: tuple[Element, ...]
    begin: int | None = None
    end: int | None = None
    created: int = instant("2025-09-15T08:00")

    def valid(self, moment: int) -> bool:
        """Tell whether a charge that begins at `moment` is priced by this tariff."""
        return (self.begin is None or self.begin <= moment) and (self.end is None or moment < self.end)

    def rate(self, dimension: str, wall: int, elapsed: int) -> int | None:
        """Return the price of a dimension: that of the first element that holds and prices it."""
        for element in self.elements:
            if dimension in element.prices and element.holds(wall, elapsed):
                return element.prices[dimension]
        return None

    def changes(self, dimension: str, moment: int, start: int, zone: Zone) -> bool:
        """Tell whether, for a charge that began at `start`, a dimension's price changes at `moment`."""
        before = self.rate(dimension, zone.local(moment - 1), moment - 1 - start)
        return before != self.rate(dimension, zone.local(moment), moment - start)

    def cuts(self, start: int, end: int, zone: Zone) -> list[int]:
        """Return the instants between `start` and `end` at which another element may apply."""
        found = {start + element.after for element in self.elements if element.after}
        minutes = {minute for element in self.elements for minute in element.hours or ()}
        if any(element.days for element in self.elements):
            minutes.add(0)
        if minutes:
            midnight = zone.local(start) // DAY * DAY
            for day in range(midnight, zone.local(end) + 1, DAY):
                found.update(zone.utc(day + minute * MINUTE) for minute in minutes)
        return sorted(cut for cut in found if start < cut < end)


class Period(Struct, frozen=True):
    """A stretch of a charge in which nothing changes: `watts` is 0 while the car is only parked."""

    start: int
    seconds: int
    watts: int
    watt_hours: int


class Cost(Struct, frozen=True):
    """An amount in ten thousandths of the currency."""

    excl_vat: int
    incl_vat: int


PER: Final = {
    "FLAT": 1,
    "ENERGY": 1000,
    "TIME": HOUR,
    "PARKING_TIME": HOUR,
}  # a price is for a kWh, for an hour
BILLED: Final = {
    True: ("ENERGY", "TIME"),
    False: ("PARKING_TIME",),
}  # while energy flows, and while it does not


def costs(tariff: Tariff, start: int, periods: Sequence[Period], zone: Zone) -> dict[str, Cost]:
    """Return what a charge costs by dimension (FLAT, ENERGY, TIME, PARKING_TIME); unpriced ones are left out.

    Every step size of the demo's tariffs is 1, so no amount is rounded up. Each dimension is rounded once.
    """
    sums: dict[str, int] = {}

    def add(dimension: str, amount: int, moment: int) -> None:
        rate = tariff.rate(dimension, zone.local(moment), moment - start)
        if rate is not None:
            sums[dimension] = sums.get(dimension, 0) + rate * amount

    add("FLAT", 1, start)
    for period in periods:
        for dimension in BILLED[period.watts > 0]:
            add(dimension, period.watt_hours if dimension == "ENERGY" else period.seconds, period.start)
    percent = 100 + tariff.country.vat
    rounded = {
        dimension: (total + PER[dimension] // 2) // PER[dimension] for dimension, total in sums.items()
    }
    return {dimension: Cost(excl, (excl * percent + 50) // 100) for dimension, excl in rounded.items()}


def total(parts: dict[str, Cost]) -> Cost:
    """Return the sum of costs."""
    return Cost(sum(part.excl_vat for part in parts.values()), sum(part.incl_vat for part in parts.values()))


@cache
def tariffs(country: Country, kind: str) -> tuple[Tariff, ...]:
    """Return a country's tariffs for one kind of charging: those of contracts first, the ad hoc one last."""
    local = country.currency != "EUR"

    def per(euro_cents: int) -> int:
        return (euro_cents * 86 // 100 if local else euro_cents) * UNIT // 100

    def tariff(name: str, text: str, *elements: Element, **validity: int) -> Tariff:
        return Tariff(f"{country.code}-{name}", country, "REGULAR", text, elements, **validity)

    def ad_hoc(name: str, cents: int) -> Tariff:
        element = Element({"FLAT": per(35), "ENERGY": per(cents)})
        return Tariff(
            f"{country.code}-{name}-ADHOC", country, "AD_HOC_PAYMENT", "Pay on the spot", (element,)
        )

    by_day, night, weekend = (9 * 60, 22 * 60), (23 * 60, 6 * 60), (5, 6)
    if kind == "street":
        daytime = Element({"PARKING_TIME": per(60)}, hours=by_day, after=4 * HOUR)
        cheaper = Element({"ENERGY": per(27)}, hours=night)
        street = tariff(
            "STREET", "Night rate from 23:00 to 06:00", daytime, cheaper, Element({"ENERGY": per(34)})
        )
        return street, ad_hoc("STREET", 45)
    if kind == "garage":
        off = Element({"ENERGY": per(33)}, days=weekend)
        workday = Element({"FLAT": per(25), "ENERGY": per(38), "TIME": per(20), "PARKING_TIME": per(90)})
        return tariff("GARAGE", "No fee for time at the weekend", off, workday), ad_hoc("GARAGE", 49)
    if kind == "fast":
        element = Element({"FLAT": per(50), "ENERGY": per(52), "PARKING_TIME": per(600)})
        return tariff("FAST", "Please move your car when it is full", element), ad_hoc("FAST", 65)
    if kind == "motorway":
        change = instant("2026-05-01")
        idle = Element({"PARKING_TIME": per(1200)}, after=45 * MINUTE)
        old = tariff("MOTORWAY-2025", "High power", Element({"ENERGY": per(69)}), idle, end=change)
        peak = Element({"ENERGY": per(72)}, hours=(15 * 60, 19 * 60))
        new = tariff(
            "MOTORWAY-2026",
            "High power, dearer from 15:00 to 19:00",
            peak,
            Element({"ENERGY": per(62)}),
            idle,
            begin=change,
            created=instant("2026-04-10T08:00"),
        )
        return old, new, ad_hoc("MOTORWAY", 79)
    if kind == "work":
        return (tariff("FREE", "Free of charge", Element({"FLAT": 0})),)
    return (tariff("HOME", "At the price of the household", Element({"ENERGY": per(26)})),)


KINDS: Final = ("street", "garage", "fast", "motorway", "work", "home")


def every() -> Iterator[Tariff]:
    """Yield all tariffs, the oldest first."""
    found = [
        each
        for country in (NETHERLANDS, BELGIUM, BRITAIN)
        for kind in KINDS
        for each in tariffs(country, kind)
    ]
    yield from sorted(found, key=lambda each: each.created)


def priced_by(country: Country, kind: str, moment: int, ad_hoc: bool) -> Tariff:
    """Return the tariff of a charge that begins at `moment`."""
    valid = [each for each in tariffs(country, kind) if each.valid(moment)]
    return valid[-1] if ad_hoc else valid[0]


@cache
def tariff_object(tariff: Tariff) -> Json:
    """Return a tariff as OCPI 2.2.1 has it."""
    found: Json = {
        "country_code": COUNTRY_CODE,
        "party_id": PARTY_ID,
        "id": tariff.id,
        "currency": tariff.country.currency,
        "type": tariff.type,
        "tariff_alt_text": [{"language": "en", "text": tariff.text}],
        "elements": [element_object(element, tariff.country.vat) for element in tariff.elements],
    }
    if tariff.begin is not None:
        found["start_date_time"] = iso(tariff.begin)
    if tariff.end is not None:
        found["end_date_time"] = iso(tariff.end)
    return found | {"energy_mix": ENERGY_MIX, "last_updated": iso(tariff.created)}


def element_object(element: Element, vat: int) -> Json:
    """Return a tariff element; `vat` in percent."""
    components = [
        {"type": dimension, "price": number(rate, UNIT), "vat": vat, "step_size": 1}
        for dimension, rate in element.prices.items()
    ]
    restrictions: Json = {}
    if element.hours is not None:
        begin, end = (f"{minute // 60:02}:{minute % 60:02}" for minute in element.hours)
        restrictions |= {"start_time": begin, "end_time": end}
    if element.after:
        restrictions["min_duration"] = element.after
    if element.days:
        restrictions["day_of_week"] = [WEEKDAYS[day] for day in element.days]
    return {"price_components": components} | ({"restrictions": restrictions} if restrictions else {})


ENERGY_MIX: Final = {
    "is_green_energy": True,
    "energy_sources": [{"source": "WIND", "percentage": 78}, {"source": "SOLAR", "percentage": 22}],
    "environ_impact": [{"category": "CARBON_DIOXIDE", "amount": 12}],
    "supplier_name": SUPPLIER,
}
