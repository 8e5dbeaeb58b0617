"""What sources have in common that read another one and do something with each page."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from ocpiq.sources.protocol import Source, owner_of


class WrappedSource(Struct, frozen=True):
    """A source with the properties of another one."""

    source: Source

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
