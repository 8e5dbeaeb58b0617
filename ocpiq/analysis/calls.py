"""Calls of definitions, aggregate functions, builtins and modules. Bodies are inlined."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path

import msgspec

from ocpiq.analysis import aggregates, array_mistakes, treated
from ocpiq.analysis.aggregates import AGGREGATES
from ocpiq.analysis.assignments import resolve_paths
from ocpiq.analysis.builtins import BUILTINS, Builtin
from ocpiq.analysis.context import INLINED_AT_MOST, Analysis, Handler, Resolved, product_outputs
from ocpiq.analysis.paths import require_input
from ocpiq.analysis.scope import Closure, Definition, Recursive, RecursiveParameter, Scope, Variable
from ocpiq.analysis.sources import resolve_source
from ocpiq.errors import CompileError, FieldName, PrivacyError, did_you_mean
from ocpiq.language import parse, tree
from ocpiq.language.sql_words import FORMS
from ocpiq.plan import nodes as plan
from ocpiq.plan.nodes import Operand, Plan
from ocpiq.plan.outputs import Outputs
from ocpiq.plan.types import (
    BOOLEAN,
    NULL,
    STRING,
    NoInput,
    OpaqueType,
    SourceType,
    Type,
    check_blanks,
    consume,
    use,
)
from ocpiq.privacy.sealed import SealedFieldError
from ocpiq.schema import modules

CONSTANTS: dict[str, Resolved] = {
    "null": (plan.Constant(None), NULL),
    "true": (plan.Constant(True), BOOLEAN),
    "false": (plan.Constant(False), BOOLEAN),
}
IN_FUNCTION = "whenever the function is called"


def call(analysis: Analysis, node: tree.Call, scope: Scope, input_type: Type) -> Resolved:
    """Resolve `name(…)`: the nearest definition wins, then aggregates, builtins, modules."""
    try:
        return _call(analysis, node, scope, input_type)
    except SealedFieldError as error:
        is_parameter = isinstance(scope.functions.get((node.name, len(node.arguments))), Closure)
        if node.name[0] not in "_@" and not is_parameter:
            raise error.read_by(FieldName(node.name)) from None
        raise


def _call(analysis: Analysis, node: tree.Call, scope: Scope, input_type: Type) -> Resolved:
    arity = len(node.arguments)
    key = (node.name, arity)
    binding = scope.functions.get(key)
    if binding is None:
        _check_array_mistakes(analysis, node, scope, input_type)
    match binding:
        case Closure():
            analysis.called.append(binding)
            return analysis.resolve(binding.body, binding.home.again(scope.repeated), input_type)
        case Definition():
            home = binding.home
            if home.imported:  # errors are shown in the query
                home = msgspec.structs.replace(home, at=scope.place(node))
            return _inline(analysis, binding.define, home, node, scope, input_type)
        case Recursive():
            return _invoke(analysis, binding, node, scope, input_type)
        case RecursiveParameter():
            use(input_type)
            return plan.Parameter(binding.name, outputs=Outputs.MANY), OpaqueType()
    if arity == 0 and node.name in CONSTANTS:
        return CONSTANTS[node.name]
    if key == ("_zone", 0):
        return plan.Constant(analysis.zone), STRING
    if scope.folding is not None and key in AGGREGATES:
        return aggregates.resolve_call(analysis, node, scope)
    if key == ("path", 1):
        return resolve_paths(analysis, node, scope, input_type)
    if key in BUILTINS:
        return _native(analysis, BUILTINS[key], node, scope, input_type)
    define = _definition(*key)
    if define is not None:
        return _builtin(analysis, define, node, scope, input_type)
    if arity == 0 and node.name in modules():
        return resolve_source(analysis, node.name, (), scope, scope.place(node))
    raise _unknown(node, scope, input_type)


def _check_array_mistakes(analysis: Analysis, node: tree.Call, scope: Scope, input_type: Type) -> None:
    """Raise CompileError for an array function on a stream; resolve its arguments too, for completion in the prompt."""
    try:
        array_mistakes.check_call(node, scope, input_type, analysis.version)
    except CompileError:
        for argument in node.arguments:
            with suppress(PrivacyError):
                analysis.explore(argument, scope.again("for every item"), input_type)
        raise


def _unknown(node: tree.Call, scope: Scope, input_type: Type) -> CompileError:
    arity = len(node.arguments)
    names = (*scope.functions, *BUILTINS, *_definitions(), *(AGGREGATES if scope.folding else ()))
    known = {name for name, _ in names if name[0] not in "_@"} | set(modules())
    arities = sorted(
        {number for name, number in (*scope.functions, *BUILTINS, *_definitions()) if name == node.name}
    )
    if arities:
        takes = " or ".join(map(str, arities))
        return CompileError(
            f"{node.name} takes {takes} argument{'' if takes == '1' else 's'}, not {arity}",
            span=scope.place(node),
            hint=aggregates.misuse_hint(node.name, arity),
        )
    subject = "function" if arity else "module or function"
    field = array_mistakes.field_hint(node.name, input_type) if not arity else ""
    hint = aggregates.misuse_hint(node.name, arity) or field or FORMS.get(node.name.lower(), "")
    hint = hint or did_you_mean(node.name, known)
    return CompileError(f"unknown {subject} {node.name}", span=scope.place(node), hint=hint)


def _native(
    analysis: Analysis, builtin: Builtin, node: tree.Call, scope: Scope, input_type: Type
) -> Resolved:
    place = scope.place(node)
    if builtin.reads:
        require_input(input_type, place)
        counts = node.name == "length" and isinstance(input_type, SourceType) and input_type.is_list
        if not counts:  # the length of a list needs none of its items
            use(input_type)
        check_blanks(input_type, place, builtin.blanks)
    operands: list[Operand] = []
    for number, argument in enumerate(node.arguments):
        plan_node, type_ = analysis.resolve(argument, scope, input_type)
        consume(type_, scope.place(argument), builtin.of_argument(number))
        operands.append(Operand(plan_node, type_))
    if not scope.quiet:
        _check_treated(builtin, node, scope, input_type, operands)
    outputs = product_outputs(*(operand.plan for operand in operands)).then(builtin.outputs)
    plan_node = plan.Native(node.name, input_type, tuple(operands), outputs=outputs, span=place)
    return plan_node, builtin.result_type(input_type, [operand.type for operand in operands])


def _check_treated(
    builtin: Builtin, node: tree.Call, scope: Scope, input_type: Type, operands: list[Operand]
) -> None:
    place = scope.place(node)
    uses = [(input_type, builtin.blanks, place)] if builtin.reads else []
    for number, (argument, operand) in enumerate(zip(node.arguments, operands, strict=True)):
        uses.append((operand.type, builtin.of_argument(number), scope.place(argument)))
    treated.check_call(builtin, uses)


def _inline(
    analysis: Analysis, define: tree.Define, home: Scope, node: tree.Call, scope: Scope, input_type: Type
) -> Resolved:
    """Resolve the body of `define` with the caller's arguments as its parameters."""
    if analysis.resolved > INLINED_AT_MOST:
        raise CompileError("the query is too large after inlining its definitions", span=scope.place(node))
    analysis.uncalled.pop(id(define), None)
    inner = home.again(scope.repeated)
    values: list[tuple[str, Plan]] = []
    closures: list[Closure] = []
    for parameter, argument in zip(define.parameters, node.arguments, strict=True):
        name = parameter.removeprefix("$")
        closures.append(Closure(argument, scope))
        inner = inner.with_function(name, 0, closures[-1])
        if parameter != name:
            plan_node, type_ = analysis.resolve(argument, scope, input_type)
            unique = analysis.unique_name("arg")
            values.append((unique, plan_node))
            inner = inner.with_variable(name, Variable(unique, type_))
    before = len(analysis.called)
    body, result = analysis.resolve(define.body, inner, input_type)
    called = {id(closure) for closure in analysis.called[before:]}
    for closure in closures:
        if id(closure) not in called and not isinstance(input_type, NoInput):
            analysis.check(closure.body, scope, input_type)  # never evaluated, but checked for mistakes
    for unique, plan_node in reversed(values):
        body = plan.Bind(plan_node, unique, body, outputs=product_outputs(plan_node, body))
    return body, result


