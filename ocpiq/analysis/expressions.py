"""Literals, constructors, operators and control flow."""

from __future__ import annotations

from msgspec import structs

from ocpiq.analysis import checks
from ocpiq.analysis.bindings import destructure, literal_key, look_up
from ocpiq.analysis.builtins import BUILTINS
from ocpiq.analysis.context import Analysis, Handler, Resolved, pipe, product_outputs
from ocpiq.analysis.paths import resolve_field, guarded_outputs, item_type
from ocpiq.analysis.scope import Scope
from ocpiq.errors import CompileError, Span, did_you_mean
from ocpiq.language import tree
from ocpiq.plan.blanks import FORMS, KEY, Blanks, operator_blanks
from ocpiq.plan.nodes import (
    Bind,
    Comma,
    Constant,
    Foreach,
    Identity,
    If,
    Index,
    Interpolate,
    Local,
    Logic,
    MakeArray,
    MakeObject,
    Negate,
    Operand,
    Operate,
    Otherwise,
    Outputs,
    Plan,
    Reduce,
    Try,
)
from ocpiq.plan.types import (
    BOOLEAN,
    NULL,
    NUMBER,
    STRING,
    ListType,
    ObjectType,
    OpaqueType,
    Type,
    is_clean,
    consume,
    union_of,
    formatted_type,
    check_blanks,
    use,
)
from ocpiq.values import arithmetic
from ocpiq.values.numbers import integer

REDUCE_AGAIN = "for every step of reduce or foreach"


def number(analysis: Analysis, node: tree.Number, scope: Scope, kind: Type) -> Resolved:
    """Resolve a number; integers are exact, what is beyond a double is the largest one (as in jq)."""
    return Constant(number_value(node.text)), NUMBER


def number_value(text: str) -> int | float:
    """Return the value of a number literal."""
    return integer(text) if text.isdigit() else float(text)


def text(analysis: Analysis, node: tree.Text, scope: Scope, kind: Type) -> Resolved:
    """Resolve a string, with its interpolated parts."""
    if all(isinstance(part, str) for part in node.parts):
        return Constant("".join(part for part in node.parts if isinstance(part, str))), STRING
    parts: list[str | Plan] = []
    kinds: list[Type] = []
    for part in node.parts:
        if isinstance(part, str):
            parts.append(part)
            continue
        plan, type_ = analysis.resolve(part, scope, kind)
        use(type_)
        parts.append(plan)
        kinds.append(type_)
    outputs = product_outputs(*(part for part in parts if not isinstance(part, str)))
    name = known_format(node.format or "@text", scope.place(node))
    return Interpolate(tuple(parts), name, outputs=outputs, span=scope.place(node)), formatted_type(kinds)


def format_(analysis: Analysis, node: tree.Format, scope: Scope, kind: Type) -> Resolved:
    """Resolve `@csv` and its kin: builtins of that name."""
    return analysis.resolve(
        tree.Call(known_format(node.name, scope.place(node)), span=node.span), scope, kind
    )


def known_format(name: str, place: Span) -> str:
    """Return the name of a format; raise where there is none of that name."""
    if (name, 0) in BUILTINS:
        return name
    formats = [known for known, _ in BUILTINS if known[0] == "@"]
    raise CompileError(f"{name[1:]} is not a valid format", span=place, hint=did_you_mean(name, formats))


def array(analysis: Analysis, node: tree.Array, scope: Scope, kind: Type) -> Resolved:
    """Resolve `[…]`."""
    if node.body is None:
        return Constant([]), ListType(NULL)
    body, item_type = analysis.resolve(node.body, scope, kind)
    return MakeArray(body), ListType(item_type)


def object_(analysis: Analysis, node: tree.Object, scope: Scope, kind: Type) -> Resolved:
    """Resolve `{…}`."""
    entries: list[tuple[Plan, Plan]] = []
    fields: dict[str, Type] | None = {}
    for entry in node.entries:
        key, value, type_ = _entry(analysis, entry, scope, kind)
        entries.append((key, value))
        if isinstance(key, Constant) and fields is not None:
            fields[str(key.value)] = type_
        else:
            use(type_)
            for known in (fields or {}).values():
                use(known)
            fields = None
    outputs = product_outputs(*(part for pair in entries for part in pair))
    plan = MakeObject(tuple(entries), outputs=outputs, span=scope.place(node))
    return plan, OpaqueType() if fields is None else ObjectType(fields)


def _entry(analysis: Analysis, entry: tree.Entry, scope: Scope, kind: Type) -> tuple[Plan, Plan, Type]:
    key_node = entry.key
    if entry.value is None and isinstance(key_node, tree.Variable):
        value, type_ = analysis.resolve(key_node, scope, kind)
        return Constant(key_node.name), value, type_
    key, key_kind = analysis.resolve(key_node, scope, kind)
    consume(key_kind, scope.place(key_node), FORMS[KEY])
    literal_key(key, scope.place(key_node))
    if entry.value is not None:
        value, type_ = analysis.resolve(entry.value, scope, kind)
        return key, value, type_
    if isinstance(key, Constant):
        base, here = analysis.resolve(tree.Identity(span=entry.span), scope, kind)
        value, type_ = resolve_field(str(key.value), here, scope.place(entry), optional=False)
        return key, pipe(base, value), type_
    name = analysis.name("key")
    value = Index(Local(name), span=scope.place(entry))
    return Bind(key, name, Local(name), outputs=key.outputs), value, item_type(kind, Local(name))


