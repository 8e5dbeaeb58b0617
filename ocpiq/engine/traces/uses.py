"""What paths are followed for: to be given out, and to change what stands there."""

from __future__ import annotations

import ast

from ocpiq.analysis.plan import Modify, Outputs, Paths, Plan
from ocpiq.engine import code
from ocpiq.engine.compiler import Compiler, Spot, StreamOf, Use
from ocpiq.engine.traces.spots import to_end

ROOT = ast.Tuple([], code.LOAD)


def paths(compiler: Compiler, part: Paths, here: ast.expr, use: Use) -> None:
    """`path(body)`"""
    to_end(
        compiler,
        part.body,
        Spot(ROOT, here, here),
        lambda spot: use(ast.List([ast.Starred(_end(compiler, part, spot), code.LOAD)], code.LOAD)),
    )


def modify(compiler: Compiler, part: Modify, here: ast.expr, use: Use) -> None:
    """`paths |= update`"""
    edit = compiler.edits.get(id(part)) or compiler.fresh("edit")
    if id(part) not in compiler.edits:
        compiler.assign(edit, code.call("Edit", here))

    def change(spot: Spot) -> None:
        path = compiler.named(_end(compiler, part, spot))
        old = compiler.named(code.method(code.name(edit), "get", path))
        if part.update.outputs is Outputs.ONE:
            new = compiler.value(part.update, old)
            compiler.do(compiler.at(part, code.method(code.name(edit), "set", path, new)))
            return
        first, outputs = compiler.fresh("first"), compiler.fresh("part")
        inside = compiler.fresh("here")
        compiler.generator(
            lambda: compiler.stream(part.update, code.name(inside), compiler.yield_), [inside], outputs
        )
        compiler.frame.owned.add(first)
        set_ = ast.Expr(compiler.at(part, code.method(code.name(edit), "set", path, code.name(first))))
        drop = ast.Expr(code.method(code.name(edit), "drop", path))
        compiler.add(
            ast.For(ast.Name(first, code.STORE), code.call(outputs, old), [set_, ast.Break()], [drop])
        )

    to_end(compiler, part.paths, Spot(ROOT, here, here), change)
    use(compiler.at(part, code.method(code.name(edit), "done")))


def _end(compiler: Compiler, part: Plan, spot: Spot) -> ast.expr:
    """Return the path of a spot, an error where its value does not stand there."""
    if spot.at is spot.here:
        return spot.path
    return compiler.at(part, code.call("path_end", spot.path, spot.at, spot.here))


STREAMS: dict[type, StreamOf] = {Paths: paths, Modify: modify}
