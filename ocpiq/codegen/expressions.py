"""Constants, variables, constructors, operators and calls of builtins."""

from __future__ import annotations

import ast
from collections.abc import Callable

from ocpiq.analysis.builtins import BUILTINS
from ocpiq.codegen import pyast
from ocpiq.codegen.compiler import Compiler, StreamOf, Use, ValueOf
from ocpiq.plan.blanks import Blanks
from ocpiq.plan.nodes import (
    Constant,
    Given,
    Interpolate,
    Local,
    Logic,
    MakeArray,
    MakeObject,
    Native,
    Negate,
    Operate,
    Otherwise,
    Outputs,
    Plan,
)
from ocpiq.plan.types import OpaqueType, Type
from ocpiq.runtime.context import Runtime

ARITHMETIC = {"+": "add", "-": "subtract", "*": "multiply", "/": "divide", "%": "modulo"}
ORDER = {"<": "less", "<=": "less_equal", ">": "greater", ">=": "greater_equal"}
COMPARED: dict[str, ast.cmpop] = {"<": ast.Lt(), "<=": ast.LtE(), ">": ast.Gt(), ">=": ast.GtE()}
UNKNOWN = OpaqueType()
RUNTIME = {name for name in vars(Runtime) if name[0] != "_"}  # builtins that belong to a run


def constant(compiler: Compiler, part: Constant, here: ast.expr) -> ast.expr:
    """A value of the query's text."""
    return compiler.constant(part.value)


def local(compiler: Compiler, part: Local, here: ast.expr) -> ast.expr:
    """A variable of the query."""
    return pyast.name(part.name)


def given(compiler: Compiler, part: Given, here: ast.expr) -> ast.expr:
    """A variable given to the run."""
    return pyast.subscript(pyast.name("variables"), pyast.constant(part.name))


def make_array(compiler: Compiler, part: MakeArray, here: ast.expr) -> ast.expr:
    """`[…]`; a comprehension where the body is one loop."""
    result = compiler.fresh("array")
    block: list[ast.stmt] = []
    with compiler.into(block):
        compiler.stream(
            part.body, here, lambda output: compiler.do(pyast.method(pyast.name(result), "append", output))
        )
    match block:
        case [ast.Expr(ast.Call(ast.Attribute(ast.Name(identifier)), [only]))] if identifier == result:
            return ast.List([only], pyast.LOAD)
        case [
            ast.For(target, iterable, [ast.Expr(ast.Call(ast.Attribute(ast.Name(identifier)), [output]))])
        ] if identifier == result:
            return ast.ListComp(output, [ast.comprehension(target, iterable, [], 0)])
    compiler.assign(result, ast.List([], pyast.LOAD))
    compiler.block.extend(block)
    return pyast.name(result)


def make_object(compiler: Compiler, part: MakeObject, here: ast.expr) -> ast.expr:
    """`{…}` with one output."""
    parts = [inner for entry in part.entries for inner in entry]
    return _object(compiler, part, compiler.values(parts, here))


def make_objects(compiler: Compiler, part: MakeObject, here: ast.expr, use: Use) -> None:
    """`{…}` for each combination."""
    parts = [inner for entry in part.entries for inner in entry]
    compiler.each_combination(parts, here, lambda outputs: use(_object(compiler, part, outputs)))


def _object(compiler: Compiler, part: MakeObject, outputs: list[ast.expr]) -> ast.expr:
    keys: list[ast.expr | None] = []
    for (key, _), output in zip(part.entries, outputs[::2], strict=True):
        keys.append(
            output if isinstance(key, Constant) else compiler.at(part, pyast.call("object_key", output))
        )
    return ast.Dict(keys, outputs[1::2])


def _backwards(
    compiler: Compiler, left: Plan, right: Plan, here: ast.expr, use: Callable[[ast.expr, ast.expr], None]
) -> None:
    """Write `use` for each pair of outputs; the right operand is evaluated first and varies slowest (jq's order)."""
    compiler.each_combination([right, left], here, lambda outputs: use(outputs[1], outputs[0]))


def operate(compiler: Compiler, part: Operate, here: ast.expr) -> ast.expr:
    """Arithmetic and comparison with one output."""
    right, left = compiler.values([part.right.part, part.left.part], here)
    if not pyast.simple(right) and not pyast.simple(left):
        right = compiler.named(right)
    return _operation(compiler, part, left, right)


def operates(compiler: Compiler, part: Operate, here: ast.expr, use: Use) -> None:
    """Arithmetic and comparison for each combination."""
    _backwards(
        compiler,
        part.left.part,
        part.right.part,
        here,
        lambda left, right: use(_operation(compiler, part, left, right)),
    )


