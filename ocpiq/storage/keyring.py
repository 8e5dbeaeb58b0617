"""Tokens in the keyring of the system (macOS Keychain, Windows Credential Locker, Secret Service, KWallet).

An entry has the service `ocpiq`, and as its user name the name of the login and the address that the token is for, so
that no login can find the token of another. The package `keyring` is loaded only where a login says that its token is
there.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import TypeVar

from ocpiq.errors import UsageError

SERVICE = "ocpiq"
T = TypeVar("T")


def check() -> None:
    """Raise UsageError where there is no keyring that can be used."""
    package()


def keep(entry: str, token: str) -> None:
    """Put a token into the keyring, in place of an earlier one. Raises UsageError."""
    keyring = package()
    asked(lambda: keyring.set_password(SERVICE, entry, token))
    if asked(lambda: keyring.get_password(SERVICE, entry)) != token:
        raise UsageError("the system keyring did not store the token", hint="log in without --keyring")


def find(entry: str) -> str:
    """Return a token. Raises UsageError."""
    keyring = package()
    found = asked(lambda: keyring.get_password(SERVICE, entry))
    if not isinstance(found, str) or not found:
        raise UsageError(f"the system keyring has no token for {entry}", hint="log in again")
    return found


def forget(entry: str) -> None:
    """Take a token out of the keyring; one that is gone already is not an error. Raises UsageError."""
    try:
        keyring = package()
        if asked(lambda: keyring.get_password(SERVICE, entry)) is not None:
            asked(lambda: keyring.delete_password(SERVICE, entry))
    except UsageError as error:
        raise UsageError(
            f"the token for {entry} is still in the system keyring: {error.message}",
            hint=f"delete the entry {SERVICE} there",
        ) from None


def package() -> ModuleType:
    """Return the package, with a keyring behind it. Raises UsageError."""
    try:
        import keyring  # noqa: PLC0415 - most logins need none
        from keyring.backends import fail  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if error.name != "keyring":
            raise
        raise UsageError(
            "the system keyring needs the Python package keyring", hint="pip install 'ocpiq[keyring]'"
        ) from None
    if asked(lambda: isinstance(keyring.get_keyring(), fail.Keyring)):
        raise UsageError(
            "this system has no usable keyring",
            hint="without --keyring, the token is stored in a file that only you can read",
        )
    return keyring


def asked(question: Callable[[], T]) -> T:
    """Return what the keyring answers; whatever it raises becomes a UsageError without its words.

    Keyrings raise what they like, and their words may hold anything.
    """
    try:
        return question()
    except Exception as error:
        raise UsageError(
            f"could not use the system keyring ({type(error).__name__})", hint="is it locked?"
        ) from None
