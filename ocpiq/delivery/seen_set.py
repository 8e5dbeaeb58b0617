"""The objects that a state remembers: 32 bytes each, a sealed key and a keyed hash of the row, in tables of SQLite.

`name` is the key once more, encrypted, as far as the query shows it: a correction must name an object that is gone.
The changes of a run are staged, and become part of the set together with the new mark.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from sqlite3 import Connection
from typing import Final

SCHEMA: Final = """
create table seen (period integer not null, key blob not null, hash blob not null, name blob not null,
    primary key (period, key)) without rowid;
create table staged (period integer not null, key blob not null, hash blob, name blob not null,
    primary key (period, key)) without rowid;
"""
MOST_PARAMETERS: Final = 500  # of one statement
CHECKSUM_BITS: Final = 62  # SQLite has signed integers of 64 bits
MASK: Final = (1 << CHECKSUM_BITS) - 1

Entry = tuple[bytes, bytes, bytes]
"""A sealed key, a hash and an encrypted name."""


class Checksum:
    """An aggregate function: the sum of the hashes of entries, in any order."""

    def __init__(self) -> None:
        self.total = 0

    def step(self, period: int, key: bytes, hash_: bytes, name: bytes) -> None:
        """Add an entry."""
        data = b"%d %b%b%b" % (period, key, hash_, name)
        self.total += int.from_bytes(blake2b(data, digest_size=8).digest()) & MASK

    def finalize(self) -> int:
        """Return the sum."""
        return self.total & MASK


class SeenSet:
    """The remembered objects of one period; 0 is that of `since last`."""

    def __init__(self, connection: Connection, period: int = 0) -> None:
        self._connection = connection
        self._period = period

    def stored(self, keys: Sequence[bytes]) -> dict[bytes, bytes | None]:
        """Return the hashes of those keys that are remembered or staged; None for one that is staged as gone."""
        found: dict[bytes, bytes | None] = {}
        for start in range(0, len(keys), MOST_PARAMETERS):
            some = keys[start : start + MOST_PARAMETERS]
            marks = ",".join("?" * len(some))
            for table in ("seen", "staged"):
                text = f"select key, hash from {table} where period = ? and key in ({marks})"  # noqa: S608
                found.update(self._connection.execute(text, (self._period, *some)).fetchall())
        return found

    def stage(self, entries: Sequence[Entry]) -> None:
        """Remember new or changed objects, once the run is committed."""
        rows = ((self._period, *entry) for entry in entries)
        self._connection.executemany("insert or replace into staged values (?, ?, ?, ?)", rows)

    def visit(self, keys: Sequence[bytes]) -> None:
        """Note that objects still exist, for `gone`."""
        self._connection.execute(
            "create temp table if not exists visited (key blob primary key) without rowid"
        )
        self._connection.executemany("insert or ignore into visited values (?)", ((key,) for key in keys))

    def gone(self) -> list[tuple[bytes, bytes]]:
        """Return keys and names of the remembered objects that were not visited, and stage that they are gone."""
        self.visit(())
        found = self._connection.execute(
            "select key, name from seen where period = ? and key not in (select key from visited)",
            (self._period,),
        ).fetchall()
        rows = ((self._period, key, None, name) for key, name in found)
        self._connection.executemany("insert or replace into staged values (?, ?, ?, ?)", rows)
        return found


def forget(connection: Connection, period: int, count: int, checksum: int) -> tuple[int, int]:
    """Forget a period; return number of entries and checksum, from those before."""
    rows = f"from seen where period = {period:d}"
    less, less_sum = _counted(connection, rows)
    connection.execute(f"delete {rows}")
    return count - less, (checksum - less_sum) & MASK


def discard_staged(connection: Connection) -> None:
    """Forget what a run staged that was not committed."""
    connection.execute("delete from staged")


def apply_staged(connection: Connection, count: int, checksum: int) -> tuple[int, int]:
    """Make what is staged part of the set; return its number of entries and its checksum, from those before."""
    replaced = "from seen where (period, key) in (select period, key from staged)"
    less, less_sum = _counted(connection, replaced)
    more, more_sum = _counted(connection, "from staged where hash is not null")
    connection.execute(f"delete {replaced}")
    connection.execute("insert into seen select * from staged where hash is not null")
    discard_staged(connection)
    return count - less + more, (checksum - less_sum + more_sum) & MASK


def totals(connection: Connection) -> tuple[int, int]:
    """Return the number of entries and their checksum, both counted."""
    return _counted(connection, "from seen")


def _counted(connection: Connection, rows: str) -> tuple[int, int]:
    count, checksum = connection.execute(
        f"select count(*), checksum(period, key, hash, name) {rows}"
    ).fetchone()
    return count, checksum or 0
