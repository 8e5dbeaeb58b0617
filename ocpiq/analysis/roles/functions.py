"""Loops, functions, paths and builtins: what their results tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from ocpiq.analysis.builtins import BUILTINS
from ocpiq.analysis.roles.influence import (
    NOTHING,
    FieldInfluences,
    Influence,
    computed_value,
)
from ocpiq.analysis.roles.tracer import (
    UNKNOWN,
    Handler,
    Stream,
    Tracer,
    arranged,
    cut,
    product,
)
from ocpiq.plan import nodes as plan
from ocpiq.plan.effects import Effect
from ocpiq.plan.nodes import Plan
from ocpiq.plan.outputs import Outputs
from ocpiq.plan.walk import descendants


def _state(
    tracer: Tracer, node: plan.Reduce | plan.Foreach, value: Influence
) -> tuple[Stream, Stream, Influence]:
    """Return the outputs of the source and of the body, and the state once another step tells nothing more."""
    source = tracer.trace(node.source, value)
    start = tracer.trace(node.start, value)
    tracer.locals[node.name] = source.value
    told = start.value.tells() | start.presence | source.combined()
    while True:
        state = computed_value(told)
        if node.state:
            tracer.locals[node.state] = state
        body = tracer.trace(node.update, state)
        new = tracer.locals[node.state] if node.state else body.value
        more = told | new.tells() | body.presence
        if more == told:
            return source, body, state
        told = more


def _reduce(tracer: Tracer, node: plan.Reduce, value: Influence) -> Stream:
    _, _, state = _state(tracer, node, value)
    return Stream(state, tracer.trace(node.start, value).presence)


def _foreach(tracer: Tracer, node: plan.Foreach, value: Influence) -> Stream:
    source, body, _ = _state(tracer, node, value)
    return Stream(body.value, source.presence | body.presence, source.over | body.over, body.mixed)


def _label(tracer: Tracer, node: plan.Label, value: Influence) -> Stream:
    return cut(tracer.trace(node.body, value))


def _break(tracer: Tracer, node: plan.Break, value: Influence) -> Stream:
    return Stream()


def _function(tracer: Tracer, node: plan.Function, value: Influence) -> Stream:
    tracer.functions[node.name] = node.definition
    return tracer.trace(node.body, value)


def _invoke(tracer: Tracer, node: plan.Invoke, value: Influence) -> Stream:
    told = tracer.consult(tracer.everything(value, node))
    return Stream(computed_value(told), told, value.combined_sources)


def _parameter(tracer: Tracer, node: plan.Parameter, value: Influence) -> Stream:
    return Stream(computed_value(value.tells()), value.tells())


LITERAL: Final = (
    plan.Field,
    plan.Iterate,
    plan.Pipe,
    plan.Comma,
    plan.Identity,
    plan.Try,
    plan.Constant,
    plan.If,
)


def _paths(tracer: Tracer, node: plan.Paths, value: Influence) -> Stream:
    body = tracer.trace(node.body, value)
    literal = all(isinstance(part, LITERAL) for part in descendants(node.body) if isinstance(part, Plan))
    told = NOTHING if literal else value.tells() | body.value.tells()
    return Stream(computed_value(told), body.presence)


def _modify(tracer: Tracer, node: plan.Modify, value: Influence) -> Stream:
    told = tracer.told(node.paths, value) | value.tells()
    told |= tracer.told(node.update, computed_value(told))
    return Stream(computed_value(tracer.consult(told)))


def _native(tracer: Tracer, node: plan.Native, value: Influence) -> Stream:
    builtin = BUILTINS[node.name, len(node.arguments)]
    arguments = [tracer.trace(argument.plan, value) for argument in node.arguments]
    told: FieldInfluences = frozenset().union(*(stream.value.tells() for stream in arguments))
    operand = value if builtin.reads else UNKNOWN
    result, presence = EFFECTS[builtin.effect](operand, told)
    both = operand.tells() | told
    if builtin.effect is Effect.PRINTS:
        tracer.printed |= both
    if builtin.effect is not Effect.PASSES_THROUGH:
        tracer.consult(both)
    stream = product(arguments, result)
    if builtin.outputs is not Outputs.ONE:
        presence |= both
    return Stream(stream.value, stream.presence | presence, stream.over)


EFFECTS: Final[Mapping[Effect, Callable[[Influence, FieldInfluences], tuple[Influence, FieldInfluences]]]] = {
    Effect.PASSES_THROUGH: lambda value, told: (value.with_influences(told), NOTHING),
    Effect.PRINTS: lambda value, told: (value.with_influences(told), NOTHING),
    Effect.COMPUTES: lambda value, told: (computed_value(value.tells() | told), NOTHING),
    Effect.COUNTS: lambda value, told: (computed_value(value.type_influences() | told), NOTHING),
    Effect.REORDERS: lambda value, told: (arranged(value, told or value.tells()), NOTHING),
    Effect.GROUPS: lambda value, told: (
        Influence(
            shape=value.shape | told, item=arranged(value, told), combined_sources=value.combined_sources
        ),
        NOTHING,
    ),
    Effect.PICKS: lambda value, told: (
        value.items().with_influences(value.type_influences() | (told or value.tells())),
        NOTHING,
    ),
    Effect.DECIDES: lambda value, told: (UNKNOWN, value.tells() | told),
}


HANDLERS: Final[Mapping[type, Handler]] = {
    plan.Reduce: _reduce,
    plan.Foreach: _foreach,
    plan.Label: _label,
    plan.Break: _break,
    plan.Native: _native,
    plan.Function: _function,
    plan.Invoke: _invoke,
    plan.Parameter: _parameter,
    plan.Paths: _paths,
    plan.Modify: _modify,
}
