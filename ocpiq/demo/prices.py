"""What a tariff is, and what a charge costs by it (OCPI 2.2.1, section Tariff object)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from ocpiq.demo.clock import DAY, HOUR, MINUTE, Zone, instant, weekday
from ocpiq.demo.names import Country


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
    text: str
    elements: tuple[Element, ...]
    type: str = "REGULAR"
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


class PricedPeriod(Struct, frozen=True):
    """A stretch of a charge in which nothing changes: `watts` is 0 while the car is only parked."""

    start: int
    seconds: int
    watts: int
    watt_hours: int


class Cost(Struct, frozen=True):
    """An amount in ten thousandths of the currency."""

    excl_vat: int
    incl_vat: int


# Amounts are counted in Wh and seconds, prices are for a kWh and an hour.
PER: Final = {"FLAT": 1, "ENERGY": 1000, "TIME": HOUR, "PARKING_TIME": HOUR}
# What is billed while energy flows, and while it does not.
BILLED: Final = {True: ("ENERGY", "TIME"), False: ("PARKING_TIME",)}


def costs(tariff: Tariff, start: int, periods: Sequence[PricedPeriod], zone: Zone) -> dict[str, Cost]:
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
