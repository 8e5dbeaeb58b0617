"""Literals, constructors, operators and control flow."""

from __future__ import annotations

from msgspec import structs

from ocpiq.analysis import type_checks
from ocpiq.analysis.bindings import destructure, literal_key, look_up
from ocpiq.analysis.builtins import BUILTINS
from ocpiq.analysis.context import Analysis, Handler, Resolved, pipe, product_outputs
from ocpiq.analysis.paths import guarded_outputs, item_type, resolve_field
from ocpiq.analysis.result_types import OPERATORS
from ocpiq.analysis.scope import Scope
from ocpiq.errors import CompileError, Span, did_you_mean
from ocpiq.language import tree
from ocpiq.plan import nodes as plan
from ocpiq.plan.blanks import FORMS, KEY, Blanks, operator_blanks
from ocpiq.plan.nodes import Operand, Plan
from ocpiq.plan.outputs import Outputs
from ocpiq.plan.types import (
    BOOLEAN,
    NULL,
    NUMBER,
    STRING,
    WRITTEN_NUMBER,
    ListType,
    ObjectType,
    OpaqueType,
    Type,
    check_blanks,
    consume,
    formatted_type,
    is_computed,
    union_of,
    use,
    without_null,
)
from ocpiq.values import arithmetic
from ocpiq.values.numbers import number as written_number

REDUCE_AGAIN = "for every step of reduce or foreach"


def number(analysis: Analysis, node: tree.Number, scope: Scope, input_type: Type) -> Resolved:
    """Resolve a number; integers are exact, and all keep their digits."""
    return plan.Constant(written_number(node.text)), WRITTEN_NUMBER


def text(analysis: Analysis, node: tree.Text, scope: Scope, input_type: Type) -> Resolved:
    """Resolve a string, with its interpolated parts."""
    if all(isinstance(part, str) for part in node.parts):
        return plan.Constant("".join(part for part in node.parts if isinstance(part, str))), STRING
    parts: list[str | Plan] = []
    types: list[Type] = []
    for part in node.parts:
        if isinstance(part, str):
            parts.append(part)
            continue
        plan_node, type_ = analysis.resolve(part, scope, input_type)
        use(type_)
        parts.append(plan_node)
        types.append(type_)
    outputs = product_outputs(*(part for part in parts if not isinstance(part, str)))
    name = known_format(node.format or "@text", scope.place(node))
    return plan.Interpolate(tuple(parts), name, outputs=outputs, span=scope.place(node)), formatted_type(
        types
    )


def format_(analysis: Analysis, node: tree.Format, scope: Scope, input_type: Type) -> Resolved:
    """Resolve `@csv` and the other formats: builtins of that name."""
    return analysis.resolve(
        tree.Call(known_format(node.name, scope.place(node)), span=node.span), scope, input_type
    )


def known_format(name: str, place: Span) -> str:
    """Return the name of a format; raise if it does not exist."""
    if (name, 0) in BUILTINS:
        return name
    formats = [builtin for builtin, _ in BUILTINS if builtin[0] == "@"]
    raise CompileError(f"{name[1:]} is not a valid format", span=place, hint=did_you_mean(name, formats))


def array(analysis: Analysis, node: tree.Array, scope: Scope, input_type: Type) -> Resolved:
    """Resolve `[…]`."""
    if node.body is None:
        return plan.Constant([]), ListType(NULL)
    body, item_type = analysis.resolve(node.body, scope, input_type)
    return plan.MakeArray(body), ListType(item_type)


def object_(analysis: Analysis, node: tree.Object, scope: Scope, input_type: Type) -> Resolved:
    """Resolve `{…}`."""
    entries: list[tuple[Plan, Plan]] = []
    fields: dict[str, Type] | None = {}
    for entry in node.entries:
        key, value, type_ = _entry(analysis, entry, scope, input_type)
        entries.append((key, value))
        if isinstance(key, plan.Constant) and fields is not None:
            fields[str(key.value)] = type_
        else:
            use(type_)
            for field_type in (fields or {}).values():
                use(field_type)
            fields = None
    outputs = product_outputs(*(part for pair in entries for part in pair))
    plan_node = plan.MakeObject(tuple(entries), outputs=outputs, span=scope.place(node))
    return plan_node, OpaqueType() if fields is None else ObjectType(fields)


