"""Paths as values, and assignment to them (jq manual, "Assignment" and `path`)."""

from __future__ import annotations

from ocpiq.analysis.context import Analysis, Handler, Resolved, product_outputs
from ocpiq.analysis.result_types import OPERATORS
from ocpiq.analysis.scope import Scope
from ocpiq.language import tree
from ocpiq.plan import nodes as plan
from ocpiq.plan.blanks import operator_blanks
from ocpiq.plan.nodes import Operand, Plan
from ocpiq.plan.outputs import Outputs
from ocpiq.plan.types import (
    ObjectType,
    OpaqueType,
    Type,
    check_blanks,
    consume,
    is_clean,
    type_name,
    union_of,
    use,
    without_null,
)


def resolve_paths(analysis: Analysis, node: tree.Call, scope: Scope, input_type: Type) -> Resolved:
    """Resolve `path(f)`."""
    body = _traced(analysis, node.arguments[0], scope, input_type)
    if not isinstance(input_type, OpaqueType):
        analysis.check(node.arguments[0], scope, input_type)
    return plan.Paths(body, outputs=body.outputs, span=scope.place(node)), OpaqueType(clean=True)


def assign(analysis: Analysis, node: tree.Assign, scope: Scope, input_type: Type) -> Resolved:
    """Resolve `a |= b`, `a = b`, `a += b` and the like; except for `|=`, the right side is evaluated first, on `.`."""
    place = scope.place(node)
    traced = _traced(analysis, node.left, scope, input_type)
    target_type = _target_type(analysis, node.left, scope, input_type)
    if node.op == "|=":
        update_scope = scope.again("for every path of |=")
        new_type: Type | None = None
        if not isinstance(target_type, OpaqueType):
            new_type = analysis.check(node.right, update_scope, target_type)
        update, update_type = analysis.resolve(node.right, update_scope, OpaqueType())
        use(update_type)
        if update.outputs is not Outputs.ONE or new_type is None:
            return plan.Modify(traced, update, span=place), OpaqueType()
        return plan.Modify(traced, update, span=place), _changed_type(node, input_type, new_type)
    right, right_type = analysis.resolve(node.right, scope, input_type)
    value = analysis.unique_name("value")
    if node.op != "=":
        check_blanks(target_type, scope.place(node.left), operator_blanks(node.op))
    update = _update(node.op, plan.Local(value), right_type, scope, node)
    plan_node = plan.Bind(
        right, value, plan.Modify(traced, update, span=place), outputs=product_outputs(right)
    )
    return plan_node, _changed_type(node, input_type, _value_type(node, target_type, right_type))


def _value_type(node: tree.Assign, old: Type, right: Type) -> Type:
    """Return the type of the value that an assignment other than `|=` puts at its path."""
    if node.op == "=":
        return right
    return union_of([without_null(old), right]) if node.op == "//=" else OPERATORS[node.op[:-1]](old, right)


def _changed_type(node: tree.Assign, input_type: Type, new: Type) -> Type:
    """Return the type of an object once one of its fields has a value of type `new`; unknown for other paths."""
    match node.left:
        case tree.Path(base=tree.Identity(), steps=(tree.Field(name=str(name)),)) if isinstance(
            input_type, ObjectType
        ):
            return ObjectType({**input_type.fields, name: new})
    return OpaqueType(is_clean(input_type) and is_clean(new), type_name(input_type))


def _update(operator: str, value: Plan, type_: Type, scope: Scope, node: tree.Assign) -> Plan:
    """Return the new value at a path, computed from the old one, which is `.`."""
    place = scope.place(node)
    if operator == "=":
        use(type_)
        return value
    if operator == "//=":
        use(type_)
        return plan.Otherwise(Operand(plan.Identity(), OpaqueType()), value, span=place)
    consume(type_, scope.place(node.right), operator_blanks(operator))
    return plan.Operate(
        operator[:-1], Operand(plan.Identity(), OpaqueType()), Operand(value, type_), span=place
    )


def _traced(analysis: Analysis, node: tree.Expr, scope: Scope, input_type: Type) -> Plan:
    """Resolve a body whose paths are traced: it sees ordinary values, so `.` is read whole."""
    use(input_type)
    analysis.follows_paths = True
    plan_node, _ = analysis.resolve(node, scope, OpaqueType(is_clean(input_type)))
    return plan_node


def _target_type(analysis: Analysis, node: tree.Expr, scope: Scope, input_type: Type) -> Type:
    """Return the type of the values that an assignment changes; unknown where it adds a field."""
    if isinstance(input_type, OpaqueType):
        return input_type
    return analysis.explore(node, scope, input_type) or OpaqueType()


HANDLERS: dict[type, Handler] = {tree.Assign: assign}
