"""Steps from what stands at a path to what stands below it."""

from __future__ import annotations

import ast
from typing import Final

from ocpiq.analysis.builtins import BUILTINS
from ocpiq.codegen import pyast
from ocpiq.codegen.compiler import Compiler, PathPosition, PathsOf, UsePosition
from ocpiq.codegen.expressions import guarded
from ocpiq.codegen.path_position import before_others
from ocpiq.plan.blanks import Blanks
from ocpiq.plan.nodes import (
    Constant,
    Field,
    Identity,
    Index,
    Interpolate,
    Iterate,
    Native,
    Negate,
    Operate,
    Pipe,
    Plan,
    Slice,
)
from ocpiq.plan.types import ScalarType


def identity(compiler: Compiler, part: Identity, spot: PathPosition, use: UsePosition) -> None:
    """`.`"""
    use(spot)


def field(compiler: Compiler, part: Field, spot: PathPosition, use: UsePosition) -> None:
    """`.name`"""
    _step(compiler, part, spot, pyast.constant(part.name), "field", use)


def index(compiler: Compiler, part: Index, spot: PathPosition, use: UsePosition) -> None:
    """`.[key]`"""
    key = compiler.named(compiler.value(part.key, spot.here))
    _step(compiler, part, spot, key, "item", use)


def slice_(compiler: Compiler, part: Slice, spot: PathPosition, use: UsePosition) -> None:
    """`.[start:end]`"""
    _step(compiler, part, spot, _bounds(compiler, part, spot), "item", use)


def iterate(compiler: Compiler, part: Iterate, spot: PathPosition, use: UsePosition) -> None:
    """`.[]`"""
    key, value = compiler.fresh("key"), compiler.fresh("each")
    arguments = (spot.at, spot.here)
    with compiler.unpacking([key, value], compiler.at(part, pyast.call("path_each", *arguments))):
        use(PathPosition(_longer(compiler, spot.path, pyast.name(key)), pyast.name(value), pyast.name(value)))


def pipe(compiler: Compiler, part: Pipe, spot: PathPosition, use: UsePosition) -> None:
    """`a | b`"""

    def go(index: int, spot: PathPosition) -> None:
        if index == len(part.parts) - 1:
            compiler.trace(part.parts[index], spot, use)
        else:
            before_others(compiler, part.parts[index], spot, lambda next_: go(index + 1, next_))

    if part.parts:
        go(0, spot)
    else:
        use(spot)


PASS_ON: Final = frozenset(("abs", "tonumber", "tostring", "ltrimstr", "rtrimstr", "trim", "ltrim", "rtrim"))
"""Builtins that may give their input itself, like others that give a number or a text never do."""

COMPUTE: Final = frozenset(("add", "fromjson", "join", "range"))
"""Builtins that give any type, and never their input itself."""


def computed(compiler: Compiler, part: Plan, spot: PathPosition, use: UsePosition) -> None:
    """A literal, arithmetic, text: a path cannot end in a number or text that it gives, even in an equal one."""

    def found(output: ast.expr) -> None:
        value, at = compiler.named(output), spot.at
        if compiler.ends_path:
            at = compiler.named(pyast.call("path_of_computed", at, value))
        use(PathPosition(spot.path, at, value))

    compiler.stream(part, spot.here, found)


def native(compiler: Compiler, part: Native, spot: PathPosition, use: UsePosition) -> None:
    """`getpath(path)` and `..`; any other builtin computes."""
    if part.name == "recurse":
        path, value = compiler.fresh("path"), compiler.fresh("each")
        with compiler.unpacking([path, value], compiler.at(part, pyast.call("path_descend", *spot))):
            use(PathPosition(pyast.name(path), pyast.name(value), pyast.name(value)))
        return
    if part.name != "getpath":
        passes = part.name in PASS_ON or not isinstance(
            BUILTINS[part.name, len(part.arguments)].result, ScalarType
        )
        if passes and part.name not in COMPUTE:
            compiler.stream(
                part, spot.here, lambda output: use(PathPosition(spot.path, spot.at, compiler.named(output)))
            )
        else:
            computed(compiler, part, spot, use)
        return

    def found(output: ast.expr) -> None:
        keys = compiler.named(guarded(compiler, output, Blanks.REFUSES))
        value = compiler.named(compiler.at(part, pyast.call("builtin_getpath", spot.here, keys)))
        path: ast.expr = ast.Tuple(
            [ast.Starred(spot.path, pyast.LOAD), ast.Starred(keys, pyast.LOAD)], pyast.LOAD
        )
        at = value
        if spot.at is not spot.here:  # from a computed value on it computes
            walked = pyast.is_(spot.here, spot.at)
            path = pyast.if_else(walked, path, spot.path)
            at = compiler.named(pyast.if_else(walked, value, spot.at))
        use(PathPosition(compiler.named(path), at, value))

    compiler.stream(part.arguments[0].part, spot.here, found)


def follows_before(compiler: Compiler, part: Plan, spot: PathPosition) -> None:
    """Write the check of a step before its `?`, which does not catch this error."""
    match part:
        case Iterate():
            compiler.do(compiler.at(part, pyast.call("path_iterate", spot.at, spot.here)))
        case Field():
            _follows(compiler, part, spot, pyast.constant(part.name))
        case Index():
            _follows(compiler, part, spot, compiler.named(compiler.value(part.key, spot.here)))
        case Slice():
            _follows(compiler, part, spot, _bounds(compiler, part, spot))


def _follows(compiler: Compiler, part: Plan, spot: PathPosition, key: ast.expr) -> None:
    """Write the check that a step is taken from what stands at the path."""
    if spot.at is not spot.here:
        compiler.do(compiler.at(part, pyast.call("path_step", key, spot.at, spot.here)))


def _step(
    compiler: Compiler, part: Plan, spot: PathPosition, key: ast.expr, function: str, use: UsePosition
) -> None:
    _follows(compiler, part, spot, key)
    value = compiler.named(compiler.at(part, pyast.call(function, spot.here, key)))
    use(PathPosition(_longer(compiler, spot.path, key), value, value))


def _bounds(compiler: Compiler, part: Slice, spot: PathPosition) -> ast.expr:
    start, end = compiler.values([part.start, part.end], spot.here)
    return compiler.named(ast.Dict([pyast.constant("start"), pyast.constant("end")], [start, end]))


def _longer(compiler: Compiler, path: ast.expr, key: ast.expr) -> ast.expr:
    if isinstance(path, ast.Tuple):
        return ast.Tuple([*path.elts, key], pyast.LOAD)
    return compiler.named(ast.Tuple([ast.Starred(path, pyast.LOAD), key], pyast.LOAD))


TRACES: dict[type, PathsOf] = {
    Identity: identity,
    Field: field,
    Index: index,
    Slice: slice_,
    Iterate: iterate,
    Pipe: pipe,
    Native: native,
    Constant: computed,
    Operate: computed,
    Negate: computed,
    Interpolate: computed,
}
