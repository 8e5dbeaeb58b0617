"""Pipes, branches, errors, loops and labels."""

from __future__ import annotations

import ast

from ocpiq.codegen import pyast
from ocpiq.codegen.aliasing import can_update_in_place
from ocpiq.codegen.compiler import Compiler, Consumer, StreamWriter, ValueWriter
from ocpiq.plan import nodes as plan
from ocpiq.plan.nodes import Plan
from ocpiq.plan.outputs import Outputs


def pipe_one(compiler: Compiler, node: plan.Pipe, dot: ast.expr) -> ast.expr:
    """`a | b` with one output each."""
    for inner in node.parts[:-1]:
        dot = compiler.reusable(compiler.value(inner, dot))
    return compiler.value(node.parts[-1], dot)


def pipe_each(compiler: Compiler, node: plan.Pipe, dot: ast.expr, consume: Consumer) -> None:
    """`a | b`: the code after a loop goes into its body; nodes with one output need no nesting."""

    def write_from(index: int, dot: ast.expr) -> None:
        last = len(node.parts) - 1
        while index < last and node.parts[index].outputs is Outputs.ONE:
            dot = compiler.reusable(compiler.value(node.parts[index], dot))
            index += 1
        if index == last:
            compiler.stream(node.parts[index], dot, consume)
        elif index < last:
            compiler.stream(
                node.parts[index], dot, lambda output: write_from(index + 1, compiler.reusable(output))
            )

    if node.parts:
        write_from(0, dot)


def comma(compiler: Compiler, node: plan.Comma, dot: ast.expr, consume: Consumer) -> None:
    """`a, b`"""

    def write(inner_dot: ast.expr) -> None:
        for inner in node.parts:
            compiler.stream(inner, inner_dot, compiler.yield_)

    compiler.via_generator(dot, write, consume)


def bind_one(compiler: Compiler, node: plan.Bind, dot: ast.expr) -> ast.expr:
    """`source as $name | body` with one output each."""
    compiler.bind(node, compiler.value(node.source, dot))
    return compiler.value(node.body, dot)


def bind_each(compiler: Compiler, node: plan.Bind, dot: ast.expr, consume: Consumer) -> None:
    """`source as $name | body`"""

    def bind_output(output: ast.expr) -> None:
        compiler.bind(node, output)
        compiler.stream(node.body, dot, consume)

    compiler.stream(node.source, dot, bind_output)


def if_one(compiler: Compiler, node: plan.If, dot: ast.expr) -> ast.expr:
    """`if` with one output."""
    condition = compiler.truth(compiler.value(node.condition.plan, dot), node.condition.type, node)
    result = compiler.fresh_name()
    compiler.frame.local_names.add(result)
    blocks: list[list[ast.stmt]] = []
    outputs: list[ast.expr] = []
    for branch in (node.then, node.otherwise):
        block: list[ast.stmt] = []
        with compiler.nested(block):
            output = compiler.value(branch, dot)
            has_statements = bool(compiler.block)
            compiler.assign(result, output)
        blocks.append(block)
        if not has_statements:
            outputs.append(output)
    if len(outputs) == 2:
        return pyast.if_else(condition, outputs[0], outputs[1])
    compiler.add(ast.If(condition, blocks[0], blocks[1]))
    return pyast.name(result)


def if_each(compiler: Compiler, node: plan.If, dot: ast.expr, consume: Consumer) -> None:
    """`if`: the outputs of one branch."""
    is_empty = [branch.outputs is Outputs.NONE for branch in (node.then, node.otherwise)]
    if any(is_empty):
        compiler.stream(
            node.condition.plan, dot, lambda output: _if_block(compiler, node, dot, output, consume)
        )
    elif node.then.outputs is node.otherwise.outputs is Outputs.ONE:
        compiler.stream(
            node.condition.plan, dot, lambda output: _if_value(compiler, node, dot, output, consume)
        )
    else:

        def write(inner_dot: ast.expr) -> None:
            compiler.stream(
                node.condition.plan,
                inner_dot,
                lambda output: _if_block(compiler, node, inner_dot, output, compiler.yield_),
            )

        compiler.via_generator(dot, write, consume)


