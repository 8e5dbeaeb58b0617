"""Small answers (versions, version details, credentials), read with tolerance.

Every list of a module goes to the gate instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec
from msgspec import Struct

from ocpiq.ocpi.http.redaction import redact
from ocpiq.storage import Party, PlatformParty

SUCCESS = range(1000, 2000)  # status codes
BOM = b"\xef\xbb\xbf"
VERSION = re.compile(r"[vV]?([0-9.]+)(?:-d[0-9]+)?")  # also those of a draft
COUNTRY, PARTY = re.compile("[A-Za-z]{2}"), re.compile("[A-Za-z0-9]{3}")  # what a header can hold
LONGEST = 200  # characters of a platform's own message that are shown


class Small(Struct, frozen=True):
    """A small answer: the envelope's status (None without an envelope), its message, and what it holds."""

    code: int | None
    message: str
    data: object


class Offer(Struct, frozen=True):
    """A version that a platform has, and where its details are."""

    version: str
    url: str


class Endpoint(Struct, frozen=True):
    """An endpoint of a version; `role` is empty where none was sent (2.1.1 has none)."""

    identifier: str
    role: str
    url: str


class Details(Struct, frozen=True):
    """The details of a version; `version` is empty where the platform did not say."""

    version: str
    endpoints: tuple[Endpoint, ...]


def small(body: bytes) -> Small | None:
    """Return what `body` holds, or None where it is not JSON."""
    try:
        root: object = msgspec.json.decode(body.removeprefix(BOM))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    if isinstance(root, dict) and "status_code" in root:
        message = root.get("status_message")
        return Small(
            code_of(root["status_code"]), message if isinstance(message, str) else "", root.get("data")
        )
    return Small(None, "", root.get("data", root) if isinstance(root, dict) else root)


class Head(Struct):
    """The envelope of an answer that HTTP calls an error; its data is passed over, whatever it is."""

    status_code: int | str | None = None
    status_message: str | None = None


def head(body: bytes) -> Small:
    """Return what the envelope of an HTTP error says, if it has one."""
    try:
        found = msgspec.json.decode(body.removeprefix(BOM), type=Head)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        found = Head()
    return Small(code_of(found.status_code), found.status_message or "", None)


def code_of(value: object) -> int | None:
    """Return a status code that was sent as a number or as text."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 9:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def offers(data: object) -> tuple[Offer, ...]:
    """Return the versions in the answer of a versions URL; none where it is another answer.

    A draft of a version stands for it only where the version itself is not there.
    """
    found = [(named(entry), text(entry, "url")) for entry in objects(data)]
    there = {name for name, _ in found}
    return tuple(
        Offer(name if version(name) in there else version(name), url) for name, url in found if name and url
    )


def details(data: object) -> Details | None:
    """Return the version details in an answer, or None where it is another answer.

    Some platforms send the details in a list, or the list of endpoints alone.
    """
    for entry in objects([data] if isinstance(data, dict) else data):
        if isinstance(entry.get("endpoints"), list):
            return Details(version(named(entry)), endpoints(entry["endpoints"]))
    listed = endpoints(data)
    return Details("", listed) if listed else None


def named(entry: dict[str, object]) -> str:
    """Return the version that an entry names, as it is written; some write 2.2 as a number."""
    given = entry.get("version")
    return str(given) if isinstance(given, float) else text(entry, "version")


def version(name: str) -> str:
    """Return the version as OCPI writes it: v2.2.1 and 2.2.1-d2 are 2.2.1."""
    known = VERSION.fullmatch(name)
    return known[1] if known else name


def endpoints(data: object) -> tuple[Endpoint, ...]:
    """Return the endpoints in a list."""
    return tuple(
        Endpoint(text(entry, "identifier").casefold(), text(entry, "role").casefold(), text(entry, "url"))
        for entry in objects(data)
        if text(entry, "identifier") and text(entry, "url")
    )


def parties(data: object) -> tuple[PlatformParty, ...]:
    """Return the parties in a credentials object: one in 2.1.1, one a role since 2.2, a hub since 2.3.0."""
    if not isinstance(data, dict):
        return ()
    found = [
        PlatformParty(
            Party(text(entry, "country_code").upper(), text(entry, "party_id").upper()), text(entry, "role")
        )
        for entry in objects([data, *listed(data.get("roles"))])
        if COUNTRY.fullmatch(text(entry, "country_code")) and PARTY.fullmatch(text(entry, "party_id"))
    ]
    hub = text(data, "hub_party_id")
    if COUNTRY.fullmatch(hub[:2]) and PARTY.fullmatch(hub[2:]):
        found.append(PlatformParty(Party(hub[:2].upper(), hub[2:].upper()), "HUB"))
    return tuple(dict.fromkeys(found))


def said(message: str, token: str) -> str:
    """Return a platform's own message as it may be shown: without the token, on one line, cut."""
    plain = "".join(char if char.isprintable() else " " for char in redact(message, token))
    plain = " ".join(plain.split())
    return plain if len(plain) <= LONGEST else plain[: LONGEST - 1] + "…"


def objects(data: object) -> Iterator[dict[str, object]]:
    """Yield the objects in a list; whatever else is there is passed over."""
    yield from (entry for entry in listed(data) if isinstance(entry, dict))


def listed(data: object) -> list[object]:
    """Return a list, or an empty one in place of anything else."""
    return data if isinstance(data, list) else []


def text(entry: dict[str, object], name: str) -> str:
    """Return the text under `name`, or nothing."""
    value = entry.get(name)
    return value.strip() if isinstance(value, str) else ""
