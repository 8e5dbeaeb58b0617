"""The rows of one delivery: those that are new to the state, or look different from when they were delivered."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import Final

import msgspec

from ocpiq.delivery.seen_set import Entry, SeenSet
from ocpiq.gate import Identity
from ocpiq.values.blank import Blank

CHUNK: Final = 500  # rows that are compared at once


class Bounds:
    """The window of a delivery that is only looked at: nothing is pulled."""

    secret = b""
    late_before = None

    def __init__(self, source: int, bounds: tuple[int | None, int | None]) -> None:
        self.source = source
        self.bounds = bounds

    def select(self, rows: Sequence[object], identities: Sequence[Identity]) -> Iterator[Sequence[object]]:
        """Yield nothing."""
        return iter(())

    def complete(self) -> None:
        """Do nothing."""


class Increment:
    """Selects the rows of a delivery, and stages what the state will remember of them.

    `late` tells that a new or changed object was late, `is_complete` that all pages were read.
    """

    def __init__(
        self,
        source: int,
        bounds: tuple[int | None, int | None] | None,
        secret: bytes,
        seen: SeenSet,
        late_before: int | None = None,
    ) -> None:
        self.source = source
        self.bounds = bounds
        self.secret = secret
        self.late_before = late_before
        self.late = False
        self.is_complete = False
        self._seen = seen
        self._hash = RowHash(secret)

    def select(self, rows: Sequence[object], identities: Sequence[Identity]) -> Iterator[Sequence[object]]:
        """Yield the rows of a page that are new or changed, and stage them."""
        for start in range(0, len(rows), CHUNK):
            chunk = [rows[position] for position in range(start, min(start + CHUNK, len(rows)))]
            yield self._changed(chunk, identities[start : start + CHUNK])

    def complete(self) -> None:
        """Note that all pages were read."""
        self.is_complete = True

    def _changed(self, rows: Sequence[object], identities: Sequence[Identity]) -> list[object]:
        hashes = list(map(self._hash.of, rows))
        keys = [identity.key or hash_ for identity, hash_ in zip(identities, hashes, strict=True)]
        stored = self._seen.stored(keys)
        changed: list[object] = []
        staged: dict[bytes, Entry] = {}
        for row, key, hash_, identity in zip(rows, keys, hashes, identities, strict=True):
            if stored.get(key) == hash_ or (key in staged and staged[key][1] == hash_):
                continue
            changed.append(row)
            staged[key] = (key, hash_, identity.name)
            self.late = self.late or identity.late
        self._seen.stage(list(staged.values()))
        return changed


class RowHash:
    """Hashes rows as they leave the gate, keyed with the secret of a state: 16 bytes."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._encode = msgspec.json.Encoder(enc_hook=_text, order="sorted").encode

    def of(self, row: object) -> bytes:
        """Return the hash of a row; the order of its fields does not matter."""
        try:
            data = self._encode(row)
        except UnicodeEncodeError:  # half of a surrogate pair
            data = json.dumps(msgspec.to_builtins(row, enc_hook=_text), sort_keys=True).encode()
        return blake2b(data, digest_size=16, key=self._secret, person=b"ocpiq row").digest()


def _text(value: object) -> object:
    """Return a value that JSON does not have: all blanks are equal."""
    return {"": "blank"} if isinstance(value, Blank) else str(value)
