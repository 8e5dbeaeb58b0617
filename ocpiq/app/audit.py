"""The audit trail of a run: an entry before anything is fetched, and one after the results are written."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from hashlib import file_digest, sha256
from io import BufferedIOBase
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from ocpiq import __version__
from ocpiq.app import sources as origin
from ocpiq.app.exit_codes import code_of
from ocpiq.app.settings import Settings
from ocpiq.app.shutdown import Shutdown
from ocpiq.approval import audit
from ocpiq.approval.audit import RunDescription, RunResult
from ocpiq.approval.query_hash import query_sha256
from ocpiq.delivery.state import AuditedRun
from ocpiq.errors import Notice, PageRead, PullEnded
from ocpiq.storage import audit_trail

if TYPE_CHECKING:
    from ocpiq.analysis.explanation import Explanation
    from ocpiq.app.handout import Handout
    from ocpiq.query import Query
    from ocpiq.storage.recipients import StoredRecipient


class Audit:
    """The entries of one run, in a trail and, with `logs`, in the system's log.

    `notify` counts the objects of its pulls, `hashing` wraps its output.
    """

    def __init__(self, trail: Path | None, *, logs: bool = False) -> None:
        self._trail = trail
        self._logs = logs
        self._run = os.urandom(8).hex()
        self._stream: HashingStream | None = None
        self._objects: Counter[str] = Counter()
        self._as_of: dict[str, str] = {}  # the moment of rows that were pulled before, by module
        self._in_progress: dict[str, int] = {}
        self.sha256: str | None = None  # of the file, if it may be gone before the last entry is written

    @property
    def place(self) -> tuple[str, str]:
        """The id of the run and the path of the trail, with which `end_recovered` ends it later; empty without one."""
        return ("", "") if self._trail is None else (self._run, str(self._trail.absolute()))

    def begin(self, description: RunDescription) -> None:
        """Write the entry of a run that is about to fetch. Raises UsageError; nothing may then be fetched."""
        self._append(audit.begun(self._run, _now(), description))

    def refuse(self, description: RunDescription, excess: Sequence[str]) -> None:
        """Write the only entry of a run that exceeds a policy. Raises UsageError."""
        self._append(audit.refused(self._run, _now(), description, excess))

    def notify(self, notice: Notice) -> None:
        """Count the objects of a pull."""
        if isinstance(notice, PageRead | PullEnded) and notice.snapshot:
            self._as_of[notice.module] = notice.snapshot
        if isinstance(notice, PageRead):
            self._in_progress[notice.module] = notice.objects
        elif isinstance(notice, PullEnded):
            self._in_progress.pop(notice.module, None)
            self._objects[notice.module] += notice.objects

    def hashing(self, stream: BinaryIO) -> BinaryIO:
        """Return a stream that passes on what is written and hashes it for the last entry."""
        self._stream = HashingStream(stream)
        return cast(BinaryIO, self._stream)

    def record(
        self, work: Callable[[], int], written: Callable[[], tuple[int, Path | None]], shutdown: Shutdown
    ) -> int:
        """Do `work`, write how it ended, and return its exit code.

        `written` returns the number of results and the file, once they are written. Raises what `work` raises, and
        UsageError if the entry cannot be written.
        """
        try:
            code = work()
        except BaseException as error:
            self._end(code_of(error, shutdown), *written())
            raise
        self._end(code, *written())
        return code

    def _end(self, code: int, rows: int, path: Path | None) -> None:
        digest = None if self._stream is None else self._stream.digest()
        if path is not None and self.sha256 is not None:
            digest = self.sha256
        elif path is not None:
            with path.open("rb") as file:
                digest = file_digest(file, "sha256").hexdigest()
        objects = dict(self._objects + Counter(self._in_progress))
        result = RunResult(code, objects, rows, absolute(path), digest, self._as_of)
        self._append(audit.ended(self._run, _now(), result))

    def _append(self, entry: dict[str, object]) -> None:
        """Write an entry. Raises UsageError."""
        if self._logs:
            from ocpiq.storage import syslog

            syslog.send(entry)
        if self._trail is not None:
            audit_trail.append(self._trail, entry)


def end_recovered(delivered: AuditedRun) -> None:
    """Write how the run of a delivery ended, unless it did so itself. Raises UsageError."""
    trail = Path(delivered.trail)
    if audit_trail.events(trail, delivered.run) != ["begun"]:
        return  # it has ended, or the trail was moved away
    path = delivered.path or None
    result = RunResult(0, {}, delivered.rows, path, delivered.sha256 if path else None)
    audit_trail.append(trail, audit.ended(delivered.run, _now(), result))


class HashingStream(BufferedIOBase):
    """A stream that hashes what it passes on."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._hash = sha256()

    def write(self, data: object) -> int:
        """Write bytes."""
        self._hash.update(data)  # type: ignore[arg-type]
        return self._stream.write(data)  # type: ignore[call-overload, no-any-return]

    def flush(self) -> None:
        """Flush the stream; its owner may have closed it when this one is collected."""
        if not self._stream.closed:
            self._stream.flush()

    def fileno(self) -> int:
        """Return the descriptor."""
        return self._stream.fileno()

    def isatty(self) -> bool:
        """Tell whether the stream is a terminal."""
        return self._stream.isatty()

    def digest(self) -> str:
        """Return the SHA-256 of what was written so far."""
        return self._hash.hexdigest()


