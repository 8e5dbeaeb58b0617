"""What a query is compiled from, for another process."""

from __future__ import annotations

from msgspec import Struct


class Recipe(Struct, frozen=True):
    """The arguments of `compile`, to compile the same query in another process. Paths are absolute."""

    text: str
    version: str | None
    variables: tuple[str, ...]
    library: tuple[str, ...]
    home: str
    zone: str | None
    default_zone: str | None
    startup: str | None
    as_version: str | None = None