def _if_block(compiler: Compiler, node: plan.If, dot: ast.expr, output: ast.expr, consume: Consumer) -> None:
    condition = compiler.truth(output, node.condition.type, node)
    then: list[ast.stmt] = []
    otherwise: list[ast.stmt] = []
    with compiler.nested(then):
        compiler.stream(node.then, dot, consume)
    with compiler.nested(otherwise):
        compiler.stream(node.otherwise, dot, consume)
    if then:
        compiler.add(ast.If(condition, then, otherwise))
    elif otherwise:
        compiler.add(ast.If(pyast.not_(condition), otherwise, []))
    else:
        compiler.add_expression(condition)


def _if_value(compiler: Compiler, node: plan.If, dot: ast.expr, output: ast.expr, consume: Consumer) -> None:
    result = compiler.fresh_name()
    compiler.frame.local_names.add(result)
    condition = compiler.truth(output, node.condition.type, node)
    blocks: list[list[ast.stmt]] = []
    for branch in (node.then, node.otherwise):
        block: list[ast.stmt] = []
        with compiler.nested(block):
            compiler.assign(result, compiler.value(branch, dot))
        blocks.append(block)
    compiler.add(ast.If(condition, blocks[0], blocks[1]))
    consume(pyast.name(result))


def try_one(compiler: Compiler, node: plan.Try, dot: ast.expr) -> ast.expr:
    """`try body catch handler` with one output each."""
    result, error = compiler.fresh_name(), compiler.fresh_name("error")
    compiler.frame.local_names.add(result)
    assert node.handler is not None
    body: list[ast.stmt] = []
    with compiler.nested(body):
        compiler.assign(result, compiler.value(node.body, dot))
    handler: list[ast.stmt] = []
    with compiler.nested(handler):
        message = compiler.reusable(pyast.attribute(pyast.name(error), "value"))
        compiler.assign(result, compiler.value(node.handler, message))
    compiler.add(ast.Try(body, [error_handler(error, handler)], [], []))
    return pyast.name(result)


def try_each(compiler: Compiler, node: plan.Try, dot: ast.expr, consume: Consumer) -> None:
    """`try`: catches errors of the body, not of the code that consumes its outputs."""
    error = compiler.fresh_name("error")
    if node.handler is None and node.body.outputs is Outputs.ONE:
        result = compiler.fresh_name()
        compiler.frame.local_names.add(result)
        body: list[ast.stmt] = []
        with compiler.nested(body):
            compiler.assign(result, compiler.value(node.body, dot))
        then: list[ast.stmt] = []
        with compiler.nested(then):
            consume(pyast.name(result))
        compiler.add(ast.Try(body, [error_handler(error, [ast.Pass()])], then, []))
        return

    def write(inner_dot: ast.expr) -> None:
        body: list[ast.stmt] = []
        with compiler.nested(body):
            compiler.stream(node.body, inner_dot, compiler.yield_)
        handler: list[ast.stmt] = []
        with compiler.nested(handler):
            if node.handler is not None:
                message = compiler.reusable(pyast.attribute(pyast.name(error), "value"))
                compiler.stream(node.handler, message, compiler.yield_)
        compiler.add(ast.Try(body or [ast.Pass()], [error_handler(error, handler or [ast.Pass()])], [], []))

    compiler.via_generator(dot, write, consume)


def error_handler(error: str, body: list[ast.stmt]) -> ast.ExceptHandler:
    """Return an `except` clause for jq's errors."""
    return ast.ExceptHandler(pyast.name("RunError"), error, body)


