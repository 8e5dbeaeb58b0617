"""What a session and its CDR have in common: charging periods, who charged, the meter."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from ocpiq.demo.charging import Charge
from ocpiq.demo.clock import HOUR, iso
from ocpiq.demo.json import Json, number, without_none
from ocpiq.demo.prices import BILLED, PricedPeriod, Tariff

AUTH_METHODS: Final = {"RFID": ("WHITELIST", "AUTH_REQUEST"), "OTHER": ("WHITELIST", "AUTH_REQUEST")}


def periods(charge: Charge, tariff: Tariff, until: int) -> list[PricedPeriod]:
    """Return the charging periods up to the instant `until`: a new one wherever power or price changes."""
    found: list[PricedPeriod] = []
    begin = charge.start
    parked = charge.seconds - sum(seconds for seconds, _ in charge.steps)
    cuts = tariff.cuts(charge.start, min(charge.end, until), charge.spot.city.country.zone)
    for seconds, watts in (*charge.steps, (parked, 0)):
        end = min(begin + seconds, until)
        if end > begin:
            inside = [
                cut for cut in cuts if begin < cut < end and price_changes(charge, tariff, cut, watts > 0)
            ]
            edges = [begin, *inside, end]
            found += [
                PricedPeriod(left, right - left, watts, watts * (right - left) // HOUR)
                for left, right in pairwise(edges)
            ]
        begin += seconds
    return found or [PricedPeriod(charge.start, 0, 0, 0)]


def price_changes(charge: Charge, tariff: Tariff, cut: int, charging: bool) -> bool:
    """Tell whether what is billed costs more or less from the instant `cut` on."""
    zone = charge.spot.city.country.zone
    return any(tariff.changes(dimension, cut, charge.start, zone) for dimension in BILLED[charging])


def period_object(period: PricedPeriod, tariff: Tariff, metered: bool) -> Json:
    """Return a ChargingPeriod, with the highest power if that is `metered`."""
    dimensions: list[Json] = []
    if period.watts:
        dimensions.append({"type": "ENERGY", "volume": number(period.watt_hours, 1000)})
        if metered:
            dimensions.append({"type": "MAX_POWER", "volume": number(period.watts, 1000)})
    dimensions.append(
        {"type": "TIME" if period.watts else "PARKING_TIME", "volume": number(period.seconds, HOUR)}
    )
    return {"start_date_time": iso(period.start), "dimensions": dimensions, "tariff_id": tariff.id}


def driver_fields(charge: Charge) -> Json:
    """Return the fields that say who charged, the same in a session and its CDR."""
    token = charge.driver.token
    names = ("country_code", "party_id", "uid", "type", "contract_id")
    methods = AUTH_METHODS.get(token["type"], ("COMMAND",))
    method = methods[charge.number % 7 // 5 if len(methods) > 1 else 0]
    return without_none(
        cdr_token={name: token[name] for name in names},
        auth_method=method,
        authorization_reference=None
        if method == "WHITELIST"
        else f"AUTH{charge.number * 104_729 % 10**9:09}",
    )


def metered(charge: Charge) -> bool:
    """Tell whether the charger measures the highest power: older ones for AC do not."""
    return charge.spot.plug.power_type == "DC" or charge.spot.evse % 5 != 0


def meter_id(charge: Charge) -> str | None:
    """Return the meter of the EVSE; older ones have none."""
    return f"MTR{charge.spot.evse * 7_351 + 10_000_000}" if charge.spot.evse % 5 else None
