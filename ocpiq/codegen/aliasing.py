"""When the state of a `reduce` may be changed in place: where nothing else can hold it, or a part of it.

jq counts references for this. Here it follows from the plan: an update that only puts values into the state, none of
which comes from the state itself, leaves the loop as its one holder.
"""

from __future__ import annotations

from ocpiq.analysis.builtins import BUILTINS
from ocpiq.plan.nodes import (
    Bind,
    Constant,
    Given,
    Identity,
    Interpolate,
    Local,
    Logic,
    MakeArray,
    MakeObject,
    Modify,
    Native,
    Negate,
    Operand,
    Operate,
    Otherwise,
    Outputs,
    Pipe,
    Plan,
)
from ocpiq.plan.types import ScalarType

COMPARISONS = {"==", "!=", "<", "<=", ">", ">="}


def sole_holder(update: Plan, shared: frozenset[str] = frozenset()) -> bool:
    """Tell whether `update` changes its input in one place, by values that share nothing with it.

    `shared` are the variables that may hold a part of the input.
    """
    match update:
        case Bind(source=source, name=name, body=body) if source.outputs is Outputs.ONE:
            return sole_holder(body, shared if independent(source, shared) else shared | {name})
        case Modify(paths=paths, update=new) if paths.outputs is Outputs.ONE is new.outputs:
            return _keeps(new, shared)
        case Operate(operator="+", left=Operand(part=Identity()), right=right):
            return right.part.outputs is Outputs.ONE and independent(right.part, shared)
        case Native(name="setpath", arguments=(path, new)):
            return path.part.outputs is Outputs.ONE is new.part.outputs and independent(new.part, shared)
    return False


def _keeps(new: Plan, shared: frozenset[str]) -> bool:
    """Tell whether what is put at a path is of the value there and of independent ones only."""
    match new:
        case Operate(left=Operand(part=Identity()), right=right):
            return independent(right.part, shared)
        case Otherwise(left=Operand(part=Identity()), right=other):
            return independent(other, shared)
    return independent(new, shared)


def independent(part: Plan, shared: frozenset[str]) -> bool:
    """Tell whether no output of `part` can be, or hold, a container of its input; scalars never are."""
    match part:
        case Constant() | Given() | Interpolate() | Logic() | Negate():
            return True
        case Local(name=name):
            return name not in shared
        case MakeArray(body=body):
            return independent(body, shared)
        case MakeObject(entries=entries):
            return all(independent(value, shared) for _, value in entries)
        case Operate(operator=operator, left=left, right=right):
            scalar = operator in COMPARISONS or operator in ("-", "/", "%")
            return scalar or (independent(left.part, shared) and independent(right.part, shared))
        case Native(name=name, arguments=arguments):
            return isinstance(BUILTINS[name, len(arguments)].result, ScalarType)
        case Pipe(parts=(Local(name=name), *rest)):
            return name not in shared and all(isinstance(inner, Native) for inner in rest)
        case Pipe(parts=(*_, end)):
            return isinstance(end, Native) and independent(end, shared)
    return False
