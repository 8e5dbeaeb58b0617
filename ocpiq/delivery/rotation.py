"""Files that `--follow` rotates: one for each period, which grows beside its name by whole polls and gets it at last.

The steps, each on disk before the next begins:

1. `begin`: the name of the period's file into the state; what the file beside it has beyond the last poll is cut off.
2. The poll appends its rows, and waits until they are on disk.
3. The state gets the new length of the file, in the transaction that moves the mark.
4. After the period: `close` makes the file from its lines, if its format cannot grow, writes into the state that the
   file gets its name, renames it, and forgets it.

A run that was interrupted goes on with step 1 or 4: a poll that did not get to step 3 never was.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import tzinfo
from io import BufferedIOBase
from pathlib import Path
from typing import Final, Literal, NamedTuple, cast

from msgspec.structs import replace

from ocpiq.delivery.commit import remove, sha256_of
from ocpiq.delivery.errors import StateError
from ocpiq.delivery.file_names import part_of, whole_of
from ocpiq.delivery.state import KEPT_FILES, DeliveredFile, OpenFile, State
from ocpiq.delivery.state_file import StateFile
from ocpiq.delivery.windows import DeliveryWindow, period_at
from ocpiq.storage import owner_only
from ocpiq.storage.logins import reason

Rotation = Literal["hour", "day", "week"]
ROTATIONS: Final[tuple[Rotation, ...]] = ("hour", "day", "week")
LONGEST_HEADER: Final = 1 << 20  # bytes


class RotatingWindow(NamedTuple):
    """A window within one period, and where the period ends."""

    window: DeliveryWindow
    period_end: int


def rotating_windows(
    mark: int | None, until: int, rotation: Rotation, zone: tzinfo, open_end: int | None = None
) -> Iterator[RotatingWindow]:
    """Yield the windows from `mark` (None: everything) to `until`, cut where a period of the zone ends.

    The first one is cut at `open_end`, the end of the file that is open.
    """
    start, period_end = mark, open_end
    while start is None or start < until:
        if period_end is None:
            period_end = period_at(until - 1 if start is None else start, rotation, zone).end
        end = min(period_end, until)
        yield RotatingWindow(DeliveryWindow(start, end), period_end)
        start, period_end = end, None


def begin(file: StateFile, opened: OpenFile, mode: int | None) -> OpenFile:
    """Begin the file of a period, or go on with it; a new one has `mode`, else it is for its owner only.

    Raises StateError if another file has its name.
    """
    path = Path(opened.path)
    if path.exists():
        raise StateError(
            f"{path} already exists; a delivery never replaces a file",
            hint="move it away, or use another name",
        )
    part = part_of(path)
    try:
        if opened.length == 0:
            owner_only.write(part, b"")
            part.chmod(owner_only.FILE_MODE if mode is None else mode)
            owner_only.sync_folder(part.parent)
        elif not part.exists() or part.stat().st_size < opened.length:
            raise StateError(
                f"{part} was changed or removed: it has less than was delivered to it",
                hint=f"restore it, or begin again: ocpiq state reset {file.state.name}",
            )
        else:
            os.truncate(part, opened.length)
    except OSError as error:
        raise StateError(f"could not write {part}: {reason(error)}") from None
    if file.state.open != opened:
        file.save(replace(file.state, open=opened))
    return opened


def close(file: StateFile, convert: Callable[[Path, Path], None]) -> DeliveredFile:
    """Give the file of a period its name, once. Raises OcpiqError.

    `convert` makes the file of a format that cannot grow from its lines, at another path beside it.
    """
    opened = file.state.open
    assert opened is not None
    path = Path(opened.path)
    part, digest = part_of(path), "-"
    whole = whole_of(path) if opened.converts else part
    try:
        if not opened.closes:
            os.truncate(part, opened.length)
            if opened.converts:
                convert(part, whole)
                owner_only.sync_folder(path.parent)
            file.save(replace(file.state, open=replace(opened, closes=True)))
        if whole.exists():  # else it was renamed, and perhaps taken away
            digest = sha256_of(whole)
            whole.rename(path)
            owner_only.sync_folder(path.parent)
        if opened.converts:
            remove(part)
    except OSError as error:
        raise StateError(f"could not write {path}: {reason(error)}") from None
    delivered = DeliveredFile(opened.path, opened.start, opened.end, opened.rows, digest)
    state = file.state
    file.save(replace(state, open=None, files=(*state.files, delivered)[-KEPT_FILES:], number=opened.number))
    return delivered


def grown(state: State, length: int, rows: int) -> State:
    """Return a state whose open file has grown by the rows of a poll."""
    assert state.open is not None
    return replace(state, open=replace(state.open, length=length, rows=state.open.rows + rows))


class GrowingFile(BufferedIOBase):
    """The file of a period, opened to append a poll; `has_header` drops a first line that it has already."""

    def __init__(self, path: Path, *, has_header: bool) -> None:
        self._path = path
        self._file = path.open("r+b")
        self._header: bytes | None = None
        self._pending = b""
        if has_header and path.stat().st_size:
            self._header = self._file.readline(LONGEST_HEADER)
            if self._header.count(b'"') % 2:
                raise StateError("the name of a column has a line break", hint="rename it: | {name: .field}")
        self._file.seek(0, os.SEEK_END)

    def write(self, data: object) -> int:
        """Append bytes. Raises StateError if the first line is not that of the file."""
        raw = bytes(cast(bytes, data))
        if self._header is not None:
            self._pending += raw
            if len(self._pending) < len(self._header):
                return len(raw)
            if not self._pending.startswith(self._header):
                raise self._other_columns()
            self._file.write(self._pending[len(self._header) :])
            self._header, self._pending = None, b""
        else:
            self._file.write(raw)
        return len(raw)

    def _other_columns(self) -> StateError:
        return StateError(
            f"the columns are not those that {self._path.name} has",
            hint="name the columns in the query: | {id, kwh}",
        )

    def flush(self) -> None:
        """Flush what was written."""
        if not self._file.closed:
            self._file.flush()

    def isatty(self) -> bool:
        """Tell that it is not a terminal."""
        return False

    def finish(self) -> int:
        """Wait until everything is on disk; return the size of the file. Raises OSError."""
        if self._pending:
            raise self._other_columns()
        self._file.flush()
        os.fsync(self._file.fileno())
        return self._file.tell()

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()
