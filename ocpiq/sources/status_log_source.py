"""A status log as a source: the module `statuses`, an object for each time in which an EVSE had one status."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import msgspec
from msgspec import Struct

from ocpiq.errors import Notify, SourceError, UserText, say
from ocpiq.gate import Gate, OpenedPage
from ocpiq.sources.monitor import monitor_pages
from ocpiq.sources.protocol import Ask
from ocpiq.storage import status_log
from ocpiq.storage.status_log import UNOBSERVED, Block, PollLine, StatusLine

LINES = 100  # objects of a page


class StatusLogSource:
    """The folder of a status log, or one of its files."""

    repeats = False

    def __init__(self, path: Path, version: str) -> None:
        self.path = path
        self.version = version

    def pages(self, ask: Ask, gate: Gate, notify: Notify) -> Iterator[OpenedPage]:
        """Yield the statuses, an EVSE's in the order of time. Raises UsageError."""
        yield from pages_of(self._objects(), ask, gate, notify)

    def _objects(self) -> Iterator[dict[str, str | None]]:
        try:
            blocks = (block for path in self._files() for block in status_log.blocks(path))
            yield from periods(blocks)
        except OSError:
            raise SourceError(say("{path} cannot be read", path=UserText(self.path))) from None

    def _files(self) -> list[Path]:
        if self.path.is_dir():
            listed = status_log.files(self.path)
        elif self.path.is_file():
            listed = [self.path]
        else:
            raise SourceError(say("there is no status log {path}", path=UserText(self.path)), hint=KEEP)
        if not listed:
            raise SourceError(say("the status log {path} is empty", path=UserText(self.path)), hint=KEEP)
        return listed


def pages_of(
    statuses: Iterable[dict[str, str | None]], ask: Ask, gate: Gate, notify: Notify
) -> Iterator[OpenedPage]:
    """Yield the pages of statuses as `periods` makes them."""
    lines = map(msgspec.json.encode, statuses)
    pages = ((gate.lines(page), None) for page in iter(lambda: list(islice(lines, LINES)), []))
    yield from monitor_pages(ask.module, pages, notify)


KEEP = say("keep one with: ocpiq --follow --status-log DIR locations")


class Period(Struct):
    """The status of an EVSE from one change to the next."""

    line: StatusLine
    previous: str | None
    since: str
    earliest: str
    seen: str
    by: str

    def ended(self, until: str, earliest: str) -> dict[str, str | None]:
        """Return the object, once the next change is known, or the end of the log."""
        line = self.line
        return {
            "country_code": line.country_code or None,
            "party_id": line.party_id or None,
            "location_id": line.location_id,
            "evse_uid": line.evse_uid,
            "status": line.status,
            "previous": self.previous,
            "from": self.since,
            "earliest": self.earliest,
            "seen": self.seen,
            "until": max(until, self.since, key=_moment),
            "until_earliest": max(earliest, self.seen, key=_moment),
            "by": self.by,
        }


def periods(blocks: Iterable[Block]) -> Iterator[dict[str, str | None]]:
    """Yield the statuses of all EVSEs: each when it ends, those that last at the end of the log.

    `from` is the best estimate of the begin; the change lies after `earliest`, the poll before, and not after `seen`.
    `until` and `until_earliest` are the same of the next change. A time without polls is UNOBSERVED, whether the log
    has lines of it or a file is missing.
    """
    current: dict[tuple[str, ...], Period] = {}
    last: PollLine | None = None
    for block in blocks:
        if last is not None and _moment(block.poll.poll) <= _moment(last.poll):
            raise SourceError(say("a status log goes back in time"), hint=say("read one log at a time"))
        if last is not None and block.poll.is_gap_after(last):
            for key, period in current.items():
                if period.line.status != UNOBSERVED:
                    yield period.ended(last.poll, last.poll)
                    current[key] = _unobserved(period, last.poll)
        for line in block.lines:
            before = current.get(line.key)
            if before is not None and before.line.status == line.status:
                continue
            begun = _begun(line, before, last)
            if before is not None:
                yield before.ended(begun.since, begun.earliest)
            current[line.key] = begun
        last = block.poll
    if last is not None:
        for period in current.values():
            yield period.ended(last.poll, last.poll)


def _begun(line: StatusLine, before: Period | None, last: PollLine | None) -> Period:
    """Return the status that begins with a line; what an EVSE had before the log saw it is not known."""
    if before is None or last is None or line.by in ("start", "gap"):
        previous = None if before is None else before.line.status
        return Period(line, previous, line.since, line.since, line.since, line.by)
    return Period(line, before.line.status, line.since, last.poll, line.seen, line.by)


def _unobserved(period: Period, begin: str) -> Period:
    line = msgspec.structs.replace(period.line, status=UNOBSERVED, by="gap", since=begin, seen=begin)
    return Period(line, period.line.status, begin, begin, begin, "gap")


def _moment(text: str) -> str:
    """Return a time of a log, UTC with or without milliseconds, so that it compares as text."""
    return text.removesuffix("Z")
