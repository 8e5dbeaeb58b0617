"""The uses of traced paths: `path` and updates."""

from __future__ import annotations

import ast

from ocpiq.codegen import pyast
from ocpiq.codegen.compiler import Compiler, Consumer, PathPosition, StreamWriter
from ocpiq.codegen.path_position import trace_to_end
from ocpiq.plan import nodes as plan
from ocpiq.plan.nodes import Plan
from ocpiq.plan.outputs import Outputs

ROOT = ast.Tuple([], pyast.LOAD)


def paths(compiler: Compiler, node: plan.Paths, dot: ast.expr, consume: Consumer) -> None:
    """`path(body)`"""
    trace_to_end(
        compiler,
        node.body,
        PathPosition(ROOT, dot, dot),
        lambda position: consume(
            ast.List([ast.Starred(_end(compiler, node, position), pyast.LOAD)], pyast.LOAD)
        ),
    )


def modify(compiler: Compiler, node: plan.Modify, dot: ast.expr, consume: Consumer) -> None:
    """`paths |= update`"""
    edit = compiler.edits.get(id(node)) or compiler.fresh_name("edit")
    if id(node) not in compiler.edits:
        compiler.assign(edit, pyast.call("Edit", dot))

    def change(position: PathPosition) -> None:
        path = compiler.reusable(_end(compiler, node, position))
        old = compiler.reusable(pyast.method(pyast.name(edit), "get", path))
        if node.update.outputs is Outputs.ONE:
            new = compiler.value(node.update, old)
            compiler.add_expression(compiler.locate(node, pyast.method(pyast.name(edit), "set", path, new)))
            return
        new_value, generator = compiler.fresh_name("new"), compiler.fresh_name("generator")
        parameter = compiler.fresh_name("dot")
        compiler.generator(
            lambda: compiler.stream(node.update, pyast.name(parameter), compiler.yield_),
            [parameter],
            generator,
        )
        compiler.frame.local_names.add(new_value)
        set_ = ast.Expr(
            compiler.locate(node, pyast.method(pyast.name(edit), "set", path, pyast.name(new_value)))
        )
        drop = ast.Expr(pyast.method(pyast.name(edit), "delete", path))
        compiler.add(
            ast.For(ast.Name(new_value, pyast.STORE), pyast.call(generator, old), [set_, ast.Break()], [drop])
        )

    trace_to_end(compiler, node.paths, PathPosition(ROOT, dot, dot), change)
    consume(compiler.locate(node, pyast.method(pyast.name(edit), "result")))


def _end(compiler: Compiler, node: Plan, position: PathPosition) -> ast.expr:
    """Return the path of a position; its value must be the one stored there."""
    if position.stored is position.value:
        return position.path
    return compiler.locate(node, pyast.call("path_end", position.path, position.stored, position.value))


STREAMS: dict[type, StreamWriter] = {plan.Paths: paths, plan.Modify: modify}
