"""`ocpiq audit`: who received what and when, and whether the trail is whole."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from hashlib import file_digest
from pathlib import Path
from time import time_ns
from typing import Final

import msgspec

from ocpiq.app.error_report import report_error, write_stderr
from ocpiq.app.listing import has_columns, write_listing
from ocpiq.app.settings import Settings
from ocpiq.approval.audit import AuditedRun, runs
from ocpiq.errors import UsageError, safe_word
from ocpiq.storage import audit_trail
from ocpiq.storage.audit_trail import BrokenTrailError
from ocpiq.values.relative_times import is_relative_moment, relative_moment
from ocpiq.values.times import epoch_us, moment, zone
from ocpiq.values.types import Value

COLUMNS: Final = ("time", "recipient", "key", "user", "modules", "exit", "rows", "file", "query")
VERIFY: Final = "verify"


def run(settings: Settings) -> int:
    """List the runs in the trail, or verify it."""
    if settings.words not in ((), (VERIFY,)):
        word = settings.words[-1]
        raise UsageError(
            f"ocpiq audit has no action {safe_word(word)}", hint=f"ocpiq audit, or ocpiq audit {VERIFY}"
        )
    if settings.audit == "syslog":
        raise UsageError("the system's log is not read here", hint="such as journalctl -t ocpiq")
    trail = settings.audit if isinstance(settings.audit, Path) else audit_trail.default_path()
    if not trail.exists() and not audit_trail.head_path(trail).exists():
        raise UsageError(
            f"there is no audit trail {trail}", hint="a run with --recipient or --audit begins one"
        )
    return _verify(trail) if settings.words else _list(trail, settings)


def _verify(trail: Path) -> int:
    try:
        head = audit_trail.verify(trail)
    except BrokenTrailError as error:
        report_error(error)
        return 1
    sys.stdout.write(f"{trail} is whole: {head.lines} lines, the last with hash {head.last}\n")
    return 0


def _list(trail: Path, settings: Settings) -> int:
    tests = list(_tests(settings))
    found = [run for run in runs(audit_trail.entries(trail)) if all(test(run) for test in tests)]
    if settings.trail.file is not None and not found:
        write_stderr(f"no run in {trail} wrote {settings.trail.file} as it is now")
        return 1
    rows = map(_row, found) if has_columns(settings.output) else map(msgspec.to_builtins, found)
    write_listing(settings.output, COLUMNS, rows)
    try:
        audit_trail.verify(trail)
    except BrokenTrailError as error:
        write_stderr(f"warning: {error.message}")
    return 0


def _tests(settings: Settings) -> Iterator[Callable[[AuditedRun], bool]]:
    """Yield the conditions that the options set. Raises UsageError."""
    wanted = settings.trail
    if wanted.since is not None:
        since = _moment(wanted.since, "since", settings)
        yield lambda run: _began(run) >= since
    if wanted.until is not None:
        until = _moment(wanted.until, "until", settings)
        yield lambda run: _began(run) < until
    if settings.recipient is not None:
        yield lambda run: run.recipient == settings.recipient
    if wanted.file is not None:
        digest = _digest(wanted.file)
        yield lambda run: run.sha256 == digest


def _began(run: AuditedRun) -> int:
    return epoch_us(run.time) or 0


def _moment(text: str, option: str, settings: Settings) -> int:
    place = zone(settings.query.default_zone or "UTC")
    now = time_ns() // 1000
    read = relative_moment(text, now, place) if is_relative_moment(text) else moment(text, place)
    if read is None:
        raise UsageError(f"--{option} takes a date", hint=f"such as --{option} 2026-01-31")
    return read


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UsageError(f"could not read {path}: {error.strerror}") from None


def _row(run: AuditedRun) -> Value:
    modules = dict.fromkeys(str(source["module"]) for source in run.sources)
    return {
        "time": run.time,
        "recipient": run.recipient,
        "key": run.key_id,
        "user": run.user,
        "modules": ", ".join(modules),
        "exit": run.state if run.exit is None else run.exit,
        "rows": run.rows,
        "file": run.file,
        "query": run.query_file or run.query,
    }
