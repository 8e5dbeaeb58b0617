"""The files of a state: a folder with an SQLite database and the secret, for the owner only, and a lock beside it.

Every change is one transaction, which is on disk when it returns. A state appears whole, by the rename of its folder.
One that is damaged, of another state or of a later version of ocpiq is refused.
"""

from __future__ import annotations

import os
import secrets
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import blake2b
from hmac import compare_digest
from pathlib import Path
from typing import Final

import msgspec
from msgspec.structs import replace

from ocpiq import __version__
from ocpiq.delivery import seen_set
from ocpiq.delivery.errors import StateError, damaged, later
from ocpiq.delivery.seen_set import SeenSet, Totals
from ocpiq.delivery.state import FORMAT, Pending, State
from ocpiq.errors import UsageError
from ocpiq.storage import owner_only
from ocpiq.storage.folders import state_folder
from ocpiq.storage.locks import OwnedLock
from ocpiq.storage.logins import NAME, printable, reason

DATABASE: Final = "state.sqlite"
SECRET: Final = "secret.key"  # noqa: S105 - the name of its file
SECRET_BYTES: Final = 32
LOCK_SUFFIX: Final = ".lock"
NEW_SUFFIX: Final = ".new"
PAGE_BYTES: Final = 1024  # of the database: a leaf of remembered objects wastes half of one
FREE_PAGES: Final = 1024  # that a database may have: 1 MB
APPLICATION: Final = 0x6F637071  # "ocpq", in the header of the database
RECORD: Final = (
    "create table record (id integer primary key check (id = 1), text text not null, seal blob not null);"
)
# EXTRA also syncs the folder after a commit, so that a commit is never undone by a power cut.
DURABLE: Final = "pragma synchronous = extra"


class StateFile:
    """An open state, locked against other runs."""

    def __init__(self, folder: Path, connection: sqlite3.Connection, secret: bytes, state: State) -> None:
        self.folder = folder
        self.secret = secret
        self.state = state
        self._connection = connection

    def seen(self, period: int = 0) -> SeenSet:
        """Return the remembered objects of a period."""
        return SeenSet(self._connection, self.secret, period)

    def save(self, state: State) -> None:
        """Replace the state; the remembered objects stay. Raises UsageError."""
        with self._transaction():
            self._write(state)

    def journal(self, pending: Pending) -> None:
        """Write down a window before its pull. Raises UsageError."""
        self.discard()
        with self._transaction():
            seen_set.discard_staged(self._connection)
            self._write(replace(self.state, pending=pending))

    def discard(self) -> None:
        """Undo what was staged since the last change."""
        with self._errors():
            self._connection.rollback()

    def stage(self, pending: Pending) -> None:
        """Keep what was staged, and that the file beside its name is complete. Raises UsageError."""
        with self._transaction():
            self._write(replace(self.state, pending=pending))

    def commit(self, state: State) -> None:
        """Make what was staged part of the remembered objects, together with the new state. Raises UsageError."""
        with self._transaction():
            totals = seen_set.apply_staged(self._connection, self.secret, Totals(state.count, state.checksum))
            self._write(replace(state, count=totals.objects, checksum=totals.checksum))
        self._shrink()

    def _shrink(self) -> None:
        """Give back the room of what was staged, if that is most of the file; a crash leaves it as it was."""
        (pages,) = self._connection.execute("pragma page_count").fetchone()
        (free,) = self._connection.execute("pragma freelist_count").fetchone()
        if free * 3 > pages and free > FREE_PAGES:
            with suppress(sqlite3.DatabaseError):  # such as a full disk
                self._connection.execute("vacuum")

    def forget(self, period: int) -> None:
        """Forget what was delivered of a closed period. Raises UsageError."""
        with self._transaction():
            state = self.state
            totals = seen_set.forget(self._connection, period, Totals(state.count, state.checksum))
            periods = tuple(record for record in state.periods if record.number != period)
            self._write(replace(state, periods=periods, count=totals.objects, checksum=totals.checksum))

    def close(self) -> None:
        """Close the database, without what was not committed."""
        self._connection.close()

    def _write(self, state: State) -> None:
        state = replace(state, version=__version__)
        text = msgspec.json.encode(state)
        values = (1, text.decode(), _seal(text, self.secret))
        self._connection.execute("insert or replace into record values (?, ?, ?)", values)
        self.state = state

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        before = self.state
        try:
            with self._errors():
                yield
                self._connection.commit()
        except BaseException:
            self.state = before
            with suppress(sqlite3.Error):
                self._connection.rollback()
            raise

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            raise StateError(f"could not write the state {self.state.name}: {error}") from None


def folder_of(name: str) -> Path:
    """Return the folder of a state. Raises UsageError for an invalid name."""
    if not NAME.fullmatch(name):
        raise UsageError(f"{printable(name)} is not a name for a state", hint="letters, digits, - _ and .")
    return states_folder() / name


def states_folder() -> Path:
    """Return the folder of all states."""
    return state_folder() / "states"


def names() -> tuple[str, ...]:
    """Return the names of all states, sorted."""
    folder = states_folder()
    found = folder.iterdir() if folder.is_dir() else ()
    return tuple(sorted(path.name for path in found if path.is_dir() and NAME.fullmatch(path.name)))


