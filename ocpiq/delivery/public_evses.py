"""Which EVSEs are public: a status log has no other, unless the query passes their status.

The status of a charger at home tells when its owner is there. OCPI has no word for such a location, but it has to
say that others are to be published; where it does not, the EVSE is taken for a private one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ocpiq.values.types import Value

HOME: Final = "ON_DRIVEWAY"  # ParkingType
PUBLIC_TYPES: Final = (  # LocationType of OCPI 2.1.1, without OTHER and UNKNOWN
    "ON_STREET",
    "PARKING_GARAGE",
    "UNDERGROUND_GARAGE",
    "PARKING_LOT",
)


def is_public(row: Mapping[str, Value]) -> bool:
    """Tell whether the location of an EVSE is public."""
    if "publish" in row:
        return row["publish"] is True and row["parking_type"] != HOME
    return row["type"] in PUBLIC_TYPES
