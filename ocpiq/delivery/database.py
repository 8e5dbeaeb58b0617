"""Deliveries into a table of a database: rows, mark, fingerprint and what was seen change in one transaction.

A run is one transaction. What it was interrupted in, the database undoes, so each row is written exactly once. Only the
secret that seals keys and rows lies with ocpiq, for its owner only: whoever can read the database cannot test guesses.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from decimal import Decimal
from hashlib import blake2b
from hmac import compare_digest
from importlib import import_module
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from ocpiq import __version__
from ocpiq.delivery.database_address import DatabaseAddress
from ocpiq.delivery.database_dialects import DIALECTS, Driver
from ocpiq.delivery.errors import StateError, later
from ocpiq.delivery.seen_set import Entry
from ocpiq.delivery.state import FORMAT, State
from ocpiq.errors import FormatError, say
from ocpiq.sinks.column_types import TypedColumn
from ocpiq.sinks.conversion import TimeForm
from ocpiq.sinks.rows import ColumnLabel
from ocpiq.sinks.sink import StoredType
from ocpiq.sinks.sql import quoted
from ocpiq.storage import owner_only
from ocpiq.storage.folders import state_folder
from ocpiq.storage.logins import reason

STATE_TABLE: Final = "_ocpiq_state"
SEEN_TABLE: Final = "_ocpiq_seen"
SECRET_BYTES: Final = 32
MOST_PARAMETERS: Final = 500

StoredColumns = tuple[tuple[str, StoredType], ...]


class SeenRows:
    """What the table remembers, as `SeenSet` does for files; a change is undone with the transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def stored(self, keys: Sequence[bytes]) -> dict[bytes, bytes | None]:
        """Return the hashes of those keys that are remembered."""
        mark, found = self._database.dialect.mark, dict[bytes, bytes | None]()
        for start in range(0, len(keys), MOST_PARAMETERS):
            some = keys[start : start + MOST_PARAMETERS]
            marks = ",".join([mark] * len(some))
            rows = self._database.execute(
                f"SELECT key, hash FROM {SEEN_TABLE} WHERE target = {mark} AND key IN ({marks})",  # noqa: S608
                (self._database.address.table, *some),
            )
            found.update((bytes(key), bytes(hash_)) for key, hash_ in rows.fetchall())
        return found

    def stage(self, entries: Sequence[Entry]) -> None:
        """Remember new or changed objects."""
        mark = self._database.dialect.mark
        text = (
            f"INSERT INTO {SEEN_TABLE} VALUES ({mark}, {mark}, {mark})"  # noqa: S608
            " ON CONFLICT (target, key) DO UPDATE SET hash = excluded.hash"
        )
        self._database.execute_many(
            text, [(self._database.address.table, key, hash_) for key, hash_, _ in entries]
        )


class Database:
    """An open database, in the transaction of a run."""

    def __init__(self, address: DatabaseAddress, connection: Driver, secret: bytes) -> None:
        self.address = address
        self.dialect = DIALECTS[address.kind]
        self.secret = secret
        self._connection = connection
        self.state: State | None = None
        self.columns: StoredColumns = ()

    def seen(self) -> SeenRows:
        """Return what the table remembers."""
        return SeenRows(self)

    def execute(self, text: str, parameters: Sequence[object] = ()) -> Driver:
        """Run a statement. Raises StateError."""
        with self._errors():
            return self._connection.execute(text, parameters)

    def execute_many(self, text: str, rows: Sequence[Sequence[object]]) -> None:
        """Run a statement for each row. Raises StateError."""
        with self._errors():
            cursor = self._connection.cursor()
            cursor.executemany(text, rows)

    def read(self) -> None:
        """Read the state of the table. Raises StateError if it is not what ocpiq wrote, or the table is not ocpiq's."""
        mark, table = self.dialect.mark, self.address.table
        for text in (
            f"CREATE TABLE IF NOT EXISTS {STATE_TABLE} (target TEXT PRIMARY KEY, record TEXT NOT NULL,"
            f" columns TEXT NOT NULL, seal {self.dialect.bytes_type} NOT NULL)",
            f"CREATE TABLE IF NOT EXISTS {SEEN_TABLE} (target TEXT NOT NULL, key {self.dialect.bytes_type} NOT NULL,"
            f" hash {self.dialect.bytes_type} NOT NULL, PRIMARY KEY (target, key))",
        ):
            self.execute(text)
        found = self.execute(
            f"SELECT record, columns, seal FROM {STATE_TABLE} WHERE target = {mark}",  # noqa: S608
            (table,),
        ).fetchone()
        if found is None:
            if self.dialect.has_table(self._connection, table):
                raise StateError(
                    f"the table {table} exists, and ocpiq did not make it", hint="choose another name"
                )
            return
        record, columns, seal = found
        if not compare_digest(bytes(seal), self._seal(record, columns)):
            raise StateError(
                f"the state of {table} was changed, or its secret is on another machine",
                hint="run where it was made, or begin with another table",
            )
        fields = msgspec.json.decode(record, type=dict[str, Any])
        if fields.get("format") != FORMAT:
            raise later(f"the state of {table}", fields.get("version"))
        self.state = msgspec.json.decode(record, type=State)
        self.columns = msgspec.json.decode(columns, type=StoredColumns)

    def write(self, state: State) -> None:
        """Write the state into the transaction."""
        state = replace(state, version=__version__)
        record, columns = msgspec.json.encode(state).decode(), msgspec.json.encode(self.columns).decode()
        mark = self.dialect.mark
        self.execute(
            f"INSERT INTO {STATE_TABLE} VALUES ({mark}, {mark}, {mark}, {mark}) ON CONFLICT (target)"  # noqa: S608
            " DO UPDATE SET record = excluded.record, columns = excluded.columns, seal = excluded.seal",
            (self.address.table, record, columns, self._seal(record, columns)),
        )
        self.state = state

    def commit(self) -> None:
        """End the transaction: rows, mark and what was seen are written together. Raises StateError."""
        self.execute("COMMIT")

    def lock(self) -> None:
        """Begin a transaction for this run alone. Raises StateError."""
        with self._errors():
            locked = self.dialect.lock(self._connection, self.address.table)
        if not locked:
            raise StateError(f"another run writes to {self.address}", hint="wait for that run to end")

    def _seal(self, record: str, columns: str) -> bytes:
        data = f"{self.address.table}\0{record}\0{columns}".encode()
        return blake2b(data, digest_size=32, key=self.secret, person=b"ocpiq table").digest()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        errors: tuple[type[Exception], ...] = (sqlite3.Error,)
        if self.address.kind == "postgres":
            errors = (import_module("psycopg").Error,)
        try:
            yield
        except errors as error:
            raise StateError(f"could not write to {self.address}: {_named(error)}") from None


