"""A query over data in parts: what each part sends, and the results of all parts together.

`run_part` runs a query over one part of the objects and returns bytes; `merge` takes the bytes of all parts, in their
order, and yields the results that one run over all objects would give, to the bit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import cast

from msgspec import Struct
from msgspec.structs import replace

from ocpiq.codegen import Program, Runtime
from ocpiq.errors import (
    IncompleteError,
    Notify,
    PrivacyError,
    RunError,
    SourceError,
    ignore,
    say,
)
from ocpiq.gate import FieldReport, Gate, OpenedPage, Order
from ocpiq.plan import nodes as plan
from ocpiq.plan.partial import Obstacle, Split, split
from ocpiq.plan.query_plan import QueryPlan
from ocpiq.privacy.recipient import Recipient
from ocpiq.query.late_credits import LateCredits
from ocpiq.query.part_format import (
    ALL_PARTS,
    PageCount,
    Query,
    SourceCount,
    encode_part,
    fingerprint,
    parts_in_order,
)
from ocpiq.query.part_texts import BlockWriter
from ocpiq.query.pulls import Pulls
from ocpiq.query.received_parts import Finish, ReceivedParts, T, finish
from ocpiq.query.start import Start, begin
from ocpiq.runtime import part_codec
from ocpiq.runtime.part_codec import Packer
from ocpiq.schema import ModuleName
from ocpiq.sinks.json import JsonStyle
from ocpiq.sources.protocol import Ask, Source
from ocpiq.values.types import Value


class RecordedSource:
    """A source whose pages are counted, and reported by those who merge the parts."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.counted: SourceCount | None = None

    @property
    def version(self) -> str:
        """The OCPI version."""
        return self.source.version

    @property
    def repeats(self) -> bool:
        """Whether it may receive an object twice."""
        return self.source.repeats

    @property
    def snapshot(self) -> object:
        """The snapshot that it reads, if it is one."""
        return getattr(self.source, "snapshot", None)

    def pages(self, ask: Ask, gate: Gate, notify: Notify) -> Iterator[OpenedPage]:
        """Yield the source's pages and count them; that it is incomplete is said when the parts merge."""
        pages: list[PageCount] = []
        report, incomplete = FieldReport(), ""
        order: Order = ""
        try:
            for page in self.source.pages(ask, gate, ignore):
                pages.append(
                    PageCount(page.count, page.bad, page.undated, page.unended, page.repeated, page.continues)
                )
                report, order = page.field_report, page.order or order
                yield page
        except IncompleteError as error:
            # unreadable ends of charging are counted, and found again from the counts
            incomplete = "" if any(page.unended for page in pages) else str(error.message)
        finally:
            self.counted = SourceCount(ask.module, pages, report, order, incomplete)


class AbsentSource(Struct, frozen=True):
    """The source that the parts have read, where their results are merged."""

    version: str
    repeats: bool = False

    def pages(self, ask: Ask, gate: Gate, notify: Notify) -> Iterator[OpenedPage]:
        """Raise UsageError."""
        raise SourceError(say("no source for {module}", module=ModuleName(ask.module)))


def split_of(query: Query, sources: Source | Mapping[str, Source] | None = None) -> Split:
    """Return how a query is split into parts. Raises UsageError if it cannot be."""
    return _split(query.plan_for(query.by_module(sources)))


def _split(query_plan: QueryPlan) -> Split:
    try:
        return split(query_plan)
    except Obstacle as obstacle:
        text = say("the query cannot run in parts: {reason}", reason=obstacle.reason)
        raise SourceError(text, hint=obstacle.hint) from None


class PartRun(Struct, frozen=True):
    """The bytes of a part, and the error that ended it, after the results so far."""

    data: bytes
    error: RunError | PrivacyError | None


