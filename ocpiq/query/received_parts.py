"""The parts of a run as they come in: what they sent is reported as one pull, and made into the results."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, TypeAlias, TypeVar, cast

from msgspec.structs import replace

from ocpiq.codegen import Program, Runtime
from ocpiq.errors import EMPTY, IncompleteError, Message, Notify, UserText, join
from ocpiq.gate import FieldReport, OpenedPage, Order
from ocpiq.plan import nodes as plan
from ocpiq.plan.partial import Split
from ocpiq.plan.query_plan import QueryPlan
from ocpiq.plan.walk import descendants
from ocpiq.query.late_credits import LateCredits
from ocpiq.query.part_format import PageCount, Part, Query, SourceCount
from ocpiq.query.part_texts import TextBlock
from ocpiq.query.pulls import Pulls
from ocpiq.runtime import part_codec
from ocpiq.runtime.part_codec import MergedGroups
from ocpiq.sources.monitor import monitor_pages
from ocpiq.values.types import Value

T = TypeVar("T")
Finish: TypeAlias = Callable[[Query, Split, Pulls, "ReceivedParts", Mapping[str, Value], Notify], Iterator[T]]
"""Makes the results of a run from the parts that come in: values, or what the parts have written."""


def finish(
    query: Query,
    cut: Split,
    pulls: Pulls,
    received: ReceivedParts,
    variables: Mapping[str, Value],
    notify: Notify,
) -> Iterator[Value]:
    """Yield the results of the plan that follows the parts. Raises IncompleteError after the last."""
    read_again = sources_read_again(cut)
    shapes = [shape if number in read_again else None for number, shape in enumerate(pulls.shapes)]
    program = Program(replace(pulls.plan, body=cut.rest), shapes)

    def scan(number: int) -> Iterable[Iterable[object]]:
        return received.rows() if number == plan.RECEIVED else pulls.scan(number)

    yield from program.run(None, Runtime(iter(()), query.library, notify), variables, scan)
    received.end()
    pulls.end()


def sources_read_again(cut: Split) -> set[int]:
    """Return the sources that the plan which follows the parts reads itself."""
    return {node.source for node in descendants(cut.rest) if isinstance(node, plan.Scan)}


def finish_texts(
    query: Query,
    cut: Split,
    pulls: Pulls,
    received: ReceivedParts,
    variables: Mapping[str, Value],
    notify: Notify,
) -> Iterator[TextBlock]:
    """Yield, in place of `finish`, the results that the parts have written as JSON."""
    assert cut.stage is None, "nothing follows the parts"
    yield from received.texts()
    received.end()
    pulls.end()


class ReceivedParts:
    """What the parts sent, reported as one pull of each source."""

    def __init__(
        self,
        query_plan: QueryPlan,
        cut: Split,
        parts: Iterator[Part],
        version: str,
        notify: Notify,
        credits: LateCredits,
    ) -> None:
        self._plan = query_plan
        self._cut = cut
        self._parts = parts
        self._version = version
        self._notify = notify
        self._credits = credits
        self._incomplete: dict[str, Message] = {}

    def rows(self) -> Any:  # noqa: ANN401 - what the received node of the plan reads
        """Return the rows, one after the other; of an aggregate, its merged groups."""
        if not isinstance(self._cut.stage, plan.Aggregate):
            return chain((row for rows in self._rows() for row in rows), self._credits.outputs())
        keys, folds = self._cut.stage.keys, self._cut.stage.folds
        merged = MergedGroups(None if keys is None else len(keys), folds)
        for rows in self._rows():
            for packed in rows:
                merged.add(part_codec.unpack_group(packed, len(keys or ()), folds))
        for groups in self._credits.outputs():
            for group in cast("list[part_codec.Group]", groups):
                merged.add(group)
        return merged.result()

    def texts(self) -> Iterator[TextBlock]:
        """Yield the results that the parts have written. `net` works only with aggregates, so there are no credits."""
        for rows in self._rows():
            if rows:
                yield TextBlock(*cast("list[Any]", rows))

    def _rows(self) -> Iterator[Sequence[object]]:
        """Yield the rows that the parts sent, and report the source that was split."""
        for page in self._monitored(self._plan.sources[self._cut.source].module, self._counted()):
            yield page.rows  # the last page of a part has all its rows

    def _monitored(self, module: str, pages: Iterable[tuple[OpenedPage, int | None]]) -> Iterator[OpenedPage]:
        """Yield pages and report them; that there should be more of them is raised after the last result."""
        try:
            yield from monitor_pages(module, pages, self._notify, self._version)
        except IncompleteError as error:
            self._incomplete[error.message] = error.hint

    def _counted(self) -> Iterator[tuple[OpenedPage, int | None]]:
        report = FieldReport()
        for part in self._parts:
            if part.number == 0:
                self._report_joined(part)
            self._credits.add(part.credits)
            counted = part.sources[self._cut.source]
            if counted is None:
                continue
            self._note(counted)
            report = joined(report, counted.report) if part.number else counted.report
            rows = cast("list[object]", part_codec.decode(part.rows))
            for page in counted.pages[:-1]:
                yield opened(page, (), report, counted.order), None
            for page in counted.pages[-1:]:
                yield opened(page, rows, report, counted.order), None

    def _report_joined(self, part: Part) -> None:
        """Report the sources that each part has read whole."""
        for number in self._cut.read_by_each:
            counted = part.sources[number]
            if counted is not None:
                self._note(counted)
                pages = ((opened(page, (), counted.report, counted.order), None) for page in counted.pages)
                for _ in self._monitored(counted.module, pages):
                    pass

    def _note(self, counted: SourceCount) -> None:
        if counted.incomplete:
            self._incomplete[counted.incomplete] = EMPTY

    def end(self) -> None:
        """Raise IncompleteError if a part was incomplete."""
        if self._incomplete:
            hints = dict.fromkeys(hint for hint in self._incomplete.values() if hint)
            raise IncompleteError(join(map(UserText, self._incomplete), "; "), hint=join(hints, "; "))


class ForwardedParts(ReceivedParts):
    """What the parts of a live pull sent; this process pulls it, and reports its pages as it does."""

    def _rows(self) -> Iterator[Sequence[object]]:
        for part in self._parts:
            self._credits.add(part.credits)
            yield cast("list[object]", part_codec.decode(part.rows))


def opened(page: PageCount, rows: Sequence[object], report: FieldReport, order: Order) -> OpenedPage:
    """Return a page that a part has opened."""
    return OpenedPage(
        None,
        "",
        "",
        page.count,
        rows,
        page.bad,
        page.undated,
        page.unended,
        report,
        page.repeated,
        order=order,
        continues=page.continues,
    )


def joined(report: FieldReport, other: FieldReport) -> FieldReport:
    """Return what the names in two parts tell together: a field is missing if no part has it."""
    versions = set(report.versions) & set(other.versions) if report.versions and other.versions else ()
    others = {field.path for field in other.missing}
    return FieldReport(
        tuple(sorted({*report.unknown, *other.unknown})),
        max(report.unnamed, other.unnamed),
        tuple(sorted(versions)) or report.versions or other.versions,
        report.objects + other.objects,
        tuple(field for field in report.missing if field.path in others),
    )
