"""The roles of the fields: which of them a plan's results show, which they total up, which decide about them.

The plan is followed with values that know what they tell (`influence`); what each form and builtin tells
of its operands stands in its table, as its `effect`. Where the flow is not known exactly (recursive definitions, `|=`),
everything that could be told is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from ocpiq.analysis.roles import expressions, functions, stages
from ocpiq.analysis.roles.tracer import UNKNOWN, Handler, Tracer
from ocpiq.analysis.streams import Place
from ocpiq.plan.query_plan import QueryPlan

HANDLERS: Final[Mapping[type, Handler]] = {**expressions.HANDLERS, **functions.HANDLERS, **stages.HANDLERS}


class Roles(Struct, frozen=True):
    """The places of the sources by role; one may have several."""

    shown: frozenset[Place]
    aggregated: frozenset[Place]
    decides: frozenset[Place]


def roles_of(query: QueryPlan, version: str) -> Roles:
    """Return the roles of the fields that the query reads from platforms of an OCPI `version`.

    In a query that is nested too deeply to be followed, every field is shown and decides.
    """
    tracer = Tracer(query.sources, version, HANDLERS)
    try:
        outputs = tracer.trace(query.body, UNKNOWN)
        told = outputs.value.tells() | tracer.printed
    except RecursionError:
        everything = frozenset[Place]((number, ()) for number in range(len(query.sources)))
        return Roles(everything, frozenset(), everything)
    return Roles(
        frozenset(influence.place for influence in told if not influence.total),
        frozenset(influence.place for influence in told if influence.total),
        frozenset(influence.place for influence in outputs.presence | tracer.decides),
    )