def negate(analysis: Analysis, node: tree.Negate, scope: Scope, kind: Type) -> Resolved:
    """Resolve `-x`."""
    body, type_ = analysis.resolve(node.body, scope, kind)
    if isinstance(body, Constant) and arithmetic.is_number(body.value):
        return Constant(arithmetic.negate(body.value)), NUMBER
    checks.operation("-", (node.body, node.body), ((body, type_), (body, type_)), scope)
    consume(type_, scope.place(node.body), FORMS["-a"])
    return Negate(body, outputs=body.outputs, span=scope.place(node)), NUMBER


def chain(analysis: Analysis, node: tree.Chain, scope: Scope, kind: Type) -> Resolved:
    """Resolve `a + b - c`, `a and b and c`."""
    left, left_kind = analysis.resolve(node.first, scope, kind)
    for operator, operand in node.rest:
        right, right_kind = analysis.resolve(operand, scope, kind)
        if operator in ("and", "or"):
            left = _logic(operator, (left, left_kind), (right, right_kind), scope, node)
            left_kind = BOOLEAN
        else:
            sides = (left, left_kind), (right, right_kind)
            checks.operation(operator, (node.first, operand), sides, scope)
            left, left_kind = _arithmetic(operator, *sides, scope, node)
    return left, left_kind


def _logic(operator: str, left: Resolved, right: Resolved, scope: Scope, node: tree.Chain) -> Plan:
    for _, kind in (left, right):
        check_blanks(kind, scope.place(node), operator_blanks(operator))
    outputs = product_outputs(left[0], right[0])
    if outputs is Outputs.NONE and left[0].outputs is not Outputs.NONE:
        outputs = Outputs.MANY  # the right side may not be asked
    return Logic(operator, Operand(*left), Operand(*right), outputs=outputs, span=scope.place(node))


def _arithmetic(operator: str, left: Resolved, right: Resolved, scope: Scope, node: tree.Chain) -> Resolved:
    for _, kind in (left, right):
        consume(kind, scope.place(node), operator_blanks(operator))
    plan = Operate(
        operator, Operand(*left), Operand(*right), outputs=product_outputs(left[0], right[0]), span=scope.place(node)
    )
    if left[1] == NUMBER == right[1]:
        return plan, NUMBER
    if operator == "+" and STRING in (left[1], right[1]):
        return plan, OpaqueType(clean=True)
    return plan, OpaqueType(is_clean(left[1]) and is_clean(right[1]))


def compare(analysis: Analysis, node: tree.Compare, scope: Scope, kind: Type) -> Resolved:
    """Resolve `a == b` and its kin. Values of different types are compared without a look inside."""
    left, left_kind = analysis.resolve(node.left, scope, kind)
    right, right_kind = analysis.resolve(node.right, scope, kind)
    checks.operation(node.op, (node.left, node.right), ((left, left_kind), (right, right_kind)), scope)
    for here, other, part in ((left_kind, right_kind, node.left), (right_kind, left_kind, node.right)):
        if other == NULL and node.op in ("==", "!="):  # whether it is there, not what it is
            check_blanks(here, scope.place(part), operator_blanks(node.op))
            continue
        inside = type(here) is type(other) and isinstance(other, ObjectType | ListType)
        consume(here, scope.place(part), Blanks.REFUSES if inside else operator_blanks(node.op))
    plan = Operate(
        node.op,
        Operand(left, left_kind),
        Operand(right, right_kind),
        outputs=product_outputs(left, right),
        span=scope.place(node),
    )
    return plan, BOOLEAN


def alternatives(analysis: Analysis, node: tree.Alternatives, scope: Scope, kind: Type) -> Resolved:
    """Resolve `a // b // c`, from the right."""
    resolved = [analysis.resolve(item_type, scope, kind) for item_type in node.items]
    right, right_kind = resolved[-1]
    for left, left_kind in reversed(resolved[:-1]):
        check_blanks(left_kind, scope.place(node), operator_blanks("//"))
        one = left.outputs in (Outputs.ONE, Outputs.MAYBE, Outputs.NONE) and right.outputs is Outputs.ONE
        right = Otherwise(
            Operand(left, left_kind),
            right,
            outputs=Outputs.ONE if one else Outputs.MANY,
            span=scope.place(node),
        )
        right_kind = union_of([left_kind, right_kind])
    return right, right_kind


