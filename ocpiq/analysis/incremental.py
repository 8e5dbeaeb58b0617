"""Analyses a query while it is written: from the first step that changed, and on after an error."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from msgspec import Struct

from ocpiq.analysis import HANDLERS, analyze
from ocpiq.analysis.context import Analysis, Handler, Resolved, Snapshot
from ocpiq.analysis.modules import Library
from ocpiq.analysis.pipelines import PipelineBuilder, add_item
from ocpiq.analysis.scope import Scope
from ocpiq.errors import OcpiqError, Span
from ocpiq.language import tree
from ocpiq.plan import nodes as plan
from ocpiq.plan.query_plan import QueryPlan
from ocpiq.plan.types import ObjectType, OpaqueType, SourceType, Type
from ocpiq.schema import OwnForm

RECENT: Final = 8  # pipelines that are kept: the query's, that of its start up to the cursor, that with a fix
UNKNOWN: Final = OpaqueType(clean=True)
KEEPS_TYPE: Final = (tree.SortBy, tree.Top, tree.Limit, tree.Distinct)


class Step(Struct, frozen=True):
    """The analysis after an item of the query's pipeline; `mistake` is the first error so far."""

    item: tree.Item
    after: Snapshot
    builders: tuple[PipelineBuilder, ...]
    mistake: OcpiqError | None
    fields: tuple[tuple[Span, Type], ...]


class Chain(Struct, frozen=True):
    """The steps of one pipeline, analysed with these `settings`."""

    settings: tuple[object, ...]
    steps: list[Step]


