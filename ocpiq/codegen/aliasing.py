"""Decides when the state of a `reduce` may be changed in place: when nothing else can refer to it or to a part of it.

jq counts references for this. Here it follows from the plan: if an update only puts values into the state, and none of
them comes from the state itself, the loop keeps the only reference.
"""

from __future__ import annotations

from ocpiq.analysis.builtins import BUILTINS
from ocpiq.plan import nodes as plan
from ocpiq.plan.nodes import Operand, Plan
from ocpiq.plan.outputs import Outputs

COMPARISONS = {"==", "!=", "<", "<=", ">", ">="}


def can_update_in_place(update: Plan, shared: frozenset[str] = frozenset()) -> bool:
    """Tell whether `update` changes its input in one place, with values that share nothing with it.

    `shared` names the variables that may refer to a part of the input.
    """
    match update:
        case plan.Bind(source=source, name=name, body=body) if source.outputs is Outputs.ONE:
            return can_update_in_place(body, shared if is_independent(source, shared) else shared | {name})
        case plan.Modify(paths=paths, update=new) if paths.outputs is Outputs.ONE is new.outputs:
            return _is_safe_replacement(new, shared)
        case plan.Operate(operator="+", left=Operand(plan=plan.Identity()), right=right):
            return right.plan.outputs is Outputs.ONE and is_independent(right.plan, shared)
        case plan.Native(name="setpath", arguments=(path, new)):
            return path.plan.outputs is Outputs.ONE is new.plan.outputs and is_independent(new.plan, shared)
    return False


def _is_safe_replacement(new: Plan, shared: frozenset[str]) -> bool:
    """Tell whether the new value at a path is made only of the old value and of independent values."""
    match new:
        case plan.Operate(left=Operand(plan=plan.Identity()), right=right):
            return is_independent(right.plan, shared)
        case plan.Otherwise(left=Operand(plan=plan.Identity()), right=other):
            return is_independent(other, shared)
    return is_independent(new, shared)


def is_independent(plan_node: Plan, shared: frozenset[str]) -> bool:
    """Tell whether no output of `plan` can be, or contain, a container of its input; scalars cannot."""
    match plan_node:
        case plan.Constant() | plan.RunVariable() | plan.Interpolate() | plan.Logic() | plan.Negate():
            return True
        case plan.Local(name=name):
            return name not in shared
        case plan.MakeArray(body=body):
            return is_independent(body, shared)
        case plan.MakeObject(entries=entries):
            return all(is_independent(value, shared) for _, value in entries)
        case plan.Operate(operator=operator, left=left, right=right):
            scalar = operator in COMPARISONS or operator in ("-", "/", "%")
            return scalar or (is_independent(left.plan, shared) and is_independent(right.plan, shared))
        case plan.Native(name=name, arguments=arguments):
            return BUILTINS[name, len(arguments)].makes_scalar
        case plan.Pipe(parts=(plan.Local(name=name), *rest)):
            return name not in shared and all(isinstance(inner, plan.Native) for inner in rest)
        case plan.Pipe(parts=(*_, end)):
            return isinstance(end, plan.Native) and is_independent(end, shared)
    return False
