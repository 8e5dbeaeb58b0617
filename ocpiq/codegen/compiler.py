"""From the plan to Python: the walk over the parts, and what they share.

Each part is written in one of three ways. `value` returns an expression for a part with exactly one output, after
writing the statements that it needs. `stream` writes loops and conditions around what `use` writes for an output;
it calls `use` at most once, so that no code is written twice. `trace` does the same, and each output comes with the
path that it was taken from.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from ocpiq.codegen import pyast
from ocpiq.codegen.emitter import Emitter
from ocpiq.gate import Shape
from ocpiq.plan.nodes import Function, Outputs, Plan, QueryPlan
from ocpiq.plan.types import BOOLEAN, ScalarType, SourceType, Type, clean

Use: TypeAlias = Callable[[ast.expr], None]
ValueOf: TypeAlias = Callable[["Compiler", Any, ast.expr], ast.expr]
StreamOf: TypeAlias = Callable[["Compiler", Any, ast.expr, Use], None]


class PathPosition(NamedTuple):
    """Where the program is: the path (a tuple of keys), what stands there, and `.`; names or constants.

    Both values are the same object as long as the program only walks; where it computes, they differ.
    """

    path: ast.expr
    at: ast.expr
    here: ast.expr


UsePosition: TypeAlias = Callable[[PathPosition], None]
PathsOf: TypeAlias = Callable[["Compiler", Any, PathPosition, UsePosition], None]


class Compiler(Emitter):
    """Writes one function for a plan; `shapes` are those of the rows that the gates of its sources hand on."""

    def __init__(
        self,
        plan: QueryPlan,
        shapes: Sequence[Shape | None],
        values: Mapping[type, ValueOf],
        streams: Mapping[type, StreamOf],
        traces: Mapping[type, PathsOf],
        define: Callable[[Compiler, Function], None],
    ) -> None:
        super().__init__()
        self.plan = plan
        self.shapes = shapes
        self.lines: list[Plan] = []
        self.edits: dict[int, str] = {}  # by identity of a Modify, the edit that goes on from turn to turn
        self.ends_path = True  # whether a path ends in the part that is traced, or goes on after it
        self._values = values
        self._streams = streams
        self._traces = traces
        self._define = define

    def value(self, part: Plan, here: ast.expr) -> ast.expr:
        """Return an expression for the one output of `part`; `here` is its input, a name or a constant."""
        write = self._values.get(type(part))
        if write is not None and part.outputs is Outputs.ONE:
            return write(self, part, here)
        result = self.fresh()
        self.assign(result, pyast.constant(None))
        self._streams[type(part)](self, part, here, lambda output: self.assign(result, output))
        return pyast.name(result)

    def stream(self, part: Plan, here: ast.expr, use: Use) -> None:
        """Write `use` for each output of `part`."""
        if part.outputs is Outputs.ONE and type(part) in self._values:
            use(self.value(part, here))
        else:
            self._streams[type(part)](self, part, here, use)

    def trace(self, part: Plan, spot: PathPosition, use: UsePosition) -> None:
        """Write `use` for each output of `part` and where it stands."""
        write = self._traces.get(type(part))
        if write is not None:
            write(self, part, spot, use)
        else:  # a computed value: it stands nowhere, unless it happens to be what stands there
            self.stream(
                part, spot.here, lambda output: use(PathPosition(spot.path, spot.at, self.named(output)))
            )

    def values(self, parts: Sequence[Plan], here: ast.expr) -> list[ast.expr]:
        """Return expressions for parts of one output each, evaluated in this order."""
        results: list[ast.expr] = []
        for part in parts:
            written = len(self.block)
            result = self.value(part, here)
            # Statements came: what stands before them must be evaluated before them.
            if len(self.block) > written:
                for index, earlier in enumerate(results):
                    if not pyast.simple(earlier):
                        name = self.fresh()
                        self.frame.owned.add(name)
                        self.block.insert(written, pyast.assign(name, earlier))
                        written += 1
                        results[index] = pyast.name(name)
            results.append(result)
        return results

    def each_combination(
        self, parts: Sequence[Plan], here: ast.expr, use: Callable[[list[ast.expr]], None]
    ) -> None:
        """Write `use` for each combination of the parts' outputs; the last part varies fastest."""

        def go(index: int, outputs: list[ast.expr]) -> None:
            if index == len(parts):
                use(outputs)
            else:
                self.stream(parts[index], here, lambda output: go(index + 1, [*outputs, self.named(output)]))

        go(0, [])

    def apart(self, here: ast.expr, write: Callable[[ast.expr], None], use: Use) -> None:
        """Write a generator function whose body is written by `write`, and `use` for each of its outputs.

        For parts that would need `use` in two places, and for errors that are caught only inside.
        """
        function, inside, output = self.fresh("part"), self.fresh("here"), self.fresh()
        self.generator(lambda: write(pyast.name(inside)), [inside], function)
        with self.loop(output, pyast.call(function, here)):
            use(pyast.name(output))

    def define_function(self, part: Function) -> None:
        """Write a definition that calls itself, in the forms that the plan needs."""
        self._define(self, part)

    def truth(self, value: ast.expr, kind: Type, part: Plan) -> ast.expr:
        """Return a condition: jq's truth of a value, everything but false and null. `part` refuses a blank."""
        if kind == BOOLEAN:
            return value
        if isinstance(value, ast.Constant):
            return pyast.constant(value.value is not None and value.value is not False)
        if self.may_be_blank(kind):
            return self.at(part, pyast.call("truth", value))
        value = self.named(value)
        return pyast.both(
            ast.Compare(value, [ast.IsNot()], [pyast.constant(None)]),
            ast.Compare(value, [ast.IsNot()], [pyast.constant(False)]),
        )

    def may_be_blank(self, kind: Type) -> bool:
        """Tell whether a value can be or hold a blank: never where nothing is pulled."""
        return bool(self.plan.sources) and not isinstance(kind, ScalarType) and not clean(kind)

    def shape(self, kind: SourceType) -> Shape | None:
        """Return the shape of the objects at a place of a source; None where they are ordinary values."""
        shape = self.shapes[kind.source]
        for name in kind.path:
            if shape is None:
                return None
            shape = shape.slots[name].shape
        return shape

    def at(self, part: Plan, expression: ast.expr, around: Plan | None = None) -> ast.expr:
        """Mark an expression that may fail, so that an error leads back to the part's place in the query.

        Where the part has none, the error leads to what stands `around` it.
        """
        self.lines.append(part if part.span or around is None else around)
        return pyast.place(expression, len(self.lines))