def check_uncalled(analysis: Analysis) -> None:
    """Check the definitions that nothing calls."""
    while analysis.uncalled:
        define, scope = analysis.uncalled.pop(next(iter(analysis.uncalled)))
        for parameter in define.parameters:
            name = parameter.removeprefix("$")
            scope = scope.with_function(name, 0, RecursiveParameter(name))
            if parameter != name:
                scope = scope.with_variable(name, Variable(name, OpaqueType()))
        analysis.check(define.body, scope, OpaqueType())


def _builtin(
    analysis: Analysis, define: tree.Define, node: tree.Call, scope: Scope, input_type: Type
) -> Resolved:
    """Resolve a builtin written in the language; its errors are shown at the call."""
    home = Scope({}, {}, {}, repeated=scope.repeated, at=scope.place(node), may_be_missing=True)
    return _inline(analysis, define, home, node, scope, input_type)


# ---------------------------------------------------------------- recursive definitions


def recursive_definition(
    analysis: Analysis, define: tree.Define, scope: Scope
) -> tuple[Recursive, Callable[[Plan], Plan]] | None:
    """Return the binding of a recursive `def` and the function that wraps the rest of its pipeline; else None."""
    arity = len(define.parameters)
    if not _calls(define.body, define.name, arity):
        return None
    name = analysis.unique_name("function")
    names = tuple(analysis.unique_name("parameter") for _ in define.parameters)
    inner = scope.again(IN_FUNCTION)
    for parameter, unique in zip(define.parameters, names, strict=True):
        inner = inner.with_function(parameter.removeprefix("$"), 0, RecursiveParameter(unique))

    def resolve(outputs: Outputs) -> tuple[Recursive, Plan]:
        binding = Recursive(name, names, outputs)
        home = inner.with_function(define.name, arity, binding)
        values: list[tuple[str, str]] = []
        for parameter, unique in zip(define.parameters, names, strict=True):
            if parameter[0] == "$":
                value = analysis.unique_name("arg")
                values.append((unique, value))
                home = home.with_variable(parameter[1:], Variable(value, OpaqueType()))
        body, type_ = analysis.resolve(define.body, home, OpaqueType())
        use(type_)
        for unique, value in reversed(values):
            source = plan.Parameter(unique, outputs=Outputs.MANY)
            body = plan.Bind(source, value, body, outputs=product_outputs(source, body))
        return binding, body

    binding, body = resolve(Outputs.ONE)  # correct if the result confirms it
    if body.outputs is not Outputs.ONE:
        binding, body = resolve(Outputs.MANY)
    return binding, lambda rest: plan.Function(name, names, body, rest, outputs=rest.outputs)


