"""The platforms that the user has logged in to: one file each, so that no login can lose another."""

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
    """A credentials token and the form of it that the platform takes. It never prints.

    An empty one stands for a feed that is open to all; in the file of a login also for one that is
    `in_keyring`, the system's.
    """

    value: str
    form: TokenForm
    in_keyring: bool = False

    def __repr__(self) -> str:
        return f"Token(…, {self.form})"


class Tls(Struct, frozen=True):
    """Files (PEM) for TLS: authorities to trust besides the system's, one's own certificate and its key."""

    ca_file: str = ""
    client_cert: str = ""
    client_key: str = ""


class Login(Struct, frozen=True):
    """What a pull needs to know of a platform.

    `url` is the versions or version-details URL as the user gave it. `endpoints` has, by module as it is named in
    queries, the URLs to pull from: one, or in 2.1.1, where endpoints carry no role, as many as were listed. `own` is
    the party that pulls, `parties` are those that the platform serves, `saved` is the time of the login (UTC,
    RFC 3339). `allow_http` says that the token may go over plain http to another machine, `shown` is `url` without
    the token; logins of earlier versions have none.
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
    """Keep `login` under its name, in place of an earlier one; it is the current one from now on.

    Raises UsageError.
    """
    path = path_of(login.name)
    before, kept, entry = entry_at(path), login, entry_of(login)
    if entry:
        keyring.keep(entry, login.token.value)
        kept = replace(login, token=replace(login.token, value=""))
    try:
        owner_only.write(path, msgspec.json.format(msgspec.json.encode(kept)) + b"\n")
    except OSError as error:
        raise UsageError(f"could not save the login to {path}: {reason(error)}") from error
    if before not in ("", entry):
        keyring.forget(before)


def load(name: str | None = None) -> Login:
    """Return the login called `name`, else that of `$OCPIQ_PLATFORM`, else the last, with its token.

    Raises UsageError.
    """
    login = find(name)
    entry = entry_of(login)
    return replace(login, token=replace(login.token, value=keyring.find(entry))) if entry else login


def find(name: str | None = None) -> Login:
    """Return the same login as `load`, without the token that is in the system's keyring. Raises UsageError."""
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
    return opened(path_of(wanted))


def names() -> tuple[str, ...]:
    """Return the names of all logins, sorted."""
    return tuple(sorted(path.stem for path in folder().glob("*.json") if NAME.fullmatch(path.stem)))


def every() -> tuple[Login, ...]:
    """Return all logins, the last one made first, as `find` does. Raises UsageError for one that cannot be read."""
    logins = [opened(path_of(name)) for name in names()]
    return tuple(sorted(logins, key=lambda login: login.saved, reverse=True))


def current() -> str | None:
    """Return the name of the last login made, or None where there is none."""
    return next((login.name for login in every()), None)


def remove(name: str) -> None:
    """Forget the login called `name`. Raises UsageError where there is none."""
    entry = entry_of(find(name))
    path_of(name).unlink(missing_ok=True)
    if entry:
        keyring.forget(entry)


def entry_of(login: Login) -> str:
    """Return what the token of a login is called in the system's keyring; nothing where it is not there."""
    place = (login.shown or login.url).partition("://")[2].partition("?")[0]
    return f"{login.name} at {place}" if login.token.in_keyring else ""


def entry_at(path: Path) -> str:
    """Return the same for the login in a file, if there is one."""
    try:
        return entry_of(opened(path)) if path.is_file() else ""
    except UsageError:  # nothing that could be told of it
        return ""


def folder() -> Path:
    """Return the folder with one file for each login."""
    return config_folder() / "platforms"


def path_of(name: str) -> Path:
    """Return where the login called `name` is kept. Raises UsageError."""
    return folder() / f"{checked(name)}.json"


def checked(name: str) -> str:
    """Return `name`, which is to be a platform's. Raises UsageError where it cannot be a file's."""
    if not NAME.fullmatch(name):
        raise UsageError(
            f"invalid platform name {printable(name)}",
            hint="up to 64 letters, digits, dots, dashes and underscores, starting with a letter or digit",
        )
    return name


def opened(path: Path) -> Login:
    """Return the login in `path`."""
    try:
        return msgspec.json.decode(owner_only.read(path), type=Login)
    except OSError as error:
        raise UsageError(f"could not read {path}: {reason(error)}") from error
    except msgspec.MsgspecError as error:
        raise UsageError(f"{path} is not a login file", hint="remove the file and log in again") from error


def printable(name: str) -> str:
    """Return a name as it can stand in a message."""
    return ascii(name) if len(name) <= 64 else "(too long)"


def reason(error: OSError) -> str:
    """Return what the system says, without the path."""
    return error.strerror or "unknown reason"
