"""Sealed keys: the key of an object leaves the gate only as a hash.

A hash has 8 bytes and is keyed with a random secret of the process, so it is meaningless outside of it. For a state,
which is kept between runs, it has 16 bytes and the secret is the state's. Identifiers are compared without case (OCPI
section "CiString type").
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from msgspec import Raw, Struct
from msgspec.structs import force_setattr

from ocpiq.schema import UPDATED
from ocpiq.values.json.fragments import fields, value
from ocpiq.values.json.reader import BrokenError

if TYPE_CHECKING:
    from hashlib import blake2b

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

KEY_BYTES: Final = 10  # of a sealed key: that two of 10^7 are equal has a chance of 4e-11
CIPHER_BLOCK: Final = 64  # bytes
EMPTY_END: Final = ("", "\0")  # of a key whose last part may be empty


class Identity(Struct, frozen=True, gc=False):
    """An object as a state knows it, sealed: its key, hashed or encrypted, is made when it is asked for.

    `late` tells that the object was last updated before the seal's `late_before`. `parts` are those of its key, decoded
    or slices, and do not leave the gate.
    """

    parts: Sequence[object]
    late: bool
    seal: KeySeal

    def __repr__(self) -> str:
        return "Identity()"

    @property
    def key(self) -> bytes:
        """The sealed key; empty for an object without one."""
        return self.key_by(self.seal.hasher)

    def key_by(self, hasher: blake2b) -> bytes:
        """Return the key hashed by a copy of a keyed hash; empty for an object without one."""
        folded = self.seal.folded(self.parts)
        if not folded:
            return b""
        hasher = hasher.copy()
        hasher.update(folded)
        return bytes(hasher.digest())

    @property
    def name(self) -> bytes:
        """The key as far as the view shows it, encrypted."""
        key = self.key
        text = self.seal.shown_key(self.parts) if key else ""
        return cipher(self.seal.secret, key, text.encode("utf-8", "surrogatepass"))

    def add_to(self, hasher: blake2b) -> None:
        """Add the key to a keyed hash."""
        hasher.update(self.seal.folded(self.parts))


class KeySeal(Struct, frozen=True):
    """Seals the keys of objects for a state, with its `secret`.

    `names` are the fields of the key, and `shown` tells of each whether the view shows it. Objects that were last
    updated before `late_before` (microseconds since 1970) are marked. The others follow from these: `own` are the parts
    that are not the owner, and `hasher` begins each hash.
    """

    secret: bytes
    names: tuple[str, ...]
    shown: tuple[bool, ...]
    late_before: int | None = None
    own: tuple[int, ...] = ()
    hasher: Any = None

    def __post_init__(self) -> None:
        own = (number for number, name in enumerate(self.names) if name not in OWNER)
        force_setattr(self, "own", tuple(own))
        force_setattr(self, "hasher", keyed_hasher(self.secret, b"ocpiq key", KEY_BYTES))

    def __repr__(self) -> str:
        return f"KeySeal({self.names})"

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that are read: those of the key, and that of the last update if late objects are marked."""
        return self.names if self.late_before is None else (*self.names, UPDATED)

    def is_late(self, updated: int | None) -> bool:
        """Tell whether an object with this moment of its last update is late."""
        return updated is not None and self.late_before is not None and updated < self.late_before

    def folded(self, parts: Sequence[object]) -> bytes:
        """Return the key made of these parts without case; empty if the object has none."""
        try:
            joined = "\0".join(parts)  # type: ignore[arg-type]
        except TypeError:  # a part is not a text
            joined = ""
        if joined[-1:] in EMPTY_END:
            texts = [identifier(part) for part in parts]
            if not any(map(texts.__getitem__, self.own)):
                return b""
            joined = "\0".join(texts)
        return joined.casefold().encode("utf-8", "surrogatepass")

    def shown_key(self, parts: Sequence[object]) -> str:
        """Return the key of an object as far as the view shows it."""
        shown = zip(parts, self.shown, strict=True)
        return "\0".join([identifier(part) if is_shown else "" for part, is_shown in shown])

    def parts(self, name: bytes) -> dict[str, str]:
        """Return the parts of a key that the view shows, by their fields, from a decrypted name."""
        texts = name.decode("utf-8", "replace").split("\0")
        return {field: text for field, text in zip(self.names, texts, strict=False) if text}


def cipher(secret: bytes, nonce: bytes, data: bytes) -> bytes:
    """Encrypt or decrypt: the same secret and nonce have the same stream of bytes, so no two texts may share both.

    The sealed key of an object is such a nonce: it is a keyed hash of the whole key.
    """
    size, hasher = len(data), keyed_hasher(secret, b"ocpiq name", CIPHER_BLOCK)
    hasher.update(nonce)
    blocks = []
    for block in range(-(-size // CIPHER_BLOCK)):
        stream = hasher.copy()
        stream.update(block.to_bytes(4))
        blocks.append(stream.digest())
    mask = b"".join(blocks)[:size]
    return (int.from_bytes(data) ^ int.from_bytes(mask)).to_bytes(size)


def keyed_hasher(secret: bytes, person: bytes, size: int) -> blake2b:
    """Return a keyed BLAKE2b with a digest of `size` bytes, to be copied for each text."""
    from hashlib import blake2b  # noqa: PLC0415 - takes a while, and few runs seal keys

    return blake2b(digest_size=size, key=secret, person=person)
