"""The pulls of one run: a gate for each source of the plan, which is pulled when the query gets to it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from time import perf_counter
from typing import TYPE_CHECKING, Final, Literal, cast

from msgspec import Struct
from msgspec.structs import replace

from ocpiq.errors import (
    EMPTY,
    IncompleteError,
    Message,
    Notice,
    Notify,
    PageRead,
    PlatformError,
    PullEnded,
    SourceError,
    UserText,
    WarningIssued,
    join,
    say,
)
from ocpiq.gate import Gate, KeySeal, ListOrder, OpenedPage, Shape, Window, gate
from ocpiq.plan import nodes as plan
from ocpiq.plan.query_plan import Moment, Period, QueryPlan, SourcePlan
from ocpiq.privacy.recipient import Recipient
from ocpiq.privacy.sealed import has_sealed
from ocpiq.privacy.view import is_in_the_clear
from ocpiq.query.delivery import Delivery
from ocpiq.query.start import Start
from ocpiq.query.windows import SourceWindow
from ocpiq.schema import OWN_MODULES, ModuleName, module
from ocpiq.sources.protocol import CLOCKS_DIFFER, Ask, Keep, PlannedPull, Source, stored_objects
from ocpiq.sources.several_platforms import SeveralPlatforms, incomplete_message, named, of_platform
from ocpiq.values.numbers import NUMBERS
from ocpiq.values.relative_times import (
    is_relative_moment,
    is_relative_period,
    relative_moment,
    relative_period,
)
from ocpiq.values.times import EPOCH, moment, period, zone
from ocpiq.values.types import Value

if TYPE_CHECKING:
    from ocpiq.query.credits import CreditRows

BEYOND: Final = 1e12  # seconds since 1970; the year 9999 ends at 2.5e11
FIRST_SECOND: Final = (datetime.min - EPOCH) // timedelta(seconds=1)  # that a DateTime can express
LAST_SECOND: Final = (datetime.max - EPOCH) // timedelta(seconds=1)
MOST_DIGITS: Final = 18  # of a count
MOST_PAGES: Final = 5  # read to learn the size of a source


Basis = Literal["counted", "announced", "lower bound"]


class QueriedSource(Struct, frozen=True):
    """The size of a source, judged by its first pages.

    `basis` tells whether `objects` were counted to the end, are announced by the source, or are those read so far, so
    that there may be more. `pages` and `seconds` (one page after the other) are None if the number of pages is not
    known. `incomplete` is the reason why a pull would be incomplete, if these pages show one. `platform` names one of
    several.
    """

    module: str
    objects: int
    basis: Basis
    pages: int | None = None
    seconds: float | None = None
    incomplete: Message = EMPTY
    platform: str = ""


class Pulls:
    """The sources of a run."""

    def __init__(
        self,
        plan: QueryPlan,
        sources: Mapping[str, Source],
        variables: Mapping[str, Value],
        notify: Notify,
        start: Start,
        recipient: Recipient | None = None,
        wrap: Callable[[int, Source], Source] = lambda _, source: source,
        part_of: int | None = None,
        keep: Keep | None = None,
    ) -> None:
        self.plan = plan
        self._sources = [wrap(number, _source(part, sources)) for number, part in enumerate(plan.sources)]
        clock = Clock(start.now, zone(plan.zone))
        self._delivery = start.delivery
        self._windows = [
            _window(part, variables, clock, self._delivery_of(number))
            for number, part in enumerate(plan.sources)
        ]
        self._newest = [_count(part, variables) for part in plan.sources]
        if keep is not None:
            self._sources = [
                keep(source, self._planned(number, source, variables, start.now, recipient))
                for number, source in enumerate(self._sources)
            ]
        self._gates = [self._gate(number, recipient) for number in range(len(plan.sources))]
        self._notify = notify
        self._part_of = part_of  # the source of which this run reads a part
        self.waiting: CreditRows | None = None  # of that source with `net`
        self._missing: list[IncompleteError] = []
        self._rows: Iterator[Iterable[object]] | None = None  # of the delivery

    def _planned(
        self,
        number: int,
        source: Source,
        variables: Mapping[str, Value],
        now: int,
        recipient: Recipient | None,
    ) -> PlannedPull:
        """Return the pull of a source, for rows that are kept."""
        part = self.plan.sources[number]
        return PlannedPull(
            part,
            self._windows[number],
            self._newest[number],
            any(_is_relative(bound, variables) for bound in (part.since, part.until)),
            now,
            _key(part, source),
            source.version,
            self.plan.version if self.plan.own else "",
            recipient,
        )

    def _gate(self, number: int, recipient: Recipient | None) -> Gate:
        """Return the gate of a source; that of a snapshot reads what is stored in place of what is asked for."""
        part, window, source = self.plan.sources[number], self._windows[number], self._sources[number]
        if self._newest[number] is not None:
            window = replace(window or Window(None, None), order=ListOrder())
        view, stored = part.view, stored_objects(source)
        if stored is not None:
            if self.plan.own and source.version != self.plan.version:
                hint = say("leave out --as, or pull with it")
                raise SourceError(say("a snapshot is read in the form that it has"), hint=hint)
            view, window = stored.reading(part, window, recipient)
        return gate(
            view,
            part.demand,
            window=window,
            key=_key(part, source),
            version=source.version,
            recipient=recipient,
            seal=_seal(part, source, self._delivery_of(number)),
            as_version=self.plan.version if self.plan.own and stored is None else "",
        )

    def _delivery_of(self, number: int) -> Delivery | None:
        """Return the delivery if it is of source `number`."""
        return self._delivery if self._delivery and self._delivery.source == number else None

    @property
    def shapes(self) -> list[Shape | None]:
        """The shapes of the rows, in the order of the plan's sources."""
        return [gate.shape for gate in self._gates]

    def scan(self, number: int) -> Iterator[Iterable[object]]:
        """Yield the rows of a source, page by page; with `net`, each row with its weight."""
        part, window = self.plan.sources[number], self._windows[number]
        newest, delivery = self._newest[number], self._delivery_of(number)
        ask = _ask(part, window, newest, delivery)
        pages = self._sources[number].pages(ask, self._gates[number], self._notify)
        rows: Iterator[Iterable[object]]
        rows = (page.rows for page in pages) if newest is None else _last(pages, newest)
        if delivery is not None:
            rows = self._rows = _selected(pages, delivery)
        weighed = _credit_rows(self._gates[number].shape) if part.net else None
        try:
            for page in rows:  # not `yield from`, which would close what `end` reads on
                yield page if weighed is None else weighed.page(page)
        except IncompleteError as error:
            self._missing.append(error)
        if weighed is None:
            return
        if number == self._part_of:
            self.waiting = weighed
        else:
            yield weighed.credits()

    def ask(self, number: int) -> list[QueriedSource]:
        """Return what source `number` has; of several platforms, each."""
        source = self._sources[number]
        if not isinstance(source, SeveralPlatforms):
            return [self._ask(number, source, self._notify)]
        return [self._ask_one(number, name, platform) for name, platform in source.platforms.items()]

    def _ask_one(self, number: int, name: str, source: Source) -> QueriedSource:
        """Return what one of several platforms has; one that fails would make the pull incomplete."""
        try:
            queried = self._ask(number, source, named(name, self._notify))
        except PlatformError as error:
            module = self.plan.sources[number].module
            queried = QueriedSource(module, 0, "lower bound", incomplete=incomplete_message(error))
        incomplete = of_platform(name, queried.incomplete) if queried.incomplete else EMPTY
        return replace(queried, platform=name, incomplete=incomplete)

    def _ask(self, number: int, source: Source, notify: Notify) -> QueriedSource:
        """Read the first two pages of a source, and three more if these may be the rest: they show wrong totals."""
        part, notices = self.plan.sources[number], list[Notice]()
        pages = source.pages(_ask(part, self._windows[number], None), self._gates[number], notices.append)
        incomplete, started, seconds = EMPTY, perf_counter(), 0.0
        try:
            page = next(pages, None)
            seconds = perf_counter() - started
            for step in range(1, MOST_PAGES):
                if page is None or (step > 1 and _announces_many(notices)):
                    break
                page = next(pages, None)
        except IncompleteError as error:
            incomplete = error.message
        if isinstance(pages, Generator):
            pages.close()  # no further request
        for notice in notices:
            if isinstance(notice, WarningIssued):
                notify(notice)
        return _queried(part.module, notices, seconds, incomplete)

    def end(self) -> None:
        """Read the rest of a delivery's source. Raises IncompleteError if a pull was incomplete."""
        try:
            for _ in self._rows or ():  # what `limit` or `halt` has left: none of it is handed out
                pass
        except IncompleteError as error:
            self._missing.append(error)
        if self._missing:
            hints = dict.fromkeys(error.hint for error in self._missing if error.hint)
            text = join((error.message for error in self._missing), "; ")
            raise IncompleteError(text, hint=join(hints, "; "))


