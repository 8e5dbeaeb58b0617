"""The state of one analysis, and the dispatch from a node of the tree to the function that resolves it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from msgspec import Struct

from ocpiq.analysis.scope import Closure, Scope, Variable
from ocpiq.errors import CompileError
from ocpiq.language import tree
from ocpiq.plan import nodes as plan
from ocpiq.plan.nodes import Plan
from ocpiq.plan.outputs import Outputs
from ocpiq.plan.query_plan import SourcePlan
from ocpiq.plan.types import Type

Resolved: TypeAlias = tuple[Plan, Type]
Wrap: TypeAlias = Callable[[Plan], Plan]  # a plan with what stands around it
Handler: TypeAlias = Callable[["Analysis", Any, Scope, Type], Resolved]


class Staged(Struct, frozen=True):
    """A whole-stream stage, resolved; `joined` is the variable that it binds beside each value."""

    plan: Plan
    type: Type
    joined: tuple[str, Variable] | None = None


INLINED_AT_MOST = 20_000  # parts of a plan; beyond, definitions stay functions


class Analysis:
    """What is known while a query is resolved: the sources met, the version, names given out."""

    def __init__(self, handlers: Mapping[type, Handler], version: str, zone: str = "UTC") -> None:
        self.version = version
        self.zone = zone
        self.sources: list[SourcePlan] = []
        self.resolved = 0
        self.follows_paths = False
        self.weights: dict[str, int] = {}  # the sources with `net` by the local of their weights
        self.netted: set[int] = set()  # those whose objects an aggregate takes
        self.called: list[Closure] = []
        self.uncalled: dict[int, tuple[tree.Define, Scope]] = {}  # by identity
        self._handlers = handlers
        self._names = 0

    def resolve(self, node: tree.Expr, scope: Scope, type_: Type) -> Resolved:
        """Return the plan of `node` for an input of type `kind`, and the type of its outputs."""
        self.resolved += 1
        try:
            return self._handlers[type(node)](self, node, scope, type_)
        except RecursionError:
            raise CompileError("the query is nested too deeply") from None

    def check(self, node: tree.Expr, scope: Scope, type_: Type) -> Type:
        """Resolve `node` only for the mistakes that show on an input of type `kind`; return the type of its outputs."""
        sources = len(self.sources)
        _, found = self.resolve(node, scope, type_)
        del self.sources[sources:]
        self.netted = {number for number in self.netted if number < sources}
        return found

    def name(self, type_: str) -> str:
        """Return a new name of the compiler's own; nothing of the query's text is in it."""
        self._names += 1
        return f"{type_}{self._names}"


def pipe(*parts: Plan) -> Plan:
    """Return the parts one after the other, flat."""
    flat: list[Plan] = []
    outputs = Outputs.ONE
    for part in parts:
        outputs = outputs.then(part.outputs)
        if isinstance(part, plan.Pipe):
            flat.extend(part.parts)
        elif not isinstance(part, plan.Identity):
            flat.append(part)
    if not flat:
        return plan.Identity()
    return flat[0] if len(flat) == 1 else plan.Pipe(tuple(flat), outputs=outputs)


def product_outputs(*parts: Plan) -> Outputs:
    """Return the outputs of something computed for each combination of the parts' outputs."""
    outputs = Outputs.ONE
    for part in parts:
        outputs = outputs.then(part.outputs)
    return outputs
