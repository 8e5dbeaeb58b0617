"""The recipients of exports: one file per recipient, with its key unless that is in the system keyring.

The policy of a recipient stands beside it, in a file of its own that can be read, reviewed and passed on.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from ocpiq.errors import UsageError, did_you_mean
from ocpiq.privacy.recipient import Recipient, key_id_of, new_key
from ocpiq.storage import keyring, owner_only
from ocpiq.storage.folders import config_folder
from ocpiq.storage.logins import NAME, printable, reason, valid_name

NOUN: Final = "key"


class FormerKey(Struct, frozen=True):
    """The id of a key that was replaced and deleted, and when it was in use (UTC, RFC 3339)."""

    key_id: str
    created: str
    ended: str


class StoredRecipient(Struct, frozen=True):
    """A recipient's file. `key` is empty if the key is in the system keyring; no repr shows it."""

    name: str
    key: bytes
    key_id: str
    created: str
    in_keyring: bool = False
    former: tuple[FormerKey, ...] = ()

    def __repr__(self) -> str:
        return f"StoredRecipient({self.name!r}, key {self.key_id})"

    def __rich_repr__(self) -> list[tuple[str, str]]:
        return [("name", self.name), ("key_id", self.key_id)]


def add(name: str, *, in_keyring: bool) -> StoredRecipient:
    """Create a recipient with a new key. Raises UsageError if it exists."""
    if path_of(name).exists():
        raise UsageError(
            f"recipient {name} already exists", hint=f"for a new key: ocpiq recipient rotate {name}"
        )
    return _save(name, (), in_keyring=in_keyring)


def load(name: str) -> Recipient:
    """Return a recipient with its key. Raises UsageError."""
    stored = find(name)
    key = _decoded(keyring.get(_entry(stored), NOUN)) if stored.in_keyring else stored.key
    if key_id_of(key) != stored.key_id:
        raise UsageError(
            f"the key of recipient {name} was changed or damaged",
            hint=f"restore it from a backup, or make a new one: ocpiq recipient rotate {name}",
        )
    return Recipient(name, key, stored.key_id)


def find(name: str) -> StoredRecipient:
    """Return a recipient without opening the keyring. Raises UsageError."""
    if not NAME.fullmatch(name) or not path_of(name).is_file():
        known = names()
        hint = did_you_mean(name, known) or (
            f"available: {', '.join(known)}" if known else "add it first: ocpiq recipient add NAME"
        )
        raise UsageError(f"unknown recipient {printable(name)}", hint=hint)
    stored = _read(path_of(name))
    if stored.name != name:  # a copied file, or a file system that ignores case
        raise UsageError(f"{path_of(name)} is the file of recipient {printable(stored.name)}")
    return stored


def names() -> tuple[str, ...]:
    """Return the names of all recipients, sorted."""
    return tuple(sorted(path.stem for path in folder().glob("*.json") if NAME.fullmatch(path.stem)))


def rotate(name: str, *, in_keyring: bool) -> StoredRecipient:
    """Replace the key by a new one and delete the old one; its id stays known. Raises UsageError."""
    old = find(name)
    former = (*old.former, FormerKey(old.key_id, old.created, _now()))
    stored = _save(name, former, in_keyring=in_keyring or old.in_keyring)
    if old.in_keyring:
        keyring.delete(_entry(old), NOUN)
    return stored


def remove(name: str) -> StoredRecipient:
    """Delete a recipient, its key and its policy, and return what it was. Raises UsageError."""
    stored = find(name)
    for path in (path_of(name), policy_path(name)):
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise UsageError(f"could not delete {path}: {reason(error)}") from None
    if stored.in_keyring:
        keyring.delete(_entry(stored), NOUN)
    return stored


def folder() -> Path:
    """Return the folder of the recipients' files."""
    return config_folder() / "recipients"


def path_of(name: str) -> Path:
    """Return the file of a recipient. Raises UsageError for an invalid name."""
    return folder() / f"{valid_name(name, 'recipient')}.json"


def policy_path(name: str) -> Path:
    """Return the file of a recipient's policy, which may not exist. Raises UsageError for an invalid name."""
    return folder() / f"{valid_name(name, 'recipient')}.toml"


def _save(name: str, former: tuple[FormerKey, ...], *, in_keyring: bool) -> StoredRecipient:
    key = new_key()
    stored = StoredRecipient(name, b"" if in_keyring else key, key_id_of(key), _now(), in_keyring, former)
    if in_keyring:
        keyring.store(_entry(stored), b64encode(key).decode(), NOUN)
    try:
        owner_only.write(path_of(name), msgspec.json.format(msgspec.json.encode(stored)) + b"\n")
    except OSError as error:
        if in_keyring:
            keyring.delete(_entry(stored), NOUN)
        raise UsageError(f"could not save the recipient to {path_of(name)}: {reason(error)}") from None
    return replace(stored, key=b"")


def _read(path: Path) -> StoredRecipient:
    try:
        return msgspec.json.decode(owner_only.read(path), type=StoredRecipient)
    except OSError as error:
        raise UsageError(f"could not read {path}: {reason(error)}") from None
    except msgspec.MsgspecError:
        raise UsageError(
            f"{path} is not a recipient file", hint="restore it from a backup: it held the key"
        ) from None


def _entry(stored: StoredRecipient) -> str:
    """Return the name of the keyring entry, which no login can have."""
    return f"recipient {stored.name} ({stored.key_id})"


def _decoded(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except NotBase64:
        return b""


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
