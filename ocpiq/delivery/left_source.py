"""Which source of a query a state is for: the one at the left end, of which each object is delivered for itself."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from ocpiq.errors import CompileError, Span
from ocpiq.plan import nodes as plan
from ocpiq.plan.nodes import Plan
from ocpiq.plan.outputs import Outputs
from ocpiq.plan.query_plan import QueryPlan, SourcePlan
from ocpiq.plan.walk import descendants
from ocpiq.privacy.sealed import sealed_paths

STAGES: Final = {
    plan.Aggregate: "aggregate",
    plan.Distinct: "distinct by",
    plan.Take: "limit",
}
INPUTS: Final = ("input", "inputs")
LEFT_END: Final = "begin the query with the source: cdrs … | …"


class LeftSource(Struct, frozen=True):
    """The source at the left end: its number, its plan, and the stages of the whole stream that follow it."""

    number: int
    plan: SourcePlan
    stages: tuple[str, ...]


def left_source(query: QueryPlan, *, state_rows: bool) -> LeftSource:
    """Return the source that a state is for. Raises CompileError for a query that a state would falsify.

    With `state_rows`, stages over the whole stream may follow: they then see the rows of one delivery.
    """
    stages: list[tuple[str, Span | None]] = []
    reads_inputs = any(
        isinstance(node, plan.Native) and node.name in INPUTS for node in descendants(query.body)
    )
    if reads_inputs:
        raise CompileError(
            "a state cannot be used with input and inputs, which a later run cannot read again"
        )
    scan = _scan(query.body, stages)
    if scan is None:
        raise CompileError(_why_not(query), span=_place(query), hint=LEFT_END)
    source = query.sources[scan.source]
    _check_others(query, scan, source)
    _check_window(source)
    if stages and (source.during is not None or not state_rows):
        word, span = stages[0]
        raise CompileError(
            f"{word} would see only what changed since the last delivery",
            span=span,
            hint="without --state it sees the whole period"
            if source.during is not None
            else "use during for a whole period; --state-rows if that is what you want",
        )
    return LeftSource(scan.source, source, tuple(word for word, _ in stages))


def _scan(part: Plan, stages: list[tuple[str, Span | None]]) -> plan.Scan | None:
    """Return the source that a part streams, object by object; None if it has another form."""
    match part:
        case plan.Scan():
            return part
        case plan.Pipe(parts=parts) if not any(map(_reads, parts[1:])):
            return _scan(parts[0], stages)
        case plan.Bind(source=source, body=body) if source.outputs is not Outputs.MANY:
            return _scan(body, stages)
        case plan.Bind(source=source, body=body) if not _reads(body):
            return _scan(source, stages)
        case plan.Join(body=body):
            return _scan(body, stages)
        case plan.Function(definition=definition, body=body) if not _reads(definition):
            return _scan(body, stages)
        case plan.Sort(body=body, count=count):
            stages.insert(0, ("sort by" if count is None else "top", part.span))
            return _scan(body, stages)
        case plan.Take(body=body) | plan.Distinct(body=body) | plan.Aggregate(body=body):
            stages.insert(0, (STAGES[type(part)], part.span))
            return _scan(body, stages)
    return None


def _reads(part: Plan) -> bool:
    """Tell whether a part reads a source."""
    return any(isinstance(node, plan.Scan) for node in descendants(part))


def _why_not(query: QueryPlan) -> str:
    if not query.sources:
        return "a state is for a query that reads a module"
    return "a state needs one source at the left end, whose objects are delivered one by one"


def _check_others(query: QueryPlan, scan: plan.Scan, source: SourcePlan) -> None:
    for other in query.sources:
        if other.since_last and other is not source:
            raise CompileError(
                "since last is for the source at the left end; others are always read whole", span=other.span
            )
    if not source.demand.whole and sealed_paths(source.view, source.demand):
        raise CompileError(
            "fields for aggregates only need all objects of a period, a state has those that changed",
            span=scan.span,
            hint="leave out --state",
        )
    if source.net:
        raise CompileError(
            "net needs all CDRs of a period, a state has those that changed",
            span=scan.span,
            hint="leave out net: a credit CDR is a row of its own",
        )


def _check_window(source: SourcePlan) -> None:
    """Refuse a window of its own at the left end: the state has the window."""
    if source.newest is not None:
        raise CompileError("newest cannot be used with a state", span=source.span, hint="leave it out")
    if source.since is not None:
        raise CompileError(
            "the state has the beginning of the window",
            span=source.since.span,
            hint="write since last, and --begin DATE for the first run",
        )
    if source.during is not None and (source.since_last or source.until is not None):
        raise CompileError(
            "a state has one window", span=source.during.span, hint="write during alone, or since last"
        )


def _place(query: QueryPlan) -> Span | None:
    return query.sources[1].span if len(query.sources) > 1 else None
