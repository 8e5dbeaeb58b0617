"""The units of numbers, as OCPI gives them in the descriptions of its fields."""

from __future__ import annotations

from typing import Final

UNITS: Final = {
    "kwh": "kWh",
    "total_energy": "kWh",
    "total_time": "h",
    "total_parking_time": "h",
    "max_voltage": "V",
    "max_amperage": "A",
    "max_electric_power": "W",
    "voltage": "V",
    "amperage": "A",
    "vat": "%",
    "percentage": "%",
    "latitude": "degrees",
    "longitude": "degrees",
    **dict.fromkeys(("excl_vat", "incl_vat", "before_taxes"), "currency"),
}
"""By the name of a field; `currency` is that of the object's field `currency`."""


def unit_of(path: str) -> str:
    """Return the unit of the numbers at a schema path (`cdrs.total_energy`), "" if OCPI gives none."""
    return UNITS.get(path.rpartition(".")[2], "")
