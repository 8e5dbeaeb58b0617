"""Who receives an export: a name, and the key of the pseudonyms that only this recipient gets."""

from __future__ import annotations

import os
from typing import Final

from msgspec import Struct

KEY_BYTES: Final = 32
ID_LENGTH: Final = 8  # hexadecimal digits


class Recipient(Struct, frozen=True):
    """A recipient with its key: 32 random bytes, which no repr shows. `key_id` names the key and does not reveal it."""

    name: str
    key: bytes
    key_id: str

    def __repr__(self) -> str:
        return f"Recipient({self.name!r}, key {self.key_id})"

    def __rich_repr__(self) -> list[tuple[str, str]]:
        return [("name", self.name), ("key_id", self.key_id)]


def new_key() -> bytes:
    """Return a new random key."""
    return os.urandom(KEY_BYTES)


def key_id_of(key: bytes) -> str:
    """Return the id of a key: the first eight hexadecimal digits of its SHA-256."""
    from hashlib import sha256  # noqa: PLC0415 - few runs have a recipient

    return sha256(key).hexdigest()[:ID_LENGTH]
