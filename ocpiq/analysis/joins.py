"""The stage `join`: matches each value with another source, by equalities or by OCPI's own keys."""

from __future__ import annotations

import re

from ocpiq.analysis import treated
from ocpiq.analysis.context import Analysis, Staged
from ocpiq.analysis.keys import OWNER, reference
from ocpiq.analysis.scope import Flow, Scope, Variable
from ocpiq.errors import CompileError, Span
from ocpiq.language import tree
from ocpiq.language.tree import children
from ocpiq.plan import nodes as plan
from ocpiq.plan.nodes import JoinKey, Operand
from ocpiq.plan.outputs import Outputs
from ocpiq.plan.types import NULL, NoInput, SourceType, Type, UnionType, consume, union_of

OLD_IDS = ("id", "uid", "evse_id", "tariff_id", "auth_id", "location_id", "evse_uid")  # `string` in 2.1.1

Pair = tuple[tree.Expr, tree.Expr]


def join(analysis: Analysis, node: tree.Join, flow: Flow) -> Staged:
    """Resolve the stage: its source is pulled once, before the first value, and indexed by the keys."""
    place = flow.scope.place(node)
    nothing = NoInput(
        "the joined source is read once, before the first value",
        f"compare in `on`: … as ${node.name} on .id == ${node.name}.id",
    )
    right, right_type = analysis.resolve(node.source, flow.after, nothing)
    row, name = analysis.unique_name("row"), analysis.unique_name("joined")
    pairs = (
        _natural(analysis, node, flow, right_type) if node.on is None else _pairs(node, node.on, flow.scope)
    )
    only = NoInput(f"this side of the equality reads only ${node.name}", f"write ${node.name}.… == …")
    inside = flow.after.with_variable(node.name, Variable(row, right_type))
    keys = []
    for left_node, right_node in pairs:
        left = _side(analysis, left_node, flow.scope, flow.type)
        if left.plan.outputs is Outputs.MANY and not node.each:
            hint = "write join each …, or take one with first(…)"
            raise CompileError("this may have several values", span=flow.scope.place(left_node), hint=hint)
        right_ = _side(analysis, right_node, inside, only)
        sides = (left.plan, left.type), (right_.plan, right_.type)
        treated.check_operation("==", sides, flow.scope.place(left_node))
        ids = is_id(left.type, analysis.version) or is_id(right_.type, analysis.version)
        keys.append(JoinKey(left, right_, ids))
    outputs = flow.outputs.then(Outputs.MANY if node.each else Outputs.ONE)
    plan_node = plan.Join(flow.body, right, row, name, tuple(keys), node.each, outputs=outputs, span=place)
    return Staged(plan_node, flow.type, (node.name, Variable(name, union_of([right_type, NULL]))))


def _side(analysis: Analysis, node: tree.Expr, scope: Scope, input_type: Type) -> Operand:
    plan_node, type_ = analysis.resolve(node, scope, input_type)
    consume(type_, scope.place(node))
    return Operand(plan_node, type_)


def is_id(type_: Type, version: str) -> bool:
    """Tell whether this is an identifier, which OCPI compares without case."""
    if isinstance(type_, UnionType):
        return any(is_id(option, version) for option in type_.options)
    if not isinstance(type_, SourceType) or type_.view.field is None:
        return False
    return type_.view.field.type.startswith("CiString") or (
        version == "2.1.1" and type_.view.field.name in OLD_IDS
    )


# ---------------------------------------------------------------- the condition


def _pairs(node: tree.Join, on: tree.Expr, scope: Scope) -> list[Pair]:
    """Return the equalities, each with the side of the joined value last."""
    return [_equality(node, part, scope) for part in _conditions(on)]


def _conditions(on: tree.Expr) -> list[tree.Expr]:
    while isinstance(on, tree.Paren):
        on = on.body
    if isinstance(on, tree.Chain) and all(operator == "and" for operator, _ in on.rest):
        return [inner for part in (on.first, *(part for _, part in on.rest)) for inner in _conditions(part)]
    return [on]


def _equality(node: tree.Join, part: tree.Expr, scope: Scope) -> Pair:
    place, name = scope.place(part), node.name
    if not isinstance(part, tree.Compare) or part.op != "==":
        hint = f"such as on .id == ${name}.id and .type == ${name}.type; put other conditions in a select after it"
        raise CompileError("`on` takes only equalities", span=place, hint=hint)
    left, right = (_reads(side, name) for side in (part.left, part.right))
    if left == right:
        which = "both sides read" if left else "neither side reads"
        hint = f"such as .location_id == ${name}.id"
        raise CompileError(f"{which} ${name}", span=place, hint=hint)
    return (part.right, part.left) if left else (part.left, part.right)


def _reads(node: tree.Node, name: str) -> bool:
    """Tell whether `node` reads a variable."""
    return (isinstance(node, tree.Variable) and node.name == name) or any(
        _reads(child, name) for child in children(node)
    )


# ---------------------------------------------------------------- OCPI's own keys


def _natural(analysis: Analysis, node: tree.Join, flow: Flow, right: Type) -> list[Pair]:
    left_module, right_module = _module(flow.type), _module(right)
    place = flow.scope.place(node)
    hint = f"write on .… == ${node.name}.…"
    if left_module is None or right_module is None:
        side = "right" if left_module else "left"
        raise CompileError(
            f"OCPI's own keys join objects of modules; the {side} side is something else",
            span=place,
            hint=hint,
        )
    pairs = reference(left_module, right_module, analysis.version)
    if pairs is None:
        text = f"OCPI {analysis.version} has no key from {left_module} to {right_module}"
        raise CompileError(text, span=place, hint=hint)
    if not node.each and any("[]" in mine for mine, _ in pairs):
        hint = f"write join each {right_module} as ${node.name}"
        raise CompileError(
            f"each of the {left_module} may have several {right_module}", span=place, hint=hint
        )
    joined = tree.Variable(node.name, span=place)
    return [(_key(tree.Identity(span=place), mine), _key(joined, theirs)) for mine, theirs in pairs]


def _module(type_: Type) -> str | None:
    """Return the module whose objects have this type."""
    return type_.view.blank.module if isinstance(type_, SourceType) and not type_.path else None


def _key(base: tree.Expr, text: str) -> tree.Expr:
    """Return what a row of the table of keys names; objects without an owner belong to each other."""
    path = _path(base, text)
    if text.rpartition(".")[2] not in OWNER:
        return path
    return tree.Alternatives((path, tree.Text(("",), span=base.span)), span=base.span)


def _path(base: tree.Expr, text: str) -> tree.Expr:
    """Return the path that a row of the table of keys names."""
    span: Span = base.span
    steps: list[tree.Step] = []
    for name, index in re.findall(r"([a-z_]+)|\[(0?)\]", text):
        if name:
            steps.append(tree.Field(name, span=span))
        elif index:
            steps.append(tree.Index(tree.Number("0", span=span), span=span))
        else:
            steps.append(tree.Iterate(optional=True, span=span))
    return tree.Path(base, tuple(steps), span=span)
