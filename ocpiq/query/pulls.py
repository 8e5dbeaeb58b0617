"""The pulls of one run: a gate for each source of the plan, opened when the query comes to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from ocpiq.analysis.plan import Moment, QueryPlan, SourcePlan
from ocpiq.errors import IncompleteError, Notify, UsageError
from ocpiq.privacy import Gate, Shape, Window, gate
from ocpiq.schema import module
from ocpiq.sources.protocol import Ask, Source
from ocpiq.values.times import epoch_us
from ocpiq.values.types import Value


class Pulls:
    """The sources of a run."""

    def __init__(
        self,
        plan: QueryPlan,
        sources: Mapping[str, Source],
        variables: Mapping[str, Value],
        notify: Notify,
    ) -> None:
        self.plan = plan
        self._sources = [_source(part, sources) for part in plan.sources]
        self._windows = [_window(part, variables) for part in plan.sources]
        self._gates: list[Gate] = [
            gate(part.view, part.need, window=window, key=_key(part, source))
            for part, window, source in zip(plan.sources, self._windows, self._sources, strict=True)
        ]
        self._notify = notify
        self._missing: list[str] = []

    @property
    def shapes(self) -> list[Shape | None]:
        """The shapes of the rows, in the order of the plan's sources."""
        return [opened.shape for opened in self._gates]

    def scan(self, number: int) -> Iterator[Sequence[object]]:
        """Yield the rows of a source page by page."""
        part, window = self.plan.sources[number], self._windows[number]
        ask = Ask(
            part.module,
            since=_text(window.since if window else None),
            until=_text(window.until if window else None),
        )
        try:
            for opened in self._sources[number].pages(ask, self._gates[number], self._notify):
                yield opened.rows
        except IncompleteError as error:
            self._missing.append(error.message)

    def end(self) -> None:
        """Raise where a pull could not get everything."""
        if self._missing:
            raise IncompleteError("; ".join(self._missing))


def _source(part: SourcePlan, sources: Mapping[str, Source]) -> Source:
    source = sources.get(part.module)
    if source is None:
        raise UsageError(
            f"there is nothing to read {part.module} from",
            hint=f"log in to a platform, or give files with --source {part.module}=PATH, or try --demo",
        )
    return source


def _key(part: SourcePlan, source: Source) -> tuple[str, ...]:
    """Return the fields that tell one object from another, where the source may give one twice."""
    return module(module(part.module, source.version).pulled, source.version).key if source.repeats else ()


def _window(part: SourcePlan, variables: Mapping[str, Value]) -> Window | None:
    if part.since is None and part.until is None:
        return None
    return Window(_moment(part.since, variables), _moment(part.until, variables))


def _moment(moment: Moment | None, variables: Mapping[str, Value]) -> int | None:
    """Return the end of a window in microseconds; a variable holds a date or seconds since 1970."""
    if moment is None or moment.variable is None:
        return None if moment is None else moment.microseconds
    value = variables[moment.variable]
    if type(value) is int or type(value) is float:
        return int(value * 1_000_000)
    read = epoch_us(value) if type(value) is str else None
    if read is None:
        raise UsageError(f"${moment.variable} is no date", hint="write it as 2026-01-31 or 2026-01-31T06:00Z")
    return read


def _text(microseconds: int | None) -> str | None:
    """Return an OCPI DateTime as every platform can read it: whole seconds, rounded down, ending in Z."""
    if microseconds is None:
        return None
    return datetime.fromtimestamp(microseconds // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