def _operation(compiler: Compiler, part: Operate, left: ast.expr, right: ast.expr) -> ast.expr:
    operator = part.operator
    if operator in ARITHMETIC:
        return compiler.at(part, pyast.call(ARITHMETIC[operator], left, right))
    literal = part.right.part.value if isinstance(part.right.part, Constant) else None
    if operator in ("==", "!="):
        for value, operand, other in ((left, part.left, part.right), (right, part.right, part.left)):
            if (
                isinstance(other.part, Constant)
                and other.part.value is None
                and not isinstance(value, ast.Constant)
            ):
                return _is_null(compiler, part, value, operand.kind)
        general: ast.expr = compiler.at(part, pyast.call("equal", left, right))
        if type(literal) is str:
            left = compiler.named(left)
            quick = ast.Compare(left, [ast.Eq()], [right])
            general = compiler.at(part, pyast.call("equal", left, right))
            general = pyast.if_else(pyast.of_class(left, "str"), quick, general)
        return general if operator == "==" else pyast.not_(general)
    if type(literal) in (int, float):
        return _with_number(compiler, part, left, right)
    return compiler.at(part, pyast.call(ORDER[operator], left, right))


def _is_null(compiler: Compiler, part: Operate, value: ast.expr, kind: Type) -> ast.expr:
    """Compare with null: whether a value is there, whatever it is."""
    if compiler.may_be_blank(kind):
        value = compiler.at(part, pyast.call("no_blank", value))
    null = pyast.is_(value, pyast.constant(None))
    return null if part.operator == "==" else pyast.not_(null)


def _with_number(compiler: Compiler, part: Operate, left: ast.expr, right: ast.expr) -> ast.expr:
    """Compare with a literal number: at once where the left is a number. `not >=` for `<`: NaN is below all."""
    left = compiler.named(left)
    operator = part.operator
    general = compiler.at(part, pyast.call(ORDER[operator], left, right))
    inverse = {"<": ">=", "<=": ">"}.get(operator)
    quick: ast.expr = ast.Compare(left, [COMPARED[inverse or operator]], [right])
    if inverse:
        quick = pyast.not_(quick)
    number = pyast.any_of(pyast.of_class(left, "float"), pyast.of_class(left, "int"))
    return pyast.if_else(number, quick, general)


def logic(compiler: Compiler, part: Logic, here: ast.expr) -> ast.expr:
    """`and`, `or`: the right side is evaluated only where the left does not decide."""
    left = compiler.truth(compiler.value(part.left.part, here), part.left.kind, part)
    block: list[ast.stmt] = []
    with compiler.into(block):
        right = compiler.truth(compiler.value(part.right.part, here), part.right.kind, part)
    if not block:
        return (pyast.both if part.operator == "and" else pyast.any_of)(left, right)
    result = compiler.fresh()
    compiler.assign(result, left)
    decided = pyast.name(result) if part.operator == "and" else pyast.not_(pyast.name(result))
    with compiler.when(decided):
        compiler.block.extend(block)
        compiler.assign(result, right)
    return pyast.name(result)


def logics(compiler: Compiler, part: Logic, here: ast.expr, use: Use) -> None:
    """`and`, `or` for each combination."""
    stop = part.operator == "or"

    def write(inside: ast.expr) -> None:
        def left(output: ast.expr) -> None:
            truth = compiler.named(compiler.truth(output, part.left.kind, part))
            with compiler.when(truth if stop else pyast.not_(truth)):
                compiler.yield_(pyast.constant(stop))
            with compiler.when(pyast.not_(truth) if stop else truth):
                compiler.stream(
                    part.right.part,
                    inside,
                    lambda right: compiler.yield_(compiler.truth(right, part.right.kind, part)),
                )

        compiler.stream(part.left.part, inside, left)

    compiler.apart(here, write, use)


def negate(compiler: Compiler, part: Negate, here: ast.expr) -> ast.expr:
    """`-x`"""
    return compiler.at(part, pyast.call("negate", compiler.value(part.body, here)))


def negates(compiler: Compiler, part: Negate, here: ast.expr, use: Use) -> None:
    """`-x` for each output."""
    compiler.stream(part.body, here, lambda output: use(compiler.at(part, pyast.call("negate", output))))


def otherwise(compiler: Compiler, part: Otherwise, here: ast.expr) -> ast.expr:
    """`a // b` where a has one output at most, and b one."""
    result = compiler.fresh()
    if part.left.part.outputs is Outputs.ONE:
        compiler.assign(result, compiler.value(part.left.part, here))
    else:
        compiler.assign(result, pyast.constant(None))
        compiler.stream(part.left.part, here, lambda output: compiler.assign(result, output))
    with compiler.when(pyast.not_(compiler.truth(pyast.name(result), part.left.kind, part))):
        compiler.assign(result, compiler.value(part.right, here))
    return pyast.name(result)


