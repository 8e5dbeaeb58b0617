"""Pipes, branches, errors, loops and labels."""

from __future__ import annotations

import ast

from ocpiq.codegen import pyast
from ocpiq.codegen.aliasing import sole_holder
from ocpiq.codegen.compiler import Compiler, StreamOf, Use, ValueOf
from ocpiq.plan.nodes import (
    Bind,
    Break,
    Comma,
    Foreach,
    If,
    Label,
    Native,
    Operate,
    Outputs,
    Pipe,
    Plan,
    Reduce,
    Try,
)


def pipe(compiler: Compiler, part: Pipe, here: ast.expr) -> ast.expr:
    """`a | b` with one output each."""
    for inner in part.parts[:-1]:
        here = compiler.named(compiler.value(inner, here))
    return compiler.value(part.parts[-1], here)


def pipes(compiler: Compiler, part: Pipe, here: ast.expr, use: Use) -> None:
    """`a | b`: what follows a loop stands inside it; parts with one output follow one another without nesting."""

    def go(index: int, here: ast.expr) -> None:
        last = len(part.parts) - 1
        while index < last and part.parts[index].outputs is Outputs.ONE:
            here = compiler.named(compiler.value(part.parts[index], here))
            index += 1
        if index == last:
            compiler.stream(part.parts[index], here, use)
        elif index < last:
            compiler.stream(part.parts[index], here, lambda output: go(index + 1, compiler.named(output)))

    if part.parts:
        go(0, here)


def comma(compiler: Compiler, part: Comma, here: ast.expr, use: Use) -> None:
    """`a, b`"""

    def write(inside: ast.expr) -> None:
        for inner in part.parts:
            compiler.stream(inner, inside, compiler.yield_)

    compiler.apart(here, write, use)


def bind(compiler: Compiler, part: Bind, here: ast.expr) -> ast.expr:
    """`source as $name | body` with one output each."""
    compiler.assign(part.name, compiler.value(part.source, here))
    return compiler.value(part.body, here)


def binds(compiler: Compiler, part: Bind, here: ast.expr, use: Use) -> None:
    """`source as $name | body`"""

    def bound(output: ast.expr) -> None:
        compiler.assign(part.name, output)
        compiler.stream(part.body, here, use)

    compiler.stream(part.source, here, bound)


def if_one(compiler: Compiler, part: If, here: ast.expr) -> ast.expr:
    """`if` with one output."""
    condition = compiler.truth(compiler.value(part.condition.part, here), part.condition.kind, part)
    result = compiler.fresh()
    compiler.frame.owned.add(result)
    blocks: list[list[ast.stmt]] = []
    outputs: list[ast.expr] = []
    for branch in (part.then, part.otherwise):
        block: list[ast.stmt] = []
        with compiler.deeper(block):
            output = compiler.value(branch, here)
            written = bool(compiler.block)
            compiler.assign(result, output)
        blocks.append(block)
        if not written:
            outputs.append(output)
    if len(outputs) == 2:
        return pyast.if_else(condition, outputs[0], outputs[1])
    compiler.add(ast.If(condition, blocks[0], blocks[1]))
    return pyast.name(result)


def if_each(compiler: Compiler, part: If, here: ast.expr, use: Use) -> None:
    """`if`: the outputs of one branch."""
    silent = [branch.outputs is Outputs.NONE for branch in (part.then, part.otherwise)]
    if any(silent):
        compiler.stream(
            part.condition.part, here, lambda output: _branches(compiler, part, here, output, use)
        )
    elif part.then.outputs is part.otherwise.outputs is Outputs.ONE:
        compiler.stream(part.condition.part, here, lambda output: _one_of(compiler, part, here, output, use))
    else:

        def write(inside: ast.expr) -> None:
            compiler.stream(
                part.condition.part,
                inside,
                lambda output: _branches(compiler, part, inside, output, compiler.yield_),
            )

        compiler.apart(here, write, use)


def _branches(compiler: Compiler, part: If, here: ast.expr, output: ast.expr, use: Use) -> None:
    condition = compiler.truth(output, part.condition.kind, part)
    then: list[ast.stmt] = []
    otherwise: list[ast.stmt] = []
    with compiler.deeper(then):
        compiler.stream(part.then, here, use)
    with compiler.deeper(otherwise):
        compiler.stream(part.otherwise, here, use)
    if then:
        compiler.add(ast.If(condition, then, otherwise))
    elif otherwise:
        compiler.add(ast.If(pyast.not_(condition), otherwise, []))
    else:
        compiler.do(condition)


def _one_of(compiler: Compiler, part: If, here: ast.expr, output: ast.expr, use: Use) -> None:
    result = compiler.fresh()
    compiler.frame.owned.add(result)
    condition = compiler.truth(output, part.condition.kind, part)
    blocks: list[list[ast.stmt]] = []
    for branch in (part.then, part.otherwise):
        block: list[ast.stmt] = []
        with compiler.deeper(block):
            compiler.assign(result, compiler.value(branch, here))
        blocks.append(block)
    compiler.add(ast.If(condition, blocks[0], blocks[1]))
    use(pyast.name(result))


def try_one(compiler: Compiler, part: Try, here: ast.expr) -> ast.expr:
    """`try body catch handler` with one output each."""
    result, error = compiler.fresh(), compiler.fresh("error")
    compiler.frame.owned.add(result)
    assert part.handler is not None
    body: list[ast.stmt] = []
    with compiler.deeper(body):
        compiler.assign(result, compiler.value(part.body, here))
    handler: list[ast.stmt] = []
    with compiler.deeper(handler):
        message = compiler.named(pyast.attribute(pyast.name(error), "value"))
        compiler.assign(result, compiler.value(part.handler, message))
    compiler.add(ast.Try(body, [caught(error, handler)], [], []))
    return pyast.name(result)


