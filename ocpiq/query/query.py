"""A query: compiled once, run any number of times."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from importlib.util import find_spec
from io import BytesIO
from typing import TYPE_CHECKING

from msgspec import Struct

from ocpiq.analysis import analyze
from ocpiq.analysis.metadata import Metadata, metadata
from ocpiq.analysis.modules import Library
from ocpiq.codegen import Halted, Program, Runtime
from ocpiq.errors import (
    Message,
    Notify,
    SourceError,
    UserText,
    WarningIssued,
    ignore,
    say,
)
from ocpiq.language import tree
from ocpiq.language.printer import unparse, unparse_without_literals
from ocpiq.plan.columns import Columns, columns
from ocpiq.plan.computing import computes_numbers
from ocpiq.plan.outputs import Outputs
from ocpiq.plan.query_plan import QueryPlan, SourcePlan
from ocpiq.privacy.drivers import DRIVERS, FEWEST_DRIVERS
from ocpiq.privacy.recipient import Recipient
from ocpiq.privacy.view import has_pseudonyms, shows
from ocpiq.query.imports import Folders
from ocpiq.query.query_plans import QueryPlans
from ocpiq.query.recipe import Recipe
from ocpiq.query.start import Start, begin
from ocpiq.schema import OwnForm
from ocpiq.sinks.target import Target
from ocpiq.values.times import zone, zone_hint
from ocpiq.values.types import Value

if TYPE_CHECKING:
    from ocpiq.analysis.explanation import Explanation
    from ocpiq.plan.partial import Split
    from ocpiq.query.pulled_sources import PulledSource
    from ocpiq.query.pulls import Pulls
    from ocpiq.query.source_size import QueriedSource
    from ocpiq.query.windows import SourceWindow
    from ocpiq.sinks.arrow_stream import ArrowStream
    from ocpiq.sinks.sink import StoredType
    from ocpiq.sources.protocol import Keep, Source


class Query:
    """A compiled query: `run` it on a value, on inputs, or on sources."""

    def __init__(
        self,
        program: tree.Program,
        version: str | None,
        variables: tuple[str, ...],
        library: Library,
        zone: str | None = None,
        default_zone: str | None = None,
        as_version: str | None = None,
        own: tuple[OwnForm, ...] = (),
        *,
        analyze: Callable[..., QueryPlan] = analyze,
    ) -> None:
        self._program = program
        self._metadata = metadata(program)
        self._metadata.check(variables)
        self._variables = tuple(dict.fromkeys((*variables, *(param.name for param in self._metadata.params))))
        self.recipe: Recipe | None = None  # of a query that `compile` returned
        self._zone = _zone(zone) or self._metadata.tz or _zone(default_zone) or "UTC"
        self.library = library
        analyze_as = partial(analyze, program, givens=self._variables, library=library, zone=self._zone)
        as_version = self._metadata.ocpi or None if as_version is None else as_version
        self._plans = QueryPlans(analyze_as, version, as_version, own)
        self._plan = self._plans.plan

    @property
    def modules(self) -> tuple[str, ...]:
        """The modules that the query pulls, in the order of the text; none for a program on plain JSON."""
        return self._plan.modules

    @property
    def passes(self) -> bool:
        """Whether its clauses pass a field, in addition to or instead of those that pass by default."""
        return any(shows(source.view) for source in self._plan.sources)

    @property
    def needs_recipient(self) -> bool:
        """Whether a run needs a recipient: the query passes pseudonyms."""
        return any(has_pseudonyms(source.view) for source in self._plan.sources)

    def check_recipient(self, recipient: Recipient | None) -> None:
        """Raise UsageError if a run needs a recipient and there is none."""
        if recipient is None and self.needs_recipient:
            hint = say("use --recipient NAME; to add one: ocpiq recipient add NAME")
            raise SourceError(say("the query passes pseudonyms, which are made for a recipient"), hint=hint)

    @property
    def many(self) -> bool:
        """Whether it can have more than one result for an input."""
        return self._plan.body.outputs == Outputs.MANY

    @property
    def computes(self) -> bool:
        """Whether it may compute a number: else each number in the results is printed as it was read."""
        return computes_numbers(self._plan)

    @property
    def zone(self) -> str:
        """The name of the time zone of its days and months."""
        return self._zone

    @property
    def metadata(self) -> Metadata:
        """The metadata in the query's text."""
        return self._metadata

    @property
    def source_plans(self) -> tuple[SourcePlan, ...]:
        """The sources, in the order of the text, for any OCPI version."""
        return self._plan.sources

    @property
    def plan(self) -> QueryPlan:
        """The resolved query. Raises OtherVersionError."""
        return self.plan_for({})

    def until(self, number: int, variables: Mapping[str, Value], start: Start) -> int | None:
        """Return the end of the window that the query itself sets for source `number`. Raises UsageError."""
        from ocpiq.query.run_windows import until_of  # noqa: PLC0415 - queries of plain JSON do not need it

        return until_of(self._plan, number, self._metadata.values(variables), start)

    def values(self, variables: Mapping[str, Value]) -> dict[str, Value]:
        """Return the values of all parameters, with defaults. Raises UsageError."""
        return self._metadata.values(variables)

    @property
    def imports_data(self) -> bool:
        """Whether it, or a file of definitions that it imports, imports JSON data."""
        return isinstance(self.library, Folders) and bool(self.library.data_files)

    @property
    def pulled_sources(self) -> tuple[PulledSource, ...]:
        """Its sources without its stages, as `ocpiq pull` stores them. Raises CompileError."""
        from ocpiq.query.pulled_sources import pulled_sources  # noqa: PLC0415 - most queries are not pulled

        return pulled_sources(self._program, self._plan.sources)

    @property
    def text(self) -> str:
        """The text of the query as the parser read it."""
        return unparse(self._program)

    @property
    def text_without_literals(self) -> str:
        """The text of the query with `…` for every literal, on one line for each definition."""
        return unparse_without_literals(self._program)

    def explanation(self, sources: Source | Mapping[str, Source] | None = None) -> Explanation:
        """Return what the query would show of these sources."""
        from ocpiq.analysis.explanation import explain  # noqa: PLC0415 - most runs do not need it

        by_module = self.by_module(sources)
        return explain(self.plan_for(by_module), self.version_of(by_module))

    def windows(
        self, variables: Mapping[str, Value] | None = None, start: Start | None = None
    ) -> tuple[SourceWindow, ...]:
        """Return the window of each source for a run with this start (default: now). Raises UsageError."""
        from ocpiq.query.run_windows import windows  # noqa: PLC0415 - queries of plain JSON do not need it

        return windows(self._plan, self._metadata.values(variables or {}), start or begin())

    def columns(self, sources: Source | Mapping[str, Source] | None = None) -> Columns:
        """Return what is known about the columns of the results before a run."""
        by_module = self.by_module(sources)
        return columns(self.plan_for(by_module).output, *self._plans.versions_of(by_module))

    def run(
        self,
        value: Value = None,
        *,
        inputs: Iterator[Value] | None = None,
        once: bool = False,
        sources: Source | Mapping[str, Source] | None = None,
        variables: Mapping[str, Value] | None = None,
        notify: Notify = ignore,
        recipient: Recipient | None = None,
        start: Start | None = None,
        drivers: int = DRIVERS,
        keep: Keep | None = None,
    ) -> Iterator[Value]:
        """Yield the results, as they come.

        Without `inputs` the query runs once, on `value`; with `inputs` once for each of them, or, with `once`, on
        `value` while `input` and `inputs` read them. `sources` is one source for all `modules`, or a source for each;
        `variables` has a value for each name of `compile`; `notify` receives progress and warnings; `recipient` has the
        key of pseudonyms, and is needed if `needs_recipient`; `start` is the moment that relative times depend on
        (default: now); totals of fields passed `as aggregate` need `drivers` distinct drivers, at least 5; `keep` has
        rows of earlier runs, which are read in place of a source. Raises RunError, PrivacyError, PlatformError, and,
        after the last result, IncompleteError if a source is incomplete.
        """
        values = self._metadata.values(variables or {})
        if drivers < FEWEST_DRIVERS:
            raise SourceError(say("drivers must be at least {count}", count=FEWEST_DRIVERS))
        pulls: Pulls | NoPulls = NoPulls(self._plan)
        if self._plan.sources:
            pulls = self._pulls(sources, values, notify, recipient, start, keep)
            self.warn_of_totals(pulls.plan, notify, self.by_module(sources))
        program = Program(pulls.plan, pulls.shapes)
        remaining = iter(()) if inputs is None else inputs
        runtime = Runtime(remaining, self.library, notify, drivers)
        try:
            for input_ in (value,) if inputs is None or once else remaining:
                yield from program.run(input_, runtime, values, pulls.scan)
        except Halted:
            pass
        pulls.end()

    @property
    def splits(self) -> Split:
        """How the query is split into parts of the data: see `partial`. Raises UsageError if it cannot be."""
        from ocpiq.query.parts import split_of  # noqa: PLC0415 - most runs are not split

        return split_of(self)

    def partial(
        self,
        sources: Source | Mapping[str, Source],
        *,
        number: int = 0,
        of: int = 0,
        variables: Mapping[str, Value] | None = None,
        recipient: Recipient | None = None,
        start: Start | None = None,
    ) -> bytes:
        """Run the query over one part of the objects; return what it has to say, for `ocpiq.merge`.

        `sources` has a source for each module, of which the one at the left end holds the part and the right sides of
        joins are whole; `number` is the place of the part, from 0, `of` the number of parts, if known. `start` must be
        the same for all parts of a query with relative times. Raises what `run` raises, and UsageError if the query
        cannot be split or a source may receive an object twice.
        """
        from ocpiq.query.parts import run_part  # noqa: PLC0415

        part = run_part(
            self, sources, number=number, of=of, variables=variables, recipient=recipient, start=start
        )
        if part.error is not None:
            raise part.error
        return part.data

    def arrow(
        self,
        value: Value = None,
        *,
        inputs: Iterator[Value] | None = None,
        once: bool = False,
        sources: Source | Mapping[str, Source] | None = None,
        variables: Mapping[str, Value] | None = None,
        notify: Notify = ignore,
        recipient: Recipient | None = None,
        drivers: int = DRIVERS,
        types: Mapping[str, StoredType] | None = None,
    ) -> ArrowStream:
        """Return the results as an Arrow stream, with typed columns as in `--to arrow`; needs the extra `parquet`.

        polars, DuckDB, pandas and pyarrow read it: `polars.DataFrame(query.arrow(…))`. The query runs while it is read.
        `types` sets the types of columns; the other parameters are those of `run`. Raises SourceError without pyarrow;
        reading raises the errors of `run`, and FormatError for a value that does not fit its column.
        """
        if find_spec("pyarrow") is None:
            raise SourceError(say("Query.arrow() needs pyarrow"), hint=say("pip install 'ocpiq[parquet]'"))
        from ocpiq.sinks.arrow_stream import ArrowStream  # noqa: PLC0415 - needs an extra
        from ocpiq.sinks.sink import ColumnOption, FormatSettings  # noqa: PLC0415

        options = tuple(ColumnOption(name, type_) for name, type_ in (types or {}).items())
        known = self.columns(sources)
        results = self.run(
            value,
            inputs=inputs,
            once=once,
            sources=sources,
            variables=variables,
            notify=notify,
            recipient=recipient,
            drivers=drivers,
        )

        def warn(message: Message) -> None:
            notify(WarningIssued(message))

        target = Target(BytesIO(), warn=warn)
        settings = FormatSettings(column_types=options)
        return ArrowStream(results, known, settings, target)

    def ask(
        self,
        sources: Source | Mapping[str, Source],
        variables: Mapping[str, Value] | None = None,
        notify: Notify = ignore,
        recipient: Recipient | None = None,
        start: Start | None = None,
    ) -> list[QueriedSource]:
        """Return the size of each source of the query, judged by its first pages; warnings go to `notify`.

        Of several platforms there is one for each.

        Raises PlatformError.
        """
        pulls = self._pulls(sources, self._metadata.values(variables or {}), notify, recipient, start)
        return [asked for number in range(len(pulls.plan.sources)) for asked in pulls.ask(number)]

    def check(
        self,
        sources: Source | Mapping[str, Source],
        variables: Mapping[str, Value] | None = None,
        recipient: Recipient | None = None,
        start: Start | None = None,
    ) -> None:
        """Check what needs no request: raises PrivacyError if a snapshot does not have what the query asks for."""
        self._pulls(sources, self._metadata.values(variables or {}), ignore, recipient, start)

    def _pulls(
        self,
        sources: Source | Mapping[str, Source] | None,
        values: Mapping[str, Value],
        notify: Notify,
        recipient: Recipient | None,
        start: Start | None,
        keep: Keep | None = None,
    ) -> Pulls:
        from ocpiq.query.pulls import Pulls  # noqa: PLC0415 - queries of plain JSON do not need it

        self.check_recipient(recipient)
        by_module = self.by_module(sources)
        plan, start = self.plan_for(by_module), start or begin()
        return Pulls(plan, by_module, values, notify, start, recipient, keep=keep)

    def warn_of_totals(self, query_plan: QueryPlan, notify: Notify, sources: Mapping[str, Source]) -> None:
        """Warn of totals that may not be what the user means, such as sums over several currencies."""
        from ocpiq.analysis.total_warnings import total_warnings  # noqa: PLC0415 - queries of plain JSON have none

        for total in total_warnings(query_plan, self.version_of(sources)):
            notify(WarningIssued(say("{warning}", warning=UserText(total.message))))

    def by_module(self, sources: Source | Mapping[str, Source] | None) -> Mapping[str, Source]:
        """Return the source of each module that the query pulls."""
        if sources is None or isinstance(sources, Mapping):
            return sources or {}
        return dict.fromkeys(self.modules, sources)

    def version_of(self, sources: Mapping[str, Source]) -> str:
        """Return the OCPI version that sources are read in: their own; without sources, the query's."""
        return self._plans.version_of(sources)

    def plan_for(self, sources: Source | Mapping[str, Source] | None) -> QueryPlan:
        """Return the resolved query for the OCPI version of these sources. Raises OtherVersionError."""
        return self._plans.plan_for(self.by_module(sources))


class NoPulls(Struct, frozen=True):
    """The pulls of a query of plain JSON."""

    plan: QueryPlan
    shapes: tuple[()] = ()

    def scan(self, number: int) -> Iterator[Iterable[object]]:
        """Raise LookupError: there is no source."""
        raise LookupError

    def end(self) -> None:
        """Do nothing."""


def _zone(name: str | None) -> str | None:
    """Return the name of a time zone. Raises UsageError if it is unknown."""
    try:
        if name is not None:
            zone(name)
    except ValueError:
        raise SourceError(say("unknown time zone"), hint=zone_hint(name or "")) from None
    return name
