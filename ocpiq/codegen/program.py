"""Compiles a plan to a Python function and runs it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from ocpiq.codegen import access, control, expressions, functions, path_tracing, pyast, stages
from ocpiq.codegen.compiler import Compiler
from ocpiq.codegen.namespace import names_for
from ocpiq.errors import CompileError, PrivacyError, RunError, say
from ocpiq.plan import nodes as plan
from ocpiq.plan.query_plan import QueryPlan
from ocpiq.runtime.context import Runtime
from ocpiq.values.types import Value

if TYPE_CHECKING:
    from ocpiq.gate import Shape  # programs on plain JSON do not need it

Scan = Callable[[int], Iterable[Iterable[object]]]  # returns the pages of records of a source

VALUES: Final = {**access.VALUES, **expressions.VALUES, **control.VALUES, **functions.VALUES}
STREAMS: Final = {
    **access.STREAMS,
    **expressions.STREAMS,
    **control.STREAMS,
    **functions.STREAMS,
    **stages.STREAMS,
    **path_tracing.STREAMS,
}
PARAMETERS: Final = ["dot", "runtime", "variables", "scan"]


def _define_function(compiler: Compiler, node: plan.Function) -> None:
    """Write a definition, and its form that traces paths if the program traces any."""
    functions.write_definition(compiler, node)
    if compiler.plan.follows_paths:
        path_tracing.write_traced_definition(compiler, node)


def run_definition(compiler: Compiler) -> ast.stmt:
    """Return the definition of the function that runs the compiler's plan; it yields the outputs."""
    with compiler.function(PARAMETERS) as frame:
        compiler.stream(compiler.plan.body, pyast.name("dot"), compiler.yield_)
        if not frame.yields:
            compiler.add(pyast.empty_generator())
    return compiler.definition(pyast.ENTRY, PARAMETERS, frame)


def create_compiler(query_plan: QueryPlan, shapes: Sequence[Shape | None]) -> Compiler:
    """Return a compiler for all node types."""
    return Compiler(query_plan, shapes, VALUES, STREAMS, path_tracing.TRACES, _define_function)


class Program:
    """A compiled query. `shapes` describes the records of each source."""

    def __init__(self, query_plan: QueryPlan, shapes: Sequence[Shape | None]) -> None:
        compiler = create_compiler(query_plan, shapes)
        try:
            code = pyast.compile_function(run_definition(compiler))
        except (RecursionError, SyntaxError, MemoryError):
            raise CompileError(say("the query is nested too deeply")) from None
        self._run = pyast.load(code, {**names_for(code), **compiler.constants})
        self._nodes_by_line = compiler.nodes_by_line

    def run(
        self, value: Value, runtime: Runtime, variables: Mapping[str, Value], scan: Scan
    ) -> Iterator[Value]:
        """Yield the outputs for one input. An error carries its place in the query."""
        try:
            yield from self._run(value, runtime, variables, scan)  # type: ignore[misc]
        except (RunError, PrivacyError) as error:
            line = pyast.error_line(error.__traceback__)
            if error.span is None and line is not None and 0 < line <= len(self._nodes_by_line):
                error.span = self._nodes_by_line[line - 1].span
            raise
        except RecursionError:
            raise RunError("the program recurses too deeply") from None