def reduce(compiler: Compiler, node: plan.Reduce, dot: ast.expr, consume: Consumer) -> None:
    """`reduce`: the last output of `update` is the next state; null if there is none."""

    in_place = can_update_in_place(node.update)

    def write_loop(start: ast.expr) -> None:
        state, old = node.state or compiler.fresh_name("state"), compiler.fresh_name("old")
        if in_place:
            edit = compiler.fresh_name("edit")
            compiler.assign(edit, pyast.call("Edit", start))
        else:
            compiler.assign(state, start)

        def step(output: ast.expr) -> None:
            compiler.bind(node, output)
            if node.state:
                compiler.stream(node.update, pyast.name(state), compiler.add_expression)
                return
            if in_place:
                compiler.assign(state, pyast.attribute(pyast.name(edit), "value"))
                update_in_place(compiler, node.update, pyast.name(state), edit)
                return
            if node.update.outputs is Outputs.ONE:
                compiler.assign(state, compiler.value(node.update, pyast.name(state)))
                return
            compiler.assign(old, pyast.name(state))
            compiler.assign(state, pyast.constant(None))
            compiler.stream(node.update, pyast.name(old), lambda new: compiler.assign(state, new))

        compiler.stream(node.source, dot, step)
        consume(pyast.attribute(pyast.name(edit), "value") if in_place else pyast.name(state))

    compiler.stream(node.start, dot, write_loop)


def update_in_place(compiler: Compiler, update: Plan, dot: ast.expr, edit: str) -> None:
    """Write an update of a state that nothing else refers to: it changes the edit's own value."""
    match update:
        case plan.Bind(source=source, body=body):
            compiler.bind(update, compiler.value(source, dot))
            update_in_place(compiler, body, dot, edit)
        case plan.Operate(right=right):
            added = compiler.value(right.plan, dot)
            compiler.add_expression(compiler.locate(update, pyast.method(pyast.name(edit), "add", added)))
        case plan.Native(arguments=operands):
            path, new = compiler.values([operand.plan for operand in operands], dot)
            compiler.add_expression(
                compiler.locate(update, pyast.method(pyast.name(edit), "set_path", path, new))
            )
        case _:
            compiler.edits[id(update)] = edit
            compiler.stream(update, dot, lambda output: None)
            del compiler.edits[id(update)]


def foreach(compiler: Compiler, node: plan.Foreach, dot: ast.expr, consume: Consumer) -> None:
    """`foreach`: the plan binds each new state and extracts from it."""

    def write_loop(start: ast.expr) -> None:
        compiler.assign(node.state, start)

        def step(output: ast.expr) -> None:
            compiler.bind(node, output)
            compiler.stream(node.update, dot, consume)

        compiler.stream(node.source, dot, step)

    compiler.stream(node.start, dot, write_loop)


def label(compiler: Compiler, node: plan.Label, dot: ast.expr, consume: Consumer) -> None:
    """`label $name | body`: a new label each time it is entered."""
    compiler.assign(node.name, pyast.call("object"))
    body: list[ast.stmt] = []
    with compiler.nested(body):
        compiler.stream(node.body, dot, consume)
    label_block(compiler, body, node.name)


def label_block(compiler: Compiler, body: list[ast.stmt], label: str) -> None:
    """Write `body` as a block that `break` to its label ends."""
    error = compiler.fresh_name("error")
    other = pyast.not_(pyast.is_(pyast.attribute(pyast.name(error), "label"), pyast.name(label)))
    handler = ast.ExceptHandler(pyast.name("BreakSignal"), error, [ast.If(other, [ast.Raise()], [])])
    compiler.add(ast.Try(body or [ast.Pass()], [handler], [], []))


def break_(compiler: Compiler, node: plan.Break, dot: ast.expr, consume: Consumer) -> None:
    """`break $name`"""
    compiler.add(ast.Raise(pyast.call("BreakSignal", pyast.name(node.name))))


VALUES: dict[type, ValueWriter] = {
    plan.Pipe: pipe_one,
    plan.Bind: bind_one,
    plan.If: if_one,
    plan.Try: try_one,
}
STREAMS: dict[type, StreamWriter] = {
    plan.Pipe: pipe_each,
    plan.Comma: comma,
    plan.Bind: bind_each,
    plan.If: if_each,
    plan.Try: try_each,
    plan.Reduce: reduce,
    plan.Foreach: foreach,
    plan.Label: label,
    plan.Break: break_,
}
