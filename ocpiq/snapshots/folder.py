"""The folder of a snapshot while a pull writes into it: locked, without what an interrupted pull has left.

A page file counts once the manifest names it. What the manifest does not name is removed when the next pull begins.
"""

from __future__ import annotations

import errno
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ocpiq.errors import EMPTY, Reason, SourceError, UserText, say
from ocpiq.schema import modules
from ocpiq.snapshots import manifest as manifests
from ocpiq.snapshots.manifest import MANIFEST, Manifest, PageFile, PulledWindow, StoredModule
from ocpiq.storage import owner_only
from ocpiq.storage.locks import OwnedLock

SECRET: Final = "secret.key"  # noqa: S105 - the name of its file
SECRET_BYTES: Final = 32
LOCK: Final = ".lock"
IGNORE: Final = ".gitignore"
FILES: Final = (MANIFEST, SECRET, LOCK, IGNORE)
UNFINISHED: Final = re.compile(r"\.(?:snapshot\.json|secret\.key|\.gitignore)\..*\.ocpiq-part")
PAGES: Final = re.compile(r"\.?[0-9]{8}\.(?:ndjson\.zst|keys)(?:\.part)?")


class SnapshotFolder:
    """A snapshot that this process writes. `manifest` is None before the first pull has begun."""

    def __init__(self, path: Path, secret: bytes, manifest: Manifest | None) -> None:
        self.path = path
        self.secret = secret
        self.manifest = manifest

    def save(self, manifest: Manifest) -> None:
        """Replace the manifest, and remove the page files that it no longer names. Raises UsageError."""
        before = self.manifest
        with writing(self.path):
            manifests.save(self.path, manifest)
        self.manifest = manifest
        if before is not None and not names(before) <= names(manifest):
            self.sweep()

    def save_module(self, stored: StoredModule) -> None:
        """Replace one module in the manifest. Raises UsageError."""
        assert self.manifest is not None
        self.save(self.manifest.with_module(stored))

    def pages(self, module: str) -> Path:
        """Return the folder of a module, which is created if it is missing. Raises UsageError."""
        folder = self.path / module
        with writing(self.path):
            owner_only.create_folder(folder)
        return folder

    def sweep(self) -> None:
        """Remove the page files that the manifest does not name. Raises UsageError."""
        known = set() if self.manifest is None else names(self.manifest)
        with writing(self.path):
            for module in modules():
                folder = self.path / module
                for path in folder.iterdir() if folder.is_dir() else ():
                    if (module, path.name) not in known:
                        path.unlink()


def names(manifest: Manifest) -> set[tuple[str, str]]:
    """Return the page files and key files of a manifest, each with its module."""
    return {
        (stored.module, name)
        for stored in manifest.modules
        for file in files_of(stored)
        for name in (file.name, file.keys_name)
    }


def files_of(stored: StoredModule) -> tuple[PageFile, ...]:
    """Return all page files of a module, also those of a window that is not complete."""
    pending: tuple[PulledWindow, ...] = () if stored.pending is None else (stored.pending,)
    return (*stored.files, *(file for window in pending for file in window.files))


@contextmanager
def opened(path: Path, *, create: bool) -> Iterator[SnapshotFolder]:
    """Lock the folder of a snapshot, and remove what an interrupted pull has left.

    Raises UsageError if it holds anything else, if it is in use, or, without `create`, if it is not a snapshot.
    """
    if not create:
        manifests.load(path)
    check_content(path)
    with writing(path):
        owner_only.create_folder(path)
        lock = OwnedLock(path / LOCK)
        owner = lock.acquire()
    if owner is not None:
        holder = UserText(owner)
        raise SourceError(
            say("{folder} is in use ({owner})", folder=UserText(path), owner=holder),
            hint=say("wait for that pull to end"),
        )
    try:
        folder = SnapshotFolder(path, secret_of(path), _existing(path))
        folder.sweep()
        yield folder
    finally:
        lock.release()


def _existing(path: Path) -> Manifest | None:
    return manifests.load(path) if (path / MANIFEST).exists() else None


def check_content(path: Path) -> None:
    """Raise UsageError for a folder with anything that is not of a snapshot."""
    if not path.exists():
        return
    if not path.is_dir():
        raise SourceError(say("{path} is not a folder", path=UserText(path)))
    with writing(path):
        others = [entry.name for entry in path.iterdir() if not _is_own(entry)]
        if not others:
            listed = (
                entry
                for module in modules()
                if (path / module).is_dir()
                for entry in (path / module).iterdir()
            )
            others = [entry.name for entry in listed if not PAGES.fullmatch(entry.name)]
    if others:
        raise SourceError(
            say(
                "the folder {folder} holds something else: {name}",
                folder=UserText(path),
                name=UserText(others[0]),
            ),
            hint=say("pull into a folder of its own"),
        )


def _is_own(entry: Path) -> bool:
    if entry.is_dir():
        return entry.name in modules()
    return entry.name in FILES or UNFINISHED.fullmatch(entry.name) is not None


def secret_of(path: Path) -> bytes:
    """Return the secret of a snapshot, which a first pull makes. Raises UsageError."""
    file = path / SECRET
    with writing(path):
        if not (path / IGNORE).exists():
            owner_only.write(path / IGNORE, b"*\n")
        if not file.exists() and not (path / MANIFEST).exists():
            owner_only.write(file, secrets.token_bytes(SECRET_BYTES))
            owner_only.sync_folder(path)
        secret = owner_only.read(file) if file.exists() else b""
    if len(secret) != SECRET_BYTES:
        raise SourceError(
            say(
                "the snapshot {folder} has no {file}, or a damaged one",
                folder=UserText(path),
                file=UserText(SECRET),
            ),
            hint=say("restore it from a backup, or pull into another folder"),
        )
    return secret


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn an error of the system into a UsageError about a folder."""
    try:
        yield
    except OSError as error:
        reason = Reason(error.strerror or "unknown error")
        is_full = error.errno == errno.ENOSPC
        raise SourceError(
            say("could not write {folder}: {reason}", folder=UserText(path), reason=reason),
            hint=say("make room, and run it again: what is whole is kept") if is_full else EMPTY,
        ) from None
