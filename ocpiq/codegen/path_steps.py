"""Steps of a path, each from a stored value to a value below it."""

from __future__ import annotations

import ast
from typing import Final

from ocpiq.analysis.builtins import BUILTINS
from ocpiq.codegen import pyast
from ocpiq.codegen.compiler import Compiler, PathPosition, PositionConsumer, TraceWriter
from ocpiq.codegen.expressions import guard
from ocpiq.codegen.path_position import trace_step
from ocpiq.plan import nodes as plan
from ocpiq.plan.blanks import Blanks
from ocpiq.plan.nodes import Plan


def identity(
    compiler: Compiler, node: plan.Identity, position: PathPosition, consume: PositionConsumer
) -> None:
    """`.`"""
    consume(position)


def field(compiler: Compiler, node: plan.Field, position: PathPosition, consume: PositionConsumer) -> None:
    """`.name`"""
    _step(compiler, node, position, pyast.constant(node.name), "field", consume)


def index(compiler: Compiler, node: plan.Index, position: PathPosition, consume: PositionConsumer) -> None:
    """`.[key]`"""
    key = compiler.reusable(compiler.value(node.key, position.value))
    _step(compiler, node, position, key, "item", consume)


def slice_(compiler: Compiler, node: plan.Slice, position: PathPosition, consume: PositionConsumer) -> None:
    """`.[start:end]`"""
    _step(compiler, node, position, _slice_key(compiler, node, position), "item", consume)


def iterate(
    compiler: Compiler, node: plan.Iterate, position: PathPosition, consume: PositionConsumer
) -> None:
    """`.[]`"""
    key, value = compiler.fresh_name("key"), compiler.fresh_name("item")
    arguments = (position.stored, position.value)
    with compiler.unpacking_loop([key, value], compiler.locate(node, pyast.call("path_items", *arguments))):
        consume(
            PathPosition(
                _extend_path(compiler, position.path, pyast.name(key)), pyast.name(value), pyast.name(value)
            )
        )


def pipe(compiler: Compiler, node: plan.Pipe, position: PathPosition, consume: PositionConsumer) -> None:
    """`a | b`"""

    def write_from(index: int, position: PathPosition) -> None:
        if index == len(node.parts) - 1:
            compiler.trace(node.parts[index], position, consume)
        else:
            trace_step(compiler, node.parts[index], position, lambda reached: write_from(index + 1, reached))

    if node.parts:
        write_from(0, position)
    else:
        consume(position)


MAY_RETURN_INPUT: Final = frozenset(
    ("abs", "tonumber", "tostring", "ltrimstr", "rtrimstr", "trim", "ltrim", "rtrim")
)
"""Builtins that may return their input itself; others that return a number or a string never do."""

NEVER_RETURN_INPUT: Final = frozenset(("add", "fromjson", "join", "range"))
"""Builtins that return values of any type, and never their input itself."""


def computed_value(compiler: Compiler, node: Plan, position: PathPosition, consume: PositionConsumer) -> None:
    """A literal, arithmetic, a string: no path ends in its number or string, even if an equal one is stored."""

    def consume_output(output: ast.expr) -> None:
        value, at = compiler.reusable(output), position.stored
        if compiler.ends_path:
            at = compiler.reusable(pyast.call("path_of_computed", at, value))
        consume(PathPosition(position.path, at, value))

    compiler.stream(node, position.value, consume_output)


def selected_value(compiler: Compiler, node: Plan, position: PathPosition, consume: PositionConsumer) -> None:
    """A value that may be the stored one itself."""
    compiler.stream(
        node,
        position.value,
        lambda output: consume(PathPosition(position.path, position.stored, compiler.reusable(output))),
    )


def local(compiler: Compiler, node: plan.Local, position: PathPosition, consume: PositionConsumer) -> None:
    """`$name`: a path may end in it if it is bound to the stored value."""
    trace = computed_value if node.name in compiler.computed_names else selected_value
    trace(compiler, node, position, consume)


def operate(
    compiler: Compiler, node: plan.Operate, position: PathPosition, consume: PositionConsumer
) -> None:
    """Arithmetic computes a value, but `. + null` is the stored value itself."""
    plans = (node.left.plan, node.right.plan)
    adds_null = node.operator == "+" and plan.Constant(None) in plans
    is_stored = adds_null and any(isinstance(operand, plan.Identity) for operand in plans)
    trace = selected_value if is_stored else computed_value
    trace(compiler, node, position, consume)


