"""Sources that call a function after each page that was used, before the next one is requested."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from ocpiq.errors import Notify
from ocpiq.gate import Gate, OpenedPage
from ocpiq.sources.protocol import Ask, Source
from ocpiq.sources.several_platforms import SeveralPlatforms
from ocpiq.sources.wrapped_source import WrappedSource


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


class PageByPageSource(WrappedSource, frozen=True):
    """A source that calls `between` after each page."""

    between: Callable[[Source], None]

    def pages(self, ask: Ask, gate: Gate, notify: Notify) -> Iterator[OpenedPage]:
        """Yield the source's pages."""
        for page in self.source.pages(ask, gate, notify):
            yield page
            self.between(self.source)
