"""Recursive definitions and their calls."""

from __future__ import annotations

import ast

from ocpiq.codegen import pyast
from ocpiq.codegen.compiler import Compiler, Consumer, StreamWriter, ValueWriter
from ocpiq.plan import nodes as plan
from ocpiq.plan.nodes import Plan
from ocpiq.plan.outputs import Outputs


def function(compiler: Compiler, node: plan.Function, dot: ast.expr, consume: Consumer) -> None:
    """A recursive definition and the expression in its scope."""
    compiler.define_function(node)
    compiler.stream(node.body, dot, consume)


def write_definition(compiler: Compiler, node: plan.Function) -> None:
    """Write a definition as a function; a tail call of itself becomes a loop."""
    dot_name = compiler.fresh_name("dot")
    parameters = [dot_name, *node.parameters]
    with compiler.function(parameters) as frame:
        body: list[ast.stmt] = []
        if has_tail_call(node.definition, node):
            compiler.add(ast.While(pyast.constant(True), body, []))
            compiler.depth += 1
        else:
            body = frame.body
        with compiler.writing_into(body):
            write_tail(compiler, node.definition, node, dot_name)
        if node.definition.outputs is not Outputs.ONE and not frame.yields:
            frame.body.append(pyast.empty_generator())
    compiler.define(node.name, parameters, frame)


def has_tail_call(plan_node: Plan, function: plan.Function) -> bool:
    """Tell whether `plan` may end in a call of the function itself with unchanged parameters."""
    match distribute_pipe(plan_node):
        case plan.Invoke(name=function.name, arguments=arguments):
            return all(
                isinstance(argument, plan.Parameter) and argument.name == parameter
                for argument, parameter in zip(arguments, function.parameters, strict=True)
            )
        case plan.Pipe(parts=(*steps, end)) if all(node.outputs is Outputs.ONE for node in steps):
            return has_tail_call(end, function)
        case plan.Bind(source=source, body=body) if source.outputs is Outputs.ONE:
            return has_tail_call(body, function)
        case plan.Comma(parts=parts):
            return has_tail_call(parts[-1], function)
        case plan.If(condition=condition, then=then, otherwise=otherwise) if (
            condition.plan.outputs is Outputs.ONE
        ):
            return has_tail_call(then, function) or has_tail_call(otherwise, function)
    return False


def write_tail(compiler: Compiler, plan_node: Plan, function: plan.Function, dot_name: str) -> None:
    """Write the end of a function: its outputs and its return, or its next iteration. `dot_name` names its input."""
    dot = pyast.name(dot_name)
    has_one_output = function.definition.outputs is Outputs.ONE
    if not has_tail_call(plan_node, function):
        if has_one_output:
            compiler.add(ast.Return(compiler.value(plan_node, dot)))
        else:
            compiler.stream(plan_node, dot, compiler.yield_)
            compiler.add(ast.Return(None))
        return
    match distribute_pipe(plan_node):
        case plan.Invoke():
            compiler.add(ast.Continue())
        case plan.Pipe(parts=(*steps, end)):
            compiler.assign(dot_name, compiler.value(pipe_of(steps), dot))
            write_tail(compiler, end, function, dot_name)
        case plan.Bind(source=source, name=name, body=body):
            compiler.assign(name, compiler.value(source, dot))
            write_tail(compiler, body, function, dot_name)
        case plan.Comma(parts=(*steps, end)):
            for node in steps:
                compiler.stream(node, dot, compiler.yield_)
            write_tail(compiler, end, function, dot_name)
        case plan.If(condition=operand, then=then, otherwise=otherwise) as node:
            condition = compiler.truth(compiler.value(operand.plan, dot), operand.type, node)
            blocks: list[list[ast.stmt]] = []
            for branch in (then, otherwise):
                block: list[ast.stmt] = []
                with compiler.writing_into(block):
                    write_tail(compiler, branch, function, dot_name)
                blocks.append(block)
            compiler.add(ast.If(condition, blocks[0], blocks[1]))


def distribute_pipe(plan_node: Plan) -> Plan:
    """Return `if c then a else empty end | b` as `if c then a | b else empty end`, any other plan unchanged."""
    match plan_node:
        case plan.Pipe(parts=(plan.If(condition=condition, then=then, otherwise=otherwise), *rest)) if (
            condition.plan.outputs is Outputs.ONE and Outputs.NONE in (then.outputs, otherwise.outputs)
        ):
            branches = [
                branch if branch.outputs is Outputs.NONE else pipe_of([branch, *rest])
                for branch in (then, otherwise)
            ]
            return plan.If(condition, branches[0], branches[1], outputs=plan_node.outputs)
    return plan_node


def pipe_of(parts: list[Plan]) -> Plan:
    """Return nodes as one plan."""
    if len(parts) == 1:
        return parts[0]
    outputs = Outputs.ONE
    for node in parts:
        outputs = outputs.then(node.outputs)
    return plan.Pipe(tuple(parts), outputs=outputs)


def argument_closures(compiler: Compiler, arguments: tuple[Plan, ...]) -> list[ast.expr]:
    """Write a generator function for each argument of a call; the callee runs it on its own inputs."""
    argument_closures: list[ast.expr] = []
    for argument in arguments:
        function, dot_name = compiler.fresh_name("argument"), compiler.fresh_name("dot")

        def write(argument: Plan = argument, dot_name: str = dot_name) -> None:
            compiler.stream(argument, pyast.name(dot_name), compiler.yield_)

        compiler.generator(write, [dot_name], function)
        argument_closures.append(pyast.name(function))
    return argument_closures


def invoke_one(compiler: Compiler, node: plan.Invoke, dot: ast.expr) -> ast.expr:
    """A call of a recursive definition with one output."""
    return pyast.call(node.name, dot, *argument_closures(compiler, node.arguments))


def invoke_each(compiler: Compiler, node: plan.Invoke, dot: ast.expr, consume: Consumer) -> None:
    """A call of a recursive definition."""
    output = compiler.fresh_name("output")
    with compiler.loop(output, pyast.call(node.name, dot, *argument_closures(compiler, node.arguments))):
        consume(pyast.name(output))


def parameter(compiler: Compiler, node: plan.Parameter, dot: ast.expr, consume: Consumer) -> None:
    """A call of a parameter."""
    output = compiler.fresh_name("output")
    with compiler.loop(output, pyast.call(node.name, dot)):
        consume(pyast.name(output))


VALUES: dict[type, ValueWriter] = {plan.Invoke: invoke_one}
STREAMS: dict[type, StreamWriter] = {
    plan.Function: function,
    plan.Invoke: invoke_each,
    plan.Parameter: parameter,
}