def otherwises(compiler: Compiler, part: Otherwise, here: ast.expr, use: Use) -> None:
    """`a // b`: every true output of a, or else all of b."""

    def write(inside: ast.expr) -> None:
        found = compiler.fresh("found")
        compiler.assign(found, pyast.constant(False))

        def left(output: ast.expr) -> None:
            output = compiler.named(output)
            with compiler.when(compiler.truth(output, part.left.kind, part)):
                compiler.assign(found, pyast.constant(True))
                compiler.yield_(output)

        compiler.stream(part.left.part, inside, left)
        with compiler.when(pyast.not_(pyast.name(found))):
            compiler.stream(part.right, inside, compiler.yield_)

    compiler.apart(here, write, use)


def interpolate(compiler: Compiler, part: Interpolate, here: ast.expr) -> ast.expr:
    """A string with computed parts, one output; the last part is evaluated first (jq's order)."""
    plans = [inner for inner in part.parts if not isinstance(inner, str)]
    return _string(compiler, part, _last_first(compiler, plans, here))


def _last_first(compiler: Compiler, plans: list[Plan], here: ast.expr) -> list[ast.expr]:
    """Return expressions for parts of one output each, the last one evaluated first."""
    if len(plans) < 2:
        return compiler.values(plans, here)
    return [compiler.named(compiler.value(plan, here)) for plan in plans[::-1]][::-1]


def interpolates(compiler: Compiler, part: Interpolate, here: ast.expr, use: Use) -> None:
    """A string for each combination; the last part varies slowest."""
    plans = [inner for inner in part.parts if not isinstance(inner, str)]
    compiler.each_combination(plans[::-1], here, lambda outputs: use(_string(compiler, part, outputs[::-1])))


def _string(compiler: Compiler, part: Interpolate, outputs: list[ast.expr]) -> ast.expr:
    values = iter(outputs)
    blanks = BUILTINS[part.format, 0].blanks
    pieces = [
        compiler.constant(inner)
        if isinstance(inner, str)
        else compiler.at(part, pyast.call(format_name(part.format), guarded(compiler, next(values), blanks)))
        for inner in part.parts
    ]
    return pyast.call("concatenate", *pieces)


def format_name(name: str) -> str:
    """Return the generated code's name of a builtin: `@csv` is no Python name."""
    return name.replace("@", "format_") if name[0] == "@" else f"builtin_{name}"


GUARDS = {Blanks.REFUSES: "no_blank_inside", Blanks.OUTSIDE: "no_blank", Blanks.ITEMS: "no_blank_item"}


def guarded(compiler: Compiler, value: ast.expr, blanks: Blanks, kind: Type = UNKNOWN) -> ast.expr:
    """Return an operand that is refused where it is, or holds, a blank that the operation does not take."""
    guard = GUARDS.get(blanks)
    return pyast.call(guard, value) if guard and compiler.may_be_blank(kind) else value


def native(compiler: Compiler, part: Native, here: ast.expr) -> ast.expr:
    """A call of a builtin, one output; the last argument is evaluated first (jq's order)."""
    plans = [operand.part for operand in part.arguments]
    return _call(compiler, part, here, _last_first(compiler, plans, here))


def natives(compiler: Compiler, part: Native, here: ast.expr, use: Use) -> None:
    """A call of a builtin for each combination of its arguments, and for each output of its own."""
    builtin = BUILTINS[part.name, len(part.arguments)]

    def called(outputs: list[ast.expr]) -> None:
        expression = _call(compiler, part, here, outputs)
        if builtin.outputs is Outputs.ONE:
            use(expression)
        elif builtin.outputs is Outputs.NONE:
            compiler.do(expression)
        else:
            output = compiler.fresh("out")
            with compiler.loop(output, expression):
                use(pyast.name(output))

    plans = [operand.part for operand in part.arguments]
    if part.name == "range":  # written in jq itself: its first argument varies slowest
        compiler.each_combination(plans, here, called)
    else:
        compiler.each_combination(plans[::-1], here, lambda outputs: called(outputs[::-1]))


def _call(compiler: Compiler, part: Native, here: ast.expr, outputs: list[ast.expr]) -> ast.expr:
    builtin = BUILTINS[part.name, len(part.arguments)]
    arguments = [
        guarded(compiler, output, builtin.of_argument(number), part.arguments[number].kind)
        for number, output in enumerate(outputs)
    ]
    if builtin.reads:
        arguments.insert(0, guarded(compiler, here, builtin.blanks, part.input))
    if part.name in RUNTIME:
        return compiler.at(part, pyast.method(pyast.name("runtime"), part.name, *arguments))
    return compiler.at(part, pyast.call(format_name(part.name), *arguments))


VALUES: dict[type, ValueOf] = {
    Constant: constant,
    Local: local,
    Given: given,
    MakeArray: make_array,
    MakeObject: make_object,
    Operate: operate,
    Logic: logic,
    Negate: negate,
    Otherwise: otherwise,
    Interpolate: interpolate,
    Native: native,
}
STREAMS: dict[type, StreamOf] = {
    MakeObject: make_objects,
    Operate: operates,
    Logic: logics,
    Negate: negates,
    Otherwise: otherwises,
    Interpolate: interpolates,
    Native: natives,
}
