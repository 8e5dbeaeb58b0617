"""Sources: which module is pulled, what of it is shown, and the window."""

from __future__ import annotations

from collections.abc import Sequence

from ocpiq.analysis.context import Analysis, Handler, Resolved
from ocpiq.analysis.needs import Need
from ocpiq.analysis.plan import Moment, Outputs, Scan, SourcePlan
from ocpiq.analysis.scope import Scope
from ocpiq.analysis.types import InSource, Type
from ocpiq.analysis.views import view
from ocpiq.errors import CompileError, PrivacyError, Span, UnsupportedError, did_you_mean
from ocpiq.language import tree
from ocpiq.schema import module, modules
from ocpiq.values.times import epoch_us


def source(analysis: Analysis, node: tree.Source, scope: Scope, kind: Type) -> Resolved:
    """Resolve a module with clauses."""
    if node.module not in modules():
        raise CompileError(
            f"no module is called {node.module}",
            span=scope.place(node),
            hint=did_you_mean(node.module, modules()),
        )
    return resolve_source(analysis, node.module, node.clauses, scope, scope.place(node))


def resolve_source(
    analysis: Analysis, name: str, clauses: Sequence[tree.Clause], scope: Scope, place: Span
) -> Resolved:
    """Resolve a source: it is pulled once, so it must stand where it is evaluated once."""
    if scope.repeated:
        raise CompileError(
            f"{name} would be pulled again {scope.repeated}",
            span=place,
            hint=f"collect it before: [{name}] as ${name} | …",
        )
    if scope.imported and any(isinstance(clause, tree.Pass | tree.Only) for clause in clauses):
        raise PrivacyError(
            f"the module {scope.imported} passes fields of {name}: a pass stands in the query's own text",
            span=place,
            hint=f"give the source as an argument: f({name} pass …)",
        )
    since = until = None
    for clause in clauses:
        match clause:
            case tree.Since():
                since = _moment("since", since, clause.bound, scope)
            case tree.Until():
                until = _moment("until", until, clause.bound, scope)
            case tree.During() | tree.Newest():
                word = type(clause).__name__.lower()
                raise UnsupportedError(f"{word} is not supported yet", span=scope.place(clause))
    shown = view(module(name, analysis.version), clauses)
    need = Need()
    number = len(analysis.sources)
    analysis.sources.append(SourcePlan(name, shown, need, since, until, place))
    return Scan(number, outputs=Outputs.MANY, span=place), InSource(number, (), shown, need, items=True)


def _moment(word: str, before: Moment | None, bound: tree.Bound, scope: Scope) -> Moment:
    place = scope.place(bound)
    if before is not None:
        raise CompileError(f"{word} is given twice", span=place)
    if bound.variable is not None:
        known = scope.variables.get(bound.variable)
        if known is None:
            hint = f"give it with --arg {bound.variable} 2026-01-01"
            raise CompileError(f"${bound.variable} is not defined", span=place, hint=hint)
        if known.name:
            hint = f"give it with --arg {bound.variable} 2026-01-01"
            raise UnsupportedError(
                f"a variable of the query itself after {word} is not supported yet", span=place, hint=hint
            )
        return Moment(None, bound.variable, place)
    moment = epoch_us(bound.text or "")
    if moment is None:
        hint = "write it as 2026-01-31 or 2026-01-31T06:00Z"
        raise CompileError(f"{bound.text!r} is no date", span=place, hint=hint)
    return Moment(moment, None, place)


HANDLERS: dict[type, Handler] = {tree.Source: source}
