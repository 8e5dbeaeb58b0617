"""From the plan to a Python function, and its runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from ocpiq.analysis.plan import Function, QueryPlan
from ocpiq.engine import access, code, control, edits, expressions, folds, held, paths, stages, traces
from ocpiq.engine.compiler import Compiler
from ocpiq.engine.expressions import format_name
from ocpiq.engine.natives import NATIVES, formats
from ocpiq.engine.runtime import Halted, Left, Runtime
from ocpiq.errors import CompileError, OcpiqError, RunError
from ocpiq.privacy import Shape
from ocpiq.values import arithmetic, order
from ocpiq.values.types import Value

Scan = Callable[[int], Iterable[Iterable[object]]]  # the pages of rows of a source

NAMES: Final[dict[str, object]] = {
    "dict": dict,
    "list": list,
    "str": str,
    "int": int,
    "float": float,
    "object": object,
    "RunError": RunError,
    "Left": Left,
    "add": arithmetic.add,
    "subtract": arithmetic.subtract,
    "multiply": arithmetic.multiply,
    "divide": arithmetic.divide,
    "modulo": arithmetic.modulo,
    "negate": arithmetic.negate,
    "equal": order.equal,
    "less": order.less,
    "less_equal": order.less_equal,
    "greater": order.greater,
    "greater_equal": order.greater_equal,
    "group_key": order.group_key,
    "concatenate": formats.concatenate,
    **{name: getattr(access, name) for name in ("field", "item", "cut", "each", "truth", "object_key")},
    **{name: getattr(access, name) for name in ("whole_number", "no_blank", "no_blank_item", "no_blank_inside")},
    "Edit": edits.Edit,
    **{name: getattr(access, name) for name in ("path_end", "path_step", "path_each", "path_descend")},
    "set": set,
    "sort_key": order.sort_key,
    **held.NAMES,
    **folds.NAMES,
    **{format_name(name): function for name, function in NATIVES.items()},
}
VALUES: Final = {**paths.VALUES, **expressions.VALUES, **control.VALUES}
STREAMS: Final = {
    **paths.STREAMS,
    **expressions.STREAMS,
    **control.STREAMS,
    **stages.STREAMS,
    **traces.STREAMS,
}
PARAMETERS: Final = ["here", "runtime", "variables", "scan"]


def _define(compiler: Compiler, part: Function) -> None:
    """Write a definition, and the form of it that follows paths where a program follows any."""
    control.define(compiler, part)
    if compiler.plan.follows_paths:
        traces.define_traced(compiler, part)


class Program:
    """A compiled query."""

    def __init__(self, plan: QueryPlan, shapes: Sequence[Shape | None]) -> None:
        compiler = Compiler(plan, shapes, VALUES, STREAMS, _define)
        try:
            with compiler.function(code.ENTRY, PARAMETERS) as frame:
                compiler.stream(plan.body, code.name("here"), compiler.yield_)
                if not frame.yields:
                    compiler.add(code.nothing())
            definition = compiler.definition(code.ENTRY, PARAMETERS, frame)
            self._run = code.load(code.compile_function(definition), {**NAMES, **compiler.constants})
        except (RecursionError, SyntaxError, MemoryError):
            raise CompileError("the query is nested too deeply") from None
        self._parts = compiler.lines

    def run(
        self, value: Value, runtime: Runtime, variables: Mapping[str, Value], scan: Scan
    ) -> Iterator[Value]:
        """Yield the outputs for one input. An error carries its place in the query."""
        try:
            yield from self._run(value, runtime, variables, scan)  # type: ignore[misc]
        except OcpiqError as error:
            line = code.line_of(error.__traceback__)
            if error.span is None and line is not None and 0 < line <= len(self._parts):
                error.span = self._parts[line - 1].span
            raise
        except RecursionError:
            raise RunError("the program recurses too deeply") from None


__all__ = ["Halted", "Program", "Runtime", "Scan"]
