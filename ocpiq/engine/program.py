"""A plan as a Python function, and its runs."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from ocpiq.analysis.plan import Function, QueryPlan
from ocpiq.engine import code, control, expressions, functions, paths, stages, traces
from ocpiq.engine.compiler import Compiler
from ocpiq.engine.names import NAMES
from ocpiq.engine.runtime import Runtime
from ocpiq.errors import CompileError, PrivacyError, RunError
from ocpiq.privacy import Shape
from ocpiq.values.types import Value

Scan = Callable[[int], Iterable[Iterable[object]]]  # the pages of rows of a source

VALUES: Final = {**paths.VALUES, **expressions.VALUES, **control.VALUES, **functions.VALUES}
STREAMS: Final = {
    **paths.STREAMS,
    **expressions.STREAMS,
    **control.STREAMS,
    **functions.STREAMS,
    **stages.STREAMS,
    **traces.STREAMS,
}
PARAMETERS: Final = ["here", "runtime", "variables", "scan"]


def _define(compiler: Compiler, part: Function) -> None:
    """Write a definition, and the form of it that follows paths where a program follows any."""
    functions.define(compiler, part)
    if compiler.plan.follows_paths:
        traces.define_traced(compiler, part)


def written(compiler: Compiler) -> ast.stmt:
    """Return the definition of the function that runs the compiler's plan; it yields the outputs."""
    with compiler.function(PARAMETERS) as frame:
        compiler.stream(compiler.plan.body, code.name("here"), compiler.yield_)
        if not frame.yields:
            compiler.add(code.nothing())
    return compiler.definition(code.ENTRY, PARAMETERS, frame)


def compiler_of(plan: QueryPlan, shapes: Sequence[Shape | None]) -> Compiler:
    """Return a compiler that knows how to write every part."""
    return Compiler(plan, shapes, VALUES, STREAMS, traces.TRACES, _define)


class Program:
    """A compiled query. `shapes` are those of the rows that the gates of its sources hand on."""

    def __init__(self, plan: QueryPlan, shapes: Sequence[Shape | None]) -> None:
        compiler = compiler_of(plan, shapes)
        try:
            compiled = code.compile_function(written(compiler))
        except (RecursionError, SyntaxError, MemoryError):
            raise CompileError("the query is nested too deeply") from None
        self._run = code.load(compiled, {**NAMES, **compiler.constants})
        self._parts = compiler.lines

    def run(
        self, value: Value, runtime: Runtime, variables: Mapping[str, Value], scan: Scan
    ) -> Iterator[Value]:
        """Yield the outputs for one input. An error of the query carries its place."""
        try:
            yield from self._run(value, runtime, variables, scan)  # type: ignore[misc]
        except (RunError, PrivacyError) as error:
            line = code.line_of(error.__traceback__)
            if error.span is None and line is not None and 0 < line <= len(self._parts):
                error.span = self._parts[line - 1].span
            raise
        except RecursionError:
            raise RunError("the program recurses too deeply") from None
