"""A status log: each poll appends the statuses that changed, in one write, so that a file holds whole polls only."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from ocpiq.errors import UsageError
from ocpiq.storage import owner_only, status_log
from ocpiq.storage.locks import OwnedLock
from ocpiq.storage.status_log import UNOBSERVED, Header, PollLine, StatusLine
from ocpiq.values.times import EPOCH, epoch_us

LOCK: Final = ".lock"


class ObservedEvse(Struct, frozen=True):
    """An EVSE as a poll saw it; `updated` is its last_updated."""

    location_id: str
    evse_uid: str
    status: str
    updated: str
    country_code: str = ""
    party_id: str = ""


class Poll(Struct, frozen=True):
    """A complete poll: when it began and ended by the platform's clock, in microseconds since 1970."""

    began: int
    ended: int
    interval: int
    evses: tuple[ObservedEvse, ...]


class PollResult(Struct, frozen=True):
    """The number of EVSEs that a poll saw, of those whose status changed, and of the lines that it appended."""

    evses: int
    changes: int
    lines: int


class ClockWentBack(UsageError):
    """The poll is not later than the last one in the log, so it cannot be appended."""


class StatusLog:
    """An open log, which no other process writes. `current` has the last line of each EVSE."""

    def __init__(self, folder: Path, header: Header) -> None:
        self._folder = folder
        self._header = header
        self._last: PollLine | None = None
        self._current: dict[tuple[str, ...], StatusLine] = {}
        self._recover()

    @property
    def mark(self) -> str:
        """When the last poll began; empty without one."""
        return self._last.poll if self._last else ""

    def append(self, poll: Poll) -> PollResult:
        """Append a poll. Raises ClockWentBack, UsageError and OSError; the log then is as before."""
        line = PollLine(
            _text(poll.began), poll.interval, "" if poll.ended == poll.began else _text(poll.ended)
        )
        last = self._last
        if last is not None and datetime.fromisoformat(line.poll) <= datetime.fromisoformat(last.poll):
            raise ClockWentBack(
                "the platform's clock is not later than at the last poll, which is not logged again"
            )
        is_gap = last is not None and line.is_gap_after(last)
        is_new_file = last is None or last.poll[:10] != line.poll[:10]
        before = dict(self._current)
        changes = list(self._changes(poll, line, is_gap=is_gap))
        lines = list(changes)
        if is_new_file:
            lines += self._unchanged(line, {change.key for change in changes})
        try:
            self._write(line, lines, is_new_file=is_new_file)
        except BaseException:
            self._current = before
            raise
        self._last = line
        changed = [
            key for key in {change.key for change in changes} & before.keys() if self._is_changed(before[key])
        ]
        return PollResult(len(poll.evses), len(changed), len(lines))

    def _is_changed(self, before: StatusLine) -> bool:
        return self._current[before.key].status != before.status

    def _changes(self, poll: Poll, line: PollLine, *, is_gap: bool) -> Iterator[StatusLine]:
        """Yield the lines of EVSEs whose status changed, and remember them."""
        seen: set[tuple[str, ...]] = set()
        if is_gap and self._last is not None:
            yield from self._lose(self._last.poll, line.ended, "gap", ())
        for evse in poll.evses:
            new = self._line(evse, line)
            if new.key in seen:
                continue
            seen.add(new.key)
            before = self._current.get(new.key)
            if before is None or before.status != new.status:
                self._current[new.key] = new
                yield new
        yield from self._lose(line.ended, line.ended, "poll", seen)

    def _line(self, evse: ObservedEvse, line: PollLine) -> StatusLine:
        """Return the line of an EVSE's status, as if it had changed."""
        new = StatusLine(
            evse.location_id,
            evse.evse_uid,
            evse.status,
            line.ended,
            line.ended,
            "poll",
            evse.country_code,
            evse.party_id,
        )
        before = self._current.get(new.key)
        if before is None or self._last is None or before.status == UNOBSERVED:
            return replace(new, by="start")
        updated = epoch_us(evse.updated)
        if updated is not None and _moment(self._last.poll) < updated <= _moment(line.ended):
            return replace(new, since=_text(updated), by="stamp")
        return new

    def _lose(
        self, begin: str, seen: str, by: status_log.Evidence, remaining: Collection[tuple[str, ...]]
    ) -> Iterator[StatusLine]:
        """Yield UNOBSERVED for the EVSEs that no poll shows, all but those that remain."""
        for key, line in self._current.items():
            if key not in remaining and line.status != UNOBSERVED:
                lost = replace(line, status=UNOBSERVED, since=begin, seen=seen, by=by)
                self._current[key] = lost
                yield lost

    def _unchanged(self, line: PollLine, changed: set[tuple[str, ...]]) -> Iterator[StatusLine]:
        """Yield a line for every other EVSE: a file can be read without the one before."""
        for key, current in list(self._current.items()):
            if key in changed:
                continue
            if current.status == UNOBSERVED:
                del self._current[key]
                continue
            self._current[key] = replace(current, since=line.ended, seen=line.ended, by="start")
            yield self._current[key]

    def _write(self, line: PollLine, lines: Iterable[StatusLine], *, is_new_file: bool) -> None:
        """Append a block to the file of its day; after a failure the file is as before."""
        path = self._folder / f"{line.poll[:10]}.ndjson"
        header = (self._header,) if is_new_file else ()
        data = status_log.encode((*header, *lines, line))
        length = path.stat().st_size if path.exists() else 0
        try:
            with os.fdopen(owner_only.open_for_append(path), "ab") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            if is_new_file:
                owner_only.sync_folder(self._folder)
        except BaseException:
            if path.exists():
                os.truncate(path, length)
                if not length:
                    path.unlink()
            raise

    def _recover(self) -> None:
        """Read the last file, and remove what was cut off at its end. Raises UsageError."""
        for path in reversed(status_log.files(self._folder)):
            header = status_log.header(path)
            if header is not None:
                self._check(header)
            end = 0
            for block in status_log.blocks(path):
                self._current.update((line.key, line) for line in block.lines)
                self._last, end = block.poll, block.end
            if not end:
                path.unlink()
                continue
            if path.stat().st_size > end:
                os.truncate(path, end)
            return

    def _check(self, header: Header) -> None:
        if header == self._header:
            return
        if (header.platform, header.party) != (self._header.platform, self._header.party):
            other = "party" if header.platform == self._header.platform else "platform"
            raise UsageError(
                f"{self._folder} is the status log of another {other}",
                hint="use another folder for this one",
            )
        if header.scope != self._header.scope:
            has, asks = ("all EVSEs", "public EVSEs")[:: 1 if header.scope == "all" else -1]
            raise UsageError(
                f"{self._folder} has the statuses of {has}, the query asks for {asks}",
                hint="use another folder, or pass the same fields as before",
            )


@contextmanager
def open_log(folder: Path, header: Header) -> Iterator[StatusLog]:
    """Open a log, alone. Raises UsageError for a folder with other files, of another platform, or in use."""
    lock = OwnedLock(folder / LOCK)
    try:
        owner_only.create_folder(folder)
        owner = lock.acquire()
    except OSError as error:
        raise UsageError(f"could not write the status log {folder}: {error.strerror}") from None
    if owner is not None:
        raise UsageError(
            f"the status log {folder} is in use ({owner or 'by another run'})",
            hint="wait for that run to end, or end it",
        )
    try:
        yield StatusLog(folder, header)
    finally:
        lock.release()


def _text(microseconds: int) -> str:
    text = (EPOCH + timedelta(microseconds=microseconds)).isoformat(timespec="milliseconds")
    return text.removesuffix(".000") + "Z"


def _moment(text: str) -> int:
    moment = epoch_us(text)
    assert moment is not None, "a time of a status log can be read"
    return moment
