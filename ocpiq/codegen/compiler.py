"""Compiles a plan to Python: the walk over its nodes, and the methods that all node types share.

Each node is compiled in one of three ways. `value` returns an expression for a node with exactly one output, after
writing the statements that it needs. `stream` writes loops and conditions around the code that `consume` writes for an
output; it calls `consume` at most once, so that no code is written twice. `trace` does the same, and each output comes
with its path.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from ocpiq.codegen import pyast
from ocpiq.codegen.emitter import Emitter
from ocpiq.plan import nodes as plan
from ocpiq.plan.nodes import Plan
from ocpiq.plan.outputs import Outputs
from ocpiq.plan.query_plan import QueryPlan
from ocpiq.plan.types import BOOLEAN, ScalarType, SourceType, Type, is_clean

if TYPE_CHECKING:
    from ocpiq.gate import Shape  # programs on plain JSON do not need it

Consumer: TypeAlias = Callable[[ast.expr], None]
ValueWriter: TypeAlias = Callable[["Compiler", Any, ast.expr], ast.expr]
StreamWriter: TypeAlias = Callable[["Compiler", Any, ast.expr, Consumer], None]


COMPUTED: Final = (plan.Constant, plan.RunVariable, plan.Operate, plan.Negate, plan.Interpolate)
"""Nodes whose outputs are computed, or come from elsewhere."""


class PathPosition(NamedTuple):
    """A position on a path: the path (a tuple of keys), the value stored there, and `.`; names or constants.

    The two values are the same object as long as the program only selects; once it computes a value, they differ.
    """

    path: ast.expr
    stored: ast.expr
    value: ast.expr


PositionConsumer: TypeAlias = Callable[[PathPosition], None]
TraceWriter: TypeAlias = Callable[["Compiler", Any, PathPosition, PositionConsumer], None]


class Compiler(Emitter):
    """Writes one function for a plan; `shapes` describes the records of each source."""

    def __init__(
        self,
        query_plan: QueryPlan,
        shapes: Sequence[Shape | None],
        values: Mapping[type, ValueWriter],
        streams: Mapping[type, StreamWriter],
        traces: Mapping[type, TraceWriter],
        define: Callable[[Compiler, plan.Function], None],
    ) -> None:
        super().__init__()
        self.plan = query_plan
        self.shapes = shapes
        self.nodes_by_line: list[Plan] = []
        self.edits: dict[int, str] = {}  # by the identity of a Modify: the edit that all iterations share
        self.computed_names: set[str] = set()  # variables whose value is computed, not selected
        self.ends_path = True  # whether a path ends in the traced node or continues after it
        self._values = values
        self._streams = streams
        self._traces = traces
        self._define = define

    def value(self, node: Plan, dot: ast.expr) -> ast.expr:
        """Return an expression for the one output of `node`; `dot` is its input, a name or a constant."""
        write = self._values.get(type(node))
        if write is not None and node.outputs is Outputs.ONE:
            return write(self, node, dot)
        result = self.fresh_name()
        self.assign(result, pyast.constant(None))
        self._streams[type(node)](self, node, dot, lambda output: self.assign(result, output))
        return pyast.name(result)

    def stream(self, node: Plan, dot: ast.expr, consume: Consumer) -> None:
        """Write `consume` for each output of `node`."""
        if node.outputs is Outputs.ONE and type(node) in self._values:
            consume(self.value(node, dot))
        else:
            self._streams[type(node)](self, node, dot, consume)

    def trace(self, node: Plan, position: PathPosition, consume: PositionConsumer) -> None:
        """Write `consume` for each output of `node` and its position."""
        write = self._traces.get(type(node))
        if write is not None:
            write(self, node, position, consume)
        else:  # a computed value: it has no path, unless it is the stored object itself
            self.stream(
                node,
                position.value,
                lambda output: consume(PathPosition(position.path, position.stored, self.reusable(output))),
            )

    def bind(self, node: plan.Bind | plan.Reduce | plan.Foreach, value: ast.expr) -> None:
        """Write the assignment of a variable."""
        if self.computes(node.source):
            self.computed_names.add(node.name)
        self.assign(node.name, value)

    def computes(self, node: Plan) -> bool:
        """Tell whether no output of a node is a value that is stored somewhere, even if it is equal to one."""
        match node:
            case plan.Local(name=name):
                return name in self.computed_names
            case plan.Bind(body=body) | plan.Pipe(parts=(*_, body)):
                return self.computes(body)
            case plan.If(then=one, otherwise=other):
                return self.computes(one) and self.computes(other)
            case plan.Comma(parts=parts):
                return all(map(self.computes, parts))
        return isinstance(node, COMPUTED)

    def values(self, nodes: Sequence[Plan], dot: ast.expr) -> list[ast.expr]:
        """Return expressions for nodes with one output each, evaluated in this order."""
        results: list[ast.expr] = []
        for node in nodes:
            start = len(self.block)
            result = self.value(node, dot)
            # Statements were added: earlier expressions must be evaluated before them.
            if len(self.block) > start:
                for index, earlier in enumerate(results):
                    if not pyast.is_simple(earlier):
                        name = self.fresh_name()
                        self.frame.local_names.add(name)
                        self.block.insert(start, pyast.assign(name, earlier))
                        start += 1
                        results[index] = pyast.name(name)
            results.append(result)
        return results

    def for_each_combination(
        self, nodes: Sequence[Plan], dot: ast.expr, consume: Callable[[list[ast.expr]], None]
    ) -> None:
        """Write `consume` for each combination of the nodes' outputs; the last node varies fastest."""

        def write_from(index: int, outputs: list[ast.expr]) -> None:
            if index == len(nodes):
                consume(outputs)
            else:
                self.stream(
                    nodes[index], dot, lambda output: write_from(index + 1, [*outputs, self.reusable(output)])
                )

        write_from(0, [])

    def via_generator(self, dot: ast.expr, write: Callable[[ast.expr], None], consume: Consumer) -> None:
        """Write a generator function whose body is written by `write`, and `consume` for each of its outputs.

        For nodes that would need `consume` in two places, and for errors that must be caught only in the body.
        """
        function, parameter, output = self.fresh_name("generator"), self.fresh_name("dot"), self.fresh_name()
        self.generator(lambda: write(pyast.name(parameter)), [parameter], function)
        with self.loop(output, pyast.call(function, dot)):
            consume(pyast.name(output))

    def define_function(self, node: plan.Function) -> None:
        """Write a recursive definition, in the forms that the plan needs."""
        self._define(self, node)

    def truth(self, value: ast.expr, type_: Type, node: Plan) -> ast.expr:
        """Return a condition: jq's truth of a value, everything but false and null. `node` refuses a blank."""
        if type_ == BOOLEAN:
            return value
        if isinstance(value, ast.Constant):
            return pyast.constant(value.value is not None and value.value is not False)
        if self.may_be_blank(type_):
            return self.locate(node, pyast.call("truth", value))
        value = self.reusable(value)
        return pyast.and_(
            ast.Compare(value, [ast.IsNot()], [pyast.constant(None)]),
            ast.Compare(value, [ast.IsNot()], [pyast.constant(False)]),
        )

    def may_be_blank(self, type_: Type) -> bool:
        """Tell whether a value can be or contain a blank; without sources, none can."""
        return bool(self.plan.sources) and not isinstance(type_, ScalarType) and not is_clean(type_)

    def shape(self, type_: SourceType) -> Shape | None:
        """Return the shape of the objects at a path of a source; None if they are ordinary values."""
        shape = self.shapes[type_.source]
        for name in type_.path:
            if shape is None:
                return None
            shape = shape.slots[name].shape
        return shape

    def locate(self, node: Plan, expression: ast.expr, fallback: Plan | None = None) -> ast.expr:
        """Mark an expression that may fail, so that an error is traced back to the node's place in the query.

        If the node has none, the error points to `fallback`.
        """
        self.nodes_by_line.append(node if node.span or fallback is None else fallback)
        return pyast.set_line(expression, len(self.nodes_by_line))