def native(compiler: Compiler, node: plan.Native, position: PathPosition, consume: PositionConsumer) -> None:
    """`getpath(path)` and `..`; any other builtin computes a value."""
    if node.name == "recurse":
        path, value = compiler.fresh_name("path"), compiler.fresh_name("item")
        with compiler.unpacking_loop(
            [path, value], compiler.locate(node, pyast.call("path_descend", *position))
        ):
            consume(PathPosition(pyast.name(path), pyast.name(value), pyast.name(value)))
        return
    if node.name != "getpath":
        builtin = BUILTINS[node.name, len(node.arguments)]
        may_return_input = node.name in MAY_RETURN_INPUT or not builtin.makes_scalar
        if may_return_input and node.name not in NEVER_RETURN_INPUT:
            selected_value(compiler, node, position, consume)
        else:
            computed_value(compiler, node, position, consume)
        return

    def consume_output(output: ast.expr) -> None:
        keys = compiler.reusable(guard(compiler, output, Blanks.REFUSES))
        value = compiler.reusable(compiler.locate(node, pyast.call("builtin_getpath", position.value, keys)))
        path: ast.expr = ast.Tuple(
            [ast.Starred(position.path, pyast.LOAD), ast.Starred(keys, pyast.LOAD)], pyast.LOAD
        )
        at = value
        if position.stored is not position.value:  # what follows a computed value is computed as well
            is_traced = pyast.is_(position.value, position.stored)
            path = pyast.if_else(is_traced, path, position.path)
            at = compiler.reusable(pyast.if_else(is_traced, value, position.stored))
        consume(PathPosition(compiler.reusable(path), at, value))

    compiler.stream(node.arguments[0].plan, position.value, consume_output)


def check_step(compiler: Compiler, node: Plan, position: PathPosition) -> None:
    """Write the check of a step outside its `?`, which does not catch this error."""
    match node:
        case plan.Iterate():
            compiler.add_expression(
                compiler.locate(node, pyast.call("path_iterate", position.stored, position.value))
            )
        case plan.Field():
            _check_position(compiler, node, position, pyast.constant(node.name))
        case plan.Index():
            _check_position(
                compiler, node, position, compiler.reusable(compiler.value(node.key, position.value))
            )
        case plan.Slice():
            _check_position(compiler, node, position, _slice_key(compiler, node, position))


def _check_position(compiler: Compiler, node: Plan, position: PathPosition, key: ast.expr) -> None:
    """Write the check that a step starts from the value stored at the path."""
    if position.stored is not position.value:
        compiler.add_expression(
            compiler.locate(node, pyast.call("path_step", key, position.stored, position.value))
        )


def _step(
    compiler: Compiler,
    node: Plan,
    position: PathPosition,
    key: ast.expr,
    function: str,
    consume: PositionConsumer,
) -> None:
    _check_position(compiler, node, position, key)
    value = compiler.reusable(compiler.locate(node, pyast.call(function, position.value, key)))
    consume(PathPosition(_extend_path(compiler, position.path, key), value, value))


def _slice_key(compiler: Compiler, node: plan.Slice, position: PathPosition) -> ast.expr:
    start, end = compiler.values([node.start, node.end], position.value)
    return compiler.reusable(ast.Dict([pyast.constant("start"), pyast.constant("end")], [start, end]))


def _extend_path(compiler: Compiler, path: ast.expr, key: ast.expr) -> ast.expr:
    if isinstance(path, ast.Tuple):
        return ast.Tuple([*path.elts, key], pyast.LOAD)
    return compiler.reusable(ast.Tuple([ast.Starred(path, pyast.LOAD), key], pyast.LOAD))


TRACES: dict[type, TraceWriter] = {
    plan.Identity: identity,
    plan.Field: field,
    plan.Index: index,
    plan.Slice: slice_,
    plan.Iterate: iterate,
    plan.Pipe: pipe,
    plan.Native: native,
    plan.Constant: computed_value,
    plan.Local: local,
    plan.RunVariable: computed_value,
    plan.Operate: operate,
    plan.Negate: computed_value,
    plan.Interpolate: computed_value,
}
