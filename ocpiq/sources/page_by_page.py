"""Sources that call a function after each page that was used, before the next one is requested."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct

from ocpiq.errors import Notify
from ocpiq.gate import Gate, OpenedPage
from ocpiq.sources.protocol import Ask, Source, owner_of
from ocpiq.sources.several_platforms import SeveralPlatforms


def page_by_page(sources: Mapping[str, Source], between: Callable[[Source], None]) -> dict[str, Source]:
    """Return the sources by module; each calls `between` with itself after a page, before it requests the next."""
    return {module: each_page(source, between) for module, source in sources.items()}


def each_page(source: Source, between: Callable[[Source], None]) -> Source:
    """Return a source that calls `between` after each page; of several platforms, each does."""
    if not isinstance(source, SeveralPlatforms):
        return PageByPageSource(source, between)
    return SeveralPlatforms(
        {name: PageByPageSource(platform, between) for name, platform in source.platforms.items()}
    )


class PageByPageSource(Struct, frozen=True):
    """A source that calls `between` after each page."""

    source: Source
    between: Callable[[Source], None]

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

    @property
    def snapshot(self) -> object:
        """The snapshot that it reads, if it is one."""
        return getattr(self.source, "snapshot", None)

    def pages(self, ask: Ask, gate: Gate, notify: Notify) -> Iterator[OpenedPage]:
        """Yield the source's pages."""
        for page in self.source.pages(ask, gate, notify):
            yield page
            self.between(self.source)
