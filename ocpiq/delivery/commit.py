"""The commit protocol: a file appears whole, once, and together with what the state remembers of it.

The steps, each on disk before the next begins:

1. `journal`: the window, and the name of its file, into the state.
2. The pull writes the file beside its name.
3. `stage`: what was delivered, and the SHA-256 of that file, into the state.
4. `publish`: the manifest, then the rename to its name.
5. `commit`: what was delivered becomes part of what the state remembers; the mark moves to the end of the window.

`recover` ends what a run began that was interrupted: before step 3 the same window is pulled again; after it the file
is renamed, or was renamed and perhaps taken away, and the commit follows.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from hashlib import file_digest
from pathlib import Path

from msgspec.structs import replace

from ocpiq.delivery.errors import StateError
from ocpiq.delivery.file_names import part_of, whole_of
from ocpiq.delivery.state import KEPT_FILES, AuditedRun, DeliveredFile, Pending, PeriodRecord, State
from ocpiq.delivery.state_file import StateFile
from ocpiq.storage import owner_only
from ocpiq.storage.logins import reason

MANIFEST_SUFFIX = ".manifest.json"


def journal(file: StateFile, pending: Pending) -> None:
    """Write a window down before its pull. Raises UsageError if its file already exists."""
    if pending.path and Path(pending.path).exists():
        raise StateError(
            f"{pending.path} already exists; a delivery never replaces a file",
            hint="move it away, or use another name",
        )
    if pending.path:
        remove(part_of(Path(pending.path)))
    file.journal(pending)


def stage(file: StateFile, rows: int, manifest: str = "", content: str = "") -> Pending:
    """Keep the hash of the complete part and what was delivered. Raises UsageError."""
    pending = file.state.pending
    assert pending is not None
    sha256 = "-"
    if pending.path:
        part = part_of(Path(pending.path))
        try:
            sha256 = sha256_of(part)
            owner_only.sync_folder(part.parent)
        except OSError as error:
            raise StateError(f"could not read {part}: {reason(error)}") from None
    staged = replace(pending, sha256=sha256, rows=rows, manifest=manifest, content=content)
    file.stage(staged)
    return staged


def publish(pending: Pending) -> None:
    """Write the manifest and rename the part. Raises UsageError."""
    if not pending.path:
        return
    path = Path(pending.path)
    part = part_of(path)
    try:
        if pending.manifest:
            manifest = path.with_name(path.name + MANIFEST_SUFFIX)
            owner_only.write(manifest, pending.manifest.encode())
            manifest.chmod(part.stat().st_mode & 0o777)
        part.rename(path)
        owner_only.sync_folder(path.parent)
    except OSError as error:
        raise StateError(f"could not write {path}: {reason(error)}") from None


def commit(file: StateFile, update: Callable[[State], State] = lambda state: state) -> None:
    """Make a published delivery part of the state. Raises UsageError."""
    state, pending = file.state, file.state.pending
    assert pending is not None
    delivered = DeliveredFile(pending.path, pending.start, pending.end, pending.rows, pending.sha256)
    files = (*state.files, delivered)[-KEPT_FILES:] if pending.sha256 else state.files
    number = pending.number if pending.sha256 else state.number
    done = replace(
        with_period(state, pending),
        mark=pending.end if state.mark is None else max(state.mark, pending.end),
        runs=state.runs + 1,
        number=number,
        pending=None,
        files=files,
        reconciles=state.reconciles and not pending.correction,
        audited=audited(pending),
    )
    file.commit(update(done))


def audited(pending: Pending) -> AuditedRun | None:
    """Return how the run of a delivery ends in the audit trail, None without one."""
    if not pending.audit_run:
        return None
    path = pending.path if pending.sha256 else ""
    return AuditedRun(pending.audit_run, pending.audit_trail, pending.rows, path, pending.sha256)


def with_period(state: State, pending: Pending) -> State:
    """Return the state with the period that was delivered, or the number of the correction that was."""
    correction = pending.correction if pending.sha256 else max(0, pending.correction - 1)
    if not pending.period:
        return replace(state, corrections=max(state.corrections, correction))
    others = [record for record in state.periods if record.number != pending.period]
    before = next((record.content for record in state.periods if record.number == pending.period), "")
    content = pending.content or before
    record = PeriodRecord(pending.period, pending.start or 0, pending.end, correction, content)
    return replace(state, periods=tuple(sorted((*others, record), key=lambda record: record.start)))


def recover(file: StateFile) -> DeliveredFile | None:
    """End an interrupted delivery, if there is one; return its file if it was complete. Raises UsageError."""
    pending = file.state.pending
    if pending is None or not pending.sha256:
        if pending is not None and pending.path:
            remove(part_of(Path(pending.path)))
        return None
    if pending.path:
        part = part_of(Path(pending.path))
        if part.exists():
            if sha256_of(part) != pending.sha256:  # cut by a crash of the whole system: it was never renamed
                remove(part)
                file.journal(replace(pending, sha256="", rows=0, manifest=""))
                return None
            publish(pending)
    commit(file)
    return file.state.files[-1]


def remove_unfinished(state: State) -> None:
    """Remove the files that a run left beside their names: of a delivery, or of the open file of a period."""
    paths = [Path(part.path) for part in (state.pending, state.open) if part is not None and part.path]
    for path in paths:
        remove(part_of(path))
        remove(whole_of(path))


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file. Raises OSError."""
    with path.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()


def remove(path: Path) -> None:
    """Remove a file that may not exist."""
    with suppress(OSError):
        os.unlink(path)  # noqa: PTH108
