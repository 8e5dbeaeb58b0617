"""The objects that a state remembers: a sealed key and a keyed hash of the row, 18 bytes, and an encrypted name.

The name is the key once more, as far as the query shows it: a correction must name an object that is gone.
They lie sorted by key in leaves of a few hundred, each a row of an SQLite table: in rows of their own they would take
twice the room, and names, which are compressed together, several times theirs.
The changes of a run are staged, and become part of the set together with the new mark.
"""

from __future__ import annotations

import os
import zlib
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from itertools import groupby, islice
from operator import itemgetter
from sqlite3 import Connection
from typing import Final, NamedTuple

from ocpiq.gate import KEY_BYTES, cipher
from ocpiq.ocpi.pull.dedup import KeyGeneration

SCHEMA: Final = """
create table leaf (period integer not null, low blob not null, entries blob not null, names blob not null,
    primary key (period, low)) without rowid;
create table staged (period integer not null, key blob not null, hash blob, name blob not null,
    primary key (period, key)) without rowid;
"""
HASH_BYTES: Final = 8
ENTRY_BYTES: Final = KEY_BYTES + HASH_BYTES
MOST_ENTRIES: Final = 512  # of a leaf, before it is split
FILL: Final = 384  # entries of the leaves that it is split into
CACHED_LEAVES: Final = 512  # 4 MB
BATCH: Final = 2000  # staged entries that are merged at once
MOST_PARAMETERS: Final = 500  # of one statement
NONCE_BYTES: Final = 16
BETWEEN: Final = b"\xff"  # two names: never part of UTF-8
CHECKSUM_BITS: Final = 62  # SQLite has signed integers of 64 bits
MASK: Final = (1 << CHECKSUM_BITS) - 1

Entry = tuple[bytes, bytes, bytes]
"""A sealed key, a hash and an encrypted name."""


class Totals(NamedTuple):
    """The number of remembered objects, and the sum of the checksums of all leaves, in any order."""

    objects: int
    checksum: int

    def plus(self, other: Totals, sign: int = 1) -> Totals:
        """Return the totals with those of other leaves."""
        return Totals(self.objects + sign * other.objects, (self.checksum + sign * other.checksum) & MASK)


NOTHING: Final = Totals(0, 0)


class SeenSet:
    """The remembered objects of one period; 0 is that of `since last`."""

    def __init__(self, connection: Connection, secret: bytes, period: int = 0) -> None:
        self._connection = connection
        self._secret = secret
        self._period = period
        self._lows: list[bytes] = []
        self._leaves: dict[bytes, bytes] = {}
        self._has_staged = False

    def stored(self, keys: Sequence[bytes]) -> dict[bytes, bytes | None]:
        """Return the hashes of those keys that are remembered or staged; None for one that is staged as gone."""
        found: dict[bytes, bytes | None] = {}
        for key in keys:
            entries = self._entries_near(key)
            place = place_of(key, entries)
            if place >= 0:
                found[key] = entries[place + KEY_BYTES : place + ENTRY_BYTES]
        if self._has_staged:
            for start in range(0, len(keys), MOST_PARAMETERS):
                some = keys[start : start + MOST_PARAMETERS]
                marks = ",".join("?" * len(some))
                text = f"select key, hash from staged where period = ? and key in ({marks})"  # noqa: S608
                found.update(self._connection.execute(text, (self._period, *some)).fetchall())
        return found

    def _entries_near(self, key: bytes) -> bytes:
        """Return the entries of the leaf that a key belongs to."""
        self._lows = self._lows or lows(self._connection, self._period)
        low = self._lows[bisect_right(self._lows, key) - 1]
        entries = self._leaves.get(low)
        if entries is None:
            if len(self._leaves) >= CACHED_LEAVES:
                self._leaves.clear()
            entries = self._leaves[low] = read_entries(self._connection, self._period, low)
        return entries

    def stage(self, entries: Sequence[Entry]) -> None:
        """Remember new or changed objects, once the run is committed."""
        self._has_staged = True
        self._stage(entries)

    def _stage(self, entries: Iterable[tuple[bytes, bytes | None, bytes]]) -> None:
        rows = ((self._period, *entry) for entry in entries)
        self._connection.executemany("insert or replace into staged values (?, ?, ?, ?)", rows)

    def hashes(self) -> Iterator[Sequence[int]]:
        """Yield the hashes of all remembered objects as numbers, those of each leaf."""
        for entries, _ in leaves(self._connection, self._period):
            yield hashes_in(entries)

    def count(self) -> int:
        """Return the number of remembered objects."""
        text = "select coalesce(sum(length(entries)), 0) from leaf where period = ?"
        (size,) = self._connection.execute(text, (self._period,)).fetchone()
        return int(size) // ENTRY_BYTES

    def gone(self, missing: KeyGeneration) -> list[bytes]:
        """Return the names of the objects with a `missing` hash that are not staged, and stage that they are gone."""
        rows = self._connection.execute("select key from staged where period = ?", (self._period,))
        staged = {key for (key,) in rows}
        names: dict[bytes, bytes] = {}
        for entries, sealed in leaves(self._connection, self._period) if missing.count else ():
            numbers = missing.holding(hashes_in(entries))
            texts = unseal_names(self._secret, sealed) if numbers else []
            for number in numbers:
                place = number * ENTRY_BYTES
                names[entries[place : place + KEY_BYTES]] = texts[number]
        for key in staged.intersection(names):
            del names[key]
        self._stage((key, None, b"") for key in names)
        return list(names.values())


