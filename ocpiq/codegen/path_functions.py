"""Recursive definitions in the form that traces paths, and their calls."""

from __future__ import annotations

import ast

from ocpiq.codegen import pyast
from ocpiq.codegen.compiler import Compiler, PathPosition, PositionConsumer, TraceWriter
from ocpiq.codegen.functions import argument_closures
from ocpiq.codegen.path_position import fresh_position_names, loop_over_positions, position_yielder
from ocpiq.plan import nodes as plan
from ocpiq.plan.nodes import Plan


def function(
    compiler: Compiler, node: plan.Function, position: PathPosition, consume: PositionConsumer
) -> None:
    """A recursive definition inside a traced expression."""
    compiler.define_function(node)
    compiler.trace(node.body, position, consume)


def write_traced_definition(compiler: Compiler, node: plan.Function) -> None:
    """Write the form of a definition that traces paths; each parameter is passed in both forms."""
    names = fresh_position_names(compiler)
    parameters = [name for parameter in node.parameters for name in (parameter, traced_name(parameter))]
    compiler.generator(
        lambda: compiler.trace(
            node.definition, PathPosition(*map(pyast.name, names)), position_yielder(compiler)
        ),
        [*names, *parameters],
        traced_name(node.name),
    )


def traced_name(name: str) -> str:
    """Return the name of a function's form that traces paths."""
    return f"{name}_traced"


def invoke(compiler: Compiler, node: plan.Invoke, position: PathPosition, consume: PositionConsumer) -> None:
    """A call of a recursive definition."""
    closures = argument_closures(compiler, node.arguments)
    arguments: list[ast.expr] = []
    for argument, value in zip(node.arguments, closures, strict=True):
        name = compiler.fresh_name("argument")
        names = fresh_position_names(compiler)

        def write(argument: Plan = argument, names: list[str] = names) -> None:
            compiler.trace(argument, PathPosition(*map(pyast.name, names)), position_yielder(compiler))

        compiler.generator(write, names, name)
        arguments += [value, pyast.name(name)]
    loop_over_positions(compiler, pyast.call(traced_name(node.name), *position, *arguments), consume)


def parameter(
    compiler: Compiler, node: plan.Parameter, position: PathPosition, consume: PositionConsumer
) -> None:
    """A call of a parameter."""
    loop_over_positions(compiler, pyast.call(traced_name(node.name), *position), consume)


TRACES: dict[type, TraceWriter] = {plan.Function: function, plan.Invoke: invoke, plan.Parameter: parameter}
