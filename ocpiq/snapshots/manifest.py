"""The manifest of a snapshot, `snapshot.json`: where its objects come from, how they are shown, and its page files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final, Protocol

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from ocpiq.errors import Reason, SourceError, UserText, say
from ocpiq.snapshots.stored_view import StoredField
from ocpiq.storage import owner_only

FORMAT: Final = 3
"""Those of earlier formats are read, and written on in this one: page files of format 1 have no columns of lists, and
of these formats it is not known which fields are inexact."""
MANIFEST: Final = "snapshot.json"


class Folder(Protocol):
    """A folder, or a file in one, that is read: of this machine, or elsewhere."""

    @property
    def parent(self) -> Folder:
        """The folder that it is in."""

    def __truediv__(self, name: str, /) -> Folder: ...

    def read_bytes(self) -> bytes:
        """Return the content of a file. Raises OSError, UsageError."""


class PageFile(Struct, frozen=True):
    """A page file: its number, how many objects it has, its size in bytes and its SHA-256.

    `stale` objects are replaced by those of a later window that have the same key. `lists` are the columns of lists,
    with their sizes in bytes: they follow that of the lines, in this order. `inexact` are the fields of which a value
    was blanked for its form, although the view shows them; None if that is not known, so that any may be.
    """

    number: int
    objects: int
    bytes: int
    sha256: str
    stale: int = 0
    lists: dict[str, int] = {}
    inexact: tuple[str, ...] | None = None

    @property
    def name(self) -> str:
        """The name of the file in the folder of its module."""
        return f"{self.number:08}.ndjson.zst"

    @property
    def keys_name(self) -> str:
        """The name of the file with the keys of its objects."""
        return f"{self.number:08}.keys"


def inexact_fields(files: Iterable[PageFile]) -> tuple[str, ...] | None:
    """Return the fields that are inexact in page files; None if any may be."""
    fields: set[str] = set()
    for file in files:
        if file.inexact is None:
            return None
        fields.update(file.inexact)
    return tuple(sorted(fields))


class PulledWindow(Struct, frozen=True):
    """A window of `last_updated` that was pulled, and its page files; in microseconds since 1970, the end exclusive.

    No `start` means everything before the end.
    """

    start: int | None
    end: int
    files: tuple[PageFile, ...] = ()


class StoredModule(Struct, frozen=True):
    """The objects of one module: the `query` that pulled them, and the view of it that is stored.

    `begin`, `until` and `during` bound what the query asks for, in microseconds since 1970. `windows` are complete, in
    the order of their pulls; `pending` is one whose pull has begun, with the files that are whole. `repairs` are
    windows that lost a page file and are pulled again. `key_id` is the key of the pseudonyms, empty without any.
    """

    module: str
    query: str
    view: StoredField
    key_id: str = ""
    begin: int | None = None
    until: int | None = None
    during: tuple[int, int] | None = None
    windows: tuple[PulledWindow, ...] = ()
    pending: PulledWindow | None = None
    repairs: tuple[PulledWindow, ...] = ()

    @property
    def files(self) -> tuple[PageFile, ...]:
        """The page files of the complete windows, in the order in which they are read."""
        return tuple(file for window in self.windows for file in window.files)

    @property
    def mark(self) -> int | None:
        """The end of the last complete window; None before the first."""
        return max((window.end for window in self.windows), default=None)

    @property
    def last_number(self) -> int:
        """The greatest number of a page file."""
        pending = () if self.pending is None else self.pending.files
        return max((file.number for file in (*self.files, *pending)), default=0)


class Origin(Struct, frozen=True):
    """Where the objects come from: the platform's address without the token, and the party; or saved pages."""

    address: str
    party: str = ""


class Manifest(Struct, frozen=True):
    """A snapshot: objects of an OCPI `version` from one origin; `zone` is that of treatments that need one.

    `as_version` is the version of `--as`, if the objects were read in the form of it.
    """

    origin: Origin
    version: str
    zone: str
    modules: tuple[StoredModule, ...] = ()
    as_version: str = ""
    format: int = FORMAT

    def module(self, name: str) -> StoredModule | None:
        """Return a module of the snapshot."""
        return next((stored for stored in self.modules if stored.module == name), None)

    def with_module(self, stored: StoredModule) -> Manifest:
        """Return the manifest with this module, in place of the one of its name."""
        modules = {one.module: one for one in self.modules} | {stored.module: stored}
        return replace(self, modules=tuple(modules.values()))


class Head(Struct):
    """What every format of a manifest has."""

    format: int


def load(folder: Folder) -> Manifest:
    """Return the manifest of a snapshot. Raises UsageError."""
    path = UserText(folder)
    try:
        data = (folder / MANIFEST).read_bytes()
    except FileNotFoundError:
        raise SourceError(
            say("{folder} is not a snapshot", folder=path),
            hint=say("to make one: ocpiq pull QUERY --into {folder}", folder=path)
            if isinstance(folder, Path)
            else say("pull it into a folder of this machine, and copy that"),
        ) from None
    except OSError as error:
        reason = Reason(error.strerror or "unreadable")
        raise SourceError(say("{folder} cannot be read: {reason}", folder=path, reason=reason)) from None
    try:
        newer = msgspec.json.decode(data, type=Head).format > FORMAT
        if not newer:
            return replace(msgspec.json.decode(data, type=Manifest), format=FORMAT)
    except (msgspec.MsgspecError, UnicodeError):
        raise SourceError(
            say("{file} of the snapshot {folder} is damaged", file=UserText(MANIFEST), folder=path),
            hint=say("restore it from a backup, or pull into another folder"),
        ) from None
    raise SourceError(
        say("a later version of ocpiq wrote the snapshot {folder}", folder=path), hint=say("update ocpiq")
    )


def save(folder: Path, manifest: Manifest) -> None:
    """Replace the manifest, which is on disk when this returns. Raises OSError."""
    text = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
    owner_only.write(folder / MANIFEST, text + b"\n")
    owner_only.sync_folder(folder)
