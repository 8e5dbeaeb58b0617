"""Whole-stream stages: each takes all outputs of everything to its left in the same body."""

from __future__ import annotations

from msgspec import Struct, structs

from ocpiq.analysis.context import Analysis, Resolved
from ocpiq.analysis.plan import (
    Aggregate,
    Constant,
    Fold,
    Given,
    GroupKey,
    Local,
    MakeObject,
    Operand,
    Outputs,
    Plan,
    Take,
)
from ocpiq.analysis.scope import Scope
from ocpiq.analysis.types import NUMBER, Nothing, Opaque, Record, Type, consume, use
from ocpiq.errors import CompileError, UnsupportedError
from ocpiq.language import tree

STAGES = (tree.Aggregate, tree.SortBy, tree.Top, tree.Limit, tree.Distinct, tree.Join)

AGGREGATES: dict[tuple[str, int], Type] = {
    ("count", 0): NUMBER,
    ("count", 1): NUMBER,
    ("sum", 1): NUMBER,
    ("avg", 1): Opaque(clean=True),
    ("min", 1): Opaque(clean=True),
    ("max", 1): Opaque(clean=True),
}


class Folding(Struct):
    """The expression of an `aggregate` while it is resolved: what the functions in it fold, and where."""

    scope: Scope
    kind: Type
    folds: list[Fold]


def resolve_stage(
    analysis: Analysis, node: tree.Stage, body: Plan, outputs: Outputs, scope: Scope, kind: Type
) -> Resolved:
    """Return the plan of a stage over `body`, whose outputs have type `kind` and see `scope`."""
    match node:
        case tree.Aggregate():
            return _aggregate(analysis, node, body, scope, kind)
        case tree.Limit():
            count = _count(node.count, scope)
            return Take(body, count, outputs=max(outputs, Outputs.MAYBE), span=scope.place(node)), kind
    word = {tree.SortBy: "sort by", tree.Top: "top", tree.Distinct: "distinct by", tree.Join: "join"}[
        type(node)
    ]
    raise UnsupportedError(f"{word} is not supported yet", span=scope.place(node))


def _count(count: tree.Count, scope: Scope) -> Plan:
    if count.variable is None:
        return Constant(count.number)
    known = scope.variables.get(count.variable)
    if known is None:
        raise CompileError(f"${count.variable} is not defined", span=scope.place(count))
    if known.name:
        raise UnsupportedError("limit takes a number or a variable given to the run", span=scope.place(count))
    return Given(count.variable)


def _aggregate(analysis: Analysis, node: tree.Aggregate, body: Plan, scope: Scope, kind: Type) -> Resolved:
    folding = Folding(scope, kind, [])
    reason = "in an aggregate there is no single value, only functions over all of them"
    hint = "put the field into `by`, or take it with max(…) or min(…)"
    result_scope = structs.replace(scope, folding=folding)
    keys = None if node.by is None else _keys(analysis, node.by, scope, kind)
    nothing = Nothing(reason, hint)
    expression = _named(node.body) if keys is not None or isinstance(node.body, tree.Object) else node.body
    result, result_kind = analysis.resolve(expression, result_scope, nothing)
    if result.outputs is not Outputs.ONE:
        raise CompileError("an aggregate gives one value", span=scope.place(node.body))
    if keys is not None:
        result, result_kind = _with_keys(keys, result, result_kind)
    plan = Aggregate(
        body,
        None if keys is None else tuple(keys),
        tuple(folding.folds),
        result,
        outputs=Outputs.ONE if keys is None else Outputs.MANY,
        span=scope.place(node),
    )
    return plan, result_kind


def _keys(analysis: Analysis, by: tree.Expr, scope: Scope, kind: Type) -> list[GroupKey]:
    """Resolve `by {name: value, …}`, or `by .a.b`, which is short for `by {b: .a.b}`."""
    if (
        isinstance(by, tree.Path)
        and isinstance(by.steps[-1], tree.Field)
        and isinstance(by.steps[-1].name, str)
    ):
        name = tree.Text((by.steps[-1].name,), span=by.span)
        by = tree.Object((tree.Entry(name, by, span=by.span),), span=by.span)
    if not isinstance(by, tree.Object):
        hint = "write by {name: …} or by .field"
        raise CompileError("the groups need names", span=scope.place(by), hint=hint)
    plan, record = analysis.resolve(by, scope, kind)
    if not isinstance(plan, MakeObject) or not isinstance(record, Record):
        raise CompileError("the names of groups must be literal", span=scope.place(by))
    keys: list[GroupKey] = []
    for (key, value), entry in zip(plan.entries, by.entries, strict=True):
        assert isinstance(key, Constant)
        name_ = str(key.value)
        consume(record.fields[name_], scope.place(entry))
        keys.append(GroupKey(name_, analysis.name("key"), Operand(value, record.fields[name_])))
    return keys


def _named(body: tree.Expr) -> tree.Expr:
    """Give a bare aggregate the name that its group needs: `count`, `avg_kwh`; `{count}` is `{count: count}`."""
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


def _with_keys(keys: list[GroupKey], result: Plan, kind: Type) -> Resolved:
    """Put the keys of a group first in its object."""
    assert isinstance(result, MakeObject)
    entries = [(Constant(key.name), Local(key.local)) for key in keys]
    fields = {key.name: key.value.kind for key in keys}
    if isinstance(kind, Record):
        fields.update(kind.fields)
    return MakeObject((*entries, *result.entries)), Record(fields)


def fold_call(analysis: Analysis, node: tree.Call, scope: Scope) -> Resolved:
    """Resolve a call of an aggregate function: its argument sees each value, its result is a local."""
    folding = scope.folding
    assert folding is not None
    argument = None
    if node.arguments:
        plan, kind = analysis.resolve(node.arguments[0], folding.scope.plain(), folding.kind)
        consume(kind, scope.place(node.arguments[0])) if node.name != "count" else use(kind)
        argument = Operand(plan, kind)
    result = analysis.name("fold")
    folding.folds.append(Fold(node.name, argument, result))
    return Local(result), AGGREGATES[node.name, len(node.arguments)]
