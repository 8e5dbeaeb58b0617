"""Tokens and keys in the system keyring (macOS Keychain, Windows Credential Locker, Secret Service, KWallet).

An entry has the service `ocpiq`. For a token its user name is the name of the login and the address that the token is
for, so that no login can read the token of another; for a key, the recipient and the id of the key. The package
`keyring` is imported only where an entry is needed. `noun` says in messages what the entry holds.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import TypeVar

from ocpiq.errors import UsageError

SERVICE = "ocpiq"
TOKEN = "token"  # noqa: S105 - a noun for messages
T = TypeVar("T")


def check(noun: str = TOKEN) -> None:
    """Raise UsageError if there is no usable keyring."""
    load_package(noun)


def store(entry: str, secret: str, noun: str = TOKEN) -> None:
    """Store a secret, replacing an earlier one. Raises UsageError."""
    keyring = load_package(noun)
    call(lambda: keyring.set_password(SERVICE, entry, secret))
    if call(lambda: keyring.get_password(SERVICE, entry)) != secret:
        fix = "log in without --keyring" if noun == TOKEN else "leave out --keyring"
        raise UsageError(f"the system keyring did not store the {noun}", hint=fix)


def get(entry: str, noun: str = TOKEN) -> str:
    """Return a secret. Raises UsageError."""
    keyring = load_package(noun)
    secret = call(lambda: keyring.get_password(SERVICE, entry))
    if not isinstance(secret, str) or not secret:
        fix = "log in again" if noun == TOKEN else "restore the keyring from a backup"
        raise UsageError(f"the system keyring has no {noun} for {entry}", hint=fix)
    return secret


def delete(entry: str, noun: str = TOKEN) -> None:
    """Delete a secret, if it exists. Raises UsageError."""
    try:
        keyring = load_package(noun)
        if call(lambda: keyring.get_password(SERVICE, entry)) is not None:
            call(lambda: keyring.delete_password(SERVICE, entry))
    except UsageError as error:
        raise UsageError(
            f"the {noun} for {entry} is still in the system keyring: {error.message}",
            hint=f"delete the entry {SERVICE} there",
        ) from None


def load_package(noun: str = TOKEN) -> ModuleType:
    """Return the package `keyring`, if it has a usable keyring. Raises UsageError."""
    try:
        import keyring  # noqa: PLC0415 - most logins do not need it
        from keyring.backends import fail  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if error.name != "keyring":
            raise
        raise UsageError(
            "the system keyring needs the Python package keyring", hint="pip install 'ocpiq[keyring]'"
        ) from None
    if call(lambda: isinstance(keyring.get_keyring(), fail.Keyring)):
        raise UsageError(
            "this system has no usable keyring",
            hint=f"without --keyring, the {noun} is stored in a file that only you can read",
        )
    return keyring


def call(request: Callable[[], T]) -> T:
    """Call the keyring; turn any exception into a UsageError without its text.

    Keyrings raise arbitrary exceptions, whose texts may contain anything.
    """
    try:
        return request()
    except Exception as error:
        raise UsageError(
            f"could not use the system keyring ({type(error).__name__})", hint="is it locked?"
        ) from None
