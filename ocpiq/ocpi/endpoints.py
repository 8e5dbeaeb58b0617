"""From the endpoints of a version to the modules of a query."""

from __future__ import annotations

from collections.abc import Iterable

from ocpiq.errors import PlatformError
from ocpiq.ocpi.http.redaction import redact
from ocpiq.ocpi.http.urls import below, resolved
from ocpiq.ocpi.responses import Endpoint
from ocpiq.storage import Login

SENDER, RECEIVER = "sender", "receiver"
NO_LISTS = ("credentials", "commands", "chargingprofiles")  # endpoints that nothing can be pulled from

# An endpoint that holds several lists, or one under another name (OCPI 2.3.0: Payments, Bookings).
LISTS: dict[str, dict[str, str]] = {
    "payments": {
        "terminals": "terminals",
        "financial_advice_confirmations": "financial-advice-confirmations",
    },
    "bookings": {"bookings": "", "booking_locations": "booking_locations"},
    "booking": {"bookings": "", "booking_locations": "booking_locations"},
    "payments/terminals": {"terminals": ""},
    "payments/financial-advice-confirmations": {"financial_advice_confirmations": ""},
    "financial-advice-confirmations": {"financial_advice_confirmations": ""},
    "bookings/booking_locations": {"booking_locations": ""},
}


def sender_endpoints(endpoints: Iterable[Endpoint], base: str) -> dict[str, tuple[str, ...]]:
    """Return the URLs to pull from by module. `base` is the URL of the details, for relative ones.

    One listed with the Sender's role leaves no place for one without a role, as in 2.1.1, or with one of its own,
    such as BOTH or CPO.
    """
    chosen: dict[str, list[str]] = {}
    with_role: set[str] = set()
    for endpoint in sorted(endpoints, key=lambda entry: entry.role != SENDER):
        url = resolved(endpoint.url, base)
        if url is None or endpoint.role == RECEIVER or endpoint.identifier in NO_LISTS:
            continue
        for module, name in LISTS.get(endpoint.identifier, {endpoint.identifier: ""}).items():
            if endpoint.role == SENDER:
                with_role.add(module)
            elif module in with_role:
                continue
            place = below(url, name) if name else url
            if place not in chosen.setdefault(module, []):
                chosen[module].append(place)
    return {module: tuple(urls) for module, urls in chosen.items()}


def endpoints_of(login: Login, module: str) -> tuple[str, ...]:
    """Return the URLs of `module` as a platform lists it. Raises PlatformError where it has none."""
    urls = login.endpoints.get(module, ())
    if urls:
        return urls
    there = redact(", ".join(sorted(login.endpoints)) or "nothing", login.token.value, cut=False)
    hint = f"with OCPI {login.version} it offers {there}"
    if module == "tokens":
        hint += "; tokens are an eMSP's, a charge point operator only receives them"
    raise PlatformError(f"{module}: the platform {login.name} offers none to pull", hint=hint)
