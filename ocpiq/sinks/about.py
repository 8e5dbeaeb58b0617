"""What a file of results says of itself: the query, what it discloses, where and when the data was read."""

from __future__ import annotations

from msgspec import Struct


class SourceAbout(Struct, frozen=True):
    """A source of the query: `window` in words, "" for none, the paths that it passes, the fields of each role.

    `reasons` are the passed fields, each with the reason why it is private or not.
    """

    module: str
    window: str = ""
    passed: tuple[str, ...] = ()
    reasons: tuple[tuple[str, str], ...] = ()
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
    `risk` says in sentences how many rows stand alone.
    """

    title: str = ""
    purpose: str = ""
    privacy: str = ""
    query: str = ""
    query_sha256: str = ""
    zone: str = "UTC"
    platform: str = ""
    ocpi_version: str = ""
    tool_version: str = ""
    created: str = ""
    sources: tuple[SourceAbout, ...] = ()
    pulls: tuple[PullAbout, ...] = ()
    warnings: tuple[str, ...] = ()
    incomplete: str = ""
    risk: tuple[str, ...] = ()


NOTHING: About = About()


def facts(about: About) -> list[tuple[str, str]]:
    """Return what there is to say of a run as names and values, for tables and metadata."""
    named = [
        ("title", about.title),
        ("purpose", about.purpose),
        ("privacy", about.privacy),
        ("query", about.query),
        ("platform", about.platform),
        ("ocpi_version", about.ocpi_version),
        ("time_zone", about.zone),
        ("created", about.created),
        ("version", about.tool_version and f"ocpiq {about.tool_version}"),
    ]
    for source in about.sources:
        named.append((f"{source.module}.window", source.window))
        for role in ("passed", "shown", "aggregated", "decides", "blanked"):
            named.append((f"{source.module}.{role}", ", ".join(getattr(source, role))))
    return [(name, value) for name, value in named if value]


def outcome(about: About) -> list[tuple[str, str]]:
    """Return what only the end of a run tells: how much was read, whether that is all, and the warnings."""
    pulls = [(f"{pull.module}.objects", str(pull.objects)) for pull in about.pulls]
    named = [
        *pulls,
        ("complete", "no" if about.incomplete else "yes"),
        ("incomplete", about.incomplete),
        ("warnings", "\n".join(about.warnings)),
    ]
    return [(name, value) for name, value in named if value]
