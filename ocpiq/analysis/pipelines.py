"""Pipelines: filters, binders that hold for all to their right, stages that take all to their left."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import structs

from ocpiq.analysis.bindings import destructure
from ocpiq.analysis.calls import recursive_definition
from ocpiq.analysis.context import Analysis, Handler, Resolved, Wrap, pipe, product_outputs
from ocpiq.analysis.credits import NET, check_keeps_credits, scan_of
from ocpiq.analysis.scope import Definition, Flow, Scope, Variable
from ocpiq.analysis.stages import resolve_stage
from ocpiq.errors import CompileError
from ocpiq.language import tree
from ocpiq.plan import nodes as plan
from ocpiq.plan.nodes import Plan
from ocpiq.plan.outputs import Outputs
from ocpiq.plan.types import NUMBER, Type

LOST = "it had a value per input, and `aggregate` combined all inputs; add it to `by`, or use first(…)"


class PipelineBuilder:
    """A pipeline on its way from left to right.

    `parts` are what follows the last binder; `wraps` are the binders before, each of which makes a plan of the rest.
    The first `once` of them are entered exactly once, so stages stand inside them; `base` is what is known there.
    `carried` are the locals that the other binders set.
    """

    def __init__(self, scope: Scope, type_: Type) -> None:
        self.base = scope
        self.scope = scope
        self.type = type_
        self.parts: list[Plan] = []
        self.wraps: list[tuple[list[Plan], Wrap]] = []
        self.once = 0
        self.outputs = Outputs.ONE
        self.carried: tuple[str, ...] = ()
        self.started = False

    def append(self, plan_node: Plan, type_: Type) -> None:
        """Add a filter."""
        self.parts.append(plan_node)
        self.type = type_
        self.started = True
        scan = scan_of(plan_node)
        if scan is not None and scan.weight:
            self.scope = self.scope.with_variable(NET, Variable(scan.weight, NUMBER))
            self.carried += (scan.weight,)
        self._count(plan_node.outputs)

    def wrap(self, make: Wrap, inside: Scope, outputs: Outputs = Outputs.ONE) -> None:
        """Add a binder: `make` gets the plan of everything to its right, which sees `inside`."""
        before = self.scope
        self.wraps.append((self.parts, make))
        self.parts = []
        self.scope = inside
        self._count(outputs)
        if self.outputs is Outputs.ONE:
            self.once = len(self.wraps)
            self.base = inside
            return
        self.started = self.started or outputs is not Outputs.ONE
        new = {name: var for name, var in inside.variables.items() if before.variables.get(name) is not var}
        self.carried += tuple(variable.name for variable in new.values() if variable.name)

    def plan(self) -> Plan:
        """Return everything so far as one plan."""
        return _wrapped(self.wraps, self.parts)

    def stage(self, analysis: Analysis, node: tree.Stage) -> None:
        """Add a stage: it takes all outputs of what stands inside the binders that are entered once."""
        body = _wrapped(self.wraps[self.once :], self.parts)
        check_keeps_credits(node, self.scope, self.carried)
        flow = Flow(body, self.outputs, self.type, self.scope, self.after(), self.carried)
        staged = resolve_stage(analysis, node, flow)
        self.wraps, self.parts, self.outputs = self.wraps[: self.once], [], Outputs.ONE
        if isinstance(node, tree.Aggregate):
            self.scope, self.carried = flow.after, ()
        else:
            self.scope = structs.replace(self.scope, labels=self.base.labels, repeated=self.base.repeated)
        if staged.joined is not None:
            self.scope = self.scope.with_variable(*staged.joined)
            self.carried += (staged.joined[1].name,)
        self.append(staged.plan, staged.type)

    def after(self) -> Scope:
        """Return what is known once all values were taken together: variables that belonged to each are gone."""
        kept = self.base.variables
        variables = {
            name: variable if kept.get(name) is variable else _lost(variable)
            for name, variable in self.scope.variables.items()
        }
        return structs.replace(self.base, variables=variables)

    def _count(self, outputs: Outputs) -> None:
        self.outputs = self.outputs.then(outputs)
        if self.outputs is Outputs.MANY:
            self.scope = self.scope.again("for every output of what stands before it")


def _wrapped(wraps: list[tuple[list[Plan], Wrap]], parts: list[Plan]) -> Plan:
    plan_node = pipe(*parts)
    for before, make in reversed(wraps):
        plan_node = pipe(*before, make(plan_node))
    return plan_node


def _lost(variable: Variable) -> Variable:
    return Variable(variable.name, variable.type, variable.gone or LOST)


def pipeline(analysis: Analysis, node: tree.Pipeline, scope: Scope, input_type: Type) -> Resolved:
    """Resolve `a | b | …`."""
    walk = PipelineBuilder(scope, input_type)
    for item in node.items:
        handler = BINDERS.get(type(item))
        if handler is not None:
            handler(analysis, item, walk)
        elif isinstance(item, tree.Stage):
            if not walk.started:
                hint = "for example sessions | aggregate count, or .[] | limit 3"
                raise CompileError("a stage needs something to its left", span=scope.place(item), hint=hint)
            walk.stage(analysis, item)
        else:
            walk.append(*analysis.resolve(item, walk.scope, walk.type))  # type: ignore[arg-type]
    return walk.plan(), walk.type


def _bind(analysis: Analysis, item: tree.Bind, walk: PipelineBuilder) -> None:
    source, source_type = analysis.resolve(item.source, walk.scope, walk.type)
    value = plan.Local(analysis.name("bound"))
    inside, wrap = destructure(analysis, item.patterns, value, source_type, walk.scope)
    scan = scan_of(source)
    if scan is not None and scan.weight:
        inside = inside.with_variable(NET, Variable(scan.weight, NUMBER))

    def make(rest: Plan) -> Plan:
        body = wrap(rest)
        return plan.Bind(source, value.name, body, outputs=product_outputs(source, body))

    walk.wrap(make, inside, make(plan.Identity()).outputs)


def define(analysis: Analysis, item: tree.Define, walk: PipelineBuilder) -> None:
    """Add a definition: it is known to everything that follows."""
    made = recursive_definition(analysis, item, walk.scope)
    arity = len(item.parameters)
    if made is None:
        analysis.uncalled[id(item)] = (item, walk.scope)
        inside = walk.scope.with_function(item.name, arity, Definition(item, walk.scope))
        if walk.base is walk.scope:
            walk.base = inside
        walk.scope = inside
        return
    binding, make = made
    walk.wrap(make, walk.scope.with_function(item.name, arity, binding))


def _label(analysis: Analysis, item: tree.Label, walk: PipelineBuilder) -> None:
    name = analysis.name("label")
    inside = walk.scope.with_label(item.name, name)
    walk.wrap(lambda rest: plan.Label(name, rest, outputs=_breakable(rest.outputs)), inside)


def _breakable(outputs: Outputs) -> Outputs:
    return Outputs.MAYBE if outputs is Outputs.ONE else outputs


Binder = Callable[[Analysis, Any, PipelineBuilder], None]  # of the one type of item that it stands for below

BINDERS: Mapping[type, Binder] = {tree.Bind: _bind, tree.Define: define, tree.Label: _label}

HANDLERS: dict[type, Handler] = {tree.Pipeline: pipeline}
