"""The sources of a query without its stages: what `ocpiq pull` stores of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from ocpiq.errors import CompileError, Span, say
from ocpiq.language import tree
from ocpiq.language.printer import unparse
from ocpiq.plan.query_plan import SourcePlan
from ocpiq.schema import ModuleName, modules

SHOWS = tree.Pass | tree.Only
BOUNDS = tree.Since | tree.Until | tree.During


class PulledSource(Struct, frozen=True):
    """A source as text: with the clauses that decide what it shows, and the bounds of its window."""

    module: str
    query: str
    bounds: str = ""

    def __str__(self) -> str:
        return f"({self.query}{self.bounds and ' '}{self.bounds})"


def pulled_sources(program: tree.Program, plans: Sequence[SourcePlan]) -> tuple[PulledSource, ...]:
    """Return the sources that a program pulls, each once. Raises CompileError for one that cannot be pulled alone."""
    nodes = {node.span.start: node for node in _sources(program)}
    found: dict[str, tuple[PulledSource, Span]] = {}
    for plan in plans:
        node = nodes.get(plan.span.start)
        if node is None or node.module != plan.module:
            raise CompileError(
                say("{module} is in an imported file", module=ModuleName(plan.module)),
                hint=say("pull with a query that names the source itself"),
            )
        if plan.newest is not None:
            raise CompileError(
                say("newest cannot be pulled into a snapshot"),
                span=plan.span,
                hint=say("write since; queries of the snapshot may have newest"),
            )
        source = _as_text(node)
        before, _ = found.setdefault(plan.module, (source, plan.span))
        if before != source:
            raise CompileError(
                say("a snapshot stores {module} in one way", module=ModuleName(plan.module)),
                span=plan.span,
                hint=say("pull the fields of both sources with one clause"),
            )
    return tuple(source for source, _ in found.values())


def _as_text(node: tree.Source) -> PulledSource:
    shown = tuple(clause for clause in node.clauses if isinstance(clause, SHOWS))
    bounds = (clause for clause in node.clauses if isinstance(clause, BOUNDS))
    query = unparse(replace(node, clauses=shown))
    return PulledSource(node.module, query, " ".join(map(unparse, bounds)))


def _sources(program: tree.Node) -> Iterator[tree.Source]:
    """Yield the sources in a text; one without clauses is a name there."""
    todo: list[tree.Node] = [program]
    while todo:
        node = todo.pop()
        todo.extend(tree.children(node))
        if isinstance(node, tree.Source):
            yield node
        elif isinstance(node, tree.Call) and not node.arguments and node.name in modules():
            yield tree.Source(node.name, (), span=node.span)
