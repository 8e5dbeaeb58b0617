"""Whole-stream stages: each takes all outputs to its left in the same body."""

from __future__ import annotations

from typing import Final

from ocpiq.analysis import type_checks
from ocpiq.analysis.aggregates import aggregate
from ocpiq.analysis.context import Analysis, Staged
from ocpiq.analysis.joins import join
from ocpiq.analysis.scope import Flow, Scope
from ocpiq.errors import CompileError, Message, did_you_mean, say
from ocpiq.language import tree
from ocpiq.plan import nodes as plan
from ocpiq.plan.blanks import FORMS
from ocpiq.plan.nodes import Operand, Plan, SortKey
from ocpiq.plan.outputs import Outputs
from ocpiq.plan.types import consume
from ocpiq.privacy.sealed import SealedFieldError

WORDS: Final[dict[type, Message]] = {
    tree.Aggregate: say("aggregate"),
    tree.SortBy: say("sort by"),
    tree.Top: say("top"),
    tree.Limit: say("limit"),
    tree.Distinct: say("distinct by"),
    tree.Join: say("join"),
}


def resolve_stage(analysis: Analysis, node: tree.Stage, flow: Flow) -> Staged:
    """Return the plan of a stage."""
    try:
        return _resolve(analysis, node, flow)
    except SealedFieldError as error:
        raise error.read_by(WORDS[type(node)]) from None


def _resolve(analysis: Analysis, node: tree.Stage, flow: Flow) -> Staged:
    match node:
        case tree.Aggregate():
            return aggregate(analysis, node, flow)
        case tree.Limit():
            return _limit(node, flow)
        case tree.SortBy():
            return _sort(analysis, node, flow)
        case tree.Top():
            return _top(analysis, node, flow)
        case tree.Distinct():
            return _distinct(analysis, node, flow)
        case tree.Join():
            return join(analysis, node, flow)


def _limit(node: tree.Limit, flow: Flow) -> Staged:
    count = _count(node.count, flow.after)
    at_most_one = isinstance(count, plan.Constant) and count.value in (0, 1)
    outputs = _some(Outputs.MAYBE if at_most_one else flow.outputs, flow)
    return Staged(plan.Take(flow.body, count, outputs=outputs, span=flow.scope.place(node)), flow.type)


def _sort(analysis: Analysis, node: tree.SortBy, flow: Flow) -> Staged:
    keys = tuple(SortKey(_key(analysis, key, flow, "sort by"), key.direction == "desc") for key in node.keys)
    place = flow.scope.place(node)
    return Staged(plan.Sort(flow.body, keys, None, flow.carried, outputs=flow.outputs, span=place), flow.type)


def _top(analysis: Analysis, node: tree.Top, flow: Flow) -> Staged:
    """Resolve `top n by a, b`: descending by default."""
    keys = tuple(SortKey(_key(analysis, key, flow, "top"), key.direction != "asc") for key in node.keys)
    count, place = _count(node.count, flow.after), flow.scope.place(node)
    outputs = _some(flow.outputs, flow)
    return Staged(plan.Sort(flow.body, keys, count, flow.carried, outputs=outputs, span=place), flow.type)


def _distinct(analysis: Analysis, node: tree.Distinct, flow: Flow) -> Staged:
    for key in node.keys:
        if key.direction:
            hint = "add sort by … after it"
            raise CompileError(
                f"`distinct by` takes no `{key.direction}`", span=flow.scope.place(key), hint=hint
            )
    keys = tuple(_key(analysis, key, flow, "distinct by") for key in node.keys)
    place = flow.scope.place(node)
    return Staged(plan.Distinct(flow.body, keys, outputs=flow.outputs, span=place), flow.type)


def _some(outputs: Outputs, flow: Flow) -> Outputs:
    """Return the outputs of a stage that may drop some."""
    return Outputs.NONE if flow.outputs is Outputs.NONE else max(outputs, Outputs.MAYBE)


def _key(analysis: Analysis, key: tree.Key, flow: Flow, word: str) -> Operand:
    place = flow.scope.place(key)
    plan_node, type_ = analysis.resolve(key.body, flow.scope, flow.type)
    if plan_node.outputs is Outputs.MANY:
        hint = "take one of them, such as first(…), or put them into an array: […]"
        raise CompileError(f"a key of `{word}` must be one value", span=place, hint=hint)
    if word != "distinct by":
        type_checks.check_order(f"`{word}`", type_, key.body, flow.scope)
    consume(type_, place, FORMS["by a"].blanks)
    return Operand(plan_node, type_)


def _count(count: tree.Count, after: Scope) -> Plan:
    """Return the count: a number, or a variable that is set before the first value."""
    place = after.place(count)
    if count.variable is None:
        return plan.Constant(count.number)
    variable = after.variables.get(count.variable)
    if variable is None:
        hint = did_you_mean(count.variable, after.variables).replace("mean ", "mean $")
        raise CompileError(f"${count.variable} is not defined", span=place, hint=hint)
    if variable.unavailable:
        hint = "the count must be known before the first input is read"
        raise CompileError(f"${count.variable} has a value for each input", span=place, hint=hint)
    return plan.Local(variable.name) if variable.name else plan.RunVariable(count.variable)
