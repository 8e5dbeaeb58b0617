"""Paths as values, and assignment to them (jq manual, "Assignment" and `path`)."""

from __future__ import annotations

from ocpiq.analysis.context import Analysis, Handler, Resolved, product
from ocpiq.analysis.plan import Bind, Here, Local, Modify, Operand, Operate, Otherwise, Paths, Plan
from ocpiq.analysis.scope import Scope
from ocpiq.analysis.types import Opaque, Type, clean, consume, use
from ocpiq.language import tree


def paths(analysis: Analysis, node: tree.Call, scope: Scope, kind: Type) -> Resolved:
    """Resolve `path(f)`."""
    body = _traced(analysis, node.arguments[0], scope, kind)
    return Paths(body, outputs=body.outputs, span=scope.place(node)), Opaque(clean=True)


def assign(analysis: Analysis, node: tree.Assign, scope: Scope, kind: Type) -> Resolved:
    """Resolve `a |= b`, `a = b`, `a += b` and its kin; but for `|=` the right side is evaluated on `.`, first."""
    place = scope.place(node)
    traced = _traced(analysis, node.left, scope, kind)
    if node.op == "|=":
        update, update_kind = analysis.resolve(node.right, scope.again("for every path of |="), Opaque())
        use(update_kind)
        return Modify(traced, update, span=place), Opaque()
    right, right_kind = analysis.resolve(node.right, scope, kind)
    value = analysis.name("value")
    update = _update(node.op, Local(value), right_kind, scope, node)
    plan = Bind(right, value, Modify(traced, update, span=place), outputs=product(right))
    return plan, Opaque(clean(kind) and clean(right_kind))


def _update(operator: str, value: Plan, kind: Type, scope: Scope, node: tree.Assign) -> Plan:
    """Return what an assignment puts where `.` is."""
    place = scope.place(node)
    if operator == "=":
        use(kind)
        return value
    if operator == "//=":
        use(kind)
        return Otherwise(Operand(Here(), Opaque()), value, span=place)
    consume(kind, scope.place(node.right))
    return Operate(operator[:-1], Operand(Here(), Opaque()), Operand(value, kind), span=place)


def _traced(analysis: Analysis, node: tree.Expr, scope: Scope, kind: Type) -> Plan:
    """Resolve a body whose paths are followed: it walks ordinary values, so that `.` is wanted whole.

    It is resolved once more on what is known of `.`, for the mistakes that this shows.
    """
    use(kind)
    analysis.follows_paths = True
    sources = len(analysis.sources)
    analysis.resolve(node, scope, kind)
    del analysis.sources[sources:]
    plan, _ = analysis.resolve(node, scope, Opaque(clean(kind)))
    return plan


HANDLERS: dict[type, Handler] = {tree.Assign: assign}