class Merge:
    """Makes staged entries part of the leaves of a period, and keeps what that changes of the totals."""

    def __init__(self, connection: Connection, secret: bytes, period: int) -> None:
        self.totals = NOTHING
        self._connection = connection
        self._secret = secret
        self._period = period
        self._lows = lows(connection, period)

    def add(self, staged: Sequence[tuple[bytes, bytes | None, bytes]]) -> None:
        """Merge entries, sorted by key; those without a hash are removed."""
        near = groupby(staged, key=lambda entry: bisect_right(self._lows, entry[0]) - 1)
        for low, entries in [(self._lows[number], list(group)) for number, group in near]:
            self._merge(low, entries)
        self._lows = lows(self._connection, self._period)

    def _merge(self, low: bytes, staged: Sequence[tuple[bytes, bytes | None, bytes]]) -> None:
        known = self._taken(low)
        for key, hash_, name in staged:
            if hash_ is None:
                known.pop(key, None)
            else:
                known[key] = hash_, cipher(self._secret, key, name)
        keys = sorted(known)
        size = len(keys) if len(keys) <= MOST_ENTRIES else FILL
        for start in range(0, len(keys), size or 1):
            some = keys[start : start + size]
            self._write(some[0] if start else low, some, known)

    def _taken(self, low: bytes) -> dict[bytes, tuple[bytes, bytes]]:
        """Return the hashes and names of a leaf by their keys, and remove it."""
        where = "from leaf where period = ? and low = ?"
        row = self._connection.execute(f"select entries, names {where}", (self._period, low)).fetchone()
        if row is None:
            return {}
        self._connection.execute(f"delete {where}", (self._period, low))
        self.totals = self.totals.plus(totals_of(self._period, low, *row), -1)
        entries, names = row[0], unseal_names(self._secret, row[1])
        return {
            entries[place : place + KEY_BYTES]: (entries[place + KEY_BYTES : place + ENTRY_BYTES], name)
            for place, name in zip(places(entries), names, strict=True)
        }

    def _write(self, low: bytes, keys: Sequence[bytes], known: dict[bytes, tuple[bytes, bytes]]) -> None:
        entries = b"".join([key + known[key][0] for key in keys])
        names = seal_names(self._secret, [known[key][1] for key in keys])
        self._connection.execute("insert into leaf values (?, ?, ?, ?)", (self._period, low, entries, names))
        self.totals = self.totals.plus(totals_of(self._period, low, entries, names))


def forget(connection: Connection, period: int, totals: Totals) -> Totals:
    """Forget a period; return the totals, from those before."""
    less = _totals(connection, f"where period = {period:d}")
    connection.execute("delete from leaf where period = ?", (period,))
    return totals.plus(less, -1)


def discard_staged(connection: Connection) -> None:
    """Forget what a run staged that was not committed."""
    connection.execute("delete from staged")


def apply_staged(connection: Connection, secret: bytes, totals: Totals) -> Totals:
    """Make what is staged part of the set; return its totals, from those before."""
    rows = connection.execute("select period, key, hash, name from staged order by period, key")
    for period, staged in groupby(rows, key=itemgetter(0)):
        merge = Merge(connection, secret, period)
        while batch := [entry for _, *entry in islice(staged, BATCH)]:
            merge.add([(key, hash_, name) for key, hash_, name in batch])
        totals = totals.plus(merge.totals)
    discard_staged(connection)
    return totals


def totals_in(connection: Connection) -> Totals:
    """Return the totals of all leaves, counted."""
    return _totals(connection, "")


def _totals(connection: Connection, where: str) -> Totals:
    totals = NOTHING
    for row in connection.execute(f"select period, low, entries, names from leaf {where}"):  # noqa: S608
        totals = totals.plus(totals_of(*row))
    return totals


def totals_of(period: int, low: bytes, entries: bytes, names: bytes) -> Totals:
    """Return the totals of a leaf."""
    head = b"%d %d %d " % (period, len(low), len(entries))
    data = blake2b(b"".join((head, low, entries, names)), digest_size=8)
    return Totals(len(entries) // ENTRY_BYTES, int.from_bytes(data.digest()) & MASK)


def lows(connection: Connection, period: int) -> list[bytes]:
    """Return the least keys of the leaves of a period; the first one begins with the empty key."""
    rows = connection.execute("select low from leaf where period = ? and low > x'' order by low", (period,))
    return [b"", *(low for (low,) in rows)]


def leaves(connection: Connection, period: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield the entries and the sealed names of the leaves of a period."""
    yield from connection.execute("select entries, names from leaf where period = ? order by low", (period,))


def read_entries(connection: Connection, period: int, low: bytes) -> bytes:
    """Return the entries of a leaf; none if it does not exist."""
    text = "select entries from leaf where period = ? and low = ?"
    found: tuple[bytes] | None = connection.execute(text, (period, low)).fetchone()
    return found[0] if found is not None else b""


def places(entries: bytes) -> range:
    """Return the positions of the entries in a leaf."""
    return range(0, len(entries), ENTRY_BYTES)


def place_of(key: bytes, entries: bytes) -> int:
    """Return the position of a key's entry in a leaf, or -1."""
    place = entries.find(key)
    while place >= 0 and place % ENTRY_BYTES:
        place = entries.find(key, place + 1)
    return place


def hashes_in(entries: bytes) -> Sequence[int]:
    """Return the hashes in a leaf as numbers."""
    return array(
        "q", b"".join([entries[place + KEY_BYTES : place + ENTRY_BYTES] for place in places(entries)])
    )


def seal_names(secret: bytes, names: Sequence[bytes]) -> bytes:
    """Compress and encrypt the names of a leaf."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + cipher(secret, nonce, zlib.compress(BETWEEN.join(names)))


def unseal_names(secret: bytes, sealed: bytes) -> list[bytes]:
    """Return the names of a leaf."""
    nonce, data = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
    return zlib.decompress(cipher(secret, nonce, data)).split(BETWEEN)
