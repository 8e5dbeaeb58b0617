"""OCPI's own keys between modules, for joins without `on` (OCPI module chapters, "Object description").

In a row, fields of the first module refer to fields of the second. `[]` stands for each item of a list. If both sides
have an owner (country_code, party_id), it is part of the key.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

OLD: Final = ("2.1.1",)
NEW: Final = ("2.2", "2.2.1", "2.3.0")
FIRST: Final = NEW[:1]
NEXT: Final = NEW[1:]
LAST: Final = ("2.3.0",)
OWNER: Final = ("country_code", "party_id")
TOKEN: Final = ("cdr_token.uid=uid", "cdr_token.type=type")
TOKEN_OWNER: Final = tuple(f"cdr_token.{name}={name}" for name in OWNER)


class Reference(Struct, frozen=True):
    """Fields of `left` that refer to fields of `right`, as pairs of paths; `owned` adds country_code and party_id."""

    left: str
    right: str
    versions: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]
    owned: bool = True


def _row(left: str, right: str, versions: tuple[str, ...], *pairs: str, owned: bool = True) -> Reference:
    split = tuple((pair.partition("=")[0], pair.partition("=")[2]) for pair in pairs)
    return Reference(left, right, versions, split, owned and versions != OLD)


def _rows(left: str, right: str, *pairs: str) -> tuple[Reference, Reference]:
    """Return the rows of a key that is the same in all versions, except for the owner."""
    return _row(left, right, OLD, *pairs), _row(left, right, NEW, *pairs)


REFERENCES: Final = (
    _row("sessions", "locations", NEW, "location_id=id"),
    _row("sessions", "locations", OLD, "location.id=id"),
    _row("sessions", "evses", NEW, "location_id=location_id", "evse_uid=uid"),
    _row("sessions", "evses", OLD, "location.id=location_id", "location.evses[0].uid=uid"),
    _row("sessions", "connectors", NEW, "location_id=location_id", "evse_uid=evse_uid", "connector_id=id"),
    _row(
        "sessions",
        "connectors",
        OLD,
        "location.id=location_id",
        "location.evses[0].uid=evse_uid",
        "location.evses[0].connectors[0].id=id",
    ),
    _row("cdrs", "sessions", NEW, "session_id=id"),
    _row("cdrs", "locations", NEW, "cdr_location.id=id"),
    _row("cdrs", "locations", OLD, "location.id=id"),
    _row("cdrs", "evses", NEW, "cdr_location.id=location_id", "cdr_location.evse_uid=uid"),
    _row("cdrs", "evses", OLD, "location.id=location_id", "location.evses[0].uid=uid"),
    _row(
        "cdrs",
        "connectors",
        NEW,
        "cdr_location.id=location_id",
        "cdr_location.evse_uid=evse_uid",
        "cdr_location.connector_id=id",
    ),
    _row(
        "cdrs",
        "connectors",
        OLD,
        "location.id=location_id",
        "location.evses[0].uid=evse_uid",
        "location.evses[0].connectors[0].id=id",
    ),
    _row("cdrs", "cdrs", NEW, "credit_reference_id=id"),
    *_rows("cdrs", "tariffs", "tariffs[].id=id"),
    _row("sessions", "tariffs", NEW, "charging_periods[].tariff_id=id"),
    _row("connectors", "tariffs", NEW, "tariff_ids[]=id"),
    _row("connectors", "tariffs", OLD, "tariff_id=id"),
    *_rows("evses", "locations", "location_id=id"),
    *_rows("connectors", "locations", "location_id=id"),
    *_rows("connectors", "evses", "location_id=location_id", "evse_uid=uid"),
    _row("sessions", "tokens", FIRST, *TOKEN, owned=False),  # the owner of a token is its provider,
    _row("cdrs", "tokens", FIRST, *TOKEN, owned=False),
    _row("sessions", "tokens", NEXT, *TOKEN, *TOKEN_OWNER, owned=False),  # whom cdr_token names since 2.2.1
    _row("cdrs", "tokens", NEXT, *TOKEN, *TOKEN_OWNER, owned=False),
    _row("sessions", "tokens", OLD, "auth_id=auth_id"),
    _row("cdrs", "tokens", OLD, "auth_id=auth_id"),
    _row("cdrs", "invoicereconciliation", LAST, "invoice_reference_id=invoice_id", owned=False),
    _row("cdrs", "bookings", LAST, "booking_id=id"),
    _row("bookings", "locations", LAST, "location_id=id"),
    _row("booking_locations", "locations", LAST, "location_id=id"),
    _row("booking_locations", "tariffs", LAST, "tariff_ids[]=id"),
    _row("terminals", "locations", LAST, "location_ids[]=id", owned=False),  # may have no owner
    _row("terminals", "evses", LAST, "evse_uids[]=uid", owned=False),
    *_rows("statuses", "locations", "location_id=id"),
    *_rows("statuses", "evses", "location_id=location_id", "evse_uid=uid"),
)


def reference(left: str, right: str, version: str) -> tuple[tuple[str, str], ...] | None:
    """Return pairs of paths that are equal in a `left` object and the `right` object it refers to.

    None if OCPI has no such key.
    """
    for row in REFERENCES:
        if version in row.versions and {(row.left, row.right), (row.right, row.left)} & {(left, right)}:
            pairs = row.pairs + (tuple((name, name) for name in OWNER) if row.owned else ())
            return pairs if row.left == left else tuple((b, a) for a, b in pairs)
    return None