def run_part(
    query: Query,
    sources: Source | Mapping[str, Source],
    *,
    number: int,
    of: int,
    variables: Mapping[str, Value] | None,
    recipient: Recipient | None,
    start: Start | None,
    sent: Mapping[int, Source] | None = None,
    style: JsonStyle | None = None,
) -> PartRun:
    """Run a query over one part of the objects, up to an error of the query if there is one.

    `sent` has the sources of a live pull, by their numbers in the plan. With a `style`, results are sent as JSON, for
    `finish_texts`.
    """
    if number < 0 or (of and number >= of):
        raise SourceError(
            say("there is no part {number} of {of}", number=number, of=of), hint=say("the first part is 0")
        )
    values = query.metadata.values(variables or {})
    by_module = query.by_module(sources)
    query_plan = query.plan_for(by_module)
    cut = _split(query_plan)
    if by_module[query_plan.sources[cut.source].module].repeats:
        raise SourceError(
            say("a platform's pages cannot be split: it may send an object twice"),
            hint=say("save them with `ocpiq get`, and split the files"),
        )
    query.check_recipient(recipient)
    recorded: list[RecordedSource] = []

    def record(number: int, source: Source) -> Source:
        recorded.append(RecordedSource((sent or {}).get(number, source)))
        return recorded[-1]

    pulls = Pulls(query_plan, by_module, values, ignore, start or begin(), recipient, record, cut.source)
    program = Program(replace(query_plan, body=cut.part), pulls.shapes)
    outputs = program.run(None, Runtime(iter(()), query.library, ignore), values, pulls.scan)
    packer = Packer(pulls.shapes)
    rows: list[object] = []
    writer = None if style is None else BlockWriter(style)
    error: RunError | PrivacyError | None = None
    try:
        if writer is not None:
            writer.add(outputs)
        else:
            for row in _packed(outputs, cut, packer):
                rows.append(row)
    except (RunError, PrivacyError) as raised:
        error = raised
    results = rows if writer is None else writer.block()
    counts = [source.counted for source in recorded]
    mark = fingerprint(query, query_plan, values, recipient, start)
    waiting = None if pulls.waiting is None else part_codec.pack_credits(packer, *pulls.waiting.waiting())
    return PartRun(encode_part(mark, number, of, counts, results, waiting), error)


def _packed(outputs: Iterator[Value], cut: Split, packer: Packer) -> Iterator[object]:
    """Yield what a part sends: its outputs, or its groups."""
    if not isinstance(cut.stage, plan.Aggregate):
        yield from map(packer.pack, outputs)
        return
    keys, folds = len(cut.stage.keys or ()), cut.stage.folds
    for groups in outputs:
        for group in cast("list[part_codec.Group]", groups):
            yield part_codec.pack_group(packer, group, keys, folds)


def merge(
    query: Query,
    parts: Iterable[bytes],
    sources: Source | Mapping[str, Source] | None = None,
    *,
    variables: Mapping[str, Value] | None = None,
    notify: Notify = ignore,
    recipient: Recipient | None = None,
    start: Start | None = None,
) -> Iterator[Value]:
    """Yield the results of a query from the bytes of all its parts, which come in their order.

    `sources` are needed where a join follows the stage that the query was split at, and with `net` also where one comes
    before it. Raises UsageError for parts of
    another query, of another version of ocpiq, in another order, twice or missing; IncompleteError after the last
    result if a part is incomplete; otherwise what `Query.run` raises.
    """
    return merge_with(
        finish,
        query,
        parts,
        sources,
        variables=variables or {},
        notify=notify,
        recipient=recipient,
        start=start,
    )


def merge_with(
    finish: Finish[T],
    query: Query,
    parts: Iterable[bytes],
    sources: Source | Mapping[str, Source] | None,
    *,
    variables: Mapping[str, Value],
    notify: Notify,
    recipient: Recipient | None,
    start: Start | None,
) -> Iterator[T]:
    """Yield what `finish` makes of the parts. Raises what `merge` raises."""
    values = query.metadata.values(variables)
    given = query.by_module(sources)
    query_plan = query.plan_for(given)
    version = query.version_of(given)
    by_module = {module: given.get(module, AbsentSource(version)) for module in query.modules}
    cut = _split(query_plan)
    mark = fingerprint(query, query_plan, values, recipient, start)
    begun = start or begin()
    late = LateCredits(
        query, query_plan, cut, values, lambda: Pulls(query_plan, by_module, values, ignore, begun, recipient)
    )
    received = ReceivedParts(query_plan, cut, parts_in_order(_some(parts), mark), version, notify, late)
    pulls = Pulls(query_plan, by_module, values, notify, begun, recipient)
    query.warn_of_totals(query_plan, notify, by_module)
    yield from finish(query, cut, pulls, received, values, notify)


def _some(parts: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the parts. Raises UsageError if there are none: of no objects there is one part too."""
    count = 0
    for count, data in enumerate(parts, 1):  # noqa: B007 - read after the loop
        yield data
    if not count:
        raise SourceError(say("there are no parts to merge"), hint=ALL_PARTS)
