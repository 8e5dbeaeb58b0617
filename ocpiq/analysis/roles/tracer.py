"""The state of the analysis of roles, and the streams that it computes with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from msgspec import Struct

from ocpiq.analysis.builtins import BUILTINS
from ocpiq.analysis.roles.influence import (
    NOTHING,
    FieldInfluences,
    Influence,
    totals,
    union,
)
from ocpiq.plan import nodes as plan
from ocpiq.plan.effects import Effect
from ocpiq.plan.nodes import Plan
from ocpiq.plan.query_plan import SourcePlan
from ocpiq.plan.walk import descendants

NO_SOURCES: Final[frozenset[int]] = frozenset()
UNKNOWN: Final = Influence()


class Stream(Struct, frozen=True):
    """What the outputs of a part tell: each of them (`value`), and which of them there are (`presence`).

    `over` are the sources whose objects the part goes through. With `mixed`, some outputs come from elsewhere.
    """

    value: Influence = UNKNOWN
    presence: FieldInfluences = NOTHING
    over: frozenset[int] = NO_SOURCES
    mixed: bool = False

    def combined(self) -> FieldInfluences:
        """Return what a single value tells that depends on all outputs at once."""
        return totals(self.presence, self.over)


class Tracer:
    """Follows a plan: `locals` are what the variables tell, `consulted` is what may make the traced part fail."""

    def __init__(
        self, sources: tuple[SourcePlan, ...], version: str, handlers: Mapping[type, Handler]
    ) -> None:
        self._handlers = handlers
        self.sources = sources
        self.version = version
        self.locals: dict[str, Influence] = {}
        self.functions: dict[str, Plan] = {}
        self.decides: FieldInfluences = NOTHING
        self.printed: FieldInfluences = NOTHING
        self.consulted: FieldInfluences = NOTHING

    def trace(self, node: Plan, value: Influence) -> Stream:
        """Return what the outputs of `node` tell where `.` is `value`."""
        stream = self._handlers[type(node)](self, node, value)
        self.decides |= stream.presence
        return stream

    def told(self, node: Plan, value: Influence) -> FieldInfluences:
        """Return what the outputs of `node` tell, and which there are."""
        stream = self.trace(node, value)
        return stream.value.tells() | stream.presence

    def consult(self, told: FieldInfluences) -> FieldInfluences:
        """Note that something is computed from what tells `told`, and may fail."""
        self.consulted |= told
        return told

    def everything(self, value: Influence, *parts: Plan) -> FieldInfluences:
        """Return all that parts could tell: of `.`, and of the variables and sources that stand in them."""
        told, prints = value.tells(), False
        todo, seen = list(parts), set[str]()
        while todo:
            for part in descendants(todo.pop()):
                match part:
                    case plan.Local(name=name) if name in self.locals:
                        told |= self.locals[name].tells()
                    case plan.Native(name=name):
                        prints = prints or BUILTINS[name, len(part.arguments)].effect is Effect.PRINTS
                    case plan.Invoke(name=name) if name in self.functions and name not in seen:
                        seen.add(name)
                        todo.append(self.functions[name])
        if prints:
            self.printed |= told
        return told


Handler = Callable[[Tracer, Any, Influence], Stream]


def arranged(value: Influence, told: FieldInfluences) -> Influence:
    """Return the items of a value where `told` decides which of them, and in what order."""
    return Influence(
        value.places,
        value.computed_from,
        value.shape | told,
        value.fields,
        value.item,
        value.combined_sources,
    )


def any_of(streams: list[Stream]) -> Stream:
    """Return the outputs of one or all of several parts."""
    return Stream(
        union(stream.value for stream in streams),
        frozenset().union(*(stream.presence for stream in streams)),
        frozenset().union(*(stream.over for stream in streams)),
        any(stream.mixed for stream in streams) or len({stream.over for stream in streams}) > 1,
    )


def product(streams: list[Stream], value: Influence) -> Stream:
    """Return the outputs that are made of each combination of the outputs of several parts.

    Where one part goes through objects, which outputs another has is told beside each of them.
    """
    presence, over = NOTHING, NO_SOURCES
    for stream in streams:
        if stream.over and over:
            value = value.with_influences(totals(presence | stream.presence, over | stream.over))
        elif stream.over:
            value = value.with_influences(presence)
        presence |= stream.presence
        over |= stream.over
    return Stream(value, presence, over, any(stream.mixed for stream in streams))


def cut(stream: Stream) -> Stream:
    """Return the first outputs of a part: which of them come first tells what decides about them.

    Among the objects of a source this is which rows there are; inside one object, it is told beside the object.
    """
    inside = frozenset(influence for influence in stream.presence if influence.place[0] not in stream.over)
    told = stream.combined() if stream.mixed else inside
    return Stream(stream.value.with_influences(told), stream.presence, stream.over, stream.mixed)
