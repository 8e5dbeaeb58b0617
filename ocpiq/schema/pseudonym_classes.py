"""The class of a field's pseudonyms: fields of one class get equal pseudonyms for equal values, so that they join."""

from __future__ import annotations

from typing import Final

from ocpiq.schema.fields import SchemaField

PREFIXES: Final = {
    "driver": "drv",
    "token": "tok",
    "record": "rec",
    "evse": "evs",
    "location": "loc",
    "party": "pty",
    "connector": "con",
    "tariff": "trf",
    "invoice": "inv",
}
"""The first letters of the pseudonyms of each class; any other class has `OTHER`."""

OTHER: Final = "psn"

BY_NAME: Final = {
    "contract_id": "driver",
    "auth_id": "driver",
    "uid": "token",
    "session_id": "record",
    "authorization_reference": "record",
    "credit_reference_id": "record",
    "booking_id": "record",
    "request_id": "record",
    "cdrs": "record",
    "evse_uid": "evse",
    "evse_uids": "evse",
    "evse_id": "evse",
    "location_id": "location",
    "location_ids": "location",
    "party_id": "party",
    "connector_id": "connector",
    "tariff_id": "tariff",
    "tariff_ids": "tariff",
    "invoice_id": "invoice",
    "invoice_reference_id": "invoice",
}

BY_HOLDER: Final = {
    ("evses", "uid"): "evse",
    ("evses", "id"): "evse",
    ("locations", "id"): "location",
    ("location", "id"): "location",
    ("cdr_location", "id"): "location",
    ("connectors", "id"): "connector",
    ("tariffs", "id"): "tariff",
    ("sessions", "id"): "record",
    ("cdrs", "id"): "record",
    ("bookings", "id"): "record",
    ("energy_contract", "contract_id"): "energy_contract",
}
"""The classes that also depend on the object around the field, or on the module of a field at the top."""


def pseudonym_class(module: str, field: SchemaField) -> str:
    """Return the class of a field's pseudonyms: one of `PREFIXES`, else the field's own name."""
    holder = field.path.split(".")[-2] if "." in field.path else module
    return BY_HOLDER.get((holder, field.name)) or BY_NAME.get(field.name, field.name)
