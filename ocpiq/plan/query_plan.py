"""The plan of a whole query: its body, and the sources that it pulls."""

from __future__ import annotations

from msgspec import Struct

from ocpiq.errors import Span
from ocpiq.plan.nodes import Plan
from ocpiq.plan.types import Type
from ocpiq.privacy.demand import Demand
from ocpiq.privacy.view import ViewNode
from ocpiq.schema import DEFAULT_VERSION, OwnForm
from ocpiq.schema.fields import Reading


class Moment(Struct, frozen=True):
    """A bound of a window: a DateTime in microseconds since 1970, or the variable with its value.

    A `relative` one (`7 days ago`) is computed when the run begins.
    """

    microseconds: int | None
    variable: str | None
    span: Span
    relative: str | None = None


class Period(Struct, frozen=True):
    """The period of `during`: start and end in microseconds since 1970, or the variable with its value.

    A `relative` one (`last month`) is computed when the run begins.
    """

    bounds: tuple[int, int] | None
    variable: str | None
    span: Span
    relative: str | None = None


class SourcePlan(Struct, frozen=True):
    """One pull: the module, the view of it, and what the query reads of that.

    `since` and `until` bound `last_updated`, `during` the end of charging; `newest` is the number of most recent
    objects: a constant or a variable of the run. With `net`, credit CDRs subtract the CDRs that they cancel.
    `since_last` asks for what changed since the last delivery, which a state remembers. A `reading` tells how objects
    of other versions are read in the form of the plan's.
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
    since_last: bool = False
    reading: Reading | None = None


class QueryPlan(Struct, frozen=True):
    """The whole query, for objects in the form of OCPI `version`.

    `own` are the forms of the platforms whose objects are in another form, and converted.
    """

    body: Plan
    output: Type
    sources: tuple[SourcePlan, ...]
    follows_paths: bool = False
    zone: str = "UTC"
    version: str = DEFAULT_VERSION
    own: tuple[OwnForm, ...] = ()

    @property
    def modules(self) -> tuple[str, ...]:
        """The modules that the query pulls, in the order of the text."""
        return tuple(dict.fromkeys(source.module for source in self.sources))
