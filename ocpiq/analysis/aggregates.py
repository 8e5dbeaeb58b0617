"""The stage `aggregate … by …`: its functions, its groups and its result."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct, structs

from ocpiq.analysis import sealed_totals, type_checks
from ocpiq.analysis.context import Analysis, Resolved, Staged
from ocpiq.analysis.credits import take_weight, weight_of
from ocpiq.analysis.result_types import collected, picked
from ocpiq.analysis.scope import Flow, Folding, Scope
from ocpiq.errors import CompileError, Span
from ocpiq.language import tree
from ocpiq.language.printer import unparse
from ocpiq.plan import nodes as plan
from ocpiq.plan.blanks import FORMS, Blanks, aggregate_blanks
from ocpiq.plan.effects import Effect
from ocpiq.plan.nodes import ADDITIVE, Fold, GroupKey, Operand, Plan
from ocpiq.plan.outputs import Outputs
from ocpiq.plan.types import (
    BOOLEAN,
    INTEGER,
    NULL,
    NUMBER,
    NoInput,
    ObjectType,
    OpaqueType,
    Type,
    check_blanks,
    consume,
    or_null,
    refuse_sealed,
    type_name,
)
from ocpiq.privacy.sealed import SealedFieldError


class AggregateFunction(Struct, frozen=True):
    """An aggregate function: the type of its result, also as a function of the type of its argument.

    With `holds`, its state keeps every value, or every distinct one. `effect` is what the result tells of the values.
    """

    result: Type | Callable[[Type], Type]
    holds: bool = False
    effect: Effect = Effect.TOTALS

    def result_type(self, argument: Type) -> Type:
        """Return the type of the result for an argument of this type."""
        return self.result if isinstance(self.result, Type) else self.result(argument)


AGGREGATES: dict[tuple[str, int], AggregateFunction] = {
    ("count", 0): AggregateFunction(INTEGER),
    ("count", 1): AggregateFunction(INTEGER),
    ("sum", 1): AggregateFunction(NUMBER),
    ("avg", 1): AggregateFunction(or_null(NUMBER)),
    ("min", 1): AggregateFunction(picked, effect=Effect.PICKS),
    ("max", 1): AggregateFunction(picked, effect=Effect.PICKS),
    ("first", 1): AggregateFunction(picked, effect=Effect.PICKS),
    ("last", 1): AggregateFunction(picked, effect=Effect.PICKS),
    ("any", 1): AggregateFunction(or_null(BOOLEAN)),
    ("all", 1): AggregateFunction(or_null(BOOLEAN)),
    ("stddev", 1): AggregateFunction(or_null(NUMBER)),
    ("median", 1): AggregateFunction(or_null(NUMBER), holds=True, effect=Effect.PICKS),
    ("quantile", 2): AggregateFunction(or_null(NUMBER), holds=True, effect=Effect.PICKS),
    ("count_distinct", 1): AggregateFunction(INTEGER, holds=True),
    ("collect", 1): AggregateFunction(collected, holds=True, effect=Effect.PASSES_THROUGH),
}

OF_NUMBERS = ("sum", "avg", "stddev", "median", "quantile")
SHORT_GROUP = "write by {name: …} or by .field"


def aggregate(analysis: Analysis, node: tree.Aggregate, flow: Flow) -> Staged:
    """Resolve the stage."""
    folding = Folding(flow, [], {})
    take_weight(analysis, flow)
    place = flow.scope.place(node)
    nothing = NoInput(
        "aggregate has no single input, only functions of all of them",
        "put the field into `by`, or take one with first(…), min(…) or max(…)",
    )
    keys = None if node.by is None else _groups(analysis, node.by, flow)
    expression = _named(node.body) if keys is not None or isinstance(node.body, tree.Object) else node.body
    result, type_ = analysis.resolve(expression, structs.replace(flow.after, folding=folding), nothing)
    if result.outputs is not Outputs.ONE:
        hint = "put them into an array: […]"
        raise CompileError(
            "aggregate takes one expression, not several", span=flow.scope.place(node.body), hint=hint
        )
    if keys is not None:
        result, type_ = _with_keys(keys, result, type_, flow.scope.place(node.body))
    sealed = next((fold.source for fold in folding.folds if fold.terms), None)
    if sealed is not None:
        type_ = _of_many_drivers(type_, keys)
    if isinstance(type_, ObjectType):
        type_ = ObjectType(type_.fields, maker="aggregate")
    plan_node = plan.Aggregate(
        flow.body,
        None if keys is None else tuple(keys),
        tuple(folding.folds),
        result,
        "" if sealed is None else analysis.companions[sealed],
        outputs=Outputs.ONE if keys is None else Outputs.MANY,
        span=place,
    )
    return Staged(plan_node, type_)


def _of_many_drivers(type_: Type, keys: list[GroupKey] | None) -> Type:
    """Return the type of a result with totals of sealed fields: its keys may be `#other`, one alone the blank."""
    if not isinstance(type_, ObjectType):
        return OpaqueType(name=type_name(type_)) if keys is None else type_
    blanked = type_.fields if keys is None else {key.name for key in keys}
    return ObjectType(
        {
            name: OpaqueType(name=type_name(inner)) if name in blanked else inner
            for name, inner in type_.fields.items()
        }
    )


def resolve_call(analysis: Analysis, node: tree.Call, scope: Scope) -> Resolved:
    """Resolve a call of an aggregate function: its argument sees each value, its result is a local."""
    folding = scope.folding
    assert folding is not None
    resolved = folding.resolved.get(id(node))
    if resolved is None:
        resolved = folding.resolved[id(node)] = _fold(analysis, node, folding)
    return resolved


def _fold(analysis: Analysis, node: tree.Call, folding: Folding) -> Resolved:
    """Resolve an aggregate function; a sealed field in its argument must be a total."""
    try:
        return _resolve_fold(analysis, node, folding)
    except SealedFieldError as error:
        if error.is_general:
            raise sealed_totals.refused(node, error, folding.flow.scope.place(node)) from None
        raise


def _resolve_fold(analysis: Analysis, node: tree.Call, folding: Folding) -> Resolved:
    function = AGGREGATES[node.name, len(node.arguments)]
    flow = folding.flow
    argument, at = None, None
    argument_type: Type = NULL
    total = sealed_totals.total(analysis, node, flow)
    if total is not None:
        result = analysis.unique_name("fold")
        terms = tuple(total.terms.items())
        operand = Operand(total.plan, total.type)
        folding.folds.append(
            Fold(node.name, operand, result, unparse(node), terms=terms, source=total.source)
        )
        return plan.Local(result), function.result_type(NUMBER)
    if node.arguments:
        place = flow.scope.place(node.arguments[0])
        plan_node, argument_type = analysis.resolve(node.arguments[0], flow.scope.plain(), flow.type)
        if node.name in OF_NUMBERS:
            type_checks.check_numbers(unparse(node), argument_type, node.arguments[0], flow.scope)
        elif node.name in ("min", "max"):
            type_checks.check_order(unparse(node), argument_type, node.arguments[0], flow.scope)
        holds = weight_of(flow) and node.name not in ADDITIVE
        blanks = Blanks.REFUSES if holds else aggregate_blanks(node.name)
        refuse_sealed(argument_type, place)
        if blanks is Blanks.OUTSIDE:
            check_blanks(argument_type, place)
        else:
            consume(argument_type, place, blanks)
        argument = Operand(plan_node, argument_type)
    if len(node.arguments) > 1:
        at = _share(analysis, node.arguments[1], flow)
    result = analysis.unique_name("fold")
    folding.folds.append(Fold(node.name, argument, result, unparse(node), at, weight_of(flow)))
    return plan.Local(result), function.result_type(argument_type)


def _share(analysis: Analysis, node: tree.Expr, flow: Flow) -> Plan:
    """Resolve the second argument of `quantile`: one number for all values."""
    place = flow.after.place(node)
    nothing = NoInput(
        "the second argument of quantile is one number for all values",
        "write a number such as 0.95, or a $variable",
    )
    plan_node, type_ = analysis.resolve(node, flow.after.plain(), nothing)
    consume(type_, place)
    if plan_node.outputs is not Outputs.ONE:
        raise CompileError(
            "the second argument of quantile must be one number",
            span=place,
            hint="such as quantile(.kwh; 0.95)",
        )
    if isinstance(plan_node, plan.Constant) and not (
        isinstance(plan_node.value, int | float) and 0 <= plan_node.value <= 1
    ):
        hint = "the 95th percentile is quantile(…; 0.95)"
        raise CompileError("a quantile is a number from 0 to 1", span=place, hint=hint)
    return plan_node


def _groups(analysis: Analysis, by: tree.Expr, flow: Flow) -> list[GroupKey]:
    """Resolve the keys of the groups; a sealed field cannot be one."""
    try:
        return _keys(analysis, by, flow)
    except SealedFieldError as error:
        raise error.as_group() from None


def _keys(analysis: Analysis, by: tree.Expr, flow: Flow) -> list[GroupKey]:
    """Resolve `by {name: value, …}`, or `by .a.b`, which is short for `by {b: .a.b}`."""
    short = _short_key(by)
    node = short if short is not None else by
    place = flow.scope.place(by)
    if not isinstance(node, tree.Object):
        hint = SHORT_GROUP
        if isinstance(by, tree.Call) and not by.arguments:
            hint = f"write by .{by.name}"
        raise CompileError("a key of `by` needs a name", span=place, hint=hint)
    plan_node, record = analysis.resolve(node, flow.scope, flow.type)
    if not node.entries:
        raise CompileError("`by` has no keys", span=place, hint="leave `by` out")
    if not isinstance(plan_node, plan.MakeObject) or not isinstance(record, ObjectType):
        raise CompileError("the names in `by` must be literal", span=place, hint=SHORT_GROUP)
    if len(record.fields) < len(plan_node.entries):
        raise CompileError("two keys of `by` have the same name", span=place, hint="give them other names")
    keys: list[GroupKey] = []
    for (key, value), entry in zip(plan_node.entries, node.entries, strict=True):
        assert isinstance(key, plan.Constant)
        name = str(key.value)
        consume(record.fields[name], flow.scope.place(entry), FORMS["by a"].blanks)
        keys.append(GroupKey(name, analysis.unique_name("key"), Operand(value, record.fields[name])))
    return keys


def _short_key(by: tree.Expr) -> tree.Object | None:
    """Return `{b: .a.b}` for `.a.b`, and `{$x}` for `$x`."""
    if isinstance(by, tree.Variable):
        return tree.Object((tree.Entry(by, None, span=by.span),), span=by.span)
    last = by.steps[-1] if isinstance(by, tree.Path) else None
    if not isinstance(last, tree.Field) or not isinstance(last.name, str):
        return None
    return tree.Object((tree.Entry(tree.Text((last.name,), span=by.span), by, span=by.span),), span=by.span)


def _named(body: tree.Expr) -> tree.Expr:
    """Name a bare aggregate: `count`, `avg_kwh`; `{count}` is `{count: count}`."""
    while isinstance(body, tree.Paren):
        body = body.body
    if isinstance(body, tree.Object):
        entries = tuple(_entry(entry) for entry in body.entries)
        return tree.Object(entries, span=body.span)
    if not isinstance(body, tree.Call):
        hint = "write aggregate {name: …}"
        raise CompileError("with `by`, a computed result needs a name", span=body.span, hint=hint)
    name = body.name
    for argument in body.arguments[:1]:
        last = argument.steps[-1] if isinstance(argument, tree.Path) else None
        if isinstance(last, tree.Field) and isinstance(last.name, str):
            name = f"{body.name}_{last.name}"
    key = tree.Text((name,), span=body.span)
    return tree.Object((tree.Entry(key, body, span=body.span),), span=body.span)


def _entry(entry: tree.Entry) -> tree.Entry:
    match entry:
        case tree.Entry(key=tree.Text(parts=(str(name),)), value=None) if (name, 0) in AGGREGATES:
            return tree.Entry(entry.key, tree.Call(name, span=entry.span), span=entry.span)
    return entry


def _with_keys(keys: list[GroupKey], result: Plan, type_: Type, place: Span) -> Resolved:
    """Put the keys of a group first in its object."""
    entries = [(plan.Constant(key.name), plan.Local(key.local)) for key in keys]
    fields = {key.name: key.value.type for key in keys}
    if isinstance(result, plan.Constant) and result.value == {}:
        return plan.MakeObject(tuple(entries)), ObjectType(fields)
    if not isinstance(result, plan.MakeObject) or not isinstance(type_, ObjectType):
        raise CompileError("with `by`, the names of the result must be literal", span=place)
    twice = fields.keys() & type_.fields.keys()
    if twice:
        hint = "the keys of `by` are already in the result; use another name"
        raise CompileError(f"{min(twice)} is already a key of `by`", span=place, hint=hint)
    return plan.MakeObject((*entries, *result.entries)), ObjectType({**fields, **type_.fields})


def misuse_hint(name: str, arity: int) -> str:
    """Return the hint for a function that exists only in `aggregate`."""
    if (name, arity) in AGGREGATES:
        return f"{name} is a function of `aggregate`: … | aggregate {name}" + ("(…)" if arity else "")
    return ""
