"""A table of a database as the target of deliveries: `sqlite:FILE#TABLE`, `postgres://HOST/DATABASE#TABLE`."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

from msgspec import Struct

from ocpiq.errors import UsageError
from ocpiq.values.patterns import lazy_pattern

SQLITE: Final = "sqlite:"
POSTGRES: Final = ("postgres://", "postgresql://")
TABLE: Final = lazy_pattern(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
OWN: Final = "_ocpiq"  # the beginning of our own tables' names


class DatabaseAddress(Struct, frozen=True):
    """A table of a database. `place` is the absolute path of an SQLite file, or the URL of a PostgreSQL database."""

    kind: Literal["sqlite", "postgres"]
    place: str
    table: str

    def __str__(self) -> str:
        return f"{SQLITE if self.kind == 'sqlite' else ''}{self.place}#{self.table}"

    @property
    def key_name(self) -> str:
        """A name for the file of the secret of this table."""
        from hashlib import sha256  # noqa: PLC0415 - most runs write to no database

        return sha256(str(self).encode()).hexdigest()[:32]


def is_address(text: str) -> bool:
    """Tell whether a text is meant to be a table of a database."""
    return text.startswith((SQLITE, *POSTGRES))


def parse_address(text: str) -> DatabaseAddress:
    """Return the table that `text` names. Raises UsageError."""
    place, _, table = text.partition("#")
    if not TABLE.fullmatch(table) or table.startswith(OWN):
        raise UsageError(
            "the database needs the name of a table: letters, digits and _",
            hint="-o 'sqlite:FILE#TABLE' or -o 'postgres://HOST/DATABASE#TABLE'",
        )
    if text.startswith(SQLITE):
        file = place.removeprefix(SQLITE)
        if not file:
            raise UsageError("sqlite: needs the name of a file", hint="-o 'sqlite:FILE#TABLE'")
        return DatabaseAddress("sqlite", str(Path(file).absolute()), table)
    if _has_password(place):
        raise UsageError(
            "a password in a URL can be seen by others",
            hint="put it into ~/.pgpass (PGPASSFILE), or name a service with PGSERVICE",
        )
    return DatabaseAddress("postgres", place, table)


def _has_password(url: str) -> bool:
    from urllib.parse import urlsplit  # noqa: PLC0415 - with Python 3.13 nothing else imports it at every start

    try:
        parts = urlsplit(url)
        return parts.password is not None or "password=" in parts.query.lower()
    except ValueError:
        raise UsageError("not the URL of a database", hint="postgres://HOST/DATABASE#TABLE") from None
