"""The user's logins: one file per platform, so that writing one cannot damage another."""

from __future__ import annotations

import os
import re
from pathlib import Path

import msgspec
from msgspec.structs import replace

from ocpiq.errors import UsageError, did_you_mean
from ocpiq.storage import keyring, owner_only
from ocpiq.storage.folders import config_folder
from ocpiq.storage.login import Login

PLATFORM_VARIABLE = "OCPIQ_PLATFORM"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


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
    """Return the login `name`, else that of `$OCPIQ_PLATFORM`, of ocpi-tool's session, else the latest, with its token.

    Raises UsageError.
    """
    login = find(name)
    entry = keyring_entry(login)
    return replace(login, token=replace(login.token, value=keyring.get(entry))) if entry else login


def find(name: str | None = None) -> Login:
    """Return the same login as `load`, without a token from the keyring. Raises UsageError."""
    wanted = name or os.environ.get(PLATFORM_VARIABLE)
    if not wanted:
        login = default()
        if login is None:
            raise UsageError("no platform", hint=f"{how_to_log_in()}, or --source MODULE=FILE, or --demo")
        return login
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


def default() -> Login | None:
    """Return the login of a command that names none: the session of ocpi-tool in the environment, else the latest.

    None without either. Raises UsageError for an unreadable one.
    """
    from ocpiq.storage import ocpi_tool  # noqa: PLC0415 - only for logins by default

    session = ocpi_tool.named_session()
    return ocpi_tool.read(session) if session is not None else next(iter(every()), None)


def current() -> str | None:
    """Return the name of the default login; None without one."""
    login = default()
    return None if login is None else login.name


def how_to_log_in() -> str:
    """Return the command that logs in, also from a session of ocpi-tool if there is one."""
    from ocpiq.storage import ocpi_tool  # noqa: PLC0415 - only for logins by default

    session = ocpi_tool.session_path()
    return "ocpiq login URL --party XX-YYY" + (f", or ocpiq login --import {session}" if session else "")


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
