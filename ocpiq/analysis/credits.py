"""The clause `net`: a credit CDR is read as the CDR that it cancels, and taken back where that was added.

The weight of each CDR, 1 or -1, goes with its value to the next `aggregate`, so that nothing is held and the credit may
come on any page.
"""

from __future__ import annotations

from typing import Final

from ocpiq.analysis.context import Analysis
from ocpiq.analysis.scope import Flow, Scope
from ocpiq.errors import CompileError, PrivacyError, Span
from ocpiq.language import tree
from ocpiq.plan import nodes as plan
from ocpiq.plan.nodes import Plan
from ocpiq.privacy.demand import Demand
from ocpiq.privacy.view import ViewNode

NET: Final = "the weight of net"  # a variable that no query can name
CREDIT: Final = "credit"
CANCELLED: Final = "credit_reference_id"
ADDITIVE: Final = ("count", "sum", "avg")
"""The aggregates that take a value back by adding its negative; the others hold values until the end."""


def read_credits(module: str, view: ViewNode, demand: Demand, place: Span) -> None:
    """Note that the source reads which of its objects are credit CDRs."""
    if module != "cdrs":
        hint = f"leave `net` out: every one of the {module} counts"
        raise CompileError(f"net is for cdrs, which have credits, not for {module}", span=place, hint=hint)
    _read(CREDIT, view, demand, place)


def _read(name: str, view: ViewNode, demand: Demand, place: Span) -> None:
    if name not in view.children:
        hint = f"to use it: only …, {name}"
        raise PrivacyError(f"net reads cdrs.{name}, which is left out by `only`", span=place, hint=hint)
    demand.at(name).whole = True


def scan_of(plan_node: Plan) -> plan.Scan | None:
    """Return the source whose objects a plan makes its outputs of, each while the object is at hand."""
    match plan_node:
        case plan.Scan():
            return plan_node
        case plan.Pipe(parts=parts):
            return scan_of(parts[0])
        case plan.Sort(body=body) | plan.Join(body=body):
            return scan_of(body)
    return None


def weight_of(flow: Flow) -> str:
    """Return the local that holds the weight of each value of a flow; "" where all are added."""
    weight = flow.scope.variables.get(NET)
    return weight.name if weight is not None and not weight.gone and weight.name in flow.carried else ""


def take_weight(analysis: Analysis, flow: Flow) -> None:
    """Note that an aggregate takes the objects of a source with `net`."""
    weight = weight_of(flow)
    if weight:
        analysis.netted.add(analysis.weights[weight])


def check_keeps_credits(stage: tree.Stage, scope: Scope, carried: tuple[str, ...]) -> None:
    """Raise for a stage that may drop a credit CDR and keep what it cancels."""
    weight = scope.variables.get(NET)
    if weight is None or weight.name not in carried:
        return
    if isinstance(stage, tree.Limit | tree.Top | tree.Distinct):
        word = type(stage).__name__.lower()
        hint = "write it after the aggregate, or leave `net` out"
        text = f"{word} may drop a credit CDR and keep the CDR that it cancels"
        raise CompileError(text, span=scope.place(stage), hint=hint)


def check_netted(analysis: Analysis) -> None:
    """Raise for a source with `net` that no aggregate takes; note what the others read beside `credit`."""
    for number, source in enumerate(analysis.sources):
        if not source.net:
            continue
        if number not in analysis.netted:
            hint = "write cdrs net … | aggregate …; to list CDRs, leave `net` out"
            raise CompileError("net works only with aggregates", span=source.span, hint=hint)
        if source.demand.whole or "id" in source.demand.fields:
            _read(CANCELLED, source.view, source.demand, source.span)
