"""The files of a status log: one for each day (UTC), NDJSON, each readable without the others.

A file begins with a header. A poll is a block of lines: one for each EVSE whose status changed, then the line of the
poll itself, which makes the block valid: lines after the last such line are those of a poll that was cut off. The
first block of a file has a line for every EVSE.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

import msgspec
from msgspec import Struct, field

from ocpiq.errors import UsageError, UserText, say

FORMAT: Final = 1
UNOBSERVED: Final = "UNOBSERVED"
LARGEST_GAP: Final = 3  # times the interval between two polls
NAME: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\.ndjson")
Evidence = Literal["stamp", "poll", "start", "gap"]
Scope = Literal["public", "all"]


class Header(Struct, frozen=True, omit_defaults=True):
    """The first line of a file: the format, the platform and the party that is asked, and which EVSEs are logged."""

    status_log: int
    platform: str
    version: str
    scope: Scope
    party: str = ""


class PollLine(Struct, frozen=True, omit_defaults=True):
    """The end of a block: when the poll began and ended by the platform's clock, and the seconds between polls."""

    poll: str
    interval: int
    end: str = ""

    @property
    def ended(self) -> str:
        """The time at which the poll ended."""
        return self.end or self.poll

    def is_gap_after(self, last: PollLine) -> bool:
        """Tell whether there was no poll for longer than the log allows."""
        between = datetime.fromisoformat(self.poll) - datetime.fromisoformat(last.poll)
        return between.total_seconds() > LARGEST_GAP * max(self.interval, last.interval)


class StatusLine(Struct, frozen=True, omit_defaults=True):
    """A status of an EVSE: since when, when it was seen, and how the log knows.

    By its `stamp`, the time of the EVSE's last_updated, if that lies between two polls; else by the `poll` that saw it.
    `start` is the first line of an EVSE in the log, after a gap, and in a file; `gap` begins a time without polls.
    """

    location_id: str
    evse_uid: str
    status: str
    since: str = field(name="from")
    seen: str
    by: Evidence
    country_code: str = ""
    party_id: str = ""

    @property
    def key(self) -> tuple[str, ...]:
        """What identifies the EVSE; OCPI compares identifiers without case."""
        parts = (self.country_code, self.party_id, self.location_id, self.evse_uid)
        return tuple(part.casefold() for part in parts)


class Block(Struct, frozen=True):
    """A poll and the statuses that changed; `end` is the position of the next block in the file."""

    poll: PollLine
    lines: tuple[StatusLine, ...]
    end: int


HEADERS: Final = msgspec.json.Decoder(Header)
POLLS: Final = msgspec.json.Decoder(PollLine)
STATUSES: Final = msgspec.json.Decoder(StatusLine)
ORDER: Final = ("country_code", "party_id", "location_id", "evse_uid", "status", "from", "seen", "by")


def encode(lines: Iterable[Header | StatusLine | PollLine]) -> bytes:
    """Return lines as they stand in a file."""
    return b"".join(msgspec.json.encode(_ordered(line)) + b"\n" for line in lines)


def _ordered(line: Header | StatusLine | PollLine) -> object:
    if not isinstance(line, StatusLine):
        return line
    members = msgspec.to_builtins(line)
    return {name: members[name] for name in ORDER if name in members}


def files(folder: Path) -> list[Path]:
    """Return the files of a log, the oldest first. Raises UsageError for a folder with anything else in it."""
    found = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    for path in found:
        if not (NAME.fullmatch(path.name) and path.is_file()):
            raise UsageError(
                say(
                    "{folder} is not a status log: it holds {name}",
                    folder=UserText(folder),
                    name=UserText(path.name),
                ),
                hint="a status log has a folder of its own",
            )
    return found


def header(path: Path) -> Header | None:
    """Return the header of a file; None if it was cut off while that was written. Raises UsageError."""
    with path.open("rb") as file:
        line = file.readline()
    if not line.endswith(b"\n"):
        return None
    try:
        read = HEADERS.decode(line)
    except msgspec.MsgspecError:
        raise _damaged(path, 1) from None
    if read.status_log > FORMAT:
        raise UsageError(
            say("{path} was written by a later version of ocpiq", path=UserText(path)),
            hint="install that version",
        )
    return read


def blocks(path: Path) -> Iterator[Block]:
    """Yield the polls of a file; lines of a poll that was cut off are left out. Raises UsageError if it is damaged."""
    if header(path) is None:
        return
    lines: list[StatusLine] = []
    position = 0
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            position += len(line)
            if number == 1:
                continue
            if not line.endswith(b"\n"):
                return
            try:
                if not line.startswith(b'{"poll"'):
                    lines.append(_status(line))
                    continue
                poll = POLLS.decode(line)
                datetime.fromisoformat(poll.poll)
                datetime.fromisoformat(poll.ended)
            except (msgspec.MsgspecError, ValueError):
                raise _damaged(path, number) from None
            yield Block(poll, tuple(lines), position)
            lines = []


def _status(line: bytes) -> StatusLine:
    status = STATUSES.decode(line)
    datetime.fromisoformat(status.since)
    datetime.fromisoformat(status.seen)
    return status


def _damaged(path: Path, number: int) -> UsageError:
    return UsageError(
        say("{path} is damaged at line {number}", path=UserText(path), number=number),
        hint="restore it from a backup, or move it away: the time that it covers is then UNOBSERVED",
    )
