"""The 2.1.1 form of an object, derived from its 2.2.1 form: what 2.1.1 lacks is left out or renamed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from ocpiq.demo.json import Json

PARTY: Final = frozenset(("country_code", "party_id"))  # in 2.1.1 the connection says whose an object is
LOCATION_TYPES: Final = frozenset(
    ("ON_STREET", "PARKING_GARAGE", "UNDERGROUND_GARAGE", "PARKING_LOT", "UNKNOWN")
)
CAPABILITIES: Final = frozenset(
    (
        "CHARGING_PROFILE_CAPABLE",
        "CREDIT_CARD_PAYABLE",
        "REMOTE_START_STOP_CAPABLE",
        "RESERVABLE",
        "RFID_READER",
        "UNLOCK_CAPABLE",
    )
)
DIMENSIONS: Final = frozenset(("ENERGY", "FLAT", "MAX_CURRENT", "MIN_CURRENT", "PARKING_TIME", "TIME"))


def drop_fields(source: Json, *names: str) -> Json:
    """Return the object without some of its fields."""
    return {name: value for name, value in source.items() if name not in names}


def rename_fields(source: Json, names: Mapping[str, str]) -> Json:
    """Return the object with some fields under other names, in the same places."""
    return {names.get(name, name): value for name, value in source.items()}


def location(source: Json) -> Json:
    """Return a Location: `parking_type` becomes `type`, which is required."""
    parking = source.get("parking_type", "UNKNOWN")
    kind = parking if parking in LOCATION_TYPES else "OTHER"
    left = drop_fields(source, *PARTY, "id", "publish", "publish_allowed_to", "state", "parking_type")
    kept = {"id": source["id"], "type": kind} | left
    kept["evses"] = [evse(member) for member in source["evses"]]
    if "energy_mix" in source:
        kept["energy_mix"] = energy_mix(source["energy_mix"])
    return kept


def evse(source: Json) -> Json:
    """Return an EVSE with the capabilities that 2.1.1 knows."""
    kept = source | {"connectors": [connector(plug) for plug in source["connectors"]]}
    if "capabilities" in source:
        kept["capabilities"] = [each for each in source["capabilities"] if each in CAPABILITIES]
    return kept


def connector(source: Json) -> Json:
    """Return a Connector: it has one tariff, the first, and its power is voltage times amperage."""
    kept = drop_fields(source, "max_electric_power")
    names = {"max_voltage": "voltage", "max_amperage": "amperage", "tariff_ids": "tariff_id"}
    first = {"tariff_id": source["tariff_ids"][0]} if "tariff_ids" in source else {}
    return rename_fields(kept, names) | first


def energy_mix(source: Json) -> Json:
    """Return an EnergyMix: the category of an impact is called its source."""
    impacts = [rename_fields(impact, {"category": "source"}) for impact in source["environ_impact"]]
    return source | {"environ_impact": impacts}


def place(source: Json, evse_uid: str, connector_id: str) -> Json:
    """Return a Location, given as 2.2.1 has it, with only the EVSE and the connector of a charge."""
    [used] = [evse for evse in source["evses"] if evse["uid"] == evse_uid]
    plugs = [plug for plug in used["connectors"] if plug["id"] == connector_id]
    return location(source | {"evses": [used | {"connectors": plugs}]})


def session(source: Json, location: Json) -> Json:
    """Return a Session; `location` is the `place` of the charge, which 2.1.1 embeds."""
    return {
        "id": source["id"],
        "start_datetime": source["start_date_time"],
        **({"end_datetime": source["end_date_time"]} if "end_date_time" in source else {}),
        "kwh": source["kwh"],
        **authorisation(source),
        "location": location,
        **({"meter_id": source["meter_id"]} if "meter_id" in source else {}),
        "currency": source["currency"],
        "charging_periods": periods(source["charging_periods"]),
        "total_cost": source["total_cost"]["excl_vat"],
        "status": source["status"],
        "last_updated": source["last_updated"],
    }


def cdr(source: Json, location: Json) -> Json:
    """Return a CDR; `location` as for a session. A credit has no 2.1.1 form: do not give one."""
    return {
        "id": source["id"],
        "start_date_time": source["start_date_time"],
        "stop_date_time": source["end_date_time"],
        **authorisation(source),
        "location": location,
        **({"meter_id": source["meter_id"]} if "meter_id" in source else {}),
        "currency": source["currency"],
        "tariffs": [tariff(priced) for priced in source["tariffs"]],
        "charging_periods": periods(source["charging_periods"]),
        "total_cost": source["total_cost"]["excl_vat"],
        "total_energy": source["total_energy"],
        "total_time": source["total_time"],
        "total_parking_time": source["total_parking_time"],
        "last_updated": source["last_updated"],
    }


def authorisation(source: Json) -> Json:
    """Return who charged: `auth_id` is the token's contract; a command counts as an authorisation request."""
    method = source["auth_method"]
    return {
        "auth_id": source["cdr_token"]["contract_id"],
        "auth_method": "AUTH_REQUEST" if method == "COMMAND" else method,
    }


def periods(source: Sequence[Json]) -> list[Json]:
    """Return charging periods with the dimensions that 2.1.1 knows."""
    return [
        {
            "start_date_time": period["start_date_time"],
            "dimensions": [part for part in period["dimensions"] if part["type"] in DIMENSIONS],
        }
        for period in source
    ]


def tariff(source: Json) -> Json:
    """Return a Tariff, which has no type, validity or VAT."""
    kept = drop_fields(source, *PARTY, "type", "start_date_time", "end_date_time")
    kept["elements"] = [
        element
        | {"price_components": [drop_fields(component, "vat") for component in element["price_components"]]}
        for element in source["elements"]
    ]
    return kept | {"energy_mix": energy_mix(source["energy_mix"])}


def token(source: Json) -> Json:
    """Return a Token: `contract_id` becomes `auth_id`, and there are two types."""
    kept = drop_fields(source, *PARTY, "group_id", "default_profile_type", "energy_contract")
    kind = "RFID" if source["type"] == "RFID" else "OTHER"
    return rename_fields(kept, {"contract_id": "auth_id"}) | {"type": kind}
