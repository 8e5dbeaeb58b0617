"""A plan as a Python function, and its runs."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from ocpiq.codegen import access, control, expressions, functions, path_tracing, pyast, stages
from ocpiq.codegen.compiler import Compiler
from ocpiq.codegen.symbols import NAMES
from ocpiq.errors import CompileError, PrivacyError, RunError
from ocpiq.gate import Shape
from ocpiq.plan.nodes import Function, QueryPlan
from ocpiq.runtime.context import Runtime
from ocpiq.values.types import Value

Scan = Callable[[int], Iterable[Iterable[object]]]  # the pages of rows of a source

VALUES: Final = {**access.VALUES, **expressions.VALUES, **control.VALUES, **functions.VALUES}
STREAMS: Final = {
    **access.STREAMS,
    **expressions.STREAMS,
    **control.STREAMS,
    **functions.STREAMS,
    **stages.STREAMS,
    **path_tracing.STREAMS,
}
PARAMETERS: Final = ["here", "runtime", "variables", "scan"]


def _define(compiler: Compiler, part: Function) -> None:
    """Write a definition, and the form of it that follows paths where a program follows any."""
    functions.define(compiler, part)
    if compiler.plan.follows_paths:
        path_tracing.define_traced(compiler, part)


def written(compiler: Compiler) -> ast.stmt:
    """Return the definition of the function that runs the compiler's plan; it yields the outputs."""
    with compiler.function(PARAMETERS) as frame:
        compiler.stream(compiler.plan.body, pyast.name("here"), compiler.yield_)
        if not frame.yields:
            compiler.add(pyast.nothing())
    return compiler.definition(pyast.ENTRY, PARAMETERS, frame)


def compiler_of(plan: QueryPlan, shapes: Sequence[Shape | None]) -> Compiler:
    """Return a compiler that knows how to write every part."""
    return Compiler(plan, shapes, VALUES, STREAMS, path_tracing.TRACES, _define)


class Program:
    """A compiled query. `shapes` are those of the rows that the gates of its sources hand on."""

    def __init__(self, plan: QueryPlan, shapes: Sequence[Shape | None]) -> None:
        compiler = compiler_of(plan, shapes)
        try:
            compiled = pyast.compile_function(written(compiler))
        except (RecursionError, SyntaxError, MemoryError):
            raise CompileError("the query is nested too deeply") from None
        self._run = pyast.load(compiled, {**NAMES, **compiler.constants})
        self._parts = compiler.lines

    def run(
        self, value: Value, runtime: Runtime, variables: Mapping[str, Value], scan: Scan
    ) -> Iterator[Value]:
        """Yield the outputs for one input. An error of the query carries its place."""
        try:
            yield from self._run(value, runtime, variables, scan)  # type: ignore[misc]
        except (RunError, PrivacyError) as error:
            line = pyast.line_of(error.__traceback__)
            if error.span is None and line is not None and 0 < line <= len(self._parts):
                error.span = self._parts[line - 1].span
            raise
        except RecursionError:
            raise RunError("the program recurses too deeply") from None
