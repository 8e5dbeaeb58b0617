"""Values, operators and branches: what their results tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from ocpiq.analysis.roles.influence import (
    NOTHING,
    FieldInfluences,
    Influence,
    computed_value,
    facts,
)
from ocpiq.analysis.roles.tracer import (
    NO_SOURCES,
    UNKNOWN,
    Handler,
    Stream,
    Tracer,
    any_of,
    arranged,
    product,
)
from ocpiq.plan import nodes as plan
from ocpiq.plan.nodes import Plan
from ocpiq.plan.outputs import Outputs


def _identity(tracer: Tracer, node: plan.Identity, value: Influence) -> Stream:
    return Stream(value)


def _known(tracer: Tracer, node: plan.Constant | plan.RunVariable, value: Influence) -> Stream:
    return Stream()


def _local(tracer: Tracer, node: plan.Local, value: Influence) -> Stream:
    return Stream(tracer.locals.get(node.name, UNKNOWN))


def _field(tracer: Tracer, node: plan.Field, value: Influence) -> Stream:
    tracer.consult(value.type_influences())
    return Stream(value.field(node.name))


def _index(tracer: Tracer, node: plan.Index, value: Influence) -> Stream:
    tracer.consult(value.type_influences())
    keys = tracer.trace(node.key, value)
    told = keys.value.tells()
    if not isinstance(node.key, plan.Constant):  # it may be the name of a field
        told |= facts(value.places)
    return Stream(value.items().with_influences(told | value.type_influences()), keys.presence)


def _slice(tracer: Tracer, node: plan.Slice, value: Influence) -> Stream:
    tracer.consult(value.type_influences())
    told = tracer.told(node.start, value) | tracer.told(node.end, value)
    return Stream(arranged(value, told))


def _iterate(tracer: Tracer, node: plan.Iterate, value: Influence) -> Stream:
    return Stream(value.items(), tracer.consult(value.type_influences()), value.combined_sources)


def _pipe(tracer: Tracer, node: plan.Pipe, value: Influence) -> Stream:
    presence, over, mixed = NOTHING, NO_SOURCES, False
    for part in node.parts:
        stream = tracer.trace(part, value)
        value = stream.value
        presence |= stream.presence
        over |= stream.over
        mixed = mixed or stream.mixed
    return Stream(value, presence, over, mixed)


def _comma(tracer: Tracer, node: plan.Comma, value: Influence) -> Stream:
    return any_of([tracer.trace(part, value) for part in node.parts])


def _bind(tracer: Tracer, node: plan.Bind, value: Influence) -> Stream:
    source = tracer.trace(node.source, value)
    tracer.locals[node.name] = source.value
    return product([source, body := tracer.trace(node.body, value)], body.value)


def _make_array(tracer: Tracer, node: plan.MakeArray, value: Influence) -> Stream:
    body = tracer.trace(node.body, value)
    item = body.value if node.body.outputs is not Outputs.NONE else None
    return Stream(Influence(shape=body.presence, item=item, combined_sources=body.over))


def _make_object(tracer: Tracer, node: plan.MakeObject, value: Influence) -> Stream:
    streams: list[Stream] = []
    fields: dict[str, Influence] = {}
    computed_from: FieldInfluences = NOTHING
    for key, inner in node.entries:
        names, part = tracer.trace(key, value), tracer.trace(inner, value)
        streams += [names, part]
        if isinstance(key, plan.Constant):
            fields[str(key.value)] = part.value
        else:
            computed_from |= tracer.consult(names.value.tells()) | part.value.tells()
    return product(streams, Influence(computed_from=computed_from, fields=fields))


def _computed(tracer: Tracer, parts: Iterable[Plan], value: Influence) -> Stream:
    streams = [tracer.trace(part, value) for part in parts]
    told = frozenset().union(*(stream.value.tells() for stream in streams))
    return product(streams, computed_value(tracer.consult(told)))


def _interpolate(tracer: Tracer, node: plan.Interpolate, value: Influence) -> Stream:
    return _computed(tracer, [part for part in node.parts if not isinstance(part, str)], value)


def _operate(tracer: Tracer, node: plan.Operate, value: Influence) -> Stream:
    return _computed(tracer, _terms(node), value)


def _terms(node: plan.Operate) -> list[Plan]:
    """Return the terms of `a + b + c`, which may be many."""
    terms = [node.right.plan]
    left = node.left.plan
    while isinstance(left, plan.Operate):
        terms.append(left.right.plan)
        left = left.left.plan
    return [left, *reversed(terms)]


def _logic(tracer: Tracer, node: plan.Logic, value: Influence) -> Stream:
    left, right = tracer.trace(node.left.plan, value), tracer.trace(node.right.plan, value)
    told = left.value.type_influences() | right.value.type_influences() | left.combined() | right.combined()
    return Stream(computed_value(told), left.presence | right.presence, left.over | right.over)


def _negate(tracer: Tracer, node: plan.Negate, value: Influence) -> Stream:
    return _computed(tracer, [node.body], value)


def _otherwise(tracer: Tracer, node: plan.Otherwise, value: Influence) -> Stream:
    left, right = tracer.trace(node.left.plan, value), tracer.trace(node.right, value)
    both = any_of([left, right])
    told = left.value.type_influences() | left.combined()
    one = node.left.plan.outputs is node.right.outputs is Outputs.ONE
    return Stream(
        both.value.with_influences(told), both.presence | (NOTHING if one else told), both.over, both.mixed
    )


def _if(tracer: Tracer, node: plan.If, value: Influence) -> Stream:
    condition = tracer.trace(node.condition.plan, value)
    then, otherwise = tracer.trace(node.then, value), tracer.trace(node.otherwise, value)
    told = condition.value.type_influences() | condition.combined()
    branches = [
        stream
        for stream, branch in ((then, node.then), (otherwise, node.otherwise))
        if branch.outputs is not Outputs.NONE
    ]
    if not branches:
        presence = condition.presence | told | then.presence | otherwise.presence
        return Stream(UNKNOWN, presence, condition.over)
    both = any_of(branches)
    result = both.value.with_influences(told) if len(branches) > 1 else both.value
    presence = both.presence | condition.presence
    if then is otherwise or node.then.outputs is not Outputs.ONE or node.otherwise.outputs is not Outputs.ONE:
        presence |= told
    return Stream(result, presence, both.over | condition.over, both.mixed)


def _try(tracer: Tracer, node: plan.Try, value: Influence) -> Stream:
    before, tracer.consulted = tracer.consulted, NOTHING
    body = tracer.trace(node.body, value)
    told, tracer.consulted = tracer.consulted, before | tracer.consulted
    if node.handler is None:
        return Stream(body.value, body.presence | told, body.over, body.mixed)
    handler = tracer.trace(node.handler, computed_value(told))
    both = any_of([body, handler])
    return Stream(both.value.with_influences(told), both.presence | told, both.over, mixed=True)


HANDLERS: Final[Mapping[type, Handler]] = {
    plan.Identity: _identity,
    plan.Constant: _known,
    plan.RunVariable: _known,
    plan.Local: _local,
    plan.Field: _field,
    plan.Index: _index,
    plan.Slice: _slice,
    plan.Iterate: _iterate,
    plan.Pipe: _pipe,
    plan.Comma: _comma,
    plan.Bind: _bind,
    plan.MakeArray: _make_array,
    plan.MakeObject: _make_object,
    plan.Interpolate: _interpolate,
    plan.Operate: _operate,
    plan.Logic: _logic,
    plan.Negate: _negate,
    plan.Otherwise: _otherwise,
    plan.If: _if,
    plan.Try: _try,
}
