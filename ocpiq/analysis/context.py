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
from ocpiq.privacy.demand import DemandContents
from ocpiq.schema import OwnForm, SchemaModule, module, read_as

Resolved: TypeAlias = tuple[Plan, Type]
Wrap: TypeAlias = Callable[[Plan], Plan]  # adds a binder around a plan
Handler: TypeAlias = Callable[["Analysis", Any, Scope, Type], Resolved]


class Staged(Struct, frozen=True):
    """A resolved whole-stream stage; `joined` is the variable that it binds for each value."""

    plan: Plan
    type: Type
    joined: tuple[str, Variable] | None = None


class Snapshot(Struct, frozen=True):
    """An analysis at one moment, to go back to; `demands` are the contents of those of its sources."""

    sources: tuple[SourcePlan, ...]
    demands: tuple[DemandContents, ...]
    resolved: int
    follows_paths: bool
    weights: dict[str, int]
    netted: frozenset[int]
    called: tuple[Closure, ...]
    uncalled: dict[int, tuple[tree.Define, Scope]]
    names: int


INLINED_AT_MOST = 20_000  # nodes resolved; beyond it, no definition is inlined


class Analysis:
    """The state while a query is resolved: its sources, the version, the names in use."""

    def __init__(
        self,
        handlers: Mapping[type, Handler],
        version: str,
        zone: str = "UTC",
        *,
        several_platforms: bool = False,
        any_version: bool = False,
        own: tuple[OwnForm, ...] = (),
    ) -> None:
        self.version = version
        self.own = own
        self.any_version = any_version
        self.several_platforms = several_platforms
        self.zone = zone
        self.sources: list[SourcePlan] = []
        self.resolved = 0
        self.follows_paths = False
        self.explores = False  # while an error is not a mistake of the query
        self.weights: dict[str, int] = {}  # the sources with `net` by the local of their weights
        self.companions: dict[int, str] = {}  # the locals with the sealed numbers, by source
        self.netted: set[int] = set()  # those that an aggregate reads
        self.called: list[Closure] = []
        self.uncalled: dict[int, tuple[tree.Define, Scope]] = {}  # by identity
        self.handlers = handlers
        self._names = 0

    def module(self, name: str) -> SchemaModule:
        """Return the schema of a module, in the form asked for if the platforms have another one.

        CompileError if a platform's version has no such module.
        """
        if not self.own:
            return module(name, self.version)
        known = module(name, self.version).versions
        lacking = next(
            (v for v in (self.version, *(form.version for form in self.own)) if v not in known), ""
        )
        if lacking:
            raise CompileError(f"OCPI {lacking} has no module {name}", hint="leave out --as")
        return read_as(name, self.version, self.own)

    def resolve(self, node: tree.Expr, scope: Scope, type_: Type) -> Resolved:
        """Return the plan of `node` for an input of type `type_`, and the type of its outputs."""
        self.resolved += 1
        try:
            return self.handlers[type(node)](self, node, scope, type_)
        except RecursionError:
            raise CompileError("the query is nested too deeply") from None

    def check(self, node: tree.Expr, scope: Scope, type_: Type) -> Type:
        """Resolve `node` only to find its mistakes; return the type of its outputs."""
        sources = len(self.sources)
        _, output_type = self.resolve(node, scope, type_)
        del self.sources[sources:]
        self.netted = {number for number in self.netted if number < sources}
        return output_type

    def explore(self, node: tree.Expr, scope: Scope, type_: Type) -> Type | None:
        """Return the type of the outputs of `node`; None if it cannot be resolved, which is not a mistake.

        Raises PrivacyError.
        """
        explores, self.explores = self.explores, True
        try:
            return self.check(node, scope, type_)
        except CompileError:
            return None
        finally:
            self.explores = explores

    def snapshot(self) -> Snapshot:
        """Return the state of this moment."""
        return Snapshot(
            tuple(self.sources),
            tuple(source.demand.contents() for source in self.sources),
            self.resolved,
            self.follows_paths,
            dict(self.weights),
            frozenset(self.netted),
            tuple(self.called),
            dict(self.uncalled),
            self._names,
        )

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to a moment of this analysis, or of an earlier one of the same start of a query."""
        self.sources = list(snapshot.sources)
        for source, contents in zip(self.sources, snapshot.demands, strict=True):
            source.demand.reset(contents)
        self.resolved, self.follows_paths = snapshot.resolved, snapshot.follows_paths
        self.weights, self.netted = dict(snapshot.weights), set(snapshot.netted)
        self.called, self.uncalled = list(snapshot.called), dict(snapshot.uncalled)
        self._names = snapshot.names

    def unique_name(self, prefix: str) -> str:
        """Return a new name for generated code, without any text of the query."""
        self._names += 1
        return f"{prefix}{self._names}"


def pipe(*parts: Plan) -> Plan:
    """Return the nodes as one flat pipe."""
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
    """Return how many combinations the outputs of these nodes have."""
    outputs = Outputs.ONE
    for part in parts:
        outputs = outputs.then(part.outputs)
    return outputs