def exists(name: str) -> bool:
    """Tell whether there is a state of this name."""
    return folder_of(name).exists()


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Hold the lock of a state, whether it exists or not. Raises StateError if another run has it."""
    path = folder_of(name).with_name(f".{name}{LOCK_SUFFIX}")
    try:
        owner_only.create_folder(path.parent)
        lock = OwnedLock(path)
        owner = lock.acquire()
    except OSError as error:
        raise StateError(f"could not lock the state {name}: {reason(error)}") from None
    if owner is not None:
        raise StateError(
            f"the state {name} is in use{owner and f' ({owner})'}", hint="wait for that run to end"
        )
    try:
        yield
    finally:
        lock.release()


def create(state: State) -> None:
    """Create a state, whole or not at all. Raises UsageError."""
    folder = folder_of(state.name)
    new = folder.with_name(f".{state.name}{NEW_SUFFIX}")
    try:
        shutil.rmtree(new, ignore_errors=True)
        owner_only.create_folder(new)
        secret = secrets.token_bytes(SECRET_BYTES)
        owner_only.write(new / SECRET, secret)
        connection = _connect(new / DATABASE)
        try:
            connection.executescript(
                f"pragma application_id = {APPLICATION}; begin; {RECORD} {seen_set.SCHEMA} commit;"
            )
            StateFile(new, connection, secret, state).save(state)
        finally:
            connection.close()
        new.rename(folder)
        owner_only.sync_folder(folder.parent)
    except OSError as error:
        raise StateError(f"could not create the state {state.name}: {reason(error)}") from None
    except sqlite3.Error as error:
        raise StateError(f"could not create the state {state.name}: {error}") from None


@contextmanager
def opened(name: str) -> Iterator[StateFile]:
    """Open a state whose lock is held. Raises StateError if it is not what ocpiq wrote."""
    folder = folder_of(name)
    if not folder.exists():
        raise StateError(f"there is no state {name}", hint="ocpiq state list")
    secret = _read_secret(name, folder)
    try:
        connection = _existing(name, folder / DATABASE)
        try:
            state = _read(name, connection, secret)
        except BaseException:
            connection.close()
            raise
    except sqlite3.Error:
        raise damaged(name, "is damaged") from None
    file = StateFile(folder, connection, secret, state)
    try:
        yield file
    finally:
        file.close()


def remove(name: str) -> None:
    """Remove a state and what it remembers. Raises UsageError."""
    folder = folder_of(name)
    if not folder.exists():
        raise StateError(f"there is no state {name}", hint="ocpiq state list")
    gone = folder.with_name(f".{name}{NEW_SUFFIX}")
    try:
        shutil.rmtree(gone, ignore_errors=True)
        folder.rename(gone)
        owner_only.sync_folder(folder.parent)
        shutil.rmtree(gone)
    except OSError as error:
        raise StateError(f"could not remove the state {name}: {reason(error)}") from None


def _read_secret(name: str, folder: Path) -> bytes:
    try:
        secret = owner_only.read(folder / SECRET)
    except OSError as error:
        raise damaged(name, f"has no readable {SECRET} ({reason(error)})") from None
    if len(secret) != SECRET_BYTES:
        raise damaged(name, f"has a damaged {SECRET}")
    return secret


def _existing(name: str, path: Path) -> sqlite3.Connection:
    """Open the database, which must exist: SQLite would create an empty one. Raises sqlite3.Error."""
    try:
        with path.open("rb") as file:
            owner_only.restrict(file.fileno())
    except OSError as error:
        raise damaged(name, f"has no readable {DATABASE} ({reason(error)})") from None
    connection = _connect(path)
    try:
        if connection.execute("pragma application_id").fetchone() != (APPLICATION,):
            raise damaged(name, f"has a {DATABASE} that ocpiq did not write")
        if connection.execute("pragma quick_check").fetchone() != ("ok",):
            raise damaged(name, "is damaged")
    except BaseException:
        connection.close()
        raise
    return connection


def _connect(path: Path) -> sqlite3.Connection:
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, owner_only.FILE_MODE))
    connection = sqlite3.connect(path, check_same_thread=False)
    try:
        connection.execute(DURABLE)
        connection.execute("pragma journal_mode = delete")
        connection.execute("pragma temp_store = memory")
        connection.execute(f"pragma page_size = {PAGE_BYTES}")
    except BaseException:
        connection.close()
        raise
    return connection


def _read(name: str, connection: sqlite3.Connection, secret: bytes) -> State:
    """Return the state in a database. Raises StateError if it was changed, and sqlite3.Error."""
    rows = connection.execute("select text, seal from record").fetchall()
    if len(rows) != 1:
        raise damaged(name, "is damaged")
    text, seal = rows[0]
    if not isinstance(text, str) or not isinstance(seal, bytes):
        raise damaged(name, "is damaged")
    _check_format(name, text)
    if not compare_digest(seal, _seal(text.encode(), secret)):
        raise damaged(name, f"was changed, or its {SECRET} is that of another state")
    try:
        state = msgspec.json.decode(text, type=State)
    except msgspec.MsgspecError:
        raise damaged(name, "is damaged") from None
    if state.name != name:
        raise StateError(
            f"the folder {folder_of(name)} holds the state {printable(state.name)}",
            hint=f"a copy would deliver twice: move it back, or begin again: ocpiq state reset {name}",
        )
    if seen_set.totals_in(connection) != Totals(state.count, state.checksum):
        raise damaged(name, "is damaged: what it remembers was changed")
    return state


def _check_format(name: str, text: str) -> None:
    try:
        record = msgspec.json.decode(text, type=dict[str, object])
    except msgspec.MsgspecError:
        raise damaged(name, "is damaged") from None
    format_ = record.get("format")
    if not isinstance(format_, int):
        raise damaged(name, "is damaged")
    if format_ > FORMAT:
        raise later(f"the state {name}", record.get("version"))


def _seal(text: bytes, secret: bytes) -> bytes:
    return blake2b(text, digest_size=32, key=secret, person=b"ocpiq record").digest()
