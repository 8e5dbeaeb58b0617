"""Small responses (versions, version details, credentials), read leniently.

Lists of a module are left to the gate.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

import msgspec
from msgspec import Struct

from ocpiq.errors import Quotation
from ocpiq.ocpi.http.redaction import redact
from ocpiq.storage import Party, PlatformParty
from ocpiq.values.times import epoch_us

SUCCESS = range(1000, 2000)  # status codes
ENVELOPE_MEMBERS = ("status_code", "status_message", "timestamp")
CREDENTIALS_MEMBERS = (
    "token",
    "url",
    "roles",
    "party_id",
    "country_code",
    "business_details",
    "hub_party_id",
)
WRAPPERS = 2  # objects around a list, at most
BOM = b"\xef\xbb\xbf"
VERSION = re.compile(r"[vV]?([0-9.]+)(?:-d[0-9]+)?")  # also those of a draft
COUNTRY, PARTY = re.compile("[A-Za-z]{2}"), re.compile("[A-Za-z0-9]{3}")  # what a header can hold
LONGEST = 200  # characters of a platform's own message that are shown


class Response(Struct, frozen=True):
    """A small response: the envelope's status (None without an envelope), its message, and its data."""

    code: int | None
    message: str
    data: object


class VersionEntry(Struct, frozen=True):
    """A version that a platform offers, and the URL of its details."""

    version: str
    url: str


class Endpoint(Struct, frozen=True):
    """An endpoint of a version; `role` is empty where none was sent (2.1.1 has none)."""

    identifier: str
    role: str
    url: str


class VersionDetails(Struct, frozen=True):
    """The details of a version; `version` is empty where the platform did not say."""

    version: str
    endpoints: tuple[Endpoint, ...]


def parse_response(body: bytes) -> Response | None:
    """Return the response in `body`, or None if it is not JSON."""
    try:
        root: object = msgspec.json.decode(body.removeprefix(BOM))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    if isinstance(root, dict) and "status_code" in root:
        message = root.get("status_message")
        return Response(
            parse_status_code(root["status_code"]),
            message if isinstance(message, str) else "",
            payload(root),
        )
    return Response(None, "", payload(root) if isinstance(root, dict) else root)


def payload(root: dict[str, object]) -> object:
    """Return the data of an envelope; without `data`, the members that are not the envelope's own."""
    if "data" in root:
        return root["data"]
    return {name: value for name, value in root.items() if name not in ENVELOPE_MEMBERS} or None


def unwrapped(data: object, own: str) -> object:
    """Return the list that an object wraps: its only list or, if it has none, that in its only object.

    An object with the member `own` is an entry itself, and data without exactly one such list stays as it is.
    """
    for _ in range(WRAPPERS):
        if not isinstance(data, dict):
            return data
        if own in data:
            return [data]
        lists: list[object] = [value for value in data.values() if isinstance(value, list)]
        inner = lists or [value for value in data.values() if isinstance(value, dict)]
        if len(inner) != 1:
            return data
        data = inner[0]
    return data


def unwrapped_object(data: object, own: Collection[str]) -> object:
    """Return the object with one of the members `own` that other objects or a list of one item wrap."""
    for _ in range(WRAPPERS):
        if isinstance(data, dict) and not data.keys().isdisjoint(own):
            return data
        inner = list(data.values()) if isinstance(data, dict) else as_list(data)
        objects = [value for value in inner if isinstance(value, dict | list)]
        if len(objects) != 1:
            return data
        data = objects[0]
    return data


class ErrorEnvelope(Struct):
    """The envelope of an HTTP error; its data is not read."""

    status_code: int | str | None = None
    status_message: str | None = None


class TimestampedEnvelope(Struct):
    """The time of an envelope; the other members are not read."""

    timestamp: str | None = None


def parse_timestamp(body: bytes) -> int | None:
    """Return the time in the envelope of a response, in microseconds since 1970; None if it has none."""
    try:
        envelope = msgspec.json.decode(body.removeprefix(BOM), type=TimestampedEnvelope)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return None if envelope.timestamp is None else epoch_us(envelope.timestamp)


