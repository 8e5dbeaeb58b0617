"""Platforms whose rows are kept in memory, as they were shown, for queries that ask no more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from msgspec import Struct, field

from ocpiq.errors import Notify
from ocpiq.gate import Gate, KeepingGate, OpenedPage, can_be_kept, open_kept, shows_no_more
from ocpiq.privacy.view import ViewNode
from ocpiq.sources.monitor import monitor_pages
from ocpiq.sources.protocol import Ask, Source, owner_of
from ocpiq.sources.several_platforms import SeveralPlatforms

MAX_BYTES: Final = 256 << 20  # of JSON text, of all pulls together

Key = tuple[object, ...]
"""What two pulls have in common that ask for the same objects: source, module, window, form."""


class KeptPull(Struct):
    """A complete pull: the pages as `view` shows them, with the number of objects of each."""

    key: Key
    view: ViewNode
    platform: str = ""
    pages: list[tuple[bytes, int]] = field(default_factory=list)
    size: int = 0
    time: str = ""
    is_dropped: bool = False


class KeptRows:
    """The pulls that are kept, the newest last; `used` has the times of those that were used since `begin`."""

    def __init__(self) -> None:
        self.is_on = True
        self.used: list[str] = []
        self.pulls: list[KeptPull] = []

    def begin(self) -> None:
        """Note that a run begins."""
        self.used = []

    def clear(self, modules: tuple[str, ...] | None = None) -> None:
        """Forget all pulls, or those of some modules."""
        self.pulls = [pull for pull in self.pulls if modules is not None and pull.key[1] not in modules]

    def find(self, key: Key, view: ViewNode) -> KeptPull | None:
        """Return a pull that has all that a view shows of the same objects."""
        found = (pull for pull in reversed(self.pulls) if pull.key == key and shows_no_more(view, pull.view))
        return next(found, None)

    def add(self, pull: KeptPull) -> None:
        """Keep a pull, and let go of those that it replaces and of the oldest beyond the limit."""
        others = [
            other for other in self.pulls if other.key != pull.key or not shows_no_more(other.view, pull.view)
        ]
        self.pulls = [*others, pull]
        while sum(kept.size for kept in self.pulls) > MAX_BYTES:
            del self.pulls[0]


def keeping(sources: Mapping[str, Source], rows: KeptRows) -> dict[str, Source]:
    """Return the sources by module; platforms among them keep their rows."""
    return {module: _keeping(source, rows) for module, source in sources.items()}


def _keeping(source: Source, rows: KeptRows) -> Source:
    if isinstance(source, SeveralPlatforms):
        return SeveralPlatforms({name: _keeping(one, rows) for name, one in source.platforms.items()})
    return KeptSource(source, rows) if source.repeats else source  # files are read again


class KeptSource(Struct, frozen=True):
    """A platform that is asked only for what is not kept."""

    source: Source
    rows: KeptRows

    @property
    def version(self) -> str:
        """The OCPI version."""
        return self.source.version

    @property
    def repeats(self) -> bool:
        """Whether it may return an object twice."""
        return self.source.repeats

    @property
    def owner(self) -> Mapping[str, str] | None:
        """The party that the objects belong to."""
        return owner_of(self.source)

    def pages(self, ask: Ask, gate: Gate, notify: Notify) -> Iterator[OpenedPage]:
        """Yield the pages, of the platform or as they were kept."""
        window = gate.window
        if not self.rows.is_on or ask.newest is not None or (window and window.order) or gate.is_sealed:
            yield from self.source.pages(ask, gate, notify)
            return
        key = (id(self.source), ask.module, ask.since, ask.until, window, gate.as_version)
        kept = self.rows.find(key, gate.view)
        if kept is not None:
            yield from self._kept_pages(ask, gate, notify, kept)
        elif can_be_kept(gate.view):
            yield from self._pulled_pages(ask, gate, notify, KeptPull(key, gate.view))
        else:
            yield from self.source.pages(ask, gate, notify)

    def _kept_pages(self, ask: Ask, gate: Gate, notify: Notify, kept: KeptPull) -> Iterator[OpenedPage]:
        self.rows.used.append(kept.time)
        opening = gate.for_kept_rows(kept.platform)
        pages = ((open_kept(opening, body, count), None) for body, count in kept.pages)
        yield from monitor_pages(ask.module, pages, notify)

    def _pulled_pages(self, ask: Ask, gate: Gate, notify: Notify, pull: KeptPull) -> Iterator[OpenedPage]:
        def keep(body: bytes | None, count: int) -> None:
            if body is not None:
                pull.pages.append((body, count))
                pull.size += len(body)
            if body is None or pull.size > MAX_BYTES:
                pull.is_dropped = True
                pull.pages.clear()
                pull.size = 0

        for page in self.source.pages(ask, KeepingGate(gate, keep), notify):
            pull.platform = page.platform
            yield page
        if not pull.is_dropped:  # it came to its end without an error
            pull.time = f"{datetime.now().astimezone():%H:%M}"
            self.rows.add(pull)
