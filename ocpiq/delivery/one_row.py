"""Whether a query gives at most one result for each object of its source."""

from __future__ import annotations

from ocpiq.plan import nodes as plan
from ocpiq.plan.nodes import Plan
from ocpiq.plan.outputs import Outputs
from ocpiq.plan.query_plan import QueryPlan
from ocpiq.plan.walk import descendants


def gives_one_row(query: QueryPlan, source: int) -> bool:
    """Tell whether no object of the source at the left end can give more than one result."""
    return _is_single(query.body, source)


def _is_single(part: Plan, source: int) -> bool:
    match part:
        case plan.Scan(source=number):
            return number == source
        case plan.Pipe(parts=(first, *rest)):
            return _is_single(first, source) and all(step.outputs is not Outputs.MANY for step in rest)
        case plan.Bind(source=bound, body=body) if _reads(bound):
            return _is_single(bound, source) and body.outputs is not Outputs.MANY
        case plan.Bind(body=body) | plan.Function(body=body):
            return _is_single(body, source)
        case plan.Join(body=body, each=False):
            return _is_single(body, source)
    return False


def _reads(part: Plan) -> bool:
    return any(isinstance(node, plan.Scan) for node in descendants(part))
