"""Pipelines: filters, binders that hold for all to their right, stages that take all to their left."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ocpiq.analysis.bindings import destructure
from ocpiq.analysis.calls import recursive_definition
from ocpiq.analysis.context import Analysis, Handler, Resolved, pipe, product
from ocpiq.analysis.plan import Bind, Labelled, Local, Outputs, Plan
from ocpiq.analysis.scope import Definition, Scope, Variable
from ocpiq.analysis.stages import STAGES, resolve_stage
from ocpiq.analysis.types import Type
from ocpiq.errors import CompileError
from ocpiq.language import tree

Wrap = Callable[[Plan], Plan]

LOST = "it belonged to each value, and a stage took all values together; put it into `by`, or use first(…)"


class Walk:
    """A pipeline on its way from left to right.

    `parts` are what follows the last binder; `wraps` are the binders before, each of which makes a plan of the rest.
    """

    def __init__(self, scope: Scope, kind: Type) -> None:
        self.outer = scope
        self.scope = scope
        self.kind = kind
        self.parts: list[Plan] = []
        self.wraps: list[tuple[list[Plan], Wrap]] = []
        self.outputs = Outputs.ONE
        self.kept: dict[str, Variable] = dict(scope.variables)
        self.started = False

    def append(self, plan: Plan, kind: Type) -> None:
        """Add a filter."""
        self.parts.append(plan)
        self.kind = kind
        self._count(plan.outputs)

    def wrap(self, make: Wrap, outputs: Outputs = Outputs.ONE) -> None:
        """Add a binder: `make` gets the plan of everything to its right."""
        self.wraps.append((self.parts, make))
        self.parts = []
        self._count(outputs)

    def plan(self) -> Plan:
        """Return everything so far as one plan."""
        plan = pipe(*self.parts)
        for before, make in reversed(self.wraps):
            plan = pipe(*before, make(plan))
        return plan

    def restart(self, plan: Plan, kind: Type) -> None:
        """Go on with a stage's outputs; variables that belonged to each value are gone."""
        kept = {
            name: variable if name in self.kept and self.kept[name] is variable else _lost(variable)
            for name, variable in self.scope.variables.items()
        }
        self.scope = Scope(self.scope.functions, kept, self.outer.labels, self.outer.repeated, self.outer.at)
        self.parts, self.wraps, self.outputs = [], [], Outputs.ONE
        self.append(plan, kind)

    def _count(self, outputs: Outputs) -> None:
        self.started = True
        self.outputs = self.outputs.then(outputs)
        if self.outputs is Outputs.MANY:
            self.scope = self.scope.again("for every output of what stands before it")


def _lost(variable: Variable) -> Variable:
    return Variable(variable.name, variable.kind, variable.gone or LOST)


def pipeline(analysis: Analysis, node: tree.Pipeline, scope: Scope, kind: Type) -> Resolved:
    """Resolve `a | b | …`."""
    walk = Walk(scope, kind)
    for item in node.items:
        handler = BINDERS.get(type(item))
        if handler is not None:
            handler(analysis, item, walk)
        elif isinstance(item, STAGES):
            if not walk.started:
                raise CompileError("a stage needs something to its left", span=walk.scope.place(item))
            walk.restart(*resolve_stage(analysis, item, walk.plan(), walk.outputs, walk.scope, walk.kind))
        else:
            walk.append(*analysis.resolve(item, walk.scope, walk.kind))  # type: ignore[arg-type]
    return walk.plan(), walk.kind


def _bind(analysis: Analysis, item: tree.Bind, walk: Walk) -> None:
    source, source_kind = analysis.resolve(item.source, walk.scope, walk.kind)
    value = Local(analysis.name("bound"))
    once = walk.outputs is Outputs.ONE and source.outputs is Outputs.ONE
    walk.scope, wrap = destructure(analysis, item.patterns, value, source_kind, walk.scope)
    if once:
        walk.kept = {**walk.kept, **walk.scope.variables}

    def make(rest: Plan) -> Plan:
        body = wrap(rest)
        return Bind(source, value.name, body, outputs=product(source, body))

    walk.wrap(make, source.outputs)


def define(analysis: Analysis, item: tree.Define, walk: Walk) -> None:
    """Add a definition: it is known to everything that follows."""
    made = recursive_definition(analysis, item, walk.scope)
    arity = len(item.parameters)
    if made is None:
        walk.scope = walk.scope.with_function(item.name, arity, Definition(item, walk.scope))
        return
    binding, make = made
    walk.scope = walk.scope.with_function(item.name, arity, binding)
    started = walk.started
    walk.wrap(make)
    walk.started = started


def _label(analysis: Analysis, item: tree.Label, walk: Walk) -> None:
    name = analysis.name("label")
    walk.scope = walk.scope.with_label(item.name, name)
    walk.wrap(lambda rest: Labelled(name, rest, outputs=_breakable(rest.outputs)))


def _breakable(outputs: Outputs) -> Outputs:
    return Outputs.MAYBE if outputs is Outputs.ONE else outputs


BINDERS: Mapping[type, Callable[[Analysis, object, Walk], None]] = {
    tree.Bind: _bind,  # type: ignore[dict-item]
    tree.Define: define,  # type: ignore[dict-item]
    tree.Label: _label,  # type: ignore[dict-item]
}

HANDLERS: dict[type, Handler] = {tree.Pipeline: pipeline}
