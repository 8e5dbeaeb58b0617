"""Shapes that several kinds of objects share. A `Json` is an object as it goes over the wire."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]  # of any shape, hence Any: what it may hold is the OCPI schema's to say

UNIT = 10_000  # prices and costs are counted in ten thousandths of the currency, so that sums are exact


def number(count: int, per: int) -> int | float:
    """Return `count` / `per` as a JSON number with at most four decimals; a whole number has none."""
    quotient = round(count / per, 4)
    return int(quotient) if quotient.is_integer() else quotient


def price(excl_vat: int, incl_vat: int) -> Json:
    """Return an OCPI Price; both amounts are in ten thousandths."""
    return {"excl_vat": number(excl_vat, UNIT), "incl_vat": number(incl_vat, UNIT)}


def without_none(**fields: object) -> Json:
    """Return an object of the fields that are not None."""
    return {name: value for name, value in fields.items() if value is not None}
