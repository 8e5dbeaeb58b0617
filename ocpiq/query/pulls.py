"""The pulls of one run: a gate for each source of the plan, which is pulled when the query gets to it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from ocpiq.errors import (
    EMPTY,
    IncompleteError,
    Notify,
    PlatformError,
    SourceError,
    join,
    say,
)
from ocpiq.gate import (
    Gate,
    KeySeal,
    ListOrder,
    OpenedPage,
    PageBody,
    Shape,
    UnopenedRows,
    Window,
    forwarding_gate,
    gate,
)
from ocpiq.plan.query_plan import QueryPlan, SourcePlan
from ocpiq.privacy.recipient import Recipient
from ocpiq.privacy.view import is_in_the_clear
from ocpiq.query.delivery import Delivery
from ocpiq.query.run_windows import Clock, is_relative, newest_of, window_of
from ocpiq.query.source_size import QueriedSource, read_size
from ocpiq.query.start import Start
from ocpiq.schema import OWN_MODULES, ModuleName, module
from ocpiq.sources.protocol import CLOCKS_DIFFER, Ask, Keep, PlannedPull, Source, stored_objects
from ocpiq.sources.several_platforms import SeveralPlatforms, incomplete_message, named, of_platform
from ocpiq.values.times import EPOCH, zone
from ocpiq.values.types import Value

if TYPE_CHECKING:
    from ocpiq.query.credits import CreditRows

FIRST_SECOND: Final = (datetime.min - EPOCH) // timedelta(seconds=1)  # that a DateTime can express
LAST_SECOND: Final = (datetime.max - EPOCH) // timedelta(seconds=1)


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
        forwarded: Collection[int] = (),
    ) -> None:
        self.plan = plan
        self._forwarded = forwarded  # the sources whose pages are opened in other processes
        self._sources = [wrap(number, _source(part, sources)) for number, part in enumerate(plan.sources)]
        clock = Clock(start.now, zone(plan.zone))
        self._delivery = start.delivery
        self._windows = [
            window_of(part, variables, clock, self._delivery_of(number))
            for number, part in enumerate(plan.sources)
        ]
        self._newest = [newest_of(part, variables) for part in plan.sources]
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
            any(is_relative(bound, variables) for bound in (part.since, part.until)),
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
        make = forwarding_gate if number in self._forwarded else gate
        return make(
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

    def forward(self, number: int) -> Iterator[PageBody]:
        """Yield the pages of a source that are opened in other processes; `end` raises if it is incomplete."""
        ask = _ask(self.plan.sources[number], self._windows[number], None)
        try:
            for page in self._sources[number].pages(ask, self._gates[number], self._notify):
                if isinstance(page.rows, UnopenedRows):  # not the empty page of a response without a body
                    yield page.rows.page
        except IncompleteError as error:
            self._missing.append(error)

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
        """Return what one source has."""
        part, gate = self.plan.sources[number], self._gates[number]
        ask = _ask(part, self._windows[number], None)
        return read_size(part.module, lambda count: source.pages(ask, gate, count), notify)

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


def _key(part: SourcePlan, source: Source) -> tuple[str, ...]:
    """Return the fields that identify an object, if the source may return an object twice."""
    return module(module(part.module, source.version).pulled, source.version).key if source.repeats else ()


def _text(microseconds: int | None, *, up: bool = False) -> str | None:
    """Return an OCPI DateTime that every platform can read: whole seconds, rounded down or up, ending in Z."""
    if microseconds is None:
        return None
    seconds = -(-microseconds // 1_000_000) if up else microseconds // 1_000_000
    moment = EPOCH + timedelta(seconds=max(FIRST_SECOND, min(LAST_SECOND, seconds)))
    return f"{moment.isoformat()}Z"
