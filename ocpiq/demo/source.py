"""The embedded platform as a source: served, logged in to, and read over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

from ocpiq.demo.server import platform
from ocpiq.errors import Notify, ignore
from ocpiq.gate import Gate, OpenedPage
from ocpiq.ocpi import login
from ocpiq.sources import Ask, Source
from ocpiq.sources import platform as source


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
        self._served: Source | None = None

    def pages(self, ask: Ask, gate: Gate, notify: Notify) -> Iterator[OpenedPage]:
        """Yield the pages of a module."""
        if self._served is None:
            served = self._stack.enter_context(platform())
            found = login(served.versions_url, served.token, name="demo", version=self.version, notify=ignore)
            self._served = self._stack.enter_context(source(found, parallel=self._parallel, rate=self._rate))
        yield from self._served.pages(ask, gate, notify)

    def close(self) -> None:
        """End the connection and the platform; another pull starts them anew."""
        self._stack.close()
        self._served = None

    def __enter__(self) -> DemoSource:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
