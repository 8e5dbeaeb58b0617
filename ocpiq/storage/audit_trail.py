"""An append-only file of JSON lines in which each line has the hash of the line before.

A changed, removed or inserted line breaks the chain. The number of lines and the hash of the last one stand in a file
beside it, `NAME.head`, so that lines cut from the end show too. Anyone who can write both files can write a new
chain: to notice that, note the number and the hash that `verify` returns in another place.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from ocpiq.errors import UsageError
from ocpiq.storage import owner_only
from ocpiq.storage.folders import state_folder
from ocpiq.storage.locks import locked

NAME: Final = "audit.ndjson"
HEAD_SUFFIX: Final = ".head"
FIRST: Final = "0" * 64  # the hash before the first line
MAX_HEAD: Final = 1024  # bytes
HINT: Final = "keep both files as evidence; once they are moved away, the next run begins a new trail"

Entry = Mapping[str, object]


class Head(Struct, frozen=True):
    """What a trail must end with: its number of lines and of bytes, and the SHA-256 of its last line."""

    lines: int
    bytes: int
    last: str


NOTHING: Final = Head(0, 0, FIRST)


class BrokenTrailError(UsageError):
    """The trail is not what ocpiq wrote."""


def default_path() -> Path:
    """Return the user's own trail."""
    return state_folder() / NAME


def head_path(path: Path) -> Path:
    """Return the file with the head of a trail."""
    return path.with_name(path.name + HEAD_SUFFIX)


def append(path: Path, entry: Entry) -> None:
    """Append an entry, which is on disk when this returns. Raises UsageError; the trail is then as it was."""
    try:
        owner_only.create_folder(path.parent)
        with _opened(path, os.O_RDWR | os.O_APPEND | os.O_CREAT) as trail, locked(trail):
            is_new = not os.fstat(trail).st_size
            with _opened_head(path, os.O_RDWR | (os.O_CREAT if is_new else 0)) as head_file:
                if is_new and not os.fstat(head_file).st_size:
                    _write_head(head_file, NOTHING)
                    os.fsync(head_file)  # or a crash would leave a line and no head
                head = _recovered(path, trail, _read_head(path, head_file))
                line = _line(head, entry)
                _write(trail, line, head.bytes)
                _write_head(head_file, _after(head, line))
    except OSError as error:
        raise UsageError(f"could not write the audit trail {path}: {error.strerror}") from None


def entries(path: Path) -> Iterator[dict[str, object]]:
    """Yield the entries, oldest first, without verifying them. Raises UsageError."""
    for number, line in enumerate(_lines(path), 1):
        try:
            yield msgspec.json.decode(line, type=dict[str, object])
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise BrokenTrailError(f"line {number} of {path} is not an entry", hint=HINT) from None


def events(path: Path, run: str) -> list[object]:
    """Return the events of a run, oldest first, without verifying them. Raises UsageError."""
    mark = run.encode()
    lines = [line for line in _lines(path) if mark in line]
    found = [msgspec.json.decode(line, type=dict[str, object]) for line in lines]
    return [entry.get("event") for entry in found if entry.get("run") == run]


def verify(path: Path) -> Head:
    """Return the head of a trail whose chain is whole. Raises BrokenTrailError with the first line that is not."""
    try:
        with _opened(path, os.O_RDONLY) as trail, locked(trail), _opened_head(path, os.O_RDONLY) as head_file:
            return _verified(path, _read_head(path, head_file))
    except OSError as error:
        raise BrokenTrailError(
            f"could not read the audit trail {path}: {error.strerror}", hint=HINT
        ) from None


def _verified(path: Path, head: Head) -> Head:
    found = NOTHING
    passed_head = found == head  # a crash may have left whole lines after the head
    for line in _lines(path):
        _check(path, found, line)
        found = _after(found, line + b"\n")
        passed_head = passed_head or found == head
    if found.lines < head.lines:
        missing = f"{path} has {found.lines} of {head.lines} lines: the end is missing"
        raise BrokenTrailError(missing, hint=HINT)
    if not passed_head:
        raise BrokenTrailError(f"{head_path(path)} does not belong to {path}", hint=HINT)
    return found