def _named(error: Exception) -> str:
    """Return what a database says of a statement, without values: SQLite names none, PostgreSQL has a code."""
    code = getattr(error, "sqlstate", None)
    return (
        f"{type(error).__name__} {code}"
        if code
        else type(error).__name__
        if hasattr(error, "diag")
        else str(error)
    )


@contextmanager
def opened(address: DatabaseAddress) -> Iterator[Database]:
    """Open a database and begin the transaction of a run; what is not committed is undone. Raises StateError."""
    connection = DIALECTS[address.kind].connect(address.place)
    try:
        database = Database(address, connection, secret_of(address))
        database.lock()
        database.read()
        yield database
    finally:
        with suppress(Exception):
            connection.execute("ROLLBACK")
        connection.close()


def secret_of(address: DatabaseAddress) -> bytes:
    """Return the secret for a table, made at its first use. Raises StateError."""
    path = state_folder() / "tables" / f"{address.key_name}.key"
    try:
        if not path.exists():
            owner_only.write(path, secrets.token_bytes(SECRET_BYTES))
        secret = owner_only.read(path)
    except OSError as error:
        raise StateError(f"could not read {path}: {reason(error)}") from None
    if len(secret) != SECRET_BYTES:
        raise StateError(f"{path} is damaged", hint="restore it from a backup")
    return secret


class UpsertWriter:
    """Writes rows into the table: a row replaces the one with the same key."""

    time_form: TimeForm = "text"
    batch = 1000
    fold_case = True
    blank = None

    def __init__(self, database: Database, keys: Sequence[str]) -> None:
        self._database = database
        self._keys = keys
        self._statement = ""
        self._decimals: list[int] = []
        self._booleans: list[int] = []

    def begin(self, columns: Sequence[TypedColumn]) -> None:
        """Create the table, or add the columns that were accepted. Raises StateError for other columns."""
        database, table = self._database, quoted(self._database.address.table)
        known, wanted = dict(database.columns), {column.name: column.type for column in columns}
        if not known:
            parts = [f"{quoted(name)} {self._type(name, type_)}" for name, type_ in wanted.items()]
            key = f"PRIMARY KEY ({', '.join(map(quoted, self._keys))})"
            database.execute(f"CREATE TABLE {table} ({', '.join((*parts, key))})")
        self._check_types(known, wanted)
        for name in wanted if known else ():
            if name not in known:
                database.execute(
                    f"ALTER TABLE {table} ADD COLUMN {quoted(name)} {self._type(name, wanted[name])}"
                )
        database.columns = tuple({**known, **wanted}.items())
        self._decimals = [number for number, column in enumerate(columns) if column.type == "decimal"]
        self._booleans = [number for number, column in enumerate(columns) if column.type == "boolean"]
        names = [quoted(column.name) for column in columns]
        marks = ", ".join(database.dialect.placeholder(column.type) for column in columns)
        others = [name for name in names if name not in {quoted(key) for key in self._keys}]
        update = (
            f"DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in others)}"
            if others
            else "DO NOTHING"
        )
        self._statement = (
            f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})"  # noqa: S608 - quoted names and marks
            f" ON CONFLICT ({', '.join(map(quoted, self._keys))}) {update}"
        )

    def write(self, cells: Sequence[Sequence[object]]) -> None:
        """Insert or replace rows."""
        prepared = list(cells)
        for number in self._decimals:
            prepared[number] = [
                format(cell, "f") if isinstance(cell, Decimal) else cell for cell in cells[number]
            ]
        if self._database.address.kind == "postgres":
            for number in self._booleans:
                prepared[number] = [None if cell is None else bool(cell) for cell in cells[number]]
        self._database.execute_many(self._statement, list(zip(*prepared, strict=True)))

    def end(self, columns: Sequence[TypedColumn]) -> None:
        """Do nothing: the transaction ends with the state."""

    def discard(self) -> None:
        """Do nothing: the database belongs to the run."""

    def _type(self, name: str, type_: StoredType) -> str:
        return self._database.dialect.types[type_] + (" NOT NULL" if name in self._keys else "")

    @staticmethod
    def _check_types(known: dict[str, StoredType], wanted: dict[str, StoredType]) -> None:
        for name, type_ in wanted.items():
            if name in known and known[name] != type_:
                text = say("the type of the column {column} has changed", column=ColumnLabel(name))
                raise FormatError(text, hint=say("keep it with --type, or write to another table"))