def comma(analysis: Analysis, node: tree.Comma, scope: Scope, kind: Type) -> Resolved:
    """Resolve `a, b`."""
    tail = node.items[-1]
    for part in tail.items if isinstance(tail, tree.Pipeline) else ():
        if isinstance(part, tree.Stage):
            hint = "put its whole input in parentheses"
            raise CompileError(
                "this stage applies only to the expression after the comma", span=scope.place(part), hint=hint
            )
    resolved = [analysis.resolve(inner, scope, kind) for inner in node.items]
    plan = Comma(tuple(part for part, _ in resolved), outputs=Outputs.MANY)
    return plan, union_of([type_ for part, type_ in resolved if part.outputs is not Outputs.NONE] or [NULL])


def paren(analysis: Analysis, node: tree.Paren, scope: Scope, kind: Type) -> Resolved:
    """Resolve `(…)`."""
    return analysis.resolve(node.body, scope, kind)


def if_(analysis: Analysis, node: tree.If, scope: Scope, kind: Type) -> Resolved:
    """Resolve `if … then … elif … else … end`."""
    plan, type_ = (
        (Identity(), kind) if node.otherwise is None else analysis.resolve(node.otherwise, scope, kind)
    )
    kinds = [type_] if plan.outputs is not Outputs.NONE else []
    for condition_node, then_node in reversed(node.branches):
        condition, condition_kind = analysis.resolve(condition_node, scope, kind)
        check_blanks(condition_kind, scope.place(condition_node), FORMS["if a then b else c"])
        then, then_kind = analysis.resolve(then_node, scope, kind)
        if then.outputs is not Outputs.NONE:
            kinds.append(then_kind)
        plan = If(
            Operand(condition, condition_kind),
            then,
            plan,
            outputs=condition.outputs.then(then.outputs.otherwise(plan.outputs)),
            span=scope.place(condition_node),
        )
    return plan, union_of(kinds[::-1]) if kinds else NULL


def try_(analysis: Analysis, node: tree.Try, scope: Scope, kind: Type) -> Resolved:
    """Resolve `try … catch …`."""
    body, body_kind = analysis.resolve(node.body, structs.replace(scope, quiet=True), kind)
    if node.handler is None:
        return Try(body, None, outputs=guarded_outputs(body.outputs)), body_kind
    handler, handler_kind = analysis.resolve(node.handler, scope, OpaqueType())
    outputs = Outputs.ONE if body.outputs is handler.outputs is Outputs.ONE else Outputs.MANY
    return Try(body, handler, outputs=outputs), union_of([body_kind, handler_kind])


def reduce(analysis: Analysis, node: tree.Reduce, scope: Scope, kind: Type) -> Resolved:
    """Resolve `reduce source as $x (start; update)`."""
    source, item_type = analysis.resolve(node.source, scope, kind)
    start, start_kind = analysis.resolve(node.start, scope, kind)
    use(start_kind)
    name, state = analysis.name("item"), OpaqueType()
    inner, wrap = destructure(analysis, node.patterns, Local(name), item_type, scope)
    update, body_kind = analysis.resolve(node.update, inner.again(REDUCE_AGAIN), state)
    use(body_kind)
    once = wrap(Constant(None)).outputs is Outputs.ONE
    variable = "" if once else analysis.name("state")
    body = wrap(update if once else _step(analysis, update, variable, Identity()))
    plan = Reduce(source, name, start, body, variable, outputs=start.outputs, span=scope.place(node))
    return plan, state


def _step(analysis: Analysis, update: Plan, state: str, extract: Plan) -> Plan:
    """Return a step that binds each output of `update` to `state`, null where there is none, and extracts from it.

    A pattern may bind several times for one item: each binding goes on from the state that the last one left.
    """
    old = analysis.name("old")
    plan = pipe(Local(old), pipe(update, Bind(Identity(), state, extract, outputs=extract.outputs)))
    if update.outputs is not Outputs.ONE:
        plan = Bind(Constant(None), state, plan, outputs=plan.outputs)
    return Bind(Local(state), old, plan, outputs=plan.outputs)


def foreach(analysis: Analysis, node: tree.Foreach, scope: Scope, kind: Type) -> Resolved:
    """Resolve `foreach source as $x (start; update; extract)`."""
    source, item_type = analysis.resolve(node.source, scope, kind)
    start, start_kind = analysis.resolve(node.start, scope, kind)
    use(start_kind)
    name, state = analysis.name("item"), analysis.name("state")
    inner, wrap = destructure(analysis, node.patterns, Local(name), item_type, scope)
    inner = inner.again(REDUCE_AGAIN)
    update, update_kind = analysis.resolve(node.update, inner, OpaqueType())
    use(update_kind)
    extract, extract_kind = (
        (Identity(), OpaqueType())
        if node.extract is None
        else analysis.resolve(node.extract, inner, OpaqueType())
    )
    body = wrap(_step(analysis, update, state, extract))
    plan = Foreach(source, name, start, body, state, outputs=Outputs.MANY, span=scope.place(node))
    return plan, extract_kind


def descend(analysis: Analysis, node: tree.Descend, scope: Scope, kind: Type) -> Resolved:
    """Resolve `..`."""
    return analysis.resolve(tree.Call("recurse", span=node.span), scope, kind)


def variable(analysis: Analysis, node: tree.Variable, scope: Scope, kind: Type) -> Resolved:
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
