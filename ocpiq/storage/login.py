"""What is kept of a login: address and endpoints of a platform, the token, the parties."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

TokenForm = Literal["base64", "raw"]


class Party(Struct, frozen=True):
    """An OCPI party: an ISO 3166 country code and the party's three characters, both in upper case."""

    country_code: str
    party_id: str

    def __str__(self) -> str:
        return f"{self.country_code}-{self.party_id}"


class PlatformParty(Struct, frozen=True):
    """A party that the platform serves, and its role (`CPO`, `HUB`, …; empty in 2.1.1, which has none)."""

    party: Party
    role: str


class AccessToken(Struct, frozen=True):
    """A credentials token and the form in which the platform accepts it. Its repr hides it.

    It is empty for a public feed, and in the file of a login whose token is in the system keyring (`in_keyring`).
    """

    value: str
    form: TokenForm
    in_keyring: bool = False

    def __repr__(self) -> str:
        return f"Token(…, {self.form})"


class Tls(Struct, frozen=True):
    """Files (PEM) for TLS: extra authorities to trust, the client certificate and its key."""

    ca_file: str = ""
    client_cert: str = ""
    client_key: str = ""


class Login(Struct, frozen=True):
    """What a pull needs to know about a platform.

    `url` is the versions or version-details URL as the user gave it. `endpoints` has the URLs to pull from by
    module: one, or in 2.1.1, whose endpoints have no role, all that were listed. `own` is the party that pulls,
    `parties` are those that the platform serves, `saved` is the time of the login (UTC, RFC 3339). `allow_http` says
    that the token may be sent to another machine over plain http, `shown` is `url` without the token; it is empty in
    logins of earlier versions.
    """

    name: str
    url: str
    token: AccessToken
    version: str
    endpoints: dict[str, tuple[str, ...]]
    own: Party | None
    parties: tuple[PlatformParty, ...]
    saved: str
    tls: Tls | None = None
    allow_http: bool = False
    shown: str = ""


def owner_of(login: Login) -> dict[str, str] | None:
    """Return the country_code and party_id of a platform's only CPO; None if it has several, or none that is known."""
    parties = dict.fromkeys(entry.party for entry in login.parties if entry.role in ("CPO", ""))
    if len(parties) != 1:
        return None
    (party,) = parties
    return {"country_code": party.country_code, "party_id": party.party_id}
