"""Path positions in generated functions: as parameters, as outputs, in loops."""

from __future__ import annotations

import ast
from collections.abc import Callable

from ocpiq.codegen import pyast
from ocpiq.codegen.compiler import Compiler, PathPosition, PositionConsumer
from ocpiq.plan.nodes import Plan


def fresh_position_names(compiler: Compiler) -> list[str]:
    """Return fresh names for the fields of a position."""
    return [compiler.fresh_name(node) for node in PathPosition._fields]


def trace_via_generator(
    compiler: Compiler,
    position: PathPosition,
    write: Callable[[PathPosition], None],
    consume: PositionConsumer,
) -> None:
    """Write a generator function of positions, whose body is written by `write`, and `consume` for each of them."""
    function = compiler.fresh_name("generator")
    names = fresh_position_names(compiler)
    compiler.generator(lambda: write(PathPosition(*map(pyast.name, names))), names, function)
    loop_over_positions(compiler, pyast.call(function, *position), consume)


def loop_over_positions(compiler: Compiler, iterable: ast.expr, consume: PositionConsumer) -> None:
    """Write a loop over positions."""
    names = fresh_position_names(compiler)
    with compiler.unpacking_loop(names, iterable):
        consume(PathPosition(*map(pyast.name, names)))


def position_yielder(compiler: Compiler) -> PositionConsumer:
    """Return a consumer that writes `yield` of a position."""
    return lambda position: compiler.yield_(ast.Tuple(list(position), pyast.LOAD))


def trace_step(compiler: Compiler, node: Plan, position: PathPosition, consume: PositionConsumer) -> None:
    """Trace a node after which the path continues: the path may leave a value that the node computes."""
    _trace(compiler, node, position, consume, ends_path=False)


def trace_to_end(compiler: Compiler, node: Plan, position: PathPosition, consume: PositionConsumer) -> None:
    """Trace a node at which the path ends."""
    _trace(compiler, node, position, consume, ends_path=True)


def _trace(
    compiler: Compiler, node: Plan, position: PathPosition, consume: PositionConsumer, *, ends_path: bool
) -> None:
    outer = compiler.ends_path

    def consume_reached(reached: PathPosition) -> None:
        compiler.ends_path = outer
        consume(reached)
        compiler.ends_path = ends_path

    compiler.ends_path = ends_path
    compiler.trace(node, position, consume_reached)
    compiler.ends_path = outer
