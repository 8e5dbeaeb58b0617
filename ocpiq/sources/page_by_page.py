"""Sources between whose pages something else is done, while nothing waits for the next one yet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct

from ocpiq.errors import Notify
from ocpiq.gate import Gate, OpenedPage
from ocpiq.sources.protocol import Ask, Source
from ocpiq.sources.several_platforms import SeveralPlatforms


def page_by_page(sources: Mapping[str, Source], between: Callable[[Source], None]) -> dict[str, Source]:
    """Return the sources by module; `between` hears which has had a page used, before the next is asked for."""
    return {module: each_page(source, between) for module, source in sources.items()}


def each_page(source: Source, between: Callable[[Source], None]) -> Source:
    """Return one such source; of several platforms, each is one."""
    if not isinstance(source, SeveralPlatforms):
        return PageByPageSource(source, between)
    return SeveralPlatforms(
        {name: PageByPageSource(platform, between) for name, platform in source.platforms.items()}
    )


class PageByPageSource(Struct, frozen=True):
    """One such source."""

    source: Source
    between: Callable[[Source], None]

    @property
    def version(self) -> str:
        """The OCPI version."""
        return self.source.version

    @property
    def repeats(self) -> bool:
        """Whether an object may come twice."""
        return self.source.repeats

    def pages(self, ask: Ask, gate: Gate, notify: Notify) -> Iterator[OpenedPage]:
        """Yield the source's pages."""
        for page in self.source.pages(ask, gate, notify):
            yield page
            self.between(self.source)