def try_each(compiler: Compiler, part: Try, here: ast.expr, use: Use) -> None:
    """`try`: errors of the body are caught, not those of what uses its outputs."""
    error = compiler.fresh("error")
    if part.handler is None and part.body.outputs is Outputs.ONE:
        result = compiler.fresh()
        compiler.frame.owned.add(result)
        body: list[ast.stmt] = []
        with compiler.deeper(body):
            compiler.assign(result, compiler.value(part.body, here))
        then: list[ast.stmt] = []
        with compiler.deeper(then):
            use(pyast.name(result))
        compiler.add(ast.Try(body, [caught(error, [ast.Pass()])], then, []))
        return

    def write(inside: ast.expr) -> None:
        body: list[ast.stmt] = []
        with compiler.deeper(body):
            compiler.stream(part.body, inside, compiler.yield_)
        handler: list[ast.stmt] = []
        with compiler.deeper(handler):
            if part.handler is not None:
                message = compiler.named(pyast.attribute(pyast.name(error), "value"))
                compiler.stream(part.handler, message, compiler.yield_)
        compiler.add(ast.Try(body or [ast.Pass()], [caught(error, handler or [ast.Pass()])], [], []))

    compiler.apart(here, write, use)


def caught(error: str, body: list[ast.stmt]) -> ast.ExceptHandler:
    """Return the handler of jq's errors."""
    return ast.ExceptHandler(pyast.name("RunError"), error, body)


def reduce(compiler: Compiler, part: Reduce, here: ast.expr, use: Use) -> None:
    """`reduce`: the last output of `update` is the next state, null where there is none."""

    in_place = sole_holder(part.update)

    def started(start: ast.expr) -> None:
        state, old = part.state or compiler.fresh("state"), compiler.fresh("old")
        if in_place:
            edit = compiler.fresh("edit")
            compiler.assign(edit, pyast.call("Edit", start))
        else:
            compiler.assign(state, start)

        def step(output: ast.expr) -> None:
            compiler.assign(part.name, output)
            if part.state:
                compiler.stream(part.update, pyast.name(state), compiler.do)
                return
            if in_place:
                compiler.assign(state, pyast.attribute(pyast.name(edit), "value"))
                change(compiler, part.update, pyast.name(state), edit)
                return
            if part.update.outputs is Outputs.ONE:
                compiler.assign(state, compiler.value(part.update, pyast.name(state)))
                return
            compiler.assign(old, pyast.name(state))
            compiler.assign(state, pyast.constant(None))
            compiler.stream(part.update, pyast.name(old), lambda new: compiler.assign(state, new))

        compiler.stream(part.source, here, step)
        use(pyast.attribute(pyast.name(edit), "value") if in_place else pyast.name(state))

    compiler.stream(part.start, here, started)


def change(compiler: Compiler, update: Plan, here: ast.expr, edit: str) -> None:
    """Write an update of which the loop is the sole holder: it changes the edit's own value."""
    match update:
        case Bind(source=source, name=name, body=body):
            compiler.assign(name, compiler.value(source, here))
            change(compiler, body, here, edit)
        case Operate(right=right):
            added = compiler.value(right.part, here)
            compiler.do(compiler.at(update, pyast.method(pyast.name(edit), "add", added)))
        case Native(arguments=operands):
            path, new = compiler.values([operand.part for operand in operands], here)
            compiler.do(compiler.at(update, pyast.method(pyast.name(edit), "set_path", path, new)))
        case _:
            compiler.edits[id(update)] = edit
            compiler.stream(update, here, lambda output: None)
            del compiler.edits[id(update)]


def foreach(compiler: Compiler, part: Foreach, here: ast.expr, use: Use) -> None:
    """`foreach`: the plan binds each new state and extracts from it."""

    def started(start: ast.expr) -> None:
        compiler.assign(part.state, start)

        def step(output: ast.expr) -> None:
            compiler.assign(part.name, output)
            compiler.stream(part.update, here, use)

        compiler.stream(part.source, here, step)

    compiler.stream(part.start, here, started)


def label(compiler: Compiler, part: Label, here: ast.expr, use: Use) -> None:
    """`label $name | body`: each time it is entered it is a label of its own."""
    compiler.assign(part.name, pyast.call("object"))
    body: list[ast.stmt] = []
    with compiler.deeper(body):
        compiler.stream(part.body, here, use)
    left(compiler, body, part.name)


def left(compiler: Compiler, body: list[ast.stmt], label: str) -> None:
    """Write `body` as a block that ends when its label is left."""
    error = compiler.fresh("error")
    other = pyast.not_(pyast.is_(pyast.attribute(pyast.name(error), "label"), pyast.name(label)))
    handler = ast.ExceptHandler(pyast.name("Left"), error, [ast.If(other, [ast.Raise()], [])])
    compiler.add(ast.Try(body or [ast.Pass()], [handler], [], []))


def break_(compiler: Compiler, part: Break, here: ast.expr, use: Use) -> None:
    """`break $name`"""
    compiler.add(ast.Raise(pyast.call("Left", pyast.name(part.name))))


VALUES: dict[type, ValueOf] = {Pipe: pipe, Bind: bind, If: if_one, Try: try_one}
STREAMS: dict[type, StreamOf] = {
    Pipe: pipes,
    Comma: comma,
    Bind: binds,
    If: if_each,
    Try: try_each,
    Reduce: reduce,
    Foreach: foreach,
    Label: label,
    Break: break_,
}
