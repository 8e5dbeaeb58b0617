"""Paths as values, and assignment to them (jq manual, "Assignment" and `path`)."""

from __future__ import annotations

from ocpiq.analysis.context import Analysis, Handler, Resolved, product_outputs
from ocpiq.analysis.scope import Scope
from ocpiq.errors import CompileError
from ocpiq.language import tree
from ocpiq.plan.blanks import operator_blanks
from ocpiq.plan.nodes import Bind, Identity, Local, Modify, Operand, Operate, Otherwise, Paths, Plan
from ocpiq.plan.types import OpaqueType, Type, is_clean, consume, check_blanks, use


def resolve_paths(analysis: Analysis, node: tree.Call, scope: Scope, kind: Type) -> Resolved:
    """Resolve `path(f)`."""
    body = _traced(analysis, node.arguments[0], scope, kind)
    if not isinstance(kind, OpaqueType):
        analysis.check(node.arguments[0], scope, kind)
    return Paths(body, outputs=body.outputs, span=scope.place(node)), OpaqueType(clean=True)


def assign(analysis: Analysis, node: tree.Assign, scope: Scope, kind: Type) -> Resolved:
    """Resolve `a |= b`, `a = b`, `a += b` and its kin; but for `|=` the right side is evaluated on `.`, first."""
    place = scope.place(node)
    traced = _traced(analysis, node.left, scope, kind)
    there = _there(analysis, node.left, scope, kind)
    if node.op == "|=":
        again = scope.again("for every path of |=")
        if not isinstance(there, OpaqueType):
            analysis.check(node.right, again, there)
        update, update_kind = analysis.resolve(node.right, again, OpaqueType())
        use(update_kind)
        return Modify(traced, update, span=place), OpaqueType()
    right, right_kind = analysis.resolve(node.right, scope, kind)
    value = analysis.name("value")
    if node.op != "=":
        check_blanks(there, scope.place(node.left), operator_blanks(node.op))
    update = _update(node.op, Local(value), right_kind, scope, node)
    plan = Bind(right, value, Modify(traced, update, span=place), outputs=product_outputs(right))
    return plan, OpaqueType(is_clean(kind) and is_clean(right_kind))


def _update(operator: str, value: Plan, kind: Type, scope: Scope, node: tree.Assign) -> Plan:
    """Return what an assignment puts where `.` is."""
    place = scope.place(node)
    if operator == "=":
        use(kind)
        return value
    if operator == "//=":
        use(kind)
        return Otherwise(Operand(Identity(), OpaqueType()), value, span=place)
    consume(kind, scope.place(node.right), operator_blanks(operator))
    return Operate(operator[:-1], Operand(Identity(), OpaqueType()), Operand(value, kind), span=place)


def _traced(analysis: Analysis, node: tree.Expr, scope: Scope, kind: Type) -> Plan:
    """Resolve a body whose paths are followed: it walks ordinary values, so that `.` is wanted whole."""
    use(kind)
    analysis.follows_paths = True
    plan, _ = analysis.resolve(node, scope, OpaqueType(is_clean(kind)))
    return plan


def _there(analysis: Analysis, node: tree.Expr, scope: Scope, kind: Type) -> Type:
    """Return what is known of the values that an assignment changes; a field that a module does not have is new."""
    if isinstance(kind, OpaqueType):
        return kind
    try:
        return analysis.check(node, scope, kind)
    except CompileError:
        return OpaqueType()


HANDLERS: dict[type, Handler] = {tree.Assign: assign}