def trail_of(settings: Settings, query: Query, recipient: StoredRecipient | None) -> Path | None:
    """Return the trail of a run; None if it is not audited.

    A run with a recipient always is. The config file's `audit` and `--audit` are for every run that reads a module.
    """
    if recipient is None and not query.modules:
        return None
    if isinstance(settings.audit, Path):
        return settings.audit
    return audit_trail.default_path() if settings.audit is True or recipient is not None else None


def logs(settings: Settings, query: Query) -> bool:
    """Tell whether the entries of a run go to the system's log."""
    return settings.audit == "syslog" and bool(query.modules)


def description(
    settings: Settings,
    handout: Handout,
    recipient: StoredRecipient | None,
    format_: str,
    policy: str | None,
    explanation: Explanation,
) -> RunDescription:
    """Return what a run is about to do; `policy` is the hash of its policy. Raises UsageError."""
    query = handout.query
    return RunDescription(
        user=_user(),
        command=settings.command,
        ocpiq=__version__,
        recipient=None if recipient is None else recipient.name,
        key_id=None if recipient is None else recipient.key_id,
        query=query.text_without_literals,
        query_sha256=query_sha256(handout.text.text),
        query_file=handout.text.name or None,
        arguments=tuple(dict.fromkeys(variable.name for variable in settings.query.variables)),
        explanation=explanation,
        windows=query.windows(handout.variables, handout.start),
        origins={module: _origin(settings, module) for module in query.modules},
        format=format_,
        file=absolute(settings.output.path),
        policy_sha256=policy,
    )


def _origin(settings: Settings, module: str) -> str:
    """Return where the objects of a module come from."""
    if origin.is_from_files(settings.pull, module):
        return "files"
    if settings.snapshot.read is not None:
        return "snapshot"
    if settings.pull.demo:
        return "demo"
    names = origin.platform_names(settings.pull)
    if names:
        return ", ".join(names)
    from ocpiq.storage import logins

    return logins.find().name


def absolute(path: Path | None) -> str | None:
    """Return a path as it stands in the trail."""
    return None if path is None else str(path.absolute())


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _user() -> str:
    """Return the user's name as `getpass` does, whose import takes longer than the rest of the entry."""
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        if user := os.environ.get(name):
            return user
    if sys.platform == "win32":
        return "unknown"
    else:
        import pwd

        try:
            return pwd.getpwuid(os.getuid()).pw_name
        except KeyError:  # a user without a name
            return str(os.getuid())
