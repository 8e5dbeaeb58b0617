"""The forms of OCPI 2.2 and 2.3.0 of an object, derived from its 2.2.1 form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from ocpiq.demo.json import Json
from ocpiq.demo.legacy import drop_fields

COSTS: Final = frozenset(
    ("total_cost", "total_fixed_cost", "total_energy_cost", "total_time_cost", "total_parking_cost")
)
PHONES: Final = {"NL": "+31 800 555 0100", "GB": "+44 800 555 0100"}
ROOFED: Final = ("PARKING_GARAGE", "UNDERGROUND_GARAGE")
RESERVED: Final = "DISABLED"


def without_token_owner(source: Json) -> Json:
    """Return a session or CDR of 2.2, whose token has no party."""
    return source | {"cdr_token": drop_fields(source["cdr_token"], "country_code", "party_id")}


def cdr_2_2(source: Json) -> Json:
    """Return a CDR of 2.2: its location has no state, and nothing tells what home chargers are paid for."""
    kept = drop_fields(source, "home_charging_compensation")
    return without_token_owner(kept) | {"cdr_location": drop_fields(source["cdr_location"], "state")}


def price(source: Json) -> Json:
    """Return a Price of 2.3.0: the amount before taxes, and each tax."""
    tax = round(source["incl_vat"] - source["excl_vat"], 4)
    return {"before_taxes": source["excl_vat"], "taxes": [{"name": "VAT", "amount": tax}]}


def with_taxes(source: Json) -> Json:
    """Return a session or CDR of 2.3.0: what it costs before taxes, and its taxes."""
    found: Json = {name: price(value) if name in COSTS else value for name, value in source.items()}
    if "tariffs" in found:
        found["tariffs"] = [tariff_2_3(item) for item in found["tariffs"]]
    return found


def tariff_2_3(source: Json) -> Json:
    """Return a Tariff of 2.3.0: its prices are without taxes."""
    return source | {"tax_included": "NO"}


def location_2_3(source: Json) -> Json:
    """Return a Location of 2.3.0: with a telephone for help, and a parking place for each kind of visitors."""
    reserved = {evse["uid"]: RESERVED in evse.get("parking_restrictions", ()) for evse in source["evses"]}
    places = [
        parking(source, is_reserved=is_reserved) for is_reserved in dict.fromkeys(sorted(reserved.values()))
    ]
    evses = [
        evse | {"parking": [{"parking_id": parking_id(is_reserved=reserved[evse["uid"]])}]}
        for evse in source["evses"]
    ]
    return source | {"evses": evses, "parking_places": places, "help_phone": PHONES[source["country_code"]]}


def parking(source: Json, *, is_reserved: bool) -> Json:
    """Return a parking place of a location, for all or reserved for disabled drivers."""
    return {
        "id": parking_id(is_reserved=is_reserved),
        "vehicle_types": [RESERVED] if is_reserved else ["PERSONAL_VEHICLE", "VAN"],
        "restricted_to_type": is_reserved,
        "reservation_required": False,
        "roofed": source.get("parking_type") in ROOFED,
    }


def parking_id(*, is_reserved: bool) -> str:
    """Return the id of a parking place in its location."""
    return "P2" if is_reserved else "P1"


CONVERSIONS: Final[Mapping[str, Mapping[str, Callable[[Json], Json]]]] = {
    "2.2": {"sessions": without_token_owner, "cdrs": cdr_2_2},
    "2.2.1": {},
    "2.3.0": {
        "locations": location_2_3,
        "sessions": with_taxes,
        "cdrs": with_taxes,
        "tariffs": tariff_2_3,
    },
}
"""How an object is converted, by version and module; one that is not named is the same."""
