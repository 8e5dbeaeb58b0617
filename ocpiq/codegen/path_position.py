"""Spots in the functions that are written: as parameters, as outputs, in loops."""

from __future__ import annotations

import ast
from collections.abc import Callable

from ocpiq.codegen import pyast
from ocpiq.codegen.compiler import Compiler, PathPosition, UsePosition
from ocpiq.plan.nodes import Plan


def spot_names(compiler: Compiler) -> list[str]:
    """Return new names for the parts of a spot."""
    return [compiler.fresh(part) for part in PathPosition._fields]


def apart(
    compiler: Compiler, spot: PathPosition, write: Callable[[PathPosition], None], use: UsePosition
) -> None:
    """Write a generator function of spots whose body is written by `write`, and `use` for each of them."""
    function = compiler.fresh("part")
    inside = spot_names(compiler)
    compiler.generator(lambda: write(PathPosition(*map(pyast.name, inside))), inside, function)
    each_spot(compiler, pyast.call(function, *spot), use)


def each_spot(compiler: Compiler, iterable: ast.expr, use: UsePosition) -> None:
    """Write a loop over spots."""
    names = spot_names(compiler)
    with compiler.unpacking(names, iterable):
        use(PathPosition(*map(pyast.name, names)))


def yielding(compiler: Compiler) -> UsePosition:
    """Return what writes that a spot is given out."""
    return lambda spot: compiler.yield_(ast.Tuple(list(spot), pyast.LOAD))


def before_others(compiler: Compiler, part: Plan, spot: PathPosition, use: UsePosition) -> None:
    """Trace a part after which the path goes on: a value that it computes need not be the end."""
    _trace(compiler, part, spot, use, ends_path=False)


def to_end(compiler: Compiler, part: Plan, spot: PathPosition, use: UsePosition) -> None:
    """Trace a whole path."""
    _trace(compiler, part, spot, use, ends_path=True)


def _trace(compiler: Compiler, part: Plan, spot: PathPosition, use: UsePosition, *, ends_path: bool) -> None:
    outside = compiler.ends_path

    def found(next_: PathPosition) -> None:
        compiler.ends_path = outside
        use(next_)
        compiler.ends_path = ends_path

    compiler.ends_path = ends_path
    compiler.trace(part, spot, found)
    compiler.ends_path = outside
