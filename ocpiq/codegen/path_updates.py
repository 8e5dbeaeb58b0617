"""What paths are followed for: to be given out, and to change what stands there."""

from __future__ import annotations

import ast

from ocpiq.codegen import pyast
from ocpiq.codegen.compiler import Compiler, PathPosition, StreamOf, Use
from ocpiq.codegen.path_position import to_end
from ocpiq.plan.nodes import Modify, Outputs, Paths, Plan

ROOT = ast.Tuple([], pyast.LOAD)


def paths(compiler: Compiler, part: Paths, here: ast.expr, use: Use) -> None:
    """`path(body)`"""
    to_end(
        compiler,
        part.body,
        PathPosition(ROOT, here, here),
        lambda spot: use(ast.List([ast.Starred(_end(compiler, part, spot), pyast.LOAD)], pyast.LOAD)),
    )


def modify(compiler: Compiler, part: Modify, here: ast.expr, use: Use) -> None:
    """`paths |= update`"""
    edit = compiler.edits.get(id(part)) or compiler.fresh("edit")
    if id(part) not in compiler.edits:
        compiler.assign(edit, pyast.call("Edit", here))

    def change(spot: PathPosition) -> None:
        path = compiler.named(_end(compiler, part, spot))
        old = compiler.named(pyast.method(pyast.name(edit), "get", path))
        if part.update.outputs is Outputs.ONE:
            new = compiler.value(part.update, old)
            compiler.do(compiler.at(part, pyast.method(pyast.name(edit), "set", path, new)))
            return
        first, outputs = compiler.fresh("first"), compiler.fresh("part")
        inside = compiler.fresh("here")
        compiler.generator(
            lambda: compiler.stream(part.update, pyast.name(inside), compiler.yield_), [inside], outputs
        )
        compiler.frame.owned.add(first)
        set_ = ast.Expr(compiler.at(part, pyast.method(pyast.name(edit), "set", path, pyast.name(first))))
        drop = ast.Expr(pyast.method(pyast.name(edit), "drop", path))
        compiler.add(
            ast.For(ast.Name(first, pyast.STORE), pyast.call(outputs, old), [set_, ast.Break()], [drop])
        )

    to_end(compiler, part.paths, PathPosition(ROOT, here, here), change)
    use(compiler.at(part, pyast.method(pyast.name(edit), "done")))


def _end(compiler: Compiler, part: Plan, spot: PathPosition) -> ast.expr:
    """Return the path of a spot, an error where its value does not stand there."""
    if spot.at is spot.here:
        return spot.path
    return compiler.at(part, pyast.call("path_end", spot.path, spot.at, spot.here))


STREAMS: dict[type, StreamOf] = {Paths: paths, Modify: modify}
