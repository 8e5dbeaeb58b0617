"""The embedded platform as a source: served, logged in to, and read over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from ocpiq.demo.server import platform
from ocpiq.demo.statuses import blocks
from ocpiq.errors import Notify, ignore
from ocpiq.gate import Gate, OpenedPage
from ocpiq.ocpi import asked_party, for_party, login
from ocpiq.sources import Ask
from ocpiq.sources import platform as source
from ocpiq.sources.status_log_source import pages_of, periods
from ocpiq.storage import Party

if TYPE_CHECKING:
    from ocpiq.sources.platform_source import PlatformSource

OWN: Final = Party("NL", "ABC")  # who asks, where one party is asked


class DemoSource:
    """All modules of the embedded platform, which is served from the first pull until `close`.

    `to_party` asks for the objects of one party (`XX-YYY`). Raises UsageError.
    """

    repeats = True

    def __init__(
        self,
        version: str = "2.2.1",
        *,
        to_party: str | None = None,
        parallel: int | None = None,
        rate: int | None = None,
    ) -> None:
        self.version = version
        self._to_party = to_party
        self._parallel = parallel
        self._rate = rate
        self._stack = ExitStack()
        self._served: PlatformSource | None = None

    def pages(self, ask: Ask, gate: Gate, notify: Notify) -> Iterator[OpenedPage]:
        """Yield the pages of a module; of `statuses`, those of a status log that somebody kept for 90 days."""
        if ask.module == "statuses":
            yield from pages_of(self._statuses(), ask, gate, notify)
            return
        yield from self._platform().pages(ask, gate, notify)

    @property
    def address(self) -> str:
        """The address: the port is another each time."""
        return "demo"

    @property
    def party(self) -> str:
        """The party that is asked, empty for all."""
        return self._to_party or ""

    def time(self, module: str, notify: Notify) -> int:
        """Return the platform's time in microseconds since 1970."""
        return self._platform().time(module, notify)

    def _statuses(self) -> Iterator[dict[str, str | None]]:
        """Yield the statuses of the log; a log of one party has no others."""
        party = None if self._to_party is None else asked_party(self._to_party)
        for status in periods(blocks()):
            if party is None or Party(status["country_code"] or "", status["party_id"] or "") == party:
                yield status

    def _platform(self) -> PlatformSource:
        if self._served is None:
            served = self._stack.enter_context(platform(version=self.version))
            found = login(served.versions_url, served.token, name="demo", version=self.version, notify=ignore)
            if self._to_party is not None:
                found = for_party(replace(found, own=OWN), self._to_party)
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
