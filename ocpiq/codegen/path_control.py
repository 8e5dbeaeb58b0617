"""Paths through what decides, repeats, catches and leaves."""

from __future__ import annotations

import ast

from ocpiq.codegen import pyast
from ocpiq.codegen.compiler import Compiler, PathPosition, PathsOf, UsePosition
from ocpiq.codegen.control import caught, left
from ocpiq.codegen.path_position import apart, before_others, yielding
from ocpiq.codegen.path_steps import follows_before
from ocpiq.codegen.stages import taking
from ocpiq.plan.nodes import (
    Bind,
    Break,
    Comma,
    Foreach,
    If,
    Label,
    Otherwise,
    Outputs,
    Reduce,
    Take,
    Try,
)


def comma(compiler: Compiler, part: Comma, spot: PathPosition, use: UsePosition) -> None:
    """`a, b`"""

    def write(inside: PathPosition) -> None:
        for inner in part.parts:
            compiler.trace(inner, inside, yielding(compiler))

    apart(compiler, spot, write, use)


def bind(compiler: Compiler, part: Bind, spot: PathPosition, use: UsePosition) -> None:
    """`source as $name | body`"""

    def bound(output: ast.expr) -> None:
        compiler.assign(part.name, output)
        compiler.trace(part.body, spot, use)

    compiler.stream(part.source, spot.here, bound)


def if_(compiler: Compiler, part: If, spot: PathPosition, use: UsePosition) -> None:
    """`if`"""

    def branches(inside: PathPosition, use_: UsePosition) -> None:
        def decided(output: ast.expr) -> None:
            condition = compiler.truth(output, part.condition.kind, part)
            blocks: list[list[ast.stmt]] = []
            for branch in (part.then, part.otherwise):
                block: list[ast.stmt] = []
                with compiler.deeper(block):
                    compiler.trace(branch, inside, use_)
                blocks.append(block or [ast.Pass()])
            compiler.add(ast.If(condition, *blocks))

        compiler.stream(part.condition.part, inside.here, decided)

    if Outputs.NONE in (part.then.outputs, part.otherwise.outputs):
        branches(spot, use)
    else:
        apart(compiler, spot, lambda inside: branches(inside, yielding(compiler)), use)


def otherwise(compiler: Compiler, part: Otherwise, spot: PathPosition, use: UsePosition) -> None:
    """`a // b`"""

    def write(inside: PathPosition) -> None:
        found = compiler.fresh("found")
        compiler.assign(found, pyast.constant(False))

        def true(next_: PathPosition) -> None:
            with compiler.when(compiler.truth(next_.here, part.left.kind, part)):
                compiler.assign(found, pyast.constant(True))
                yielding(compiler)(next_)

        compiler.trace(part.left.part, inside, true)
        with compiler.when(pyast.not_(pyast.name(found))):
            compiler.trace(part.right, inside, yielding(compiler))

    apart(compiler, spot, write, use)


def try_(compiler: Compiler, part: Try, spot: PathPosition, use: UsePosition) -> None:
    """`try`"""
    if part.of_step and spot.at is not spot.here:
        follows_before(compiler, part.body, spot)

    def write(inside: PathPosition) -> None:
        error = compiler.fresh("error")
        body: list[ast.stmt] = []
        with compiler.deeper(body):
            compiler.trace(part.body, inside, yielding(compiler))
        handler: list[ast.stmt] = []
        with compiler.deeper(handler):
            if part.handler is not None:
                message = compiler.named(pyast.attribute(pyast.name(error), "value"))
                compiler.trace(
                    part.handler, PathPosition(inside.path, inside.at, message), yielding(compiler)
                )
        compiler.add(ast.Try(body or [ast.Pass()], [caught(error, handler or [ast.Pass()])], [], []))

    apart(compiler, spot, write, use)


def reduce(compiler: Compiler, part: Reduce, spot: PathPosition, use: UsePosition) -> None:
    """`reduce`: every step begins where its source stands."""

    def started(start: ast.expr) -> None:
        state, old = part.state or compiler.fresh("state"), compiler.fresh("old")
        compiler.assign(state, start)

        def step(source: PathPosition) -> None:
            compiler.assign(part.name, source.here)
            if part.state:
                compiler.trace(part.update, source, lambda next_: compiler.do(next_.here))
                return
            compiler.assign(old, pyast.name(state))
            compiler.assign(state, pyast.constant(None))
            compiler.trace(
                part.update,
                PathPosition(source.path, source.at, pyast.name(old)),
                lambda next_: compiler.assign(state, next_.here),
            )

        before_others(compiler, part.source, spot, step)
        use(PathPosition(spot.path, spot.at, pyast.name(state)))

    compiler.stream(part.start, spot.here, started)


def foreach(compiler: Compiler, part: Foreach, spot: PathPosition, use: UsePosition) -> None:
    """`foreach`: every step begins where its source stands; this is how `limit` and `skip` keep paths."""

    def started(start: ast.expr) -> None:
        compiler.assign(part.state, start)

        def step(source: PathPosition) -> None:
            compiler.assign(part.name, source.here)
            compiler.trace(part.update, source, use)

        before_others(compiler, part.source, spot, step)

    compiler.stream(part.start, spot.here, started)


def label(compiler: Compiler, part: Label, spot: PathPosition, use: UsePosition) -> None:
    """`label $name | body`"""
    compiler.assign(part.name, pyast.call("object"))
    body: list[ast.stmt] = []
    with compiler.deeper(body):
        compiler.trace(part.body, spot, use)
    left(compiler, body, part.name)


def break_(compiler: Compiler, part: Break, spot: PathPosition, use: UsePosition) -> None:
    """`break $name`"""
    compiler.stream(part, spot.here, lambda output: None)


def take(compiler: Compiler, part: Take, spot: PathPosition, use: UsePosition) -> None:
    """`limit n`"""
    taking(
        compiler,
        part,
        spot.here,
        lambda taken: compiler.trace(part.body, spot, lambda s: taken(lambda: use(s))),
    )


TRACES: dict[type, PathsOf] = {
    Comma: comma,
    Bind: bind,
    If: if_,
    Otherwise: otherwise,
    Try: try_,
    Reduce: reduce,
    Foreach: foreach,
    Label: label,
    Break: break_,
    Take: take,
}
