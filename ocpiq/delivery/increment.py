"""The rows of one delivery: those that are new to the state, or look different from when they were delivered."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Literal

import msgspec

from ocpiq.delivery.seen_set import HASH_BYTES, Entry, SeenSet
from ocpiq.gate import KEY_BYTES, Identity, keyed_hasher
from ocpiq.ocpi.pull.dedup import KeyGeneration
from ocpiq.values.blank import Blank

CHUNK: Final = (
    32  # rows that are compared at once: more would leave the caches, and keep the garbage collector busy
)
BLANK: Final = msgspec.Raw(b'{"":"blank"}')

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
        self._comparison = Comparison(seen) if compares else None
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
            chunk = list(rows[start : start + CHUNK])
            changed = self._changed(chunk, identities[start : start + CHUNK])
            if changed:
                yield [row for row, _ in changed] if self._comparison is None else self._marked(changed)

    def gone(self) -> list[bytes]:
        """Return the names of the objects that were not there."""
        return [] if self._comparison is None else self._comparison.gone()

    def _marked(self, changed: Sequence[tuple[object, Change]]) -> Iterator[object]:
        for row, change in changed:
            self.change = change
            yield row

    def complete(self) -> None:
        """Note that all pages were read."""
        self.is_complete = True

    def _changed(self, rows: Sequence[object], identities: Sequence[Identity]) -> list[tuple[object, Change]]:
        hash_of = self._hash.of
        hashes = list(map(hash_of, rows, identities))
        places: Iterable[int] = range(len(rows))
        if self._comparison is not None:
            places = self._comparison.unknown(hashes)
        keys = {place: identities[place].key or hashes[place].ljust(KEY_BYTES, b"\0") for place in places}
        stored = self._seen.stored(list(keys.values())) if keys else {}
        changed: list[tuple[object, Change]] = []
        staged: dict[bytes, Entry] = {}
        for place, key in keys.items():
            hash_, identity = hashes[place], identities[place]
            if stored.get(key) == hash_ or (key in staged and staged[key][1] == hash_):
                continue
            changed.append((rows[place], "changed" if stored.get(key) or key in staged else "new"))
            staged[key] = (key, hash_, identity.name)
            self.late = self.late or identity.late
        if staged:
            self._seen.stage(list(staged.values()))
        return changed


class Comparison:
    """Compares what is pulled with all remembered objects, by their hashes: 16 bytes an object in memory."""

    def __init__(self, seen: SeenSet) -> None:
        self._seen = seen
        self._missing = KeyGeneration()
        self._missing.expect(seen.count())
        for hashes in seen.hashes():
            self._missing.add(hashes)

    def unknown(self, hashes: Sequence[bytes]) -> list[int]:
        """Return the positions of the objects that are new or changed, or came before; the others are not missing."""
        return self._missing.discard(array("q", b"".join(hashes)))

    def gone(self) -> list[bytes]:
        """Return the names of the remembered objects that were not there."""
        return self._seen.gone(self._missing)


class RowHash:
    """Hashes rows as they leave the gate, keyed with the secret of a state: 8 bytes."""

    def __init__(self, secret: bytes) -> None:
        self._hasher = keyed_hasher(secret, b"ocpiq row", HASH_BYTES)
        self._encode = msgspec.json.Encoder(enc_hook=_text, order="sorted").encode

    def of(self, row: object, identity: Identity | None = None) -> bytes:
        """Return the hash of a row, and of the key of its object; the order of the fields does not matter."""
        try:
            data = self._encode(row)
        except UnicodeEncodeError:  # half of a surrogate pair
            data = json.dumps(msgspec.to_builtins(row, enc_hook=_json), sort_keys=True).encode()
        hasher = self._hasher.copy()
        hasher.update(data)
        if identity is not None:
            identity.add_to(hasher)
        return bytes(hasher.digest())


def _text(value: object) -> object:
    """Return a value that JSON does not have: all blanks are equal."""
    return BLANK if type(value) is Blank else str(value)


def _json(value: object) -> object:
    return {"": "blank"} if type(value) is Blank else str(value)