def parse_envelope(body: bytes) -> Response:
    """Return the envelope of an HTTP error, empty if it has none."""
    try:
        envelope = msgspec.json.decode(body.removeprefix(BOM), type=ErrorEnvelope)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        envelope = ErrorEnvelope()
    return Response(parse_status_code(envelope.status_code), envelope.status_message or "", None)


def parse_status_code(value: object) -> int | None:
    """Return a status code that was sent as a number or as text."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 9:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def version_entries(data: object) -> tuple[VersionEntry, ...]:
    """Return the versions in the response of a versions URL; empty for any other response.

    A draft of a version stands for it only if the version itself is missing.
    """
    named = [
        (version_name(entry), text_member(entry, "url")) for entry in objects_in(unwrapped(data, "version"))
    ]
    names = {name for name, _ in named}
    return tuple(
        VersionEntry(name if normalize_version(name) in names else normalize_version(name), url)
        for name, url in named
        if name and url
    )


def version_details(data: object) -> VersionDetails | None:
    """Return the version details in a response, or None for any other response.

    Some platforms send the details in a list or in another object, or the list of endpoints alone.
    """
    data = unwrapped(data, "endpoints")
    for entry in objects_in(data):
        if isinstance(entry.get("endpoints"), list):
            return VersionDetails(
                normalize_version(version_name(entry)), endpoint_entries(entry["endpoints"])
            )
    entries = endpoint_entries(data)
    return VersionDetails("", entries) if entries else None


def version_name(entry: dict[str, object]) -> str:
    """Return the version that an entry names, as it is written; some write 2.2 as a number."""
    number = entry.get("version")
    return str(number) if isinstance(number, float) else text_member(entry, "version")


def normalize_version(name: str) -> str:
    """Return the version as OCPI writes it: v2.2.1 and 2.2.1-d2 are 2.2.1."""
    match = VERSION.fullmatch(name)
    return match[1] if match else name


def endpoint_entries(data: object) -> tuple[Endpoint, ...]:
    """Return the endpoints in a list."""
    return tuple(
        Endpoint(
            text_member(entry, "identifier").casefold(),
            text_member(entry, "role").casefold(),
            text_member(entry, "url"),
        )
        for entry in objects_in(data)
        if text_member(entry, "identifier") and text_member(entry, "url")
    )


def platform_parties(data: object) -> tuple[PlatformParty, ...]:
    """Return the parties in a credentials object: one in 2.1.1, one a role since 2.2, a hub since 2.3.0.

    Some platforms send it in another object or in a list.
    """
    data = unwrapped_object(data, CREDENTIALS_MEMBERS)
    if not isinstance(data, dict):
        return ()
    entries = [
        PlatformParty(
            Party(text_member(entry, "country_code").upper(), text_member(entry, "party_id").upper()),
            text_member(entry, "role"),
        )
        for entry in objects_in([data, *as_list(data.get("roles"))])
        if COUNTRY.fullmatch(text_member(entry, "country_code"))
        and PARTY.fullmatch(text_member(entry, "party_id"))
    ]
    hub = text_member(data, "hub_party_id")
    if COUNTRY.fullmatch(hub[:2]) and PARTY.fullmatch(hub[2:]):
        entries.append(PlatformParty(Party(hub[:2].upper(), hub[2:].upper()), "HUB"))
    return tuple(dict.fromkeys(entries))


def safe_message(message: str, token: str) -> Quotation:
    """Return a platform's own message in a form that may be shown: without the token, on one line, truncated."""
    plain = "".join(char if char.isprintable() else " " for char in redact(message, token))
    plain = " ".join(plain.split())
    return Quotation(plain if len(plain) <= LONGEST else plain[: LONGEST - 1] + "…")


def objects_in(data: object) -> Iterator[dict[str, object]]:
    """Yield the objects in a list and skip other items."""
    yield from (entry for entry in as_list(data) if isinstance(entry, dict))


def as_list(data: object) -> list[object]:
    """Return a list, or an empty one for any other value."""
    return data if isinstance(data, list) else []


def text_member(entry: dict[str, object], name: str) -> str:
    """Return the text of the member `name`, or an empty string."""
    value = entry.get(name)
    return value.strip() if isinstance(value, str) else ""
