"""Definitions that call themselves, in the form that follows paths, and their calls."""

from __future__ import annotations

import ast

from ocpiq.codegen import pyast
from ocpiq.codegen.compiler import Compiler, PathPosition, PathsOf, UsePosition
from ocpiq.codegen.functions import closures
from ocpiq.codegen.path_position import each_spot, spot_names, yielding
from ocpiq.plan.nodes import Function, Invoke, Parameter, Plan


def function(compiler: Compiler, part: Function, spot: PathPosition, use: UsePosition) -> None:
    """A definition that calls itself, defined where paths are followed."""
    compiler.define_function(part)
    compiler.trace(part.body, spot, use)


def define_traced(compiler: Compiler, part: Function) -> None:
    """Write the form of a definition that follows paths; each parameter comes in both forms."""
    inside = spot_names(compiler)
    doubled = [name for parameter in part.parameters for name in (parameter, traced(parameter))]
    compiler.generator(
        lambda: compiler.trace(part.definition, PathPosition(*map(pyast.name, inside)), yielding(compiler)),
        [*inside, *doubled],
        traced(part.name),
    )


def traced(name: str) -> str:
    """Return the name of the form of a function that follows paths."""
    return f"{name}_traced"


def invoke(compiler: Compiler, part: Invoke, spot: PathPosition, use: UsePosition) -> None:
    """A call of a definition."""
    plain = closures(compiler, part.arguments)
    arguments: list[ast.expr] = []
    for argument, value in zip(part.arguments, plain, strict=True):
        name = compiler.fresh("argument")
        inside = spot_names(compiler)

        def write(argument: Plan = argument, inside: list[str] = inside) -> None:
            compiler.trace(argument, PathPosition(*map(pyast.name, inside)), yielding(compiler))

        compiler.generator(write, inside, name)
        arguments += [value, pyast.name(name)]
    each_spot(compiler, pyast.call(traced(part.name), *spot, *arguments), use)


def parameter(compiler: Compiler, part: Parameter, spot: PathPosition, use: UsePosition) -> None:
    """A call of a parameter."""
    each_spot(compiler, pyast.call(traced(part.name), *spot), use)


TRACES: dict[type, PathsOf] = {Function: function, Invoke: invoke, Parameter: parameter}
