"""What a file of results says of itself: the query, what it discloses, where and when the data was read."""

from __future__ import annotations

from msgspec import Struct


class SourceAbout(Struct, frozen=True):
    """A source of the query: `window` in words, "" for none, the paths that it passes, the fields of each role."""

    module: str
    window: str = ""
    passed: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    aggregated: tuple[str, ...] = ()
    decides: tuple[str, ...] = ()
    blanked: tuple[str, ...] = ()


class PullAbout(Struct, frozen=True):
    """How much of a module was read, and whether that is all that was asked for."""

    module: str
    objects: int
    pages: int
    complete: bool


class About(Struct, frozen=True):
    """A run: never a value of a field, except for those in the query's own text and windows.

    `title`, `purpose` and `privacy` are those of a saved query. `created` is a date and time in UTC. `incomplete` says
    what is missing, "" where everything was read. `warnings` are those of the run.
    """

    title: str = ""
    purpose: str = ""
    privacy: str = ""
    query: str = ""
    zone: str = "UTC"
    platform: str = ""
    ocpi_version: str = ""
    tool_version: str = ""
    created: str = ""
    sources: tuple[SourceAbout, ...] = ()
    pulls: tuple[PullAbout, ...] = ()
    warnings: tuple[str, ...] = ()
    incomplete: str = ""


NOTHING: About = About()