def _invoke(
    analysis: Analysis, binding: Recursive, node: tree.Call, scope: Scope, input_type: Type
) -> Resolved:
    require_input(input_type, scope.place(node))
    use(input_type)
    arguments: list[Plan] = []
    for argument in node.arguments:
        plan_node, type_ = analysis.resolve(argument, scope.again(IN_FUNCTION), OpaqueType())
        use(type_)
        arguments.append(plan_node)
    return plan.Invoke(binding.name, tuple(arguments), outputs=binding.outputs), OpaqueType()


def _calls(node: object, name: str, arity: int) -> bool:
    """Tell whether `node` contains a call of `name` with `arity` arguments."""
    todo = [node]
    while todo:
        item = todo.pop()
        if isinstance(item, tree.Call) and item.name == name and len(item.arguments) == arity:
            return True
        if isinstance(item, msgspec.Struct):
            todo.extend(getattr(item, field) for field in item.__struct_fields__)
        elif isinstance(item, tuple):
            todo.extend(item)
    return False


# ---------------------------------------------------------------- builtins written in the language


@cache
def _definitions() -> dict[tuple[str, int], str]:
    """Return the text of each definition by name and number of parameters."""
    definitions: dict[tuple[str, int], str] = {}
    text = Path(__file__).with_name("definitions.jq").read_text("utf-8")
    for line in text.splitlines():
        if line.startswith("def "):
            head = line[4 : line.index(":")]
            name, _, parameters = head.partition("(")
            definitions[name, parameters.count(";") + bool(parameters)] = line
    return definitions


@cache
def _definition(name: str, arity: int) -> tree.Define | None:
    text = _definitions().get((name, arity))
    return parse(text).definitions[0] if text else None


def builtin_names() -> list[str]:
    """Return every builtin as name/arity, as `builtins` lists them."""
    known = {*BUILTINS, *_definitions(), *((name, 0) for name in CONSTANTS), ("path", 1)}
    return [f"{name}/{arity}" for name, arity in sorted(known) if name[0] not in "_@"]


# ---------------------------------------------------------------- labels


def break_(analysis: Analysis, node: tree.Break, scope: Scope, input_type: Type) -> Resolved:
    """Resolve `break $label`."""
    unique = scope.labels.get(node.label)
    if unique is None:
        hint = did_you_mean(node.label, scope.labels).replace("mean ", "mean $")
        raise CompileError(f"${node.label} is not a label here", span=scope.place(node), hint=hint)
    return plan.Break(unique, outputs=Outputs.NONE), OpaqueType(clean=True)


HANDLERS: dict[type, Handler] = {tree.Call: call, tree.Break: break_}
