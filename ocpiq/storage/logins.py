"""The user's logins: one file per platform, so that writing one cannot damage another."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from ocpiq.errors import UsageError, did_you_mean
from ocpiq.storage import keyring, owner_only
from ocpiq.storage.folders import config_folder

PLATFORM_VARIABLE = "OCPIQ_PLATFORM"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")

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


def save(login: Login) -> None:
    """Save `login` under its name, replacing an earlier one, and make it the current login.

    Raises UsageError.
    """
    path = path_of(login.name)
    old_entry, stored, entry = keyring_entry_in(path), login, keyring_entry(login)
    if entry:
        keyring.store(entry, login.token.value)
        stored = replace(login, token=replace(login.token, value=""))
    try:
        owner_only.write(path, msgspec.json.format(msgspec.json.encode(stored)) + b"\n")
    except OSError as error:
        raise UsageError(f"could not save the login to {path}: {reason(error)}") from error
    if old_entry not in ("", entry):
        keyring.delete(old_entry)


def load(name: str | None = None) -> Login:
    """Return the login `name`, else that of `$OCPIQ_PLATFORM`, else the latest, with its token.

    Raises UsageError.
    """
    login = find(name)
    entry = keyring_entry(login)
    return replace(login, token=replace(login.token, value=keyring.get(entry))) if entry else login


def find(name: str | None = None) -> Login:
    """Return the same login as `load`, without a token from the keyring. Raises UsageError."""
    wanted = name or os.environ.get(PLATFORM_VARIABLE) or current()
    if wanted is None:
        raise UsageError(
            "no platform", hint="ocpiq login URL --party XX-YYY, or --source MODULE=FILE, or --demo"
        )
    if not NAME.fullmatch(wanted) or not path_of(wanted).is_file():
        known = names()
        hint = did_you_mean(wanted, known) or (
            f"available: {', '.join(known)}" if known else "log in first: ocpiq login URL"
        )
        raise UsageError(f"unknown platform {printable(wanted)}", hint=hint)
    return read_login(path_of(wanted))


def names() -> tuple[str, ...]:
    """Return the names of all logins, sorted."""
    return tuple(sorted(path.stem for path in folder().glob("*.json") if NAME.fullmatch(path.stem)))


def every() -> tuple[Login, ...]:
    """Return all logins as `find` does, latest first. Raises UsageError for an unreadable one."""
    logins = [read_login(path_of(name)) for name in names()]
    return tuple(sorted(logins, key=lambda login: login.saved, reverse=True))


def current() -> str | None:
    """Return the name of the latest login; None without logins."""
    return next((login.name for login in every()), None)


def remove(name: str) -> None:
    """Delete the login `name`. Raises UsageError if it does not exist."""
    entry = keyring_entry(find(name))
    path_of(name).unlink(missing_ok=True)
    if entry:
        keyring.delete(entry)


def keyring_entry(login: Login) -> str:
    """Return the name of a login's keyring entry; empty if its token is not in the keyring."""
    place = (login.shown or login.url).partition("://")[2].partition("?")[0]
    return f"{login.name} at {place}" if login.token.in_keyring else ""


def keyring_entry_in(path: Path) -> str:
    """Return the name of the keyring entry of the login in a file; empty without one."""
    try:
        return keyring_entry(read_login(path)) if path.is_file() else ""
    except UsageError:  # an unreadable login has no known entry
        return ""


def folder() -> Path:
    """Return the folder of the login files."""
    return config_folder() / "platforms"


def path_of(name: str) -> Path:
    """Return the file of the login `name`. Raises UsageError for an invalid name."""
    return folder() / f"{valid_name(name)}.json"


def valid_name(name: str, noun: str = "platform") -> str:
    """Return `name` if it is a valid name of a platform, or of another `noun`. Raises UsageError."""
    if not NAME.fullmatch(name):
        raise UsageError(
            f"invalid {noun} name {printable(name)}",
            hint="up to 64 letters, digits, dots, dashes and underscores, starting with a letter or digit",
        )
    return name


def read_login(path: Path) -> Login:
    """Return the login in `path`."""
    try:
        return msgspec.json.decode(owner_only.read(path), type=Login)
    except OSError as error:
        raise UsageError(f"could not read {path}: {reason(error)}") from error
    except msgspec.MsgspecError as error:
        raise UsageError(f"{path} is not a login file", hint="remove the file and log in again") from error


def printable(name: str) -> str:
    """Return a name for use in a message."""
    return ascii(name) if len(name) <= 64 else "(too long)"


def reason(error: OSError) -> str:
    """Return the system's error text without the path."""
    return error.strerror or "unknown reason"
