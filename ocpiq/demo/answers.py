"""The demo platform's responses to requests, without sockets.

OCPI 2.1.1 to 2.3.0, sections Transport and format, Versions, Credentials.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.message import Message
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode

import orjson
from msgspec import Struct

from ocpiq.demo.catalogue import MODULES, Party, listing
from ocpiq.demo.json import Json
from ocpiq.demo.names import HUB, MAINLAND, OPERATORS, PROVIDERS, Operator

TOKEN: Final = "made-up-data-for-everyone"  # noqa: S105 (public: whoever can reach the demo may read it)
ROOT: Final = "/ocpi"
OFFERED: Final = ("2.1.1", "2.2.1")
ENCODED: Final = ("2.2.1", "2.3.0")  # versions that demand the token in Base64
OK, REFUSED, INVALID, UNKNOWN_RECEIVER = 1000, 2000, 2001, 4001  # OCPI status codes
PARTIES: Final = frozenset((party.country_code, party.party_id) for party in (*OPERATORS, *PROVIDERS))
DATE_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")
ECHOED: Final = ("X-Request-ID", "X-Correlation-ID")


class Settings(Struct, frozen=True):
    """How a platform behaves: its token, how many objects a page has by default and at most, and its versions."""

    token: str = TOKEN
    limit: int = 100
    max_limit: int = 1000
    versions: tuple[str, ...] = OFFERED


class DemoResponse(Struct, frozen=True):
    """An HTTP response whose body is an OCPI envelope; `listed` means a page of objects."""

    status: int
    body: bytes
    headers: dict[str, str]
    listed: bool = False


class InvalidParameter(Exception):
    """A query parameter that is not a date or not a number in its range."""


class UnknownReceiver(Exception):
    """A request names a party that the hub does not have."""


def answer(settings: Settings, base: str, target: str, headers: Message) -> DemoResponse:
    """Return the answer to a GET of `target` (path and query).

    `base` is the platform's address as the client wrote it (`http://host:port`), `headers` are the
    request's.
    """
    echo = {name: value for name in ECHOED if (value := headers.get(name, "")) and value.isprintable()}
    path, _, query = target.partition("?")
    path = path.removesuffix("/")
    version = path.removeprefix(ROOT + "/").split("/")[0]
    if not is_authorized(headers.get("Authorization", ""), settings.token, encoded=version in ENCODED):
        echo["WWW-Authenticate"] = "Token"
        return DemoResponse(401, envelope(REFUSED, "The Authorization header has no valid token"), echo)
    try:
        party = receiver(headers, version)
        response = route(settings, base, path, dict(parse_qsl(query, keep_blank_values=True)), party)
    except InvalidParameter as error:
        return DemoResponse(200, envelope(INVALID, str(error)), echo)
    except UnknownReceiver:
        return DemoResponse(200, envelope(UNKNOWN_RECEIVER, "The hub does not have this party"), echo)
    return DemoResponse(response.status, response.body, response.headers | echo, response.listed)


def is_authorized(authorization: str, token: str, *, encoded: bool) -> bool:
    """Tell whether the header holds the token: as Base64, or as it is where `encoded` is not demanded."""
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() != "token":
        return False
    try:
        decoded = base64.b64decode(value.strip(), validate=True).strip()
    except (binascii.Error, ValueError):
        decoded = b""
    return decoded == token.encode() or (not encoded and value.strip() == token)


def route(
    settings: Settings, base: str, path: str, parameters: Mapping[str, str], party: Party | None
) -> DemoResponse:
    """Return the answer of the endpoint at `path`, with the objects of one party or of all."""
    root = base + ROOT
    match path.split("/"):
        case ["", "ocpi", "versions"]:
            return success(
                [{"version": version, "url": f"{root}/{version}"} for version in settings.versions]
            )
        case ["", "ocpi", version] if version in settings.versions:
            return success(details(root, version))
        case ["", "ocpi", version, "credentials"] if version in settings.versions:
            return success(credentials(settings, root, version))
        case ["", "ocpi", version, module] if version in settings.versions and module in MODULES:
            return page(settings, base + path, module, version, parameters, party)
    return DemoResponse(404, envelope(REFUSED, "There is nothing at this address"), {})


def details(root: str, version: str) -> Json:
    """Return the version details; 2.1.1 has no roles."""
    role = {} if version == "2.1.1" else {"role": "SENDER"}
    endpoints = [
        {"identifier": name, **role, "url": f"{root}/{version}/{name}"} for name in ("credentials", *MODULES)
    ]
    return {"version": version, "endpoints": endpoints}


def credentials(settings: Settings, root: str, version: str) -> Json:
    """Return the platform's credentials object: a hub with two CPOs, and with three providers of tokens.

    OCPI 2.1.1 has one party; this is the first CPO.
    """
    common: Json = {"token": settings.token, "url": f"{root}/versions"}
    if version == "2.1.1":
        return common | party(MAINLAND)
    cpos = [{"role": "CPO"} | party(operator) for operator in OPERATORS]
    emsps = [
        {
            "role": "EMSP",
            "business_details": {"name": provider.name},
            "party_id": provider.party_id,
            "country_code": provider.country_code,
        }
        for provider in PROVIDERS
    ]
    return common | {"roles": [*cpos, *emsps, {"role": "HUB"} | party(HUB)]}


def party(operator: Operator) -> Json:
    """Return the fields of a credentials object or role that say who it is."""
    return {
        "business_details": {"name": operator.name, "website": operator.website},
        "party_id": operator.party_id,
        "country_code": operator.country_code,
    }


def receiver(headers: Message, version: str) -> Party | None:
    """Return the party that a request names as its receiver, or None if it is for all: to the hub, or to nobody.

    Raises UnknownReceiver.
    """
    named = (headers.get("OCPI-to-country-code", "").upper(), headers.get("OCPI-to-party-id", "").upper())
    if version == "2.1.1" or "" in named or named == (HUB.country_code, HUB.party_id):
        return None
    if named not in PARTIES:
        raise UnknownReceiver
    return named


def page(
    settings: Settings,
    url: str,
    module: str,
    version: str,
    parameters: Mapping[str, str],
    party: Party | None,
) -> DemoResponse:
    """Return a page of a module's list, with the headers of a paginated response."""
    offset = whole_number(parameters, "offset", 0, least=0)
    limit = min(whole_number(parameters, "limit", settings.limit, least=1), settings.max_limit)
    found = listing(module, version)
    matching = found.between(moment(parameters, "date_from"), moment(parameters, "date_to"), party)
    data = [found.make(number) for number in matching[offset : offset + limit]]
    headers = {"X-Total-Count": str(len(matching)), "X-Limit": str(settings.max_limit)}
    if offset + limit < len(matching):
        filters = {name: parameters[name] for name in ("date_from", "date_to") if name in parameters}
        query = urlencode(filters | {"offset": offset + limit, "limit": limit}, quote_via=quote, safe=":")
        headers["Link"] = f'<{url}?{query}>; rel="next"'
    return DemoResponse(200, envelope(OK, "Success", data), headers, listed=True)


def whole_number(parameters: Mapping[str, str], name: str, default: int, *, least: int) -> int:
    """Return a parameter that is a whole number of at least `least`."""
    text = parameters.get(name)
    if text is None:
        return default
    if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) < least:
        raise InvalidParameter(f"{name} is not a whole number of at least {least}")
    return int(text)


def moment(parameters: Mapping[str, str], name: str) -> float | None:
    """Return a parameter that is an OCPI DateTime in seconds since 1970; without a designator it is UTC."""
    text = parameters.get(name)
    if text is None:
        return None
    try:
        parsed = datetime.fromisoformat(text) if DATE_TIME.fullmatch(text) else None
    except ValueError:
        parsed = None
    if parsed is None:
        raise InvalidParameter(f"{name} is not a DateTime such as 2026-01-31T06:00:00Z")
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()


def success(data: object) -> DemoResponse:
    """Return a successful response that is not a page."""
    return DemoResponse(200, envelope(OK, "Success", data), {})


def envelope(code: int, message: str, data: object = None) -> bytes:
    """Return an OCPI response body; `data` is left out where it is None."""
    found: Json = {} if data is None else {"data": data}
    now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return orjson.dumps(found | {"status_code": code, "status_message": message, "timestamp": now})
