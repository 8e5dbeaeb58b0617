"""Sources: the module, its view, and its window."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC

from msgspec import Struct

from ocpiq.analysis.context import Analysis, Handler, Resolved
from ocpiq.analysis.credits import check_has_credits, read_credits
from ocpiq.analysis.scope import Scope
from ocpiq.errors import CompileError, PrivacyError, Span, did_you_mean
from ocpiq.language import tree
from ocpiq.plan import nodes as plan
from ocpiq.plan.nodes import Plan
from ocpiq.plan.outputs import Outputs
from ocpiq.plan.query_plan import Moment, Period, SourcePlan
from ocpiq.plan.types import SourceType, Type
from ocpiq.privacy.demand import Demand
from ocpiq.privacy.platform_field import with_platform
from ocpiq.privacy.sealed import has_sealed
from ocpiq.privacy.view import view
from ocpiq.schema import OWN_MODULES, modules
from ocpiq.values.relative_times import is_relative_moment, is_relative_period
from ocpiq.values.times import moment, period, zone

OWN_MODULE_HINT = 'cut them to a period with slots("month"; .from; .until)'
COMPLETED = ("sessions", "cdrs")  # the modules whose objects have an end of charging


def source(analysis: Analysis, node: tree.Source, scope: Scope, input_type: Type) -> Resolved:
    """Resolve a module with clauses."""
    if node.module not in modules():
        begin = node.span.start
        raise CompileError(
            f"unknown module {node.module}",
            span=scope.at or Span(begin, begin + len(node.module)),
            hint=did_you_mean(node.module, modules()),
        )
    return resolve_source(analysis, node.module, node.clauses, scope, scope.place(node))


def resolve_source(
    analysis: Analysis, name: str, clauses: Sequence[tree.Clause], scope: Scope, place: Span
) -> Resolved:
    """Resolve a source; it is pulled once, so its place must be evaluated once."""
    if scope.repeated:
        raise CompileError(
            f"{name} would be pulled again {scope.repeated}",
            span=place,
            hint=f"collect it first: [{name}] as ${name} | …, or join it",
        )
    if scope.imported and any(isinstance(clause, tree.Pass | tree.Only) for clause in clauses):
        raise PrivacyError(
            f"the imported module {scope.imported} passes fields of {name}; only the query itself may pass fields",
            span=place,
            hint=f"give the source as an argument: f({name} pass …)",
        )
    windows = _windows(analysis, name, clauses, scope)
    schema = analysis.module(name)
    shown = view(schema, clauses, analysis.zone, any_version=analysis.any_version)
    if analysis.several_platforms:
        shown = with_platform(shown)
    demand = Demand()
    net = next((clause for clause in clauses if isinstance(clause, tree.Net)), None)
    if net is not None:
        check_has_credits(name, schema, scope.place(net))
        read_credits(name, shown, demand, scope.place(net))
    weight = "" if net is None else analysis.unique_name("weight")
    number = len(analysis.sources)
    analysis.weights[weight] = number
    analysis.sources.append(
        SourcePlan(
            name,
            shown,
            demand,
            windows.since,
            windows.until,
            place,
            during=windows.during,
            newest=windows.newest,
            net=net is not None,
            since_last=windows.since_last,
            reading=schema.reading,
        )
    )
    companion = analysis.unique_name("companion") if has_sealed(shown) else ""
    analysis.companions[number] = companion
    return plan.Scan(number, weight, companion, outputs=Outputs.MANY, span=place), SourceType(
        number, (), shown, demand, items=True
    )


class Windows(Struct):
    """The window of a source: the clauses that choose objects."""

    since: Moment | None = None
    until: Moment | None = None
    during: Period | None = None
    newest: Plan | None = None
    since_last: bool = False


def _windows(analysis: Analysis, name: str, clauses: Sequence[tree.Clause], scope: Scope) -> Windows:
    windows = Windows()
    for clause in clauses:
        if isinstance(clause, tree.SinceLast):
            if windows.since is not None or windows.since_last:
                raise CompileError("since is repeated", span=scope.place(clause))
            windows.since_last = True
            continue
        word = type(clause).__name__.lower()
        if not isinstance(clause, tree.Since | tree.Until | tree.During | tree.Newest):
            continue
        if name in OWN_MODULES:
            text = f"{word} works on what a platform last updated, not on {name}"
            raise CompileError(text, span=scope.place(clause), hint=OWN_MODULE_HINT)
        if getattr(windows, word) is not None or (word == "since" and windows.since_last):
            raise CompileError(f"{word} is repeated", span=scope.place(clause))
        match clause:
            case tree.Since() | tree.Until():
                setattr(windows, word, _moment(analysis, word, clause.bound, scope))
            case tree.During():
                windows.during = _period(analysis, name, clause, scope)
            case tree.Newest():
                windows.newest = _newest(clause, scope)
    begin = windows.since.microseconds if windows.since else None
    end = windows.until.microseconds if windows.until else None
    if windows.until is not None and begin is not None and end is not None and begin >= end:
        hint = "swap since and until"
        raise CompileError("the window ends before it starts", span=windows.until.span, hint=hint)
    return windows


def _moment(analysis: Analysis, word: str, bound: tree.Bound, scope: Scope) -> Moment:
    place = scope.place(bound)
    if bound.variable is not None:
        return Moment(None, _run_variable(bound.variable, word, "2026-01-31", place, scope), place)
    if is_relative_moment(bound.text or ""):
        return Moment(None, None, place, relative=bound.text)
    read = moment(bound.text or "", zone(analysis.zone))
    if read is None:
        hint = "write it as 2026-01-31 or 2026-01-31T06:00Z"
        if period(bound.text or "", UTC) is not None:
            hint = f"{word} takes a day, such as 2026-01-01; for a whole month, write during 2026-01"
        raise CompileError(f"{bound.text!r} is not a date", span=place, hint=hint)
    return Moment(read, None, place)


def _period(analysis: Analysis, name: str, clause: tree.During, scope: Scope) -> Period:
    bound, place = clause.bound, scope.place(clause.bound)
    if name not in COMPLETED:
        hint = f"write {name} since 2026-01-01 until 2026-02-01 for what was last updated then"
        raise CompileError(
            f"during works on sessions and cdrs, by their end of charging, not on {name}",
            span=scope.place(clause),
            hint=hint,
        )
    if bound.variable is not None:
        return Period(None, _run_variable(bound.variable, "during", "2026-01", place, scope), place)
    if is_relative_period(bound.text or ""):
        return Period(None, None, place, relative=bound.text)
    bounds = period(bound.text or "", zone(analysis.zone))
    if bounds is None:
        hint = "write 2026, 2026-Q1, 2026-01, 2026-W03 or 2026-01-31"
        raise CompileError(f"{bound.text!r} is not a period", span=place, hint=hint)
    return Period(bounds, None, place)


def _newest(clause: tree.Newest, scope: Scope) -> Plan:
    if clause.variable is None:
        return plan.Constant(clause.count)
    return plan.RunVariable(_run_variable(clause.variable, "newest", "10", scope.place(clause), scope))


def _run_variable(name: str, word: str, example: str, place: Span, scope: Scope) -> str:
    """Return the name of a variable that is set before the run begins."""
    variable = scope.variables.get(name)
    hint = f"set it with --arg {name} {example}"
    if variable is None:
        raise CompileError(f"${name} is not defined", span=place, hint=hint)
    if variable.name:
        text = f"${name} is computed by the query; {word} takes only variables set before it runs"
        raise CompileError(text, span=place, hint=hint)
    return name


HANDLERS: dict[type, Handler] = {tree.Source: source}