def _check(path: Path, before: Head, line: bytes) -> None:
    number = before.lines + 1
    try:
        entry = msgspec.json.decode(line, type=dict[str, object])
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise BrokenTrailError(f"line {number} of {path} is not an entry", hint=HINT) from None
    if entry.get("line") != number:
        raise BrokenTrailError(f"line {number} of {path} was removed, added or moved", hint=HINT)
    if entry.get("previous") != before.last:
        raise BrokenTrailError(
            f"line {max(1, number - 1)} of {path} was changed, or line {number} was", hint=HINT
        )


def _recovered(path: Path, trail: int, head: Head) -> Head:
    """Return the head of an open trail.

    After a crash the trail may have lines that the head has not, and the last may be unfinished: whole ones that
    continue the chain are kept, an unfinished one is cut. Raises BrokenTrailError.
    """
    size = os.fstat(trail).st_size
    if size < head.bytes:
        raise BrokenTrailError(f"{path} is shorter than it was", hint=HINT)
    if size > head.bytes:
        os.lseek(trail, head.bytes, os.SEEK_SET)
        with os.fdopen(os.dup(trail), "rb") as file:
            rest = file.read()
        for line in rest.splitlines(keepends=True):
            if not line.endswith(b"\n"):
                os.ftruncate(trail, head.bytes)
                break
            _check(path, head, line[:-1])
            head = _after(head, line)
    return head


def _line(head: Head, entry: Entry) -> bytes:
    return msgspec.json.encode({"line": head.lines + 1, "previous": head.last, **entry}) + b"\n"


def _after(head: Head, line: bytes) -> Head:
    return Head(head.lines + 1, head.bytes + len(line), sha256(line[:-1]).hexdigest())


def _write(trail: int, line: bytes, size: int) -> None:
    """Write a line and wait until it is on disk; take back what was written of it if that fails."""
    try:
        written = os.write(trail, line)
        if written < len(line):
            written += os.write(trail, line[written:])  # raises OSError with the reason, such as a full disk
        os.fsync(trail)
    except OSError:
        with suppress(OSError):
            os.ftruncate(trail, size)
        raise


def _write_head(descriptor: int, head: Head) -> None:
    """Write the head over the old one, in the same number of bytes: one write that is there whole or not at all."""
    os.lseek(descriptor, 0, os.SEEK_SET)
    os.write(
        descriptor,
        b'{"lines":%12d,"bytes":%15d,"last":"%s"}\n' % (head.lines, head.bytes, head.last.encode()),
    )


@contextmanager
def _opened_head(path: Path, flags: int) -> Iterator[int]:
    try:
        with _opened(head_path(path), flags) as descriptor:
            yield descriptor
    except FileNotFoundError:
        raise BrokenTrailError(f"{head_path(path)} is missing", hint=HINT) from None


def _read_head(path: Path, descriptor: int) -> Head:
    """Return what the head file holds. Raises BrokenTrailError."""
    os.lseek(descriptor, 0, os.SEEK_SET)
    data = os.read(descriptor, MAX_HEAD)
    try:
        return msgspec.json.decode(data, type=Head)
    except msgspec.MsgspecError:
        raise BrokenTrailError(f"{head_path(path)} was changed", hint=HINT) from None


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            owner_only.restrict(file.fileno())
            for line in file:
                yield line.removesuffix(b"\n")
    except FileNotFoundError:
        return
    except OSError as error:
        raise UsageError(f"could not read the audit trail {path}: {error.strerror}") from None


@contextmanager
def _opened(path: Path, flags: int) -> Iterator[int]:
    """Open a regular file that is for its owner only. Raises OSError and UsageError."""
    flags |= owner_only.BINARY | getattr(os, "O_CLOEXEC", 0)
    descriptor = os.open(path, flags, owner_only.FILE_MODE)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise UsageError(f"{path} is not a file")
        owner_only.restrict(descriptor)
        yield descriptor
    finally:
        os.close(descriptor)
