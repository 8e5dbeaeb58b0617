"""CDRs as OCPI 2.2.1 has them, made from the facts of a charge (sections CDR object, Credit CDRs)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Final, Literal

from msgspec import Struct

from ocpiq.demo.charging import Charge, charges
from ocpiq.demo.clock import DAY, HOUR, MINUTE, NOW, iso
from ocpiq.demo.json import Json, number, price, without_none
from ocpiq.demo.periods import driver_fields, meter_id, metered, period_object, periods
from ocpiq.demo.prices import Cost, Tariff, costs, total
from ocpiq.demo.sites import ChargingSpot, sites
from ocpiq.demo.tariffs import tariff_at, tariff_object

BILLED: Final = frozenset(("", "zero", "tenfold", "credited"))  # the flaws that do not prevent a CDR
SUFFIX: Final = {"sole": "", "wrong": "", "credit": "-C", "right": "-2"}


class Bill(Struct, frozen=True, gc=False):
    """One CDR: of a sole one, of three after a mistake: the wrong one, its credit, the right one."""

    created: int
    charge: Charge
    form: Literal["sole", "wrong", "credit", "right"] = "sole"

    @property
    def stands(self) -> bool:
        """Tell whether the CDR is still to be paid; OCPI 2.1.1, which has no credits, lists only these."""
        return self.form in {"sole", "right"}


@cache
def bills() -> tuple[Bill, ...]:
    """Return all CDRs that exist at the end of the demo's year, the oldest first."""
    found = [bill for charge in charges() if charge.flaw in BILLED for bill in bills_for(charge)]
    return tuple(sorted(found, key=lambda bill: (bill.created, bill.charge.number)))


def bills_for(charge: Charge) -> Iterator[Bill]:
    """Yield the CDRs of one charge that exist by then."""
    created = charge.end + charge.delay
    corrected = created + 4 * DAY + charge.number % 48 * HOUR
    if created >= NOW:
        return
    if charge.flaw != "credited" or corrected + MINUTE >= NOW:
        yield Bill(created, charge)
        return
    yield Bill(created, charge, "wrong")
    yield Bill(corrected, charge, "credit")
    yield Bill(corrected + MINUTE, charge, "right")


def cdr(bill: Bill) -> Json:
    """Return a CDR. A credit repeats the CDR that it cancels, only its total cost is negative."""
    charge, spot, tariff = bill.charge, bill.charge.spot, tariff_of(bill)
    parts = periods(charge, tariff, charge.end)
    by_dimension = costs(tariff, charge.start, parts, spot.city.country.zone)
    cost, sign = total(by_dimension), -1 if bill.form == "credit" else 1
    idle = sum(part.seconds for part in parts if not part.watts)
    return without_none(
        country_code=spot.city.country.operator.country_code,
        party_id=spot.city.country.operator.party_id,
        id=f"C{charge.number:07}{SUFFIX[bill.form]}",
        start_date_time=iso(charge.start),
        end_date_time=iso(charge.end),
        session_id=f"S{charge.number:07}",
        **driver_fields(charge),
        cdr_location=cdr_location(spot),
        meter_id=meter_id(charge),
        currency=spot.city.country.currency,
        tariffs=[tariff_object(tariff)],
        charging_periods=[period_object(part, tariff, metered(charge)) for part in parts],
        total_cost=price(sign * cost.excl_vat, sign * cost.incl_vat),
        total_fixed_cost=dimension_price(by_dimension, "FLAT"),
        total_energy=number(sum(part.watt_hours for part in parts), 1000),
        total_energy_cost=dimension_price(by_dimension, "ENERGY"),
        total_time=number(charge.seconds, HOUR),
        total_time_cost=dimension_price(by_dimension, "TIME"),
        total_parking_time=number(idle, HOUR),
        total_parking_cost=dimension_price(by_dimension, "PARKING_TIME"),
        remark="Priced by the wrong tariff" if bill.form == "credit" else None,
        credit=True if bill.form == "credit" else None,
        credit_reference_id=f"C{charge.number:07}" if bill.form == "credit" else None,
        home_charging_compensation=True if spot.kind == "home" else None,
        last_updated=iso(bill.created),
    )


def tariff_of(bill: Bill) -> Tariff:
    """Return the tariff that a CDR is priced by: contract for ad hoc, or the reverse, in a wrong one."""
    mistaken = bill.form in {"wrong", "credit"}
    charge = bill.charge
    return tariff_at(
        charge.spot.city.country, charge.spot.kind, charge.start, charge.driver.ad_hoc is not mistaken
    )


def dimension_price(parts: dict[str, Cost], dimension: str) -> Json | None:
    """Return what a dimension cost, or None where the tariff does not price it."""
    part = parts.get(dimension)
    return None if part is None else price(part.excl_vat, part.incl_vat)


@cache
def cdr_location(spot: ChargingSpot) -> Json:
    """Return the place of a charge, down to its connector."""
    location, plug = sites().locations[spot.location], spot.plug
    names = ("id", "name", "address", "city", "postal_code", "state", "country", "coordinates")
    return {name: location[name] for name in names if name in location} | {
        "evse_uid": spot.evse_uid,
        "evse_id": spot.evse_id,
        "connector_id": spot.connector_id,
        "connector_standard": plug.standard,
        "connector_format": plug.format,
        "connector_power_type": plug.power_type,
    }
