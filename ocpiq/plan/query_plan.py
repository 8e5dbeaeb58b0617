"""The plan of a whole query: its body, and the sources that it pulls."""

from __future__ import annotations

from msgspec import Struct

from ocpiq.errors import Span
from ocpiq.plan.nodes import Plan
from ocpiq.plan.types import Type
from ocpiq.privacy.demand import Demand
from ocpiq.privacy.view import ViewNode


class Moment(Struct, frozen=True):
    """The end of a window: a DateTime in microseconds since 1970, or the variable that will hold one.

    One that is `relative` (`7 days ago`) is known when the run begins.
    """

    microseconds: int | None
    variable: str | None
    span: Span
    relative: str | None = None


class Period(Struct, frozen=True):
    """The period of `during`: start and end in microseconds since 1970, or the variable that will hold one.

    One that is `relative` (`last month`) is known when the run begins.
    """

    bounds: tuple[int, int] | None
    variable: str | None
    span: Span
    relative: str | None = None


class SourcePlan(Struct, frozen=True):
    """One pull: the module, what of it is shown and what of that is read.

    `since` and `until` bound `last_updated`, `during` the end of charging; `newest` is how many of the last are
    wanted: a constant or a given variable. With `net`, credit CDRs take back what they cancel.
    """

    module: str
    view: ViewNode
    demand: Demand
    since: Moment | None
    until: Moment | None
    span: Span
    during: Period | None = None
    newest: Plan | None = None
    net: bool = False


class QueryPlan(Struct, frozen=True):
    """The whole query."""

    body: Plan
    output: Type
    sources: tuple[SourcePlan, ...]
    follows_paths: bool = False
    zone: str = "UTC"
