"""The clause `net`: a credit CDR subtracts the CDR that it cancels.

The weight of each CDR, 1 or -1, accompanies its value to the next `aggregate`. A credit may come on any page.
"""

from __future__ import annotations

from typing import Final

from ocpiq.analysis.context import Analysis
from ocpiq.analysis.scope import Flow, Scope
from ocpiq.errors import CompileError, OtherVersionError, PrivacyError, Span
from ocpiq.language import tree
from ocpiq.plan import nodes as plan
from ocpiq.plan.nodes import Plan
from ocpiq.plan.query_plan import SourcePlan
from ocpiq.privacy.demand import Demand
from ocpiq.privacy.platform_field import PLATFORM
from ocpiq.privacy.view import ViewNode
from ocpiq.schema import SchemaModule

NET: Final = "the weight of net"  # not a name that a query can use
CREDIT: Final = "credit"
CANCELLED: Final = "credit_reference_id"
TOTAL: Final = "total_"  # the prefix of the totals of a CDR
CDR_KEY: Final = (PLATFORM, "country_code", "party_id", "id")


def check_has_credits(name: str, schema: SchemaModule, place: Span) -> None:
    """Raise CompileError for CDRs of a version that has no credits, or that are read from such a version."""
    if name != "cdrs":
        return
    hint = "leave out `net`: no CDR cancels another"
    lacking = schema.reading.without_counterpart(CREDIT) if schema.reading else ()
    if lacking:
        text = f"net reads cdrs.{CREDIT}, which has no counterpart in OCPI {', '.join(lacking)}"
        raise CompileError(text, span=place, hint=hint)
    credit = schema.root.children.get(CREDIT)
    if credit is not None and schema.version not in credit.versions:
        text = (
            f"net reads cdrs.{CREDIT}, a field of OCPI {', '.join(credit.versions)}, not of {schema.version}"
        )
        raise OtherVersionError(text, credit.versions[-1], span=place, hint=hint)


def read_credits(module: str, view: ViewNode, demand: Demand, place: Span) -> None:
    """Add the field that marks credit CDRs to the demand."""
    if module != "cdrs":
        hint = "leave out `net`"
        raise CompileError(f"net works on cdrs, which have credits, not on {module}", span=place, hint=hint)
    _read(CREDIT, view, demand, place)


def _read(name: str, view: ViewNode, demand: Demand, place: Span) -> None:
    if name not in view.children:
        hint = f"to use it: only …, {name}"
        raise PrivacyError(f"net reads cdrs.{name}, which `only` leaves out", span=place, hint=hint)
    demand.at(name).whole = True


def scan_of(plan_node: Plan) -> plan.Scan | None:
    """Return the source that a plan streams, object by object; None for any other plan."""
    match plan_node:
        case plan.Scan():
            return plan_node
        case plan.Pipe(parts=parts):
            return scan_of(parts[0])
        case plan.Sort(body=body) | plan.Join(body=body):
            return scan_of(body)
    return None


def weight_of(flow: Flow) -> str:
    """Return the local with the weight of each value of a flow; "" without `net`."""
    weight = flow.scope.variables.get(NET)
    return (
        weight.name if weight is not None and not weight.unavailable and weight.name in flow.carried else ""
    )


def take_weight(analysis: Analysis, flow: Flow) -> None:
    """Record that an aggregate reads a source with `net`."""
    weight = weight_of(flow)
    if weight:
        analysis.netted.add(analysis.weights[weight])


def check_keeps_credits(stage: tree.Stage, scope: Scope, carried: tuple[str, ...]) -> None:
    """Raise for a stage that may drop a credit CDR and keep the CDR that it cancels."""
    weight = scope.variables.get(NET)
    if weight is None or weight.name not in carried:
        return
    if isinstance(stage, tree.Limit | tree.Top | tree.Distinct):
        word = type(stage).__name__.lower()
        hint = "write it after the aggregate, or leave out `net`"
        text = f"{word} may drop a credit CDR and keep the CDR that it cancels"
        raise CompileError(text, span=scope.place(stage), hint=hint)


def check_netted(analysis: Analysis) -> None:
    """Raise for a source with `net` that no aggregate reads; complete the demand of the others."""
    for number, source in enumerate(analysis.sources):
        if not source.net:
            continue
        if number not in analysis.netted:
            hint = "write cdrs net … | aggregate …; to list CDRs, leave out `net`"
            raise CompileError("net works only with aggregates", span=source.span, hint=hint)
        if source.demand.whole or "id" in source.demand.fields:
            _read(CANCELLED, source.view, source.demand, source.span)
        _check_treatments(source)
        if CANCELLED in source.view.children and "id" in source.view.children:
            _read_keys(source.view, source.demand)


def _read_keys(view: ViewNode, demand: Demand) -> None:
    """Add the fields that tell which CDR a credit cancels to the demand."""
    for name in (CANCELLED, *CDR_KEY):
        if name in view.children and name not in demand.fields:
            demand.at(name).whole = demand.at(name).optional = True


def _check_treatments(source: SourcePlan) -> None:
    """Raise if a treatment hides which CDRs are credits, or which CDR a credit cancels."""
    credit, own, reference = (source.view.children.get(name) for name in (CREDIT, "id", CANCELLED))
    if credit is not None and credit.treatment is not None:
        text, hint = f"net reads cdrs.{CREDIT}, which has a treatment", "pass it in the clear"
        raise CompileError(text, span=source.span, hint=hint)
    treatments = (
        {node.treatment for node in (own, reference) if node is not None} if own and reference else set()
    )
    if len(treatments) > 1 or any(treatment and treatment.name != "pseudonym" for treatment in treatments):
        raise CompileError(
            f"net reads cdrs.{CANCELLED} in place of cdrs.id, and their treatments do not match",
            span=source.span,
            hint="pass both in the clear, or both as pseudonym",
        )
