"""Constants, variables, constructors, operators and calls of builtins."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Final

from ocpiq.analysis.builtins import BUILTINS
from ocpiq.codegen import pyast
from ocpiq.codegen.compiler import Compiler, Consumer, StreamWriter, ValueWriter
from ocpiq.plan import nodes as plan
from ocpiq.plan.blanks import Blanks
from ocpiq.plan.nodes import Plan
from ocpiq.plan.outputs import Outputs
from ocpiq.plan.types import OpaqueType, Type
from ocpiq.runtime.context import Runtime
from ocpiq.values.numbers import NUMBERS, LiteralNumber

ARITHMETIC = {"+": "add", "-": "subtract", "*": "multiply", "/": "divide", "%": "modulo"}
ORDER = {"<": "less", "<=": "less_equal", ">": "greater", ">=": "greater_equal"}
COMPARISON_NODES: dict[str, ast.cmpop] = {"<": ast.Lt(), "<=": ast.LtE(), ">": ast.Gt(), ">=": ast.GtE()}
UNKNOWN = OpaqueType()
BUILTIN: Final = "builtin_"
FORMAT: Final = "format_"
"""How the names of builtins begin in generated code; the second for `@csv` and the like."""

RUNTIME_BUILTINS = {name for name in vars(Runtime) if name[0] != "_"}  # builtins that need the state of a run


def constant(compiler: Compiler, node: plan.Constant, dot: ast.expr) -> ast.expr:
    """A literal of the query."""
    return compiler.constant(node.value)


def local(compiler: Compiler, node: plan.Local, dot: ast.expr) -> ast.expr:
    """A variable of the query."""
    return pyast.name(node.name)


def run_variable(compiler: Compiler, node: plan.RunVariable, dot: ast.expr) -> ast.expr:
    """A variable that the run sets."""
    return pyast.subscript(pyast.name("variables"), pyast.constant(node.name))


def make_array(compiler: Compiler, node: plan.MakeArray, dot: ast.expr) -> ast.expr:
    """`[…]`; a comprehension if the body is one loop."""
    result = compiler.fresh_name("array")
    block: list[ast.stmt] = []
    with compiler.writing_into(block):
        compiler.stream(
            node.body,
            dot,
            lambda output: compiler.add_expression(pyast.method(pyast.name(result), "append", output)),
        )
    match block:
        case [ast.Expr(ast.Call(ast.Attribute(ast.Name(identifier)), [item]))] if identifier == result:
            return ast.List([item], pyast.LOAD)
        case [
            ast.For(target, iterable, [ast.Expr(ast.Call(ast.Attribute(ast.Name(identifier)), [output]))])
        ] if identifier == result:
            return ast.ListComp(output, [ast.comprehension(target, iterable, [], 0)])
    compiler.assign(result, ast.List([], pyast.LOAD))
    compiler.block.extend(block)
    return pyast.name(result)


def make_object_one(compiler: Compiler, node: plan.MakeObject, dot: ast.expr) -> ast.expr:
    """`{…}` with one output."""
    parts = [inner for entry in node.entries for inner in entry]
    return _dict(compiler, node, compiler.values(parts, dot))


def make_object_each(compiler: Compiler, node: plan.MakeObject, dot: ast.expr, consume: Consumer) -> None:
    """`{…}` for each combination."""
    parts = [inner for entry in node.entries for inner in entry]
    compiler.for_each_combination(parts, dot, lambda outputs: consume(_dict(compiler, node, outputs)))


def _dict(compiler: Compiler, node: plan.MakeObject, outputs: list[ast.expr]) -> ast.expr:
    keys: list[ast.expr | None] = []
    for (key, _), output in zip(node.entries, outputs[::2], strict=True):
        keys.append(
            output
            if isinstance(key, plan.Constant)
            else compiler.locate(node, pyast.call("object_key", output))
        )
    return ast.Dict(keys, outputs[1::2])


def _each_operand_pair(
    compiler: Compiler, left: Plan, right: Plan, dot: ast.expr, consume: Callable[[ast.expr, ast.expr], None]
) -> None:
    """Write `consume` for each pair of outputs; the right operand comes first and varies slowest (jq's order)."""
    compiler.for_each_combination([right, left], dot, lambda outputs: consume(outputs[1], outputs[0]))


def operate_one(compiler: Compiler, node: plan.Operate, dot: ast.expr) -> ast.expr:
    """Arithmetic and comparison with one output."""
    right, left = compiler.values([node.right.plan, node.left.plan], dot)
    if not pyast.is_simple(right) and not pyast.is_simple(left):
        right = compiler.reusable(right)
    return _operation(compiler, node, left, right)


def operate_each(compiler: Compiler, node: plan.Operate, dot: ast.expr, consume: Consumer) -> None:
    """Arithmetic and comparison for each combination."""
    _each_operand_pair(
        compiler,
        node.left.plan,
        node.right.plan,
        dot,
        lambda left, right: consume(_operation(compiler, node, left, right)),
    )


def _operation(compiler: Compiler, node: plan.Operate, left: ast.expr, right: ast.expr) -> ast.expr:
    operator = node.operator
    if operator in ARITHMETIC:
        return compiler.locate(node, pyast.call(ARITHMETIC[operator], left, right))
    literal = node.right.plan.value if isinstance(node.right.plan, plan.Constant) else None
    if operator in ("==", "!="):
        for value, operand, other in ((left, node.left, node.right), (right, node.right, node.left)):
            if (
                isinstance(other.plan, plan.Constant)
                and other.plan.value is None
                and not isinstance(value, ast.Constant)
            ):
                return _compare_with_null(compiler, node, value, operand.type)
        general: ast.expr = compiler.locate(node, pyast.call("equal", left, right))
        if type(literal) is str:
            left = compiler.reusable(left)
            fast = ast.Compare(left, [ast.Eq()], [right])
            general = compiler.locate(node, pyast.call("equal", left, right))
            general = pyast.if_else(pyast.has_class(left, "str"), fast, general)
        return general if operator == "==" else pyast.not_(general)
    if type(literal) in NUMBERS:
        if type(literal) is LiteralNumber:
            right = ast.Constant(float(literal))
        return _compare_with_number(compiler, node, left, right)
    return compiler.locate(node, pyast.call(ORDER[operator], left, right))


def _compare_with_null(compiler: Compiler, node: plan.Operate, value: ast.expr, type_: Type) -> ast.expr:
    """Compare with null, which needs no look at the value itself."""
    if compiler.may_be_blank(type_):
        value = compiler.locate(node, pyast.call("refuse_blank", value))
    null = pyast.is_(value, pyast.constant(None))
    return null if node.operator == "==" else pyast.not_(null)


def _compare_with_number(compiler: Compiler, node: plan.Operate, left: ast.expr, right: ast.expr) -> ast.expr:
    """Compare with a literal number: inline if the left is a number. `not >=` for `<`: NaN is below all numbers."""
    left = compiler.reusable(left)
    operator = node.operator
    general = compiler.locate(node, pyast.call(ORDER[operator], left, right))
    inverse = {"<": ">=", "<=": ">"}.get(operator)
    fast: ast.expr = ast.Compare(left, [COMPARISON_NODES[inverse or operator]], [right])
    if inverse:
        fast = pyast.not_(fast)
    is_number = pyast.or_(pyast.has_class(left, "float"), pyast.has_class(left, "int"))
    return pyast.if_else(is_number, fast, general)


def logic_one(compiler: Compiler, node: plan.Logic, dot: ast.expr) -> ast.expr:
    """`and`, `or`: the right side is evaluated only if the left does not decide."""
    left = compiler.truth(compiler.value(node.left.plan, dot), node.left.type, node)
    block: list[ast.stmt] = []
    with compiler.writing_into(block):
        right = compiler.truth(compiler.value(node.right.plan, dot), node.right.type, node)
    if not block:
        return (pyast.and_ if node.operator == "and" else pyast.or_)(left, right)
    result = compiler.fresh_name()
    compiler.assign(result, left)
    condition = pyast.name(result) if node.operator == "and" else pyast.not_(pyast.name(result))
    with compiler.if_block(condition):
        compiler.block.extend(block)
        compiler.assign(result, right)
    return pyast.name(result)


def logic_each(compiler: Compiler, node: plan.Logic, dot: ast.expr, consume: Consumer) -> None:
    """`and`, `or` for each combination."""
    stop = node.operator == "or"

    def write(inner_dot: ast.expr) -> None:
        def left(output: ast.expr) -> None:
            truth = compiler.reusable(compiler.truth(output, node.left.type, node))
            with compiler.if_block(truth if stop else pyast.not_(truth)):
                compiler.yield_(pyast.constant(stop))
            with compiler.if_block(pyast.not_(truth) if stop else truth):
                compiler.stream(
                    node.right.plan,
                    inner_dot,
                    lambda right: compiler.yield_(compiler.truth(right, node.right.type, node)),
                )

        compiler.stream(node.left.plan, inner_dot, left)

    compiler.via_generator(dot, write, consume)


def negate_one(compiler: Compiler, node: plan.Negate, dot: ast.expr) -> ast.expr:
    """`-x`"""
    return _negation(compiler, node, compiler.value(node.body, dot))


def negate_each(compiler: Compiler, node: plan.Negate, dot: ast.expr, consume: Consumer) -> None:
    """`-x` for each output."""
    compiler.stream(node.body, dot, lambda output: consume(_negation(compiler, node, output)))


def _negation(compiler: Compiler, node: plan.Negate, value: ast.expr) -> ast.expr:
    return compiler.locate(node, pyast.call("negate_computed" if node.computed else "negate", value))


def otherwise_one(compiler: Compiler, node: plan.Otherwise, dot: ast.expr) -> ast.expr:
    """`a // b` if a has at most one output and b has one."""
    result = compiler.fresh_name()
    if node.left.plan.outputs is Outputs.ONE:
        compiler.assign(result, compiler.value(node.left.plan, dot))
    else:
        compiler.assign(result, pyast.constant(None))
        compiler.stream(node.left.plan, dot, lambda output: compiler.assign(result, output))
    with compiler.if_block(pyast.not_(compiler.truth(pyast.name(result), node.left.type, node))):
        compiler.assign(result, compiler.value(node.right, dot))
    return pyast.name(result)


def otherwise_each(compiler: Compiler, node: plan.Otherwise, dot: ast.expr, consume: Consumer) -> None:
    """`a // b`: every true output of a, otherwise all outputs of b."""

    def write(inner_dot: ast.expr) -> None:
        matched = compiler.fresh_name("matched")
        compiler.assign(matched, pyast.constant(False))

        def left(output: ast.expr) -> None:
            output = compiler.reusable(output)
            with compiler.if_block(compiler.truth(output, node.left.type, node)):
                compiler.assign(matched, pyast.constant(True))
                compiler.yield_(output)

        compiler.stream(node.left.plan, inner_dot, left)
        with compiler.if_block(pyast.not_(pyast.name(matched))):
            compiler.stream(node.right, inner_dot, compiler.yield_)

    compiler.via_generator(dot, write, consume)


def interpolate_one(compiler: Compiler, node: plan.Interpolate, dot: ast.expr) -> ast.expr:
    """A string with interpolations, one output; the last part is evaluated first (jq's order)."""
    nodes = [inner for inner in node.parts if not isinstance(inner, str)]
    return _string(compiler, node, _last_first(compiler, nodes, dot))


def _last_first(compiler: Compiler, nodes: list[Plan], dot: ast.expr) -> list[ast.expr]:
    """Return expressions for nodes with one output each; the last one is evaluated first."""
    if len(nodes) < 2:
        return compiler.values(nodes, dot)
    return [compiler.reusable(compiler.value(plan_node, dot)) for plan_node in nodes[::-1]][::-1]


def interpolate_each(compiler: Compiler, node: plan.Interpolate, dot: ast.expr, consume: Consumer) -> None:
    """A string for each combination; the last part varies slowest."""
    nodes = [inner for inner in node.parts if not isinstance(inner, str)]
    compiler.for_each_combination(
        nodes[::-1], dot, lambda outputs: consume(_string(compiler, node, outputs[::-1]))
    )


def _string(compiler: Compiler, node: plan.Interpolate, outputs: list[ast.expr]) -> ast.expr:
    values = iter(outputs)
    blanks = BUILTINS[node.format, 0].blanks
    pieces = [
        compiler.constant(inner)
        if isinstance(inner, str)
        else compiler.locate(
            node, pyast.call(format_name(node.format), guard(compiler, next(values), blanks))
        )
        for inner in node.parts
    ]
    return pyast.call("concatenate", *pieces)


def format_name(name: str) -> str:
    """Return the name of a builtin in generated code: `@csv` is not a Python name."""
    return f"{FORMAT}{name[1:]}" if name[0] == "@" else f"{BUILTIN}{name}"


GUARDS = {
    Blanks.REFUSES: "refuse_blank_inside",
    Blanks.OUTSIDE: "refuse_blank",
    Blanks.ITEMS: "refuse_blank_item",
}


def guard(compiler: Compiler, value: ast.expr, blanks: Blanks, type_: Type = UNKNOWN) -> ast.expr:
    """Return an operand, with a check if it may be or contain a blank that the operation does not accept."""
    check = GUARDS.get(blanks)
    return pyast.call(check, value) if check and compiler.may_be_blank(type_) else value


def native_one(compiler: Compiler, node: plan.Native, dot: ast.expr) -> ast.expr:
    """A call of a builtin with one output; the last argument is evaluated first (jq's order)."""
    nodes = [operand.plan for operand in node.arguments]
    return _call(compiler, node, dot, _last_first(compiler, nodes, dot))


def native_each(compiler: Compiler, node: plan.Native, dot: ast.expr, consume: Consumer) -> None:
    """A call of a builtin for each combination of its arguments and each of its outputs."""
    builtin = BUILTINS[node.name, len(node.arguments)]

    def write_call(outputs: list[ast.expr]) -> None:
        expression = _call(compiler, node, dot, outputs)
        if builtin.outputs is Outputs.ONE:
            consume(expression)
        elif builtin.outputs is Outputs.NONE:
            compiler.add_expression(expression)
        else:
            output = compiler.fresh_name("output")
            with compiler.loop(output, expression):
                consume(pyast.name(output))

    nodes = [operand.plan for operand in node.arguments]
    if node.name == "range":  # jq defines it in jq: its first argument varies slowest
        compiler.for_each_combination(nodes, dot, write_call)
    else:
        compiler.for_each_combination(nodes[::-1], dot, lambda outputs: write_call(outputs[::-1]))


def _call(compiler: Compiler, node: plan.Native, dot: ast.expr, outputs: list[ast.expr]) -> ast.expr:
    builtin = BUILTINS[node.name, len(node.arguments)]
    arguments = [
        guard(compiler, output, builtin.of_argument(is_number), node.arguments[is_number].type)
        for is_number, output in enumerate(outputs)
    ]
    if builtin.reads:
        arguments.insert(0, guard(compiler, dot, builtin.blanks, node.input))
    if node.name in RUNTIME_BUILTINS:
        return compiler.locate(node, pyast.method(pyast.name("runtime"), node.name, *arguments))
    return compiler.locate(node, pyast.call(format_name(node.name), *arguments))


VALUES: dict[type, ValueWriter] = {
    plan.Constant: constant,
    plan.Local: local,
    plan.RunVariable: run_variable,
    plan.MakeArray: make_array,
    plan.MakeObject: make_object_one,
    plan.Operate: operate_one,
    plan.Logic: logic_one,
    plan.Negate: negate_one,
    plan.Otherwise: otherwise_one,
    plan.Interpolate: interpolate_one,
    plan.Native: native_one,
}
STREAMS: dict[type, StreamWriter] = {
    plan.MakeObject: make_object_each,
    plan.Operate: operate_each,
    plan.Logic: logic_each,
    plan.Negate: negate_each,
    plan.Otherwise: otherwise_each,
    plan.Interpolate: interpolate_each,
    plan.Native: native_each,
}
