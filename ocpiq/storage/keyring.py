"""Tokens in the system keyring (macOS Keychain, Windows Credential Locker, Secret Service, KWallet).

An entry has the service `ocpiq`; its user name is the name of the login and the address that the token is for, so that
no login can read the token of another. The package `keyring` is imported only for a login whose token is stored there.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import TypeVar

from ocpiq.errors import UsageError

SERVICE = "ocpiq"
T = TypeVar("T")


def check() -> None:
    """Raise UsageError if there is no usable keyring."""
    load_package()


def store(entry: str, token: str) -> None:
    """Store a token, replacing an earlier one. Raises UsageError."""
    keyring = load_package()
    call(lambda: keyring.set_password(SERVICE, entry, token))
    if call(lambda: keyring.get_password(SERVICE, entry)) != token:
        raise UsageError("the system keyring did not store the token", hint="log in without --keyring")


def get(entry: str) -> str:
    """Return a token. Raises UsageError."""
    keyring = load_package()
    token = call(lambda: keyring.get_password(SERVICE, entry))
    if not isinstance(token, str) or not token:
        raise UsageError(f"the system keyring has no token for {entry}", hint="log in again")
    return token


def delete(entry: str) -> None:
    """Delete a token, if it exists. Raises UsageError."""
    try:
        keyring = load_package()
        if call(lambda: keyring.get_password(SERVICE, entry)) is not None:
            call(lambda: keyring.delete_password(SERVICE, entry))
    except UsageError as error:
        raise UsageError(
            f"the token for {entry} is still in the system keyring: {error.message}",
            hint=f"delete the entry {SERVICE} there",
        ) from None


def load_package() -> ModuleType:
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
            hint="without --keyring, the token is stored in a file that only you can read",
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