def _announces_many(notices: Sequence[Notice]) -> bool:
    """Tell whether the source announces more objects than the next page can have."""
    pages = [notice for notice in notices if isinstance(notice, PageRead)]
    total = pages[-1].total
    return total is not None and total > pages[-1].objects + pages[0].objects


def _queried(module: str, notices: Sequence[Notice], seconds: float, incomplete: Message) -> QueriedSource:
    """Return what the notices of the first pages tell; `seconds` is how long the first one took."""
    pages = [notice for notice in notices if isinstance(notice, PageRead)]
    if not pages:
        return QueriedSource(module, 0, "lower bound" if incomplete else "counted", incomplete=incomplete)
    first, last = pages[0], pages[-1]
    if any(isinstance(notice, PullEnded) for notice in notices) and not incomplete:
        return QueriedSource(module, last.objects, "counted", last.pages, seconds * last.pages)
    if incomplete or last.total is None or last.total <= last.objects or not first.objects:
        return QueriedSource(module, last.objects, "lower bound", incomplete=incomplete)
    count = -(-last.total // first.objects)
    return QueriedSource(module, last.total, "announced", count, seconds * count)


def _credit_rows(shape: Shape | None) -> CreditRows:
    from ocpiq.query.credits import CreditRows  # noqa: PLC0415 - takes a while, and most queries have no `net`

    return CreditRows(shape)


def _source(part: SourcePlan, sources: Mapping[str, Source]) -> Source:
    source = sources.get(part.module)
    if source is None:
        name = ModuleName(part.module)
        if part.module in OWN_MODULES:
            hint = say("read a status log with --source {module}=DIR", module=name)
            raise SourceError(say("no source for {module}", module=name), hint=hint)
        hint = say("log in to a platform, read files with --source {module}=PATH, or try --demo", module=name)
        raise SourceError(say("no source for {module}", module=name), hint=hint)
    return source


def _selected(pages: Iterable[OpenedPage], delivery: Delivery) -> Iterator[Iterable[object]]:
    """Yield the rows that a delivery hands out, and tell it when there are no more."""
    for page in pages:
        yield from delivery.select(page.rows, page.identities)
    delivery.complete()


def _seal(part: SourcePlan, source: Source, delivery: Delivery | None) -> KeySeal | None:
    """Return the seal for the keys of a delivery's objects."""
    if delivery is None:
        return None
    names = module(part.module, source.version).key
    shown = tuple(is_in_the_clear(part.view, name) for name in names)
    return KeySeal(delivery.secret, names, shown, delivery.late_before)


def _ask(
    part: SourcePlan, window: Window | None, newest: int | None, delivery: Delivery | None = None
) -> Ask:
    """Return the request for a source: never less than the window.

    An object whose charging ended in a period was last updated in it or later, up to differing clocks. A nested object
    may have been updated before its holder.
    """
    since = None if window is None else window.since
    until = None if window is None or part.view.nested is not None else window.until
    if window is not None and window.completed is not None:
        since = max(window.completed[0] - CLOCKS_DIFFER, since or 0)
    # A platform counts all objects that it lists, also those outside the window.
    newest_objects = newest if window is None and part.view.nested is None else None
    strict = delivery is not None and part.view.nested is None
    return Ask(part.module, _text(since), _text(until, up=True), newest_objects, strict)


def _last(pages: Iterable[OpenedPage], count: int) -> Iterator[Sequence[object]]:
    """Yield the last `count` rows of each platform, once all pages have come."""
    rows: dict[str, deque[object]] = {}
    try:
        for page in pages:
            last = rows.setdefault(page.platform, deque(maxlen=count))
            last.extend(page.rows[-count:] if count else ())
    except IncompleteError:
        yield from map(list, rows.values())
        raise
    yield from map(list, rows.values())


def _count(part: SourcePlan, variables: Mapping[str, Value]) -> int | None:
    if part.newest is None:
        return None
    value = part.newest.value if isinstance(part.newest, plan.Constant) else None
    if isinstance(part.newest, plan.RunVariable):
        value = variables[part.newest.name]
        value = (
            int(value) if type(value) is str and value.isdecimal() and len(value) <= MOST_DIGITS else value
        )
    if type(value) is not int or value < 0:
        raise SourceError(say("newest takes a whole number"), hint=say("such as newest 10"))
    return value


def _key(part: SourcePlan, source: Source) -> tuple[str, ...]:
    """Return the fields that identify an object, if the source may return an object twice."""
    return module(module(part.module, source.version).pulled, source.version).key if source.repeats else ()


def windows(plan: QueryPlan, variables: Mapping[str, Value], start: Start) -> tuple[SourceWindow, ...]:
    """Return the window of each source of a run. Raises UsageError."""
    clock = Clock(start.now, zone(plan.zone))
    delivery = start.delivery
    bounds = []
    for number, part in enumerate(plan.sources):
        own = delivery if delivery is not None and delivery.source == number else None
        bounds.append((_window(part, variables, clock, own) or Window(None, None, None), part))
    return tuple(
        SourceWindow(window.since, window.until, window.completed, _count(part, variables))
        for window, part in bounds
    )


def until_of(plan: QueryPlan, number: int, variables: Mapping[str, Value], start: Start) -> int | None:
    """Return the bound of `until` of source `number`, None without one. Raises UsageError."""
    return _moment(plan.sources[number].until, variables, Clock(start.now, zone(plan.zone)))


class Clock(Struct, frozen=True):
    """The start of the run, in microseconds since 1970, and the query's zone: relative times depend on both."""

    now: int
    zone: tzinfo


def _window(
    part: SourcePlan, variables: Mapping[str, Value], clock: Clock, delivery: Delivery | None
) -> Window | None:
    if delivery is not None and delivery.period is not None:
        return Window(*(delivery.bounds or (None, None)), delivery.period)
    if delivery is not None and delivery.bounds is not None:
        return None if delivery.bounds == (None, None) else Window(*delivery.bounds)
    if part.since_last:
        hint = say("use --state NAME, which remembers what was delivered")
        raise SourceError(say("since last needs a state"), hint=hint)
    if part.since is None and part.until is None and part.during is None:
        return None
    completed = None if part.during is None else _period(part.during, variables, clock)
    since, until = _moment(part.since, variables, clock), _moment(part.until, variables, clock)
    is_relative = any(bound and bound.relative for bound in (part.since, part.until))
    if is_relative and since is not None and until is not None and since >= until:
        raise SourceError(say("the window ends before it starts"), hint=say("swap since and until"))
    if has_sealed(part.view):
        from ocpiq.analysis.sealed import check_whole_days  # noqa: PLC0415 - few queries have sealed fields

        bounds = (*(bound for bound in (since, until) if bound is not None), *(completed or ()))
        check_whole_days(part, bounds, clock.zone)
    return Window(since, until, completed)


def _period(during: Period, variables: Mapping[str, Value], clock: Clock) -> tuple[int, int]:
    """Return the bounds of a period; a variable has it as it would be written in the query."""
    if during.bounds is not None:
        return during.bounds
    text = variables[during.variable] if during.variable else during.relative
    if type(text) is str and is_relative_period(text):
        return relative_period(text, clock.now, clock.zone)
    bounds = period(text, clock.zone) if type(text) is str else None
    if bounds is None:
        hint = say("write it as 2026, 2026-Q1, 2026-01, 2026-W03, 2026-01-31 or last month")
        raise SourceError(say("${variable} is not a period", variable=UserText(during.variable)), hint=hint)
    return bounds


def _is_relative(bound: Moment | None, variables: Mapping[str, Value]) -> bool:
    """Tell whether a bound depends on the time of the run."""
    if bound is None or bound.microseconds is not None:
        return False
    value = variables[bound.variable] if bound.variable else bound.relative
    return type(value) is str and is_relative_moment(value)


def _moment(bound: Moment | None, variables: Mapping[str, Value], clock: Clock) -> int | None:
    """Return a bound of a window in microseconds; a variable has a date or seconds since 1970."""
    if bound is None or bound.microseconds is not None:
        return None if bound is None else bound.microseconds
    value = variables[bound.variable] if bound.variable else bound.relative
    if type(value) in NUMBERS and abs(seconds := cast(float, value)) < BEYOND:
        return int(seconds * 1_000_000)
    if type(value) is str and is_relative_moment(value):
        read = relative_moment(value, clock.now, clock.zone)
        if read is None:
            raise SourceError(
                say("{moment} is before the year 1", moment=UserText(value)), hint=say("such as 7 days ago")
            )
        return read
    read = moment(value, clock.zone) if type(value) is str else None
    if read is None:
        hint = say("write it as 2026-01-31, 2026-01-31T06:00Z or 7 days ago")
        raise SourceError(say("${variable} is not a date", variable=UserText(bound.variable)), hint=hint)
    return read


def _text(microseconds: int | None, *, up: bool = False) -> str | None:
    """Return an OCPI DateTime that every platform can read: whole seconds, rounded down or up, ending in Z."""
    if microseconds is None:
        return None
    seconds = -(-microseconds // 1_000_000) if up else microseconds // 1_000_000
    moment = EPOCH + timedelta(seconds=max(FIRST_SECOND, min(LAST_SECOND, seconds)))
    return f"{moment.isoformat()}Z"
