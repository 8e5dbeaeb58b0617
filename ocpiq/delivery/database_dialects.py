"""What differs between the databases that take rows."""

from __future__ import annotations

import sqlite3
from hashlib import blake2b
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Protocol, TypeAlias

from ocpiq.delivery.errors import StateError
from ocpiq.errors import UsageError
from ocpiq.sinks import sqlite
from ocpiq.sinks.sink import StoredType
from ocpiq.sinks.sql import quoted
from ocpiq.storage import owner_only
from ocpiq.storage.logins import reason

Driver: TypeAlias = Any
"""A connection of the DB-API: sqlite3's or psycopg's."""


class Dialect(Protocol):
    """What is different between databases."""

    types: dict[StoredType, str]
    bytes_type: str
    mark: str

    def connect(self, place: str) -> Driver:
        """Return a connection without a transaction. Raises UsageError."""

    def lock(self, connection: Driver, table: str) -> bool:
        """Begin a transaction that no other run of the table can be in; tell whether it was possible."""

    def has_table(self, connection: Driver, table: str) -> bool:
        """Tell whether a table exists."""

    def placeholder(self, type_: StoredType) -> str:
        """Return the mark for a cell of a column."""


class SqliteDialect:
    """SQLite."""

    types = sqlite.TYPES
    bytes_type = "BLOB"
    mark = "?"

    def connect(self, place: str) -> Driver:
        """Open the file; a new one is for its owner only."""
        path = Path(place)
        try:
            if not path.exists():
                path.touch(owner_only.FILE_MODE, exist_ok=False)
            connection = sqlite3.connect(path, isolation_level=None, timeout=0, check_same_thread=False)
        except OSError as error:
            raise StateError(f"could not open {place}: {reason(error)}") from None
        except sqlite3.Error as error:
            raise StateError(f"could not open {place}: {error}") from None
        try:
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.Error as error:
            connection.close()
            raise StateError(f"could not open {place}: {error}") from None
        return connection

    def lock(self, connection: Driver, table: str) -> bool:
        """Lock the whole file for writing."""
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                return False
            raise
        return True

    def has_table(self, connection: Driver, table: str) -> bool:
        """Look into the schema."""
        found = connection.execute("SELECT 1 FROM sqlite_master WHERE lower(name) = lower(?)", (table,))
        return found.fetchone() is not None

    def placeholder(self, type_: StoredType) -> str:
        """Return SQLite's mark."""
        return self.mark


class PostgresDialect:
    """PostgreSQL, through psycopg."""

    types: dict[StoredType, str] = {  # noqa: RUF012 - a constant
        "boolean": "boolean",
        "integer": "bigint",
        "number": "double precision",
        "decimal": "numeric",
        "time": "timestamptz",
        "text": "text",
        "json": "jsonb",
    }
    bytes_type = "bytea"
    mark = "%s"

    def connect(self, place: str) -> Driver:
        """Connect; passwords come from libpq's own files and variables."""
        if find_spec("psycopg") is None:
            raise UsageError("postgres:// needs psycopg", hint="pip install 'ocpiq[postgres]'")
        psycopg: Any = import_module("psycopg")
        try:
            return psycopg.connect(place, autocommit=True, application_name="ocpiq")
        except psycopg.Error:
            raise StateError(
                f"could not connect to {place}",
                hint="try psql with the same URL; the password is in ~/.pgpass",
            ) from None

    def lock(self, connection: Driver, table: str) -> bool:
        """Take an advisory lock for the transaction."""
        connection.execute("BEGIN")
        number = int.from_bytes(blake2b(table.encode(), digest_size=8).digest(), signed=True)
        (locked,) = connection.execute("SELECT pg_try_advisory_xact_lock(%s)", (number,)).fetchone()
        return bool(locked)

    def has_table(self, connection: Driver, table: str) -> bool:
        """Look for the table where its name alone finds it."""
        (found,) = connection.execute("SELECT to_regclass(%s) IS NOT NULL", (quoted(table),)).fetchone()
        return bool(found)

    def placeholder(self, type_: StoredType) -> str:
        """Return a mark with the type, since all but numbers are sent as text."""
        return f"%s::{self.types[type_]}" if type_ in ("time", "json", "decimal") else "%s"


DIALECTS: Final[dict[str, Dialect]] = {"sqlite": SqliteDialect(), "postgres": PostgresDialect()}
