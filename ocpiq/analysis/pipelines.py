"""Pipelines: filters, binders (for everything to their right), stages (of everything to their left)."""

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

LOST = "`aggregate` combined all inputs, and it has a value for each; add it to `by`, or use first(…)"


class PipelineBuilder:
    """Builds the plan of a pipeline from left to right.

    `parts` follow the last binder; `wraps` are the binders before it, each a function from the rest to a plan.
    The first `entered_once` of them run exactly once, so stages go inside them; `base` is the scope there.
    `carried` are the locals that the other binders set.
    """

    def __init__(self, scope: Scope, type_: Type) -> None:
        self.base = scope
        self.scope = scope
        self.type = type_
        self.parts: list[Plan] = []
        self.wraps: list[tuple[list[Plan], Wrap]] = []
        self.entered_once = 0
        self.outputs = Outputs.ONE
        self.carried: tuple[str, ...] = ()
        self.started = False

    def copy(self) -> PipelineBuilder:
        """Return a builder that goes on from here."""
        builder = PipelineBuilder(self.scope, self.type)
        builder.base, builder.parts, builder.wraps = self.base, self.parts.copy(), self.wraps.copy()
        builder.entered_once, builder.outputs = self.entered_once, self.outputs
        builder.carried, builder.started = self.carried, self.started
        return builder

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
            self.entered_once = len(self.wraps)
            self.base = inside
            return
        self.started = self.started or outputs is not Outputs.ONE
        new = {name: var for name, var in inside.variables.items() if before.variables.get(name) is not var}
        self.carried += tuple(variable.name for variable in new.values() if variable.name)

    def plan(self) -> Plan:
        """Return everything so far as one plan."""
        return _wrapped(self.wraps, self.parts)

    def stage(self, analysis: Analysis, node: tree.Stage) -> None:
        """Add a stage: it takes all outputs inside the binders that run once."""
        body = _wrapped(self.wraps[self.entered_once :], self.parts)
        check_keeps_credits(node, self.scope, self.carried)
        flow = Flow(body, self.outputs, self.type, self.scope, self.after(), self.carried)
        staged = resolve_stage(analysis, node, flow)
        self.wraps, self.parts, self.outputs = self.wraps[: self.entered_once], [], Outputs.ONE
        if isinstance(node, tree.Aggregate):
            self.scope, self.carried = flow.after, ()
        else:
            self.scope = structs.replace(self.scope, labels=self.base.labels, repeated=self.base.repeated)
        if staged.joined is not None:
            self.scope = self.scope.with_variable(*staged.joined)
            self.carried += (staged.joined[1].name,)
        self.append(staged.plan, staged.type)

    def after(self) -> Scope:
        """Return the scope after a stage combined all values: variables of single values are unavailable."""
        base_variables = self.base.variables
        variables = {
            name: variable if base_variables.get(name) is variable else _unavailable(variable)
            for name, variable in self.scope.variables.items()
        }
        return structs.replace(self.base, variables=variables)

    def _count(self, outputs: Outputs) -> None:
        self.outputs = self.outputs.then(outputs)
        if self.outputs is Outputs.MANY:
            self.scope = self.scope.again("for every output to its left")


def _wrapped(wraps: list[tuple[list[Plan], Wrap]], parts: list[Plan]) -> Plan:
    plan_node = pipe(*parts)
    for before, make in reversed(wraps):
        plan_node = pipe(*before, make(plan_node))
    return plan_node


def _unavailable(variable: Variable) -> Variable:
    return Variable(variable.name, variable.type, variable.unavailable or LOST)


def pipeline(analysis: Analysis, node: tree.Pipeline, scope: Scope, input_type: Type) -> Resolved:
    """Resolve `a | b | …`."""
    builder = PipelineBuilder(scope, input_type)
    for item in node.items:
        add_item(analysis, item, builder)
    return builder.plan(), builder.type


def add_item(analysis: Analysis, item: tree.Item, builder: PipelineBuilder) -> None:
    """Add the next item of a pipeline."""
    handler = BINDERS.get(type(item))
    if handler is not None:
        handler(analysis, item, builder)
    elif isinstance(item, tree.Stage):
        if not builder.started:
            hint = "for example sessions | aggregate count, or .[] | limit 3"
            place = builder.base.place(item)
            raise CompileError("a stage needs something to its left", span=place, hint=hint)
        builder.stage(analysis, item)
    else:
        builder.append(*analysis.resolve(item, builder.scope, builder.type))  # type: ignore[arg-type]


def _bind(analysis: Analysis, item: tree.Bind, builder: PipelineBuilder) -> None:
    source, source_type = analysis.resolve(item.source, builder.scope, builder.type)
    value = plan.Local(analysis.unique_name("bound"))
    inside, wrap = destructure(analysis, item.patterns, value, source_type, builder.scope)
    scan = scan_of(source)
    if scan is not None and scan.weight:
        inside = inside.with_variable(NET, Variable(scan.weight, NUMBER))

    def make(rest: Plan) -> Plan:
        body = wrap(rest)
        return plan.Bind(source, value.name, body, outputs=product_outputs(source, body))

    builder.wrap(make, inside, make(plan.Identity()).outputs)


def define(analysis: Analysis, item: tree.Define, builder: PipelineBuilder) -> None:
    """Add a definition: everything to its right can call it."""
    recursive = recursive_definition(analysis, item, builder.scope)
    arity = len(item.parameters)
    if recursive is None:
        analysis.uncalled[id(item)] = (item, builder.scope)
        inside = builder.scope.with_function(item.name, arity, Definition(item, builder.scope))
        if builder.base is builder.scope:
            builder.base = inside
        builder.scope = inside
        return
    binding, make = recursive
    builder.wrap(make, builder.scope.with_function(item.name, arity, binding))


def _label(analysis: Analysis, item: tree.Label, builder: PipelineBuilder) -> None:
    name = analysis.unique_name("label")
    inside = builder.scope.with_label(item.name, name)
    builder.wrap(lambda rest: plan.Label(name, rest, outputs=_breakable(rest.outputs)), inside)


def _breakable(outputs: Outputs) -> Outputs:
    return Outputs.MAYBE if outputs is Outputs.ONE else outputs


Binder = Callable[[Analysis, Any, PipelineBuilder], None]  # its item has the type of its key below

BINDERS: Mapping[type, Binder] = {tree.Bind: _bind, tree.Define: define, tree.Label: _label}

HANDLERS: dict[type, Handler] = {tree.Pipeline: pipeline}
