"""Whether a plan may compute numbers, or only moves those that were read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ocpiq.plan import nodes as plan
from ocpiq.plan.query_plan import QueryPlan
from ocpiq.plan.walk import descendants
from ocpiq.privacy.view import ViewNode

MOVING: Final = (
    *(
        plan.Identity,
        plan.Local,
        plan.Field,
        plan.Index,
        plan.Slice,
        plan.Iterate,
        plan.Pipe,
        plan.Comma,
        plan.Bind,
    ),
    *(
        plan.MakeArray,
        plan.MakeObject,
        plan.Interpolate,
        plan.Logic,
        plan.Otherwise,
        plan.If,
        plan.Try,
        plan.Label,
    ),
    *(plan.Break, plan.Reduce, plan.Foreach, plan.Scan, plan.Take, plan.Sort, plan.Distinct, plan.Join),
)
"""The nodes that make no number themselves."""

BUILTINS: Final = frozenset(
    ("empty", "not", "has", "contains", "type", "keys", "test", "startswith", "endswith", "tostring")
)
"""Builtins that return no number."""

COMPARISONS: Final = frozenset(("==", "!=", "<", "<=", ">", ">="))


def computes_numbers(query_plan: QueryPlan) -> bool:
    """Tell whether a number in a result may be one that was not read. What is not known to move numbers counts."""
    if any(node.treatment is not None for source in query_plan.sources for node in _view_nodes(source.view)):
        return True
    return not all(map(_moves, descendants(query_plan.body)))


def _moves(part: object) -> bool:
    """Tell whether a part of a plan makes no number, or an integer, which has one form only."""
    match part:
        case plan.Constant(value=value):
            return value is None or isinstance(value, str | int)
        case plan.Operate(operator=operator):
            return operator in COMPARISONS
        case plan.Native(name=name):
            return name in BUILTINS
    return isinstance(part, MOVING) or not isinstance(part, plan.PlanNode)


def _view_nodes(view: ViewNode) -> Iterator[ViewNode]:
    yield view
    for child in view.children.values():
        yield from _view_nodes(child)
