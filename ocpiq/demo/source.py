"""The embedded platform as a source: served, logged in to, and read over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

from ocpiq.demo.server import platform
from ocpiq.demo.statuses import blocks
from ocpiq.errors import Notify, ignore
from ocpiq.gate import Gate, OpenedPage
from ocpiq.ocpi import login
from ocpiq.sources import Ask
from ocpiq.sources import platform as source
from ocpiq.sources.status_log_source import pages_of, periods

if TYPE_CHECKING:
    from ocpiq.sources.platform_source import PlatformSource


class DemoSource:
    """All modules of the embedded platform, which is served from the first pull until `close`."""

    repeats = True

    def __init__(
        self, version: str = "2.2.1", *, parallel: int | None = None, rate: int | None = None
    ) -> None:
        self.version = version
        self._parallel = parallel
        self._rate = rate
        self._stack = ExitStack()
        self._served: PlatformSource | None = None

    def pages(self, ask: Ask, gate: Gate, notify: Notify) -> Iterator[OpenedPage]:
        """Yield the pages of a module; of `statuses`, those of a status log that somebody kept for 90 days."""
        if ask.module == "statuses":
            yield from pages_of(periods(blocks()), ask, gate, notify)
            return
        yield from self._platform().pages(ask, gate, notify)

    @property
    def address(self) -> str:
        """The address: the port is another each time."""
        return "demo"

    @property
    def party(self) -> str:
        """The parties that are asked."""
        return ""

    def time(self, module: str, notify: Notify) -> int:
        """Return the platform's time in microseconds since 1970."""
        return self._platform().time(module, notify)

    def _platform(self) -> PlatformSource:
        if self._served is None:
            served = self._stack.enter_context(platform(version=self.version))
            found = login(served.versions_url, served.token, name="demo", version=self.version, notify=ignore)
            self._served = self._stack.enter_context(source(found, parallel=self._parallel, rate=self._rate))
        return self._served

    def close(self) -> None:
        """End the connection and the platform; another pull starts them anew."""
        self._stack.close()
        self._served = None

    def __enter__(self) -> DemoSource:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
