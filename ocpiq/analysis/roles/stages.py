"""Sources and whole-stream stages: what their results tell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ocpiq.analysis.aggregates import AGGREGATES
from ocpiq.analysis.credits import CANCELLED, CREDIT
from ocpiq.analysis.roles.influence import (
    NOTHING,
    FieldInfluence,
    FieldInfluences,
    Influence,
    computed_value,
    totals,
)
from ocpiq.analysis.roles.tracer import (
    NO_SOURCES,
    UNKNOWN,
    Handler,
    Stream,
    Tracer,
    cut,
)
from ocpiq.plan import nodes as plan
from ocpiq.plan.effects import Effect
from ocpiq.plan.nodes import Plan
from ocpiq.schema import module

IDENTIFIERS: Final = frozenset({"id", "uid", "terminal_id"})  # those of the keys that tell objects apart


def _scan(tracer: Tracer, node: plan.Scan, value: Influence) -> Stream:
    source = tracer.sources[node.source]
    at = frozenset({(node.source, ())})
    one = source.newest is not None and not _several(source.newest)
    over = NO_SOURCES if one else frozenset({node.source})
    if not source.net:
        return Stream(Influence(at), NOTHING, over)
    credits = {FieldInfluence((node.source, (name,)), total=True) for name in (CREDIT, CANCELLED)}
    tracer.locals[node.weight] = computed_value(frozenset(credits))
    return Stream(Influence(at, computed_from=frozenset(credits)), NOTHING, over)


def _several(count: Plan) -> bool:
    """Tell whether a count is known to be more than one."""
    return isinstance(count, plan.Constant) and isinstance(count.value, int | float) and count.value > 1


def _limited(stream: Stream, count: Plan) -> Stream:
    first = cut(stream)
    return first if _several(count) else Stream(first.value, first.presence, NO_SOURCES, first.mixed)


def _take(tracer: Tracer, node: plan.Take, value: Influence) -> Stream:
    return _limited(tracer.trace(node.body, value), node.count)


def _sort(tracer: Tracer, node: plan.Sort, value: Influence) -> Stream:
    body = tracer.trace(node.body, value)
    told = frozenset().union(*(tracer.told(key.value.plan, body.value) for key in node.keys))
    stream = Stream(body.value, body.presence | tracer.consult(told), body.over, body.mixed)
    return stream if node.count is None else _limited(stream, node.count)


def _distinct(tracer: Tracer, node: plan.Distinct, value: Influence) -> Stream:
    body = tracer.trace(node.body, value)
    told = frozenset().union(*(tracer.told(key.plan, body.value) for key in node.keys))
    return cut(Stream(body.value, body.presence | tracer.consult(told), body.over, body.mixed))


def _aggregate(tracer: Tracer, node: plan.Aggregate, value: Influence) -> Stream:
    body = tracer.trace(node.body, value)
    keys: FieldInfluences = NOTHING
    for key in node.keys or ():
        stream = tracer.trace(key.value.plan, body.value)
        tracer.locals[key.local] = stream.value
        keys |= tracer.consult(stream.value.tells()) | stream.presence
    over = frozenset(source for source in body.over if not _one_object(tracer, source, keys | body.presence))
    members = totals(keys | body.presence, over)
    for fold in node.folds:
        tracer.locals[fold.result] = _folded(tracer, fold, body.value, over).with_influences(members)
    tracer.decides |= keys
    result = tracer.trace(node.result, UNKNOWN)
    if node.keys is None:
        return Stream(result.value)
    return Stream(result.value, result.presence | keys | body.presence, body.over)


def _one_object(tracer: Tracer, source: int, told: FieldInfluences) -> bool:
    """Tell whether a group or a filter may leave a single object: it looks at what tells the objects apart."""
    names = set(module(tracer.sources[source].module, tracer.version).key) & IDENTIFIERS
    return any(influence.place in ((source, ()), (source, (name,))) for influence in told for name in names)


def _folded(tracer: Tracer, fold: plan.Fold, value: Influence, over: frozenset[int]) -> Influence:
    weight = tracer.locals[fold.weight].tells() if fold.weight else NOTHING
    if fold.argument is None:
        return computed_value(weight)
    argument = tracer.trace(fold.argument.plan, value)
    told = argument.value.tells() | argument.presence | weight
    tracer.consult(told)
    effect = AGGREGATES[fold.function, 1 if fold.at is None else 2].effect
    if effect is Effect.TOTALS:
        return computed_value(totals(told, over))
    if fold.function == "collect":
        return Influence(shape=argument.presence | weight, item=argument.value, combined_sources=over)
    return computed_value(told)


def _join(tracer: Tracer, node: plan.Join, value: Influence) -> Stream:
    body, right = tracer.trace(node.body, value), tracer.trace(node.right, UNKNOWN)
    tracer.locals[node.row] = right.value
    keys: FieldInfluences = NOTHING
    for key in node.keys:
        keys |= tracer.told(key.left.plan, body.value) | tracer.told(key.right.plan, UNKNOWN)
    tracer.decides |= keys
    tracer.locals[node.name] = right.value.with_influences(keys | right.presence)
    presence = body.presence | (keys | right.presence if node.each else NOTHING)
    return Stream(body.value, presence, body.over | right.over, body.mixed)


HANDLERS: Final[Mapping[type, Handler]] = {
    plan.Scan: _scan,
    plan.Take: _take,
    plan.Sort: _sort,
    plan.Distinct: _distinct,
    plan.Aggregate: _aggregate,
    plan.Join: _join,
}
