"""Sessions as OCPI 2.2.1 has them, made from the facts of a charge (section Session object)."""

from __future__ import annotations

from typing import Final

from ocpiq.demo.charging import Charge
from ocpiq.demo.clock import DAY, HOUR, MINUTE, NOW, iso
from ocpiq.demo.json import Json, number, price, without_none
from ocpiq.demo.periods import driver_fields, meter_id, metered, period_object, periods
from ocpiq.demo.prices import costs, total
from ocpiq.demo.sites import sites
from ocpiq.demo.tariffs import tariff_at

METER: Final = 15 * MINUTE  # an active session is brought up to date so often
ENDLESS: Final = 41 * DAY
KWH: Final = {"tenfold": 100, "negative": -1000}  # Wh in the unit of a flawed session's kwh


def active(charge: Charge) -> bool:
    """Tell whether the car is still plugged in at the end of the demo's year."""
    return charge.end + MINUTE >= NOW


def session_updated(charge: Charge) -> int:
    """Return when a session changed last."""
    if active(charge):
        return charge.start + (NOW - 1 - charge.start) // METER * METER
    if charge.flaw == "endless":
        return min(charge.start + ENDLESS, NOW - HOUR)
    return charge.end + charge.number % 50 + 1


def session(charge: Charge) -> Json:
    """Return the session of a charge, flawed where the charge says so."""
    spot, updated = charge.spot, session_updated(charge)
    country = spot.city.country
    tariff = tariff_at(country, spot.kind, charge.start, charge.driver.ad_hoc)
    parts = periods(charge, tariff, updated if active(charge) else charge.end)
    cost = total(costs(tariff, charge.start, parts, country.zone))
    energy = sum(part.watt_hours for part in parts)
    return without_none(
        country_code=country.operator.country_code,
        party_id=country.operator.party_id,
        id=f"S{charge.number:07}",
        start_date_time=iso(charge.start),
        end_date_time=None if active(charge) else iso(session_end(charge)),
        kwh=number(energy, KWH.get(charge.flaw, 1000)),
        **driver_fields(charge),
        location_id=sites().locations[spot.location]["id"],
        evse_uid=spot.evse_uid,
        connector_id=spot.connector_id,
        meter_id=meter_id(charge),
        currency=country.currency,
        charging_periods=[period_object(part, tariff, metered(charge)) for part in parts],
        total_cost=price(cost.excl_vat, cost.incl_vat),
        status=status(charge),
        last_updated=iso(updated),
    )


def status(charge: Charge) -> str:
    """Return a session's status at the end of the demo's year."""
    if active(charge):
        return "ACTIVE"
    return "INVALID" if charge.flaw == "invalid" else "COMPLETED"


def session_end(charge: Charge) -> int:
    """Return the end that the session claims."""
    if charge.flaw == "backwards":
        return charge.start - charge.seconds
    return session_updated(charge) if charge.flaw == "endless" else charge.end
