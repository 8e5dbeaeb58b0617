"""The rows of one delivery: those that are new to the state, or look different from when they were delivered."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import Final, Literal

import msgspec

from ocpiq.delivery.seen_set import Entry, SeenSet
from ocpiq.gate import Identity
from ocpiq.values.blank import Blank

CHUNK: Final = 500  # rows that are compared at once

Change = Literal["new", "changed"]


class Bounds:
    """The window of a delivery that is only looked at: nothing is pulled."""

    secret = b""
    late_before = None
    period = None

    def __init__(self, source: int, bounds: tuple[int | None, int | None] | None) -> None:
        self.source = source
        self.bounds = bounds

    def select(self, rows: Sequence[object], identities: Sequence[Identity]) -> Iterator[Iterable[object]]:
        """Yield nothing."""
        return iter(())

    def complete(self) -> None:
        """Do nothing."""


class Increment:
    """Selects the rows of a delivery, and stages what the state will remember of them.

    `late` tells that a new or changed object was late, `is_complete` that all pages were read. With `compares`, the
    pull has all remembered objects: `change` then says of the row that was handed out last whether it is new or
    changed, and `gone` which objects are no longer there.
    """

    def __init__(
        self,
        source: int,
        bounds: tuple[int | None, int | None] | None,
        secret: bytes,
        seen: SeenSet,
        late_before: int | None = None,
        *,
        period: tuple[int, int] | None = None,
        compares: bool = False,
    ) -> None:
        self.period = period
        self.change = ""
        self._compares = compares
        self.source = source
        self.bounds = bounds
        self.secret = secret
        self.late_before = late_before
        self.late = False
        self.is_complete = False
        self._seen = seen
        self._hash = RowHash(secret)

    def select(self, rows: Sequence[object], identities: Sequence[Identity]) -> Iterator[Iterable[object]]:
        """Yield the rows of a page that are new or changed, and stage them."""
        for start in range(0, len(rows), CHUNK):
            chunk = [rows[position] for position in range(start, min(start + CHUNK, len(rows)))]
            changed = self._changed(chunk, identities[start : start + CHUNK])
            yield self._marked(changed) if self._compares else [row for row, _ in changed]

    def gone(self) -> list[tuple[bytes, bytes]]:
        """Return the sealed keys and encrypted names of the objects that were not there."""
        return self._seen.gone()

    def _marked(self, changed: Sequence[tuple[object, Change]]) -> Iterator[object]:
        for row, change in changed:
            self.change = change
            yield row

    def complete(self) -> None:
        """Note that all pages were read."""
        self.is_complete = True

    def _changed(self, rows: Sequence[object], identities: Sequence[Identity]) -> list[tuple[object, Change]]:
        hashes = list(map(self._hash.of, rows))
        keys = [identity.key or hash_ for identity, hash_ in zip(identities, hashes, strict=True)]
        stored = self._seen.stored(keys)
        changed: list[tuple[object, Change]] = []
        if self._compares:
            self._seen.visit(keys)
        staged: dict[bytes, Entry] = {}
        for row, key, hash_, identity in zip(rows, keys, hashes, identities, strict=True):
            if stored.get(key) == hash_ or (key in staged and staged[key][1] == hash_):
                continue
            changed.append((row, "changed" if stored.get(key) or key in staged else "new"))
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