def _entry(analysis: Analysis, entry: tree.Entry, scope: Scope, input_type: Type) -> tuple[Plan, Plan, Type]:
    key_node = entry.key
    if entry.value is None and isinstance(key_node, tree.Variable):
        value, type_ = analysis.resolve(key_node, scope, input_type)
        return plan.Constant(key_node.name), value, type_
    key, key_type = analysis.resolve(key_node, scope, input_type)
    consume(key_type, scope.place(key_node), FORMS[KEY].blanks)
    literal_key(key, scope.place(key_node))
    if entry.value is not None:
        value, type_ = analysis.resolve(entry.value, scope, input_type)
        return key, value, type_
    if isinstance(key, plan.Constant):
        base, here = analysis.resolve(tree.Identity(span=entry.span), scope, input_type)
        value, type_ = resolve_field(analysis, str(key.value), here, scope, scope.place(entry))
        return key, pipe(base, value), type_
    name = analysis.unique_name("key")
    value = plan.Index(plan.Local(name), span=scope.place(entry))
    return (
        plan.Bind(key, name, plan.Local(name), outputs=key.outputs),
        value,
        item_type(input_type, plan.Local(name)),
    )


def negate(analysis: Analysis, node: tree.Negate, scope: Scope, input_type: Type) -> Resolved:
    """Resolve `-x`."""
    body, type_ = analysis.resolve(node.body, scope, input_type)
    if isinstance(body, plan.Constant) and arithmetic.is_number(body.value):
        return plan.Constant(arithmetic.negate(body.value)), WRITTEN_NUMBER
    type_checks.check_operation("-", (node.body, node.body), ((body, type_), (body, type_)), scope)
    consume(type_, scope.place(node.body), FORMS["-a"].blanks)
    computed = is_computed(type_)
    negation = plan.Negate(body, computed, outputs=body.outputs, span=scope.place(node))
    return negation, NUMBER if computed else WRITTEN_NUMBER


def chain(analysis: Analysis, node: tree.Chain, scope: Scope, input_type: Type) -> Resolved:
    """Resolve `a + b - c`, `a and b and c`."""
    left, left_type = analysis.resolve(node.first, scope, input_type)
    for operator, operand in node.rest:
        right, right_type = analysis.resolve(operand, scope, input_type)
        if operator in ("and", "or"):
            left = _logic(operator, (left, left_type), (right, right_type), scope, node)
            left_type = BOOLEAN
        else:
            sides = (left, left_type), (right, right_type)
            type_checks.check_operation(operator, (node.first, operand), sides, scope)
            left, left_type = _arithmetic(operator, *sides, scope, node)
    return left, left_type


def _logic(operator: str, left: Resolved, right: Resolved, scope: Scope, node: tree.Chain) -> Plan:
    for _, type_ in (left, right):
        check_blanks(type_, scope.place(node), operator_blanks(operator))
    outputs = product_outputs(left[0], right[0])
    if outputs is Outputs.NONE and left[0].outputs is not Outputs.NONE:
        outputs = Outputs.MANY  # the right side may not be evaluated
    return plan.Logic(operator, Operand(*left), Operand(*right), outputs=outputs, span=scope.place(node))


def _arithmetic(operator: str, left: Resolved, right: Resolved, scope: Scope, node: tree.Chain) -> Resolved:
    for _, type_ in (left, right):
        consume(type_, scope.place(node), operator_blanks(operator))
    plan_node = plan.Operate(
        operator,
        Operand(*left),
        Operand(*right),
        outputs=product_outputs(left[0], right[0]),
        span=scope.place(node),
    )
    return plan_node, OPERATORS[operator](left[1], right[1])


