"""Definitions that call themselves, and their calls."""

from __future__ import annotations

import ast

from ocpiq.codegen import pyast
from ocpiq.codegen.compiler import Compiler, StreamOf, Use, ValueOf
from ocpiq.plan.nodes import (
    Bind,
    Comma,
    Function,
    If,
    Invoke,
    Outputs,
    Parameter,
    Pipe,
    Plan,
)


def function(compiler: Compiler, part: Function, here: ast.expr, use: Use) -> None:
    """A definition that calls itself, and what can call it."""
    compiler.define_function(part)
    compiler.stream(part.body, here, use)


def define(compiler: Compiler, part: Function) -> None:
    """Write a definition as a function; where it ends in a call of itself, it is a loop."""
    inside = compiler.fresh("here")
    parameters = [inside, *part.parameters]
    with compiler.function(parameters) as frame:
        body: list[ast.stmt] = []
        if calls_itself_last(part.definition, part):
            compiler.add(ast.While(pyast.constant(True), body, []))
            compiler.depth += 1
        else:
            body = frame.body
        with compiler.into(body):
            last(compiler, part.definition, part, inside)
        if part.definition.outputs is not Outputs.ONE and not frame.yields:
            frame.body.append(pyast.nothing())
    compiler.define(part.name, parameters, frame)


def calls_itself_last(plan: Plan, function: Function) -> bool:
    """Tell whether the end of `plan` may be a call of the function itself, with the parameters that it has."""
    match distributed(plan):
        case Invoke(name=function.name, arguments=arguments):
            return all(
                isinstance(argument, Parameter) and argument.name == parameter
                for argument, parameter in zip(arguments, function.parameters, strict=True)
            )
        case Pipe(parts=(*before, end)) if all(part.outputs is Outputs.ONE for part in before):
            return calls_itself_last(end, function)
        case Bind(source=source, body=body) if source.outputs is Outputs.ONE:
            return calls_itself_last(body, function)
        case Comma(parts=parts):
            return calls_itself_last(parts[-1], function)
        case If(condition=condition, then=then, otherwise=otherwise) if condition.part.outputs is Outputs.ONE:
            return calls_itself_last(then, function) or calls_itself_last(otherwise, function)
    return False


def last(compiler: Compiler, plan: Plan, function: Function, inside: str) -> None:
    """Write the end of a function: its outputs and its return, or its next turn. `inside` is its input."""
    here = pyast.name(inside)
    one = function.definition.outputs is Outputs.ONE
    if not calls_itself_last(plan, function):
        if one:
            compiler.add(ast.Return(compiler.value(plan, here)))
        else:
            compiler.stream(plan, here, compiler.yield_)
            compiler.add(ast.Return(None))
        return
    match distributed(plan):
        case Invoke():
            compiler.add(ast.Continue())
        case Pipe(parts=(*before, end)):
            compiler.assign(inside, compiler.value(pipe_of(before), here))
            last(compiler, end, function, inside)
        case Bind(source=source, name=name, body=body):
            compiler.assign(name, compiler.value(source, here))
            last(compiler, body, function, inside)
        case Comma(parts=(*before, end)):
            for part in before:
                compiler.stream(part, here, compiler.yield_)
            last(compiler, end, function, inside)
        case If(condition=operand, then=then, otherwise=otherwise) as chosen:
            condition = compiler.truth(compiler.value(operand.part, here), operand.kind, chosen)
            blocks: list[list[ast.stmt]] = []
            for branch in (then, otherwise):
                block: list[ast.stmt] = []
                with compiler.into(block):
                    last(compiler, branch, function, inside)
                blocks.append(block)
            compiler.add(ast.If(condition, blocks[0], blocks[1]))


def distributed(plan: Plan) -> Plan:
    """Return `if c then a else empty end | b` as `if c then a | b else empty end`, anything else as it is."""
    match plan:
        case Pipe(parts=(If(condition=condition, then=then, otherwise=otherwise), *rest)) if (
            condition.part.outputs is Outputs.ONE and Outputs.NONE in (then.outputs, otherwise.outputs)
        ):
            branches = [
                branch if branch.outputs is Outputs.NONE else pipe_of([branch, *rest])
                for branch in (then, otherwise)
            ]
            return If(condition, branches[0], branches[1], outputs=plan.outputs)
    return plan


def pipe_of(parts: list[Plan]) -> Plan:
    """Return parts as one."""
    if len(parts) == 1:
        return parts[0]
    outputs = Outputs.ONE
    for part in parts:
        outputs = outputs.then(part.outputs)
    return Pipe(tuple(parts), outputs=outputs)


def closures(compiler: Compiler, arguments: tuple[Plan, ...]) -> list[ast.expr]:
    """Write a generator function for each argument of a call: the callee runs it on inputs of its own."""
    closures: list[ast.expr] = []
    for argument in arguments:
        name, inside = compiler.fresh("argument"), compiler.fresh("here")

        def write(argument: Plan = argument, inside: str = inside) -> None:
            compiler.stream(argument, pyast.name(inside), compiler.yield_)

        compiler.generator(write, [inside], name)
        closures.append(pyast.name(name))
    return closures


def invoke(compiler: Compiler, part: Invoke, here: ast.expr) -> ast.expr:
    """A call of a definition with one output."""
    return pyast.call(part.name, here, *closures(compiler, part.arguments))


def invokes(compiler: Compiler, part: Invoke, here: ast.expr, use: Use) -> None:
    """A call of a definition."""
    output = compiler.fresh("out")
    with compiler.loop(output, pyast.call(part.name, here, *closures(compiler, part.arguments))):
        use(pyast.name(output))


def parameter(compiler: Compiler, part: Parameter, here: ast.expr, use: Use) -> None:
    """A call of a parameter."""
    output = compiler.fresh("out")
    with compiler.loop(output, pyast.call(part.name, here)):
        use(pyast.name(output))


VALUES: dict[type, ValueOf] = {Invoke: invoke}
STREAMS: dict[type, StreamOf] = {Function: function, Invoke: invokes, Parameter: parameter}
