"""What a file of results says of its run: the query, the fields that it discloses, and where the data came from."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, time, tzinfo
from typing import TYPE_CHECKING, Final

from msgspec import Struct, field

from ocpiq.app.settings import PullSettings
from ocpiq.errors import IncompleteError, Notice, PageRead, PullEnded, WarningIssued
from ocpiq.sinks.about import About, PullAbout, SourceAbout
from ocpiq.values.times import local, zone
from ocpiq.values.types import Value

if TYPE_CHECKING:
    from ocpiq.analysis.explanation import SourceExplanation
    from ocpiq.query import Query
    from ocpiq.query.start import Start
    from ocpiq.query.windows import SourceWindow
    from ocpiq.sources import Source

DATE: Final = "SOURCE_DATE_EPOCH"  # https://reproducible-builds.org/specs/source-date-epoch/


class RunLog(Struct):
    """What a run reported: its warnings, and how far each pull came, in the order of their first pages."""

    warnings: list[str] = field(default_factory=list)
    pulls: list[PullAbout] = field(default_factory=list)

    def note(self, notice: Notice) -> None:
        """Note an event."""
        if isinstance(notice, WarningIssued):
            self.warnings.append(notice.message)
        elif isinstance(notice, PageRead | PullEnded):
            complete = isinstance(notice, PullEnded) and notice.complete
            pull = PullAbout(notice.module, notice.objects, notice.pages, complete)
            if self._continues(notice):
                self.pulls[self._last(notice.module)] = pull
            else:
                self.pulls.append(pull)

    def _continues(self, notice: PageRead | PullEnded) -> bool:
        """Tell whether the event belongs to the last pull of its module: its page count goes on."""
        at = self._last(notice.module)
        return at >= 0 and (isinstance(notice, PullEnded) or notice.pages > self.pulls[at].pages)

    def _last(self, module: str) -> int:
        numbers = [number for number, pull in enumerate(self.pulls) if pull.module == module]
        return numbers[-1] if numbers else -1


def about(
    query: Query,
    text: str,
    sources: Mapping[str, Source],
    variables: Mapping[str, Value],
    pull: PullSettings,
    log: RunLog,
    start: Start,
    incomplete: IncompleteError | None = None,
) -> About:
    """Return what there is to say of a run, for those who receive its results.

    `text` is hashed only: the query that is shown has no literals, one of which may be the id of a driver.
    """
    from ocpiq import __version__
    from ocpiq.approval.query_hash import query_sha256  # loads OpenSSL, which takes milliseconds

    explained = query.explanation(sources)
    windows = query.windows(variables, start)
    title = re.sub(r"[_-]", " ", query.metadata.name).strip()
    return About(
        title=title[:1].upper() + title[1:],
        purpose=query.metadata.about,
        privacy=query.metadata.privacy,
        query=query.text_without_literals,
        query_sha256=query_sha256(text),
        zone=query.zone,
        platform=", ".join(_platforms(pull, query.modules, sources)),
        ocpi_version=explained.form,
        tool_version=__version__,
        created=_created(start),
        sources=tuple(
            _source(source, window, zone(query.zone))
            for source, window in zip(explained.sources, windows, strict=True)
        ),
        pulls=tuple(log.pulls),
        warnings=tuple(dict.fromkeys((*log.warnings, *explained.warnings))),
        incomplete="" if incomplete is None else incomplete.message,
    )


def _source(source: SourceExplanation, window: SourceWindow, zone: tzinfo) -> SourceAbout:
    return SourceAbout(
        source.module,
        "; ".join(_window(window, zone)),
        passed=source.passes,
        reasons=tuple((use.path, use.reason) for use in source.passed if use.reason),
        shown=tuple(source.of_role("shown")),
        aggregated=tuple(source.of_role("aggregated")),
        decides=tuple(source.of_role("decides")),
        blanked=tuple(source.of_role("blanked")),
    )


def _window(window: SourceWindow, zone: tzinfo) -> Iterator[str]:
    """Yield the bounds of a source as phrases."""
    if window.during is not None:
        start, end = (_local(bound, zone) for bound in window.during)
        yield f"charged from {start} until {end}"
    if window.since is not None:
        yield f"updated from {_local(window.since, zone)}"
    if window.until is not None:
        yield f"updated before {_local(window.until, zone)}"
    if window.newest is not None:
        yield f"the newest {window.newest:,}"


def _local(microseconds: int, zone: tzinfo) -> str:
    """Return a moment as local time, as a date if it is midnight."""
    try:
        wall = local(microseconds, zone)
    except OverflowError:  # before the year 1 or after 9999
        return "the first year" if microseconds < 0 else "the last year"
    return wall.date().isoformat() if wall.time() == time.min else wall.isoformat()


def _platforms(pull: PullSettings, modules: Sequence[str], sources: Mapping[str, Source]) -> Iterator[str]:
    """Yield where the objects came from: saved pages without their paths, the demo, logins with their hosts."""
    from ocpiq.app.sources import is_from_files, platform_names
    from ocpiq.sources.protocol import stored_objects

    from_files = [is_from_files(pull, module) for module in modules]
    if any(from_files):
        yield "saved pages"
    if all(from_files):
        return
    snapshots = {stored.time for source in sources.values() if (stored := stored_objects(source)) is not None}
    if snapshots:
        yield f"a snapshot of {', '.join(sorted(snapshots))}"
        return
    if pull.demo:
        yield "the demo platform of ocpiq, with made-up data"
        return
    from urllib.parse import urlsplit

    from ocpiq.storage import logins

    for name in platform_names(pull) or [""]:
        login = logins.find(name)
        yield f"{login.name} ({urlsplit(login.url).hostname})"


def _created(start: Start) -> str:
    """Return when the run began; the moment of SOURCE_DATE_EPOCH where a file is to be the same again."""
    seconds = os.environ.get(DATE, "")
    moment = datetime.fromtimestamp(int(seconds) if seconds.isdecimal() else start.now // 1_000_000, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
