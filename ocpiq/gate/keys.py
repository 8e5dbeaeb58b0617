"""Sealed keys: the key of an object leaves the gate only as a hash.

A hash has 8 bytes and is keyed with a random secret of the process, so it is meaningless outside of it. For a state,
which is kept between runs, it has 16 bytes and the secret is the state's. Identifiers are compared without case (OCPI
section "CiString type").
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from msgspec import Raw, Struct
from msgspec.structs import force_setattr

from ocpiq.schema import UPDATED
from ocpiq.values.json.fragments import fields, value
from ocpiq.values.json.reader import BrokenError

Repeats = Callable[[Sequence[int | None]], Sequence[int]]
"""Takes the sealed keys of a page's objects, None for an object without a key; returns the positions of the repeats,
which are left out."""

Identifier = str | int | None
"""The types of the parts of a key; an object with any other type there is left to the untyped decoder."""

OWNER: Final = ("country_code", "party_id")
SECRET: Final = os.urandom(8).hex()
BREAK: Final = "\n"
SEPARATOR: Final = BREAK + SECRET
LIMIT: Final = 1 << 63  # integers from here on, and fractions, are not identifiers
SCALARS: Final = b'"-0123456789'


class ObjectKey:
    """The key of a module's objects: the names of the fields that identify one."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        # The owner of an object may be missing, as in 2.1.1, if the object has an identifier of its own.
        has_own_id = any(name.endswith("id") for name in names if name not in OWNER)
        self._optional = [has_own_id and name in OWNER for name in names]

    def of_columns(self, columns: Sequence[Sequence[object]]) -> Sequence[int | None]:
        """Return the sealed key of each object, from one column for each part; None for an object without a key."""
        try:
            if not any("" in column for column in columns):
                joined = SEPARATOR.join(map("\0".join, zip(*columns, strict=True)))
                sealed = list(map(hash, f"{SECRET}{joined}".casefold().split(BREAK)))
                if len(sealed) == len(columns[0]):
                    return sealed
        except TypeError:
            pass  # a part is not a text
        return [self.of_parts(parts) for parts in zip(*columns, strict=True)]

    def of_parts(self, parts: Sequence[object]) -> int | None:
        """Return the sealed key made of these parts; None if one is missing or not an identifier."""
        texts = [identifier(part) for part in parts]
        if not all(text or optional for text, optional in zip(texts, self._optional, strict=True)):
            return None
        return hash(SECRET + "\0".join(texts).casefold())

    def of_slice(self, raw: bytes) -> int | None:
        """Return the sealed key of an object's slice; None if it has none."""
        try:
            parts = fields(raw)
        except BrokenError:
            return None
        return self.of_parts([Raw(parts[name]) if name in parts else None for name in self.names])


def identifier(part: object) -> str:
    """Return a part of a key, decoded or a slice, as text; an empty text if it is not an identifier."""
    if isinstance(part, str):
        return part
    if isinstance(part, Raw):
        raw = bytes(part)
        try:
            return identifier(value(raw)) if raw[:1] and raw[:1] in SCALARS else ""
        except BrokenError:
            return ""
    if isinstance(part, float) and part.is_integer():
        part = int(part)
    if isinstance(part, int) and not isinstance(part, bool) and -LIMIT < part < LIMIT:
        return str(part)
    return ""


# ---------------------------------------------------------------- for a state

DIGEST: Final = 16  # bytes of a sealed key and of a hash
CIPHER_BLOCK: Final = 64  # bytes


class Identity(NamedTuple):
    """An object as a state knows it.

    `key` is its sealed key, empty for an object without one; `name` is the key encrypted, as far as the view shows it.
    `late` tells that it was last updated before the seal's `late_before`.
    """

    key: bytes
    name: bytes
    late: bool


class KeySeal(Struct, frozen=True):
    """Seals the keys of objects for a state, with its `secret`.

    `names` are the fields of the key, and `shown` tells of each whether the view shows it. Objects that were last
    updated before `late_before` (microseconds since 1970) are marked. `own` and `all_shown` follow from the others: the
    parts that are not the owner, and whether the view shows all parts.
    """

    secret: bytes
    names: tuple[str, ...]
    shown: tuple[bool, ...]
    late_before: int | None = None
    own: tuple[int, ...] = ()
    all_shown: bool = False

    def __post_init__(self) -> None:
        own = (number for number, name in enumerate(self.names) if name not in OWNER)
        force_setattr(self, "own", tuple(own))
        force_setattr(self, "all_shown", all(self.shown))

    def __repr__(self) -> str:
        return f"KeySeal({self.names})"

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that are read: those of the key, and that of the last update if late objects are marked."""
        return self.names if self.late_before is None else (*self.names, UPDATED)

    def is_late(self, updated: int | None) -> bool:
        """Tell whether an object with this moment of its last update is late."""
        return updated is not None and self.late_before is not None and updated < self.late_before

    def seal(self, parts: Sequence[object], *, late: bool) -> Identity:
        """Return the identity of an object with these parts of a key, decoded or slices."""
        texts = [part if type(part) is str else identifier(part) for part in parts]
        if not any(map(texts.__getitem__, self.own)):
            return Identity(b"", b"", late)
        joined = "\0".join(texts)
        key = self._hash(joined.casefold().encode("utf-8", "surrogatepass"))
        if not self.all_shown:
            shown = zip(texts, self.shown, strict=True)
            joined = "\0".join(text if is_shown else "" for text, is_shown in shown)
        return Identity(key, self._cipher(key, joined.encode("utf-8", "surrogatepass")), late)

    def unseal(self, key: bytes, name: bytes) -> dict[str, str]:
        """Return the parts of a key that the view shows, by their fields."""
        texts = self._cipher(key, name).decode("utf-8", "replace").split("\0")
        return {field: text for field, text in zip(self.names, texts, strict=False) if text}

    def _hash(self, data: bytes) -> bytes:
        return keyed_hash(data, self.secret, b"ocpiq key", DIGEST)

    def _cipher(self, key: bytes, data: bytes) -> bytes:
        """Encrypt or decrypt: `key` is a keyed hash of the whole key, so no two texts have the same stream of bytes."""
        size = len(data)
        blocks = (
            keyed_hash(key + block.to_bytes(4), self.secret, b"ocpiq name", CIPHER_BLOCK)
            for block in range(-(-size // CIPHER_BLOCK))
        )
        mask = b"".join(blocks)[:size]
        return (int.from_bytes(data) ^ int.from_bytes(mask)).to_bytes(size)


def keyed_hash(data: bytes, secret: bytes, person: bytes, size: int) -> bytes:
    """Return the keyed BLAKE2b of some data, of `size` bytes."""
    from hashlib import blake2b  # noqa: PLC0415 - takes a while, and few runs seal keys

    return blake2b(data, digest_size=size, key=secret, person=person).digest()