def compare(analysis: Analysis, node: tree.Compare, scope: Scope, input_type: Type) -> Resolved:
    """Resolve `a == b` and the like. Values of different types are compared without looking inside."""
    left, left_type = analysis.resolve(node.left, scope, input_type)
    right, right_type = analysis.resolve(node.right, scope, input_type)
    type_checks.check_operation(
        node.op, (node.left, node.right), ((left, left_type), (right, right_type)), scope
    )
    for here, other, part in ((left_type, right_type, node.left), (right_type, left_type, node.right)):
        if other == NULL and node.op in ("==", "!="):  # tests presence, not the value
            check_blanks(here, scope.place(part), operator_blanks(node.op))
            continue
        inside = type(here) is type(other) and isinstance(other, ObjectType | ListType)
        consume(here, scope.place(part), Blanks.REFUSES if inside else operator_blanks(node.op))
    plan_node = plan.Operate(
        node.op,
        Operand(left, left_type),
        Operand(right, right_type),
        outputs=product_outputs(left, right),
        span=scope.place(node),
    )
    return plan_node, BOOLEAN


def alternatives(analysis: Analysis, node: tree.Alternatives, scope: Scope, input_type: Type) -> Resolved:
    """Resolve `a // b // c`, from the right."""
    left_scope = structs.replace(scope, may_be_missing=True)
    resolved = [analysis.resolve(item, left_scope, input_type) for item in node.items[:-1]]
    right, right_type = analysis.resolve(node.items[-1], scope, input_type)
    for left, left_type in reversed(resolved):
        check_blanks(left_type, scope.place(node), operator_blanks("//"))
        one = left.outputs in (Outputs.ONE, Outputs.MAYBE, Outputs.NONE) and right.outputs is Outputs.ONE
        right = plan.Otherwise(
            Operand(left, left_type),
            right,
            outputs=Outputs.ONE if one else Outputs.MANY,
            span=scope.place(node),
        )
        right_type = union_of([without_null(left_type), right_type])
    return right, right_type


def comma(analysis: Analysis, node: tree.Comma, scope: Scope, input_type: Type) -> Resolved:
    """Resolve `a, b`."""
    tail = node.items[-1]
    for part in tail.items if isinstance(tail, tree.Pipeline) else ():
        if isinstance(part, tree.Stage):
            hint = "put its whole input in parentheses"
            raise CompileError(
                "this stage applies only to the expression after the comma", span=scope.place(part), hint=hint
            )
    resolved = [analysis.resolve(inner, scope, input_type) for inner in node.items]
    plan_node = plan.Comma(tuple(part for part, _ in resolved), outputs=Outputs.MANY)
    return plan_node, union_of(
        [type_ for part, type_ in resolved if part.outputs is not Outputs.NONE] or [NULL]
    )


def paren(analysis: Analysis, node: tree.Paren, scope: Scope, input_type: Type) -> Resolved:
    """Resolve `(…)`."""
    return analysis.resolve(node.body, scope, input_type)


def if_(analysis: Analysis, node: tree.If, scope: Scope, input_type: Type) -> Resolved:
    """Resolve `if … then … elif … else … end`."""
    plan_node, type_ = (
        (plan.Identity(), input_type)
        if node.otherwise is None
        else analysis.resolve(node.otherwise, scope, input_type)
    )
    types = [type_] if plan_node.outputs is not Outputs.NONE else []
    for condition_node, then_node in reversed(node.branches):
        condition, condition_type = analysis.resolve(condition_node, scope, input_type)
        check_blanks(condition_type, scope.place(condition_node), FORMS["if a then b else c"].blanks)
        then, then_type = analysis.resolve(then_node, scope, input_type)
        if then.outputs is not Outputs.NONE:
            types.append(then_type)
        plan_node = plan.If(
            Operand(condition, condition_type),
            then,
            plan_node,
            outputs=condition.outputs.then(then.outputs.otherwise(plan_node.outputs)),
            span=scope.place(condition_node),
        )
    return plan_node, union_of(types[::-1]) if types else NULL