class IncrementalAnalysis:
    """Analyses versions of one query: equal steps at the start of its pipeline, which are the same nodes, only once.

    An error ends no analysis: what cannot be resolved has an unknown type, and the first error is the `mistake` of the
    last analysis. For suggestions, colours and the bottom line; never for a run.
    """

    def __init__(self) -> None:
        self.mistake: OcpiqError | None = None
        self.fields: list[
            tuple[Span, Type]
        ] = []  # the paths and keys in the query's own text, with their types
        self._chains: list[Chain] = []
        self._settings: tuple[object, ...] = ()
        self._program: tree.Program | None = None
        noted: dict[type, Handler] = {
            tree.Path: self._noting_path(HANDLERS[tree.Path]),
            tree.Object: self._noting_keys,
        }
        self._handlers = {node: self._lenient(handler) for node, handler in {**HANDLERS, **noted}.items()}

    def analyze(
        self,
        program: tree.Program,
        *,
        version: str,
        givens: Collection[str] = (),
        library: Library | None = None,
        zone: str = "UTC",
        several_platforms: bool = False,
        any_version: bool = False,
        own: tuple[OwnForm, ...] = (),
        handlers: Mapping[type, Handler] | None = None,
    ) -> QueryPlan:
        """Return the plan of a program, as far as it can be resolved; set `mistake`.

        `handlers` replace those of some nodes. Raises the first error if nothing can be resolved.
        """
        self._settings = (version, tuple(givens), zone, several_platforms, any_version, own, program.imports)
        self._program, self.mistake, self.fields = program, None, []
        special = {
            node: self._lenient(self._noting_path(handler) if node is tree.Path else handler)
            for node, handler in (handlers or {}).items()
        }
        try:
            return analyze(
                program,
                version=version,
                givens=givens,
                library=library,
                zone=zone,
                several_platforms=several_platforms,
                any_version=any_version,
                own=own,
                handlers={**self._handlers, tree.Pipeline: self._pipeline, **special},
                for_run=False,
            )
        except OcpiqError as error:
            self._note(error)
            raise (self.mistake or error) from None

    def _pipeline(self, analysis: Analysis, node: tree.Pipeline, scope: Scope, type_: Type) -> Resolved:
        """Resolve a pipeline, that of the query from its first new step."""
        if not self._is_body(node):
            return self._handlers[tree.Pipeline](analysis, node, scope, type_)
        inner = node.items[-1]
        items = (*node.items[:-1], *inner.items) if isinstance(inner, tree.Pipeline) else node.items
        first_inner = len(node.items) - 1 if isinstance(inner, tree.Pipeline) else len(items)
        builders: tuple[PipelineBuilder, ...] = (PipelineBuilder(scope, type_),)
        steps = self._known_steps(items)
        if steps:
            builders, self.mistake = steps[-1].builders, steps[-1].mistake
            self.fields = list(steps[-1].fields)
            analysis.restore(steps[-1].after)
        for number, item in enumerate(items[len(steps) :], len(steps)):
            if number == first_inner:
                builders = (*builders, PipelineBuilder(builders[0].scope, builders[0].type))
            builders = (*builders[:-1], self._with_item(analysis, builders[-1], item))
            steps.append(Step(item, analysis.snapshot(), builders, self.mistake, tuple(self.fields)))
        self._chains = [Chain(self._settings, steps), *self._chains][:RECENT]
        if len(builders) == 1:
            return builders[0].plan(), builders[0].type
        outer = builders[0].copy()
        outer.append(builders[1].plan(), builders[1].type)
        return outer.plan(), outer.type

    def _is_body(self, node: tree.Pipeline) -> bool:
        """Tell whether a pipeline is that of the query: with its definitions, or inside brackets around the query."""
        program = self._program
        if program is None or program.body is None:
            return False
        body = program.body
        if program.definitions:
            return node.items[0] is program.definitions[0] and node.items[-1] is body
        while isinstance(body, tree.Array | tree.Paren) and body.body is not None:
            body = body.body
        return node is body

    def _known_steps(self, items: Sequence[tree.Item]) -> list[Step]:
        """Return the steps of the first items, if the same nodes were analysed before."""
        known: list[Step] = []
        for chain in self._chains:
            if chain.settings == self._settings:
                pairs = zip(chain.steps, items, strict=False)
                size = next((n for n, (step, item) in enumerate(pairs) if step.item is not item), None)
                size = min(len(chain.steps), len(items)) if size is None else size
                known = chain.steps[:size] if size > len(known) else known
        return known

    def _with_item(self, analysis: Analysis, builder: PipelineBuilder, item: tree.Item) -> PipelineBuilder:
        """Return the builder with one more item, after an error with an unknown value instead."""
        longer, start, is_first = builder.copy(), len(analysis.sources), self.mistake is None
        try:
            add_item(analysis, item, longer)
        except OcpiqError as error:
            self._note(error)
            del analysis.sources[start:]
            if is_first:  # once more, now that blanks are unknown values
                return self._with_item(analysis, builder, item)
            longer = builder.copy()
            longer.append(plan.Identity(), longer.type if isinstance(item, KEEPS_TYPE) else UNKNOWN)
        return longer

    def _noting_path(self, default: Handler) -> Handler:
        """Return the handler of paths, which notes their types."""

        def path(analysis: Analysis, node: tree.Path, scope: Scope, type_: Type) -> Resolved:
            resolved = default(analysis, node, scope, type_)
            is_written = node.base.span != node.span  # and not the key of a join without `on`
            if is_written and scope.at is None and not scope.imported:
                self.fields.append((node.span, resolved[1]))
            return resolved

        return path

    def _noting_keys(self, analysis: Analysis, node: tree.Object, scope: Scope, type_: Type) -> Resolved:
        """Resolve an object, and note the types of keys such as `{id}`."""
        resolved = HANDLERS[tree.Object](analysis, node, scope, type_)
        if isinstance(resolved[1], ObjectType) and scope.at is None and not scope.imported:
            for entry in node.entries:
                text = entry.key.parts[0] if isinstance(entry.key, tree.Text) else None
                if entry.value is None and isinstance(text, str) and text in resolved[1].fields:
                    self.fields.append((entry.key.span, resolved[1].fields[text]))
        return resolved

    def _note(self, error: OcpiqError) -> None:
        self.mistake = self.mistake or error

    def _lenient(self, default: Handler) -> Handler:
        """Return a handler that resolves an error, and after the first one a blank, to a value of unknown type."""

        def handle(analysis: Analysis, node: tree.Expr, scope: Scope, type_: Type) -> Resolved:
            start, is_first = len(analysis.sources), self.mistake is None
            try:
                plan_node, result_type = default(analysis, node, scope, type_)
            except OcpiqError as error:
                if analysis.explores:
                    raise
                self._note(error)
                del analysis.sources[start:]
                # Once more, now that blanks are unknown values: the parts of the node were resolved without an error.
                return handle(analysis, node, scope, type_) if is_first else (plan.Identity(), UNKNOWN)
            if self.mistake is None or not isinstance(result_type, SourceType):
                return plan_node, result_type
            return plan_node, UNKNOWN if result_type.view.visibility == "blank" else result_type

        return handle
