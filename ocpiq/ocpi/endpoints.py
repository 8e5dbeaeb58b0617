"""From the endpoints of a version to the modules of a query."""

from __future__ import annotations

from collections.abc import Iterable

from ocpiq.errors import EMPTY, PlatformError, Quotation, UserText, say
from ocpiq.ocpi.http.redaction import redact
from ocpiq.ocpi.http.urls import child_url, resolve
from ocpiq.ocpi.responses import Endpoint
from ocpiq.schema import ModuleName, VersionName
from ocpiq.storage import Login

SENDER, RECEIVER = "sender", "receiver"
NO_LISTS = ("credentials", "commands", "chargingprofiles")  # endpoints that nothing can be pulled from

# An endpoint with several lists, or one with another name (OCPI 2.3.0: Payments, Bookings).
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
EMSP_TOKENS = say("; tokens belong to eMSPs; a charge point operator only receives them")


def sender_endpoints(endpoints: Iterable[Endpoint], base: str) -> dict[str, tuple[str, ...]]:
    """Return the URLs to pull from by module. `base` is the URL of the details, for relative ones.

    An endpoint with the Sender's role takes precedence over those without a role, as in 2.1.1, or with a role of the
    platform's own, such as BOTH or CPO.
    """
    chosen: dict[str, list[str]] = {}
    with_role: set[str] = set()
    for endpoint in sorted(endpoints, key=lambda entry: entry.role != SENDER):
        url = resolve(endpoint.url, base)
        if url is None or endpoint.role == RECEIVER or endpoint.identifier in NO_LISTS:
            continue
        for module, name in LISTS.get(endpoint.identifier, {endpoint.identifier: ""}).items():
            if endpoint.role == SENDER:
                with_role.add(module)
            elif module in with_role:
                continue
            place = child_url(url, name) if name else url
            if place not in chosen.setdefault(module, []):
                chosen[module].append(place)
    return {module: tuple(urls) for module, urls in chosen.items()}


def module_urls(login: Login, module: str) -> tuple[str, ...]:
    """Return the platform's URLs of `module`. Raises PlatformError if it has none."""
    urls = login.endpoints.get(module, ())
    if urls:
        return urls
    offered = redact(", ".join(sorted(login.endpoints)) or "nothing", login.token.value, cut=False)
    hint = say(
        "with OCPI {version} it offers {offered}{addition}",
        version=VersionName(login.version),
        offered=Quotation(offered),
        addition=EMSP_TOKENS if module == "tokens" else EMPTY,
    )
    text = say(
        "{module}: the platform {name} does not offer this module",
        module=ModuleName(module),
        name=UserText(login.name),
    )
    raise PlatformError(text, hint=hint)