def try_(analysis: Analysis, node: tree.Try, scope: Scope, input_type: Type) -> Resolved:
    """Resolve `try … catch …`."""
    body, body_type = analysis.resolve(node.body, structs.replace(scope, quiet=True), input_type)
    if node.handler is None:
        return plan.Try(body, None, outputs=guarded_outputs(body.outputs)), body_type
    handler, handler_type = analysis.resolve(node.handler, scope, OpaqueType())
    outputs = Outputs.ONE if body.outputs is handler.outputs is Outputs.ONE else Outputs.MANY
    return plan.Try(body, handler, outputs=outputs), union_of([body_type, handler_type])


def reduce(analysis: Analysis, node: tree.Reduce, scope: Scope, input_type: Type) -> Resolved:
    """Resolve `reduce source as $x (start; update)`."""
    source, item_type = analysis.resolve(node.source, scope, input_type)
    start, start_type = analysis.resolve(node.start, scope, input_type)
    use(start_type)
    name, state = analysis.unique_name("item"), OpaqueType()
    inner, wrap = destructure(analysis, node.patterns, plan.Local(name), item_type, scope)
    update, body_type = analysis.resolve(node.update, inner.again(REDUCE_AGAIN), state)
    use(body_type)
    once = wrap(plan.Constant(None)).outputs is Outputs.ONE
    variable = "" if once else analysis.unique_name("state")
    body = wrap(update if once else _step(analysis, update, variable, plan.Identity()))
    plan_node = plan.Reduce(
        source, name, start, body, variable, outputs=start.outputs, span=scope.place(node)
    )
    ends = union_of([start_type, body_type, *([NULL] * (update.outputs is not Outputs.ONE))])
    return plan_node, ends


def _step(analysis: Analysis, update: Plan, state: str, extract: Plan) -> Plan:
    """Return a step that binds each output of `update` to `state`, null without outputs, and extracts from it.

    A pattern may bind several times for one item: each binding continues from the state that the last one left.
    """
    old = analysis.unique_name("old")
    plan_node = pipe(
        plan.Local(old), pipe(update, plan.Bind(plan.Identity(), state, extract, outputs=extract.outputs))
    )
    if update.outputs is not Outputs.ONE:
        plan_node = plan.Bind(plan.Constant(None), state, plan_node, outputs=plan_node.outputs)
    return plan.Bind(plan.Local(state), old, plan_node, outputs=plan_node.outputs)


def foreach(analysis: Analysis, node: tree.Foreach, scope: Scope, input_type: Type) -> Resolved:
    """Resolve `foreach source as $x (start; update; extract)`."""
    source, item_type = analysis.resolve(node.source, scope, input_type)
    start, start_type = analysis.resolve(node.start, scope, input_type)
    use(start_type)
    name, state = analysis.unique_name("item"), analysis.unique_name("state")
    inner, wrap = destructure(analysis, node.patterns, plan.Local(name), item_type, scope)
    inner = inner.again(REDUCE_AGAIN)
    update, update_type = analysis.resolve(node.update, inner, OpaqueType())
    use(update_type)
    extract, extract_type = (
        (plan.Identity(), OpaqueType())
        if node.extract is None
        else analysis.resolve(node.extract, inner, OpaqueType())
    )
    body = wrap(_step(analysis, update, state, extract))
    plan_node = plan.Foreach(source, name, start, body, state, outputs=Outputs.MANY, span=scope.place(node))
    return plan_node, extract_type


def descend(analysis: Analysis, node: tree.Descend, scope: Scope, input_type: Type) -> Resolved:
    """Resolve `..`."""
    return analysis.resolve(tree.Call("recurse", span=node.span), scope, input_type)


def variable(analysis: Analysis, node: tree.Variable, scope: Scope, input_type: Type) -> Resolved:
    """Resolve `$x`."""
    return look_up(node, scope)


HANDLERS: dict[type, Handler] = {
    tree.Number: number,
    tree.Text: text,
    tree.Format: format_,
    tree.Array: array,
    tree.Object: object_,
    tree.Negate: negate,
    tree.Chain: chain,
    tree.Compare: compare,
    tree.Alternatives: alternatives,
    tree.Comma: comma,
    tree.Paren: paren,
    tree.If: if_,
    tree.Try: try_,
    tree.Reduce: reduce,
    tree.Foreach: foreach,
    tree.Descend: descend,
    tree.Variable: variable,
}
