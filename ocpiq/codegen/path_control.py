"""Paths through conditions, loops, `try` and labels."""

from __future__ import annotations

import ast

from ocpiq.codegen import pyast
from ocpiq.codegen.compiler import Compiler, PathPosition, PositionConsumer, TraceWriter
from ocpiq.codegen.control import error_handler, label_block
from ocpiq.codegen.path_position import position_yielder, trace_step, trace_via_generator
from ocpiq.codegen.path_steps import check_step
from ocpiq.codegen.stages import write_limit
from ocpiq.plan import nodes as plan
from ocpiq.plan.outputs import Outputs


def comma(compiler: Compiler, node: plan.Comma, position: PathPosition, consume: PositionConsumer) -> None:
    """`a, b`"""

    def write(inner: PathPosition) -> None:
        for branch in node.parts:
            compiler.trace(branch, inner, position_yielder(compiler))

    trace_via_generator(compiler, position, write, consume)


def bind(compiler: Compiler, node: plan.Bind, position: PathPosition, consume: PositionConsumer) -> None:
    """`source as $name | body`"""

    def bind_output(output: ast.expr) -> None:
        compiler.bind(node, output)
        compiler.trace(node.body, position, consume)

    compiler.stream(node.source, position.value, bind_output)


def if_(compiler: Compiler, node: plan.If, position: PathPosition, consume: PositionConsumer) -> None:
    """`if`"""

    def write_branches(inner: PathPosition, inner_consume: PositionConsumer) -> None:
        def write_if(output: ast.expr) -> None:
            condition = compiler.truth(output, node.condition.type, node)
            blocks: list[list[ast.stmt]] = []
            for branch in (node.then, node.otherwise):
                block: list[ast.stmt] = []
                with compiler.nested(block):
                    compiler.trace(branch, inner, inner_consume)
                blocks.append(block or [ast.Pass()])
            compiler.add(ast.If(condition, *blocks))

        compiler.stream(node.condition.plan, inner.value, write_if)

    if Outputs.NONE in (node.then.outputs, node.otherwise.outputs):
        write_branches(position, consume)
    else:
        trace_via_generator(
            compiler, position, lambda inner: write_branches(inner, position_yielder(compiler)), consume
        )


def otherwise(
    compiler: Compiler, node: plan.Otherwise, position: PathPosition, consume: PositionConsumer
) -> None:
    """`a // b`"""

    def write(inner: PathPosition) -> None:
        matched = compiler.fresh_name("matched")
        compiler.assign(matched, pyast.constant(False))

        def yield_if_true(reached: PathPosition) -> None:
            with compiler.if_block(compiler.truth(reached.value, node.left.type, node)):
                compiler.assign(matched, pyast.constant(True))
                position_yielder(compiler)(reached)

        compiler.trace(node.left.plan, inner, yield_if_true)
        with compiler.if_block(pyast.not_(pyast.name(matched))):
            compiler.trace(node.right, inner, position_yielder(compiler))

    trace_via_generator(compiler, position, write, consume)


def try_(compiler: Compiler, node: plan.Try, position: PathPosition, consume: PositionConsumer) -> None:
    """`try`"""
    if node.of_step and position.stored is not position.value:
        check_step(compiler, node.body, position)

    def write(inner: PathPosition) -> None:
        error = compiler.fresh_name("error")
        body: list[ast.stmt] = []
        with compiler.nested(body):
            compiler.trace(node.body, inner, position_yielder(compiler))
        handler: list[ast.stmt] = []
        with compiler.nested(handler):
            if node.handler is not None:
                message = compiler.reusable(pyast.attribute(pyast.name(error), "value"))
                compiler.trace(
                    node.handler, PathPosition(inner.path, inner.stored, message), position_yielder(compiler)
                )
        compiler.add(ast.Try(body or [ast.Pass()], [error_handler(error, handler or [ast.Pass()])], [], []))

    trace_via_generator(compiler, position, write, consume)


def reduce(compiler: Compiler, node: plan.Reduce, position: PathPosition, consume: PositionConsumer) -> None:
    """`reduce`: every step starts at the position of its source."""

    def write_loop(start: ast.expr) -> None:
        state, old = node.state or compiler.fresh_name("state"), compiler.fresh_name("old")
        compiler.assign(state, start)

        def step(source: PathPosition) -> None:
            compiler.bind(node, source.value)
            if node.state:
                compiler.trace(node.update, source, lambda reached: compiler.add_expression(reached.value))
                return
            compiler.assign(old, pyast.name(state))
            compiler.assign(state, pyast.constant(None))
            compiler.trace(
                node.update,
                PathPosition(source.path, source.stored, pyast.name(old)),
                lambda reached: compiler.assign(state, reached.value),
            )

        trace_step(compiler, node.source, position, step)
        consume(PathPosition(position.path, position.stored, pyast.name(state)))

    compiler.stream(node.start, position.value, write_loop)


def foreach(
    compiler: Compiler, node: plan.Foreach, position: PathPosition, consume: PositionConsumer
) -> None:
    """`foreach`: every step starts at the position of its source; this is how `limit` and `skip` keep paths."""

    def write_loop(start: ast.expr) -> None:
        compiler.assign(node.state, start)

        def step(source: PathPosition) -> None:
            compiler.bind(node, source.value)
            compiler.trace(node.update, source, consume)

        trace_step(compiler, node.source, position, step)

    compiler.stream(node.start, position.value, write_loop)


def label(compiler: Compiler, node: plan.Label, position: PathPosition, consume: PositionConsumer) -> None:
    """`label $name | body`"""
    compiler.assign(node.name, pyast.call("object"))
    body: list[ast.stmt] = []
    with compiler.nested(body):
        compiler.trace(node.body, position, consume)
    label_block(compiler, body, node.name)


def break_(compiler: Compiler, node: plan.Break, position: PathPosition, consume: PositionConsumer) -> None:
    """`break $name`"""
    compiler.stream(node, position.value, lambda output: None)


def take(compiler: Compiler, node: plan.Take, position: PathPosition, consume: PositionConsumer) -> None:
    """`limit n`"""
    write_limit(
        compiler,
        node,
        position.value,
        lambda count_output: compiler.trace(
            node.body, position, lambda reached: count_output(lambda: consume(reached))
        ),
    )


TRACES: dict[type, TraceWriter] = {
    plan.Comma: comma,
    plan.Bind: bind,
    plan.If: if_,
    plan.Otherwise: otherwise,
    plan.Try: try_,
    plan.Reduce: reduce,
    plan.Foreach: foreach,
    plan.Label: label,
    plan.Break: break_,
    plan.Take: take,
}
