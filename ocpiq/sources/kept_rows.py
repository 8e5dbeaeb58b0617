"""Rows that were pulled, kept in memory as their view shows them, and read again by queries that ask no more.

A complete pull is a snapshot of one module whose page files are in memory: what is stored of an object, and which
queries it can answer, is decided by the code for snapshots.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final, cast

from msgspec import Struct
from msgspec.structs import replace

from ocpiq.errors import IncompleteError, Notify, PrivacyError
from ocpiq.gate import Gate, OpenedPage, Window, gate
from ocpiq.plan.query_plan import SourcePlan
from ocpiq.privacy.demand import Demand
from ocpiq.privacy.platform_field import has_platform, with_platform, without_platform
from ocpiq.privacy.recipient import Recipient
from ocpiq.privacy.view import ViewNode
from ocpiq.schema import OWN_MODULES
from ocpiq.snapshots.line_encoder import LineEncoder, view_of_numbers
from ocpiq.snapshots.manifest import PageFile, PulledWindow, StoredModule
from ocpiq.snapshots.memory import MemoryFolder, MemoryPages
from ocpiq.snapshots.stored_view import for_aggregates_only, stored_view
from ocpiq.sources.protocol import Ask, PlannedPull, Source
from ocpiq.sources.several_platforms import named
from ocpiq.sources.snapshot_source import SnapshotSource, moment_text
from ocpiq.sources.wrapped_source import WrappedSource
from ocpiq.values.types import Value

MAX_BYTES: Final = 256 << 20  # compressed, of all pulls together
WHOLE: Final = Demand(whole=True)
NEVER: Final = 253_402_300_799_000_000  # microseconds: the last second of the year 9999

Identity = tuple[str, str, str]
"""What the objects of two pulls have in common: the module, the form that they are read in, the recipient."""


class KeptPull(Struct, eq=False):
    """A complete pull of one module: the page files of each platform, by its name, and how they are stored.

    `time` is when the pull began, in microseconds since 1970.
    """

    identity: Identity
    stored: StoredModule
    time: int
    folders: dict[str, MemoryFolder]
    pages: dict[str, MemoryPages]
    size: int = 0

    @property
    def objects(self) -> int:
        """The number of objects."""
        return sum(file.objects for pages in self.pages.values() for file in pages.files)

    @property
    def clock(self) -> str:
        """The time, on the clock of this machine."""
        moment, now = datetime.fromtimestamp(self.time / 1e6).astimezone(), datetime.now().astimezone()
        return f"{moment:%H:%M}" if moment.date() == now.date() else f"{moment:%Y-%m-%d %H:%M}"


class KeptRows:
    """The pulls that are kept, the oldest first, in at most `MAX_BYTES`, together with those that are being stored.

    `used` are those that the queries since `begin` have read.
    """

    def __init__(self) -> None:
        self.is_on = True
        self.pulls: list[KeptPull] = []
        self.used: list[KeptPull] = []
        self._pending: list[KeptPull] = []

    @property
    def size(self) -> int:
        """The bytes of all pulls."""
        return sum(pull.size for pull in (*self.pulls, *self._pending))

    def begin(self) -> None:
        """Note that a run begins; what another one is still storing is not kept."""
        self.used, self._pending = [], []

    def clear(self) -> None:
        """Forget all pulls, also those that are being stored."""
        self.pulls, self._pending = [], []

    def source(self, source: Source, planned: PlannedPull) -> Source:
        """Return what a pull reads: rows that are kept, or the source, whose rows are kept if it is a platform."""
        if not self.is_on or not source.repeats or not can_be_kept(planned):
            return source
        for pull in reversed(self.pulls):
            if answers(pull, planned):
                self.used.append(pull)
                return KeptSource(pull, planned.form)
        return KeepingSource(source, self, planned)

    def start(self, planned: PlannedPull) -> KeptPull:
        """Begin to keep a pull."""
        part, window = planned.part, planned.window or Window(None, None)
        stored = StoredModule(
            part.module,
            part.module,
            stored_view(without_platform(part.view)),
            "" if planned.recipient is None else planned.recipient.key_id,
            window.since,
            window.until,
            window.completed,
        )
        pull = KeptPull(identity_of(planned), stored, planned.now, {}, {})
        self._pending.append(pull)
        return pull

    def make_room(self, pull: KeptPull, size: int) -> bool:
        """Count bytes that are about to be stored; forget the oldest pulls for them. Returns False without room."""
        while self.size + size > MAX_BYTES:
            oldest = next((kept for kept in self.pulls if kept not in self.used), None)
            if oldest is None:
                return False
            self.pulls.remove(oldest)
        pull.size += size
        return True

    def drop(self, pull: KeptPull) -> None:
        """Let go of a pull that is not complete, or has no room."""
        if pull in self._pending:
            self._pending.remove(pull)

    def complete(self, pull: KeptPull) -> None:
        """Keep a pull, in place of one of the same objects with the same view, unless it was forgotten meanwhile."""
        if pull in self._pending:
            same = (pull.identity, pull.stored)
            self.pulls = [kept for kept in self.pulls if (kept.identity, kept.stored) != same]
            self.pulls.append(pull)
            self._pending.remove(pull)


def can_be_kept(planned: PlannedPull) -> bool:
    """Tell whether rows of a pull may be kept: all of those that the platform has, without fields for totals only."""
    part = planned.part
    return (
        planned.newest is None and part.module not in OWN_MODULES and not any(for_aggregates_only(part.view))
    )


def identity_of(planned: PlannedPull) -> Identity:
    """Return what pulls of the same objects have in common; another platform has other rows."""
    recipient = "" if planned.recipient is None else planned.recipient.key_id
    return planned.part.module, planned.form, recipient


def answers(pull: KeptPull, planned: PlannedPull) -> bool:
    """Tell whether a pull has what another one asks for, so that its rows are the same.

    Its window is the same, or lies in that of the pull, is written with dates and begins before the pull.
    """
    window, stored = planned.window or Window(None, None), pull.stored
    if pull.identity != identity_of(planned):
        return False
    if (window.since, window.until, window.completed) != _bounds(stored):
        begins = max((window.since or 0), (window.completed or (0, 0))[0])
        if planned.is_relative or begins >= pull.time:
            return False
    try:
        KeptSource(pull, planned.form).reading(planned.part, planned.window, planned.recipient)
    except (PrivacyError, IncompleteError):
        return False
    return True


def _bounds(stored: StoredModule) -> tuple[int | None, int | None, tuple[int, int] | None]:
    return stored.begin, stored.until, stored.during


class KeptModule(SnapshotSource):
    """The rows of one platform."""

    def __init__(self, pull: KeptPull, platform: str, version: str) -> None:
        files: tuple[PageFile, ...] = ()
        if platform in pull.pages:
            files = tuple(pull.pages[platform].files)
        stored = replace(pull.stored, windows=(PulledWindow(None, NEVER, files),))
        super().__init__(pull.folders.get(platform, MemoryFolder()), stored, version)
        self._time = moment_text(pull.time)

    @property
    def time(self) -> str:
        """The moment that the rows are of: when the pull began."""
        return self._time


class KeptSource:
    """The rows of a pull, as a source."""

    repeats = False

    def __init__(self, pull: KeptPull, version: str) -> None:
        self.version = version
        self._modules = {name: KeptModule(pull, name, version) for name in pull.folders or ("",)}

    @property
    def snapshot(self) -> KeptSource:
        """This source, for `stored_objects`."""
        return self

    @property
    def time(self) -> str:
        """The moment that the rows are of."""
        return next(iter(self._modules.values())).time

    def reading(
        self, part: SourcePlan, window: Window | None, recipient: Recipient | None
    ) -> tuple[ViewNode, Window | None]:
        """Return view and window for the gate. Raises PrivacyError if the query asks for more than is kept."""
        module = next(iter(self._modules.values()))
        view, narrowed = module.reading(replace(part, view=without_platform(part.view)), window, recipient)
        return with_platform(view) if has_platform(part.view) else view, narrowed

    def pages(self, ask: Ask, gate: Gate, notify: Notify) -> Iterator[OpenedPage]:
        """Yield the rows of each platform, with its name."""
        for name, module in self._modules.items():
            tell = notify if len(self._modules) == 1 else named(name, notify)
            yield from module.pages(ask, gate.of_platform(name, self.version), tell)


class KeepingSource(WrappedSource, frozen=True):
    """A platform, or several, whose rows are kept when the pull has come to its end."""

    rows: KeptRows
    planned: PlannedPull

    def pages(self, ask: Ask, gate: Gate, notify: Notify) -> Iterator[OpenedPage]:
        """Yield the pages of the source."""
        storing = Storing(self.rows, self.planned)
        try:
            for page in self.source.pages(ask, gate.keeping(whole_gate(self.planned)), notify):
                storing.add(page)
                yield page
            storing.complete()
        finally:
            storing.close()


def whole_gate(planned: PlannedPull) -> Gate:
    """Return the gate for all that a view shows of the objects of a pull."""
    return gate(
        view_of_numbers(without_platform(planned.part.view)),
        WHOLE,
        window=planned.window,
        key=planned.key,
        version=planned.version,
        recipient=planned.recipient,
        as_version=planned.as_version,
    )


class UnkeptError(Exception):
    """Raised when rows cannot be kept: they exceed the limit, or are not certainly those of the objects."""


class Storing:
    """Stores the rows of a pull; one that cannot be stored is not kept, whatever the reason: the query goes on."""

    def __init__(self, rows: KeptRows, planned: PlannedPull) -> None:
        self._rows = rows
        self._encoder = LineEncoder(planned.part.view)
        self._pull: KeptPull | None = rows.start(planned)

    def add(self, page: OpenedPage) -> None:
        """Store the rows of a page."""
        if self._pull is None:
            return
        try:
            self._pages(self._pull, page.platform).add(self._lines(page))
        except Exception:  # such as for a value that JSON does not have
            self.close()

    def _lines(self, page: OpenedPage) -> list[bytes]:
        if page.whole is None and page.rows:
            raise UnkeptError
        return [self._encoder.encode(cast(Value, row)) for row in page.whole or ()]

    def _pages(self, pull: KeptPull, platform: str) -> MemoryPages:
        if platform not in pull.pages:
            folder = pull.folders[platform] = MemoryFolder()
            pull.pages[platform] = MemoryPages(
                folder / pull.stored.module, lambda: self._encoder.inexact, self._grow
            )
        return pull.pages[platform]

    def _grow(self, size: int) -> None:
        if self._pull is None or not self._rows.make_room(self._pull, size):
            raise UnkeptError

    def complete(self) -> None:
        """Keep the pull, which has come to its end."""
        pull = self._pull
        try:
            for pages in () if pull is None else pull.pages.values():
                pages.finish()
        except UnkeptError:
            return
        if pull is not None:
            self._rows.complete(pull)

    def close(self) -> None:
        """Let go of a pull that is not kept."""
        if self._pull is not None:
            self._rows.drop(self._pull)
        self._pull = None
