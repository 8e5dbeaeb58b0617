"""The windows of one run: the bounds of the plan with the run's variables, its start and the query's zone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from typing import Final, cast

from msgspec import Struct

from ocpiq.errors import SourceError, UserText, say
from ocpiq.gate import Window
from ocpiq.plan import nodes as plan
from ocpiq.plan.query_plan import Moment, Period, QueryPlan, SourcePlan
from ocpiq.privacy.sealed import has_sealed
from ocpiq.query.delivery import Delivery
from ocpiq.query.start import Start
from ocpiq.query.windows import SourceWindow
from ocpiq.values.numbers import NUMBERS
from ocpiq.values.relative_times import (
    is_relative_moment,
    is_relative_period,
    relative_moment,
    relative_period,
)
from ocpiq.values.times import moment, period, zone
from ocpiq.values.types import Value

BEYOND: Final = 1e12  # seconds since 1970; the year 9999 ends at 2.5e11
MOST_DIGITS: Final = 18  # of a count


def windows(plan: QueryPlan, variables: Mapping[str, Value], start: Start) -> tuple[SourceWindow, ...]:
    """Return the window of each source of a run. Raises UsageError."""
    clock = Clock(start.now, zone(plan.zone))
    delivery = start.delivery
    bounds = []
    for number, part in enumerate(plan.sources):
        own = delivery if delivery is not None and delivery.source == number else None
        bounds.append((window_of(part, variables, clock, own) or Window(None, None, None), part))
    return tuple(
        SourceWindow(window.since, window.until, window.completed, newest_of(part, variables))
        for window, part in bounds
    )


def until_of(plan: QueryPlan, number: int, variables: Mapping[str, Value], start: Start) -> int | None:
    """Return the bound of `until` of source `number`, None without one. Raises UsageError."""
    return _moment(plan.sources[number].until, variables, Clock(start.now, zone(plan.zone)))


class Clock(Struct, frozen=True):
    """The start of the run, in microseconds since 1970, and the query's zone: relative times depend on both."""

    now: int
    zone: tzinfo


def window_of(
    part: SourcePlan, variables: Mapping[str, Value], clock: Clock, delivery: Delivery | None
) -> Window | None:
    """Return the window of a source, that of the delivery if there is one. Raises SourceError."""
    if delivery is not None and delivery.period is not None:
        return Window(*(delivery.bounds or (None, None)), delivery.period)
    if delivery is not None and delivery.bounds is not None:
        return None if delivery.bounds == (None, None) else Window(*delivery.bounds)
    if part.since_last:
        hint = say("use --state NAME, which remembers what was delivered")
        raise SourceError(say("since last needs a state"), hint=hint)
    if part.since is None and part.until is None and part.during is None:
        return None
    completed = None if part.during is None else _period(part.during, variables, clock)
    since, until = _moment(part.since, variables, clock), _moment(part.until, variables, clock)
    is_relative = any(bound and bound.relative for bound in (part.since, part.until))
    if is_relative and since is not None and until is not None and since >= until:
        raise SourceError(say("the window ends before it starts"), hint=say("swap since and until"))
    if has_sealed(part.view):
        from ocpiq.analysis.sealed import check_whole_days  # noqa: PLC0415 - few queries have sealed fields

        bounds = (*(bound for bound in (since, until) if bound is not None), *(completed or ()))
        check_whole_days(part, bounds, clock.zone)
    return Window(since, until, completed)


def _period(during: Period, variables: Mapping[str, Value], clock: Clock) -> tuple[int, int]:
    """Return the bounds of a period; a variable has it as it would be written in the query."""
    if during.bounds is not None:
        return during.bounds
    text = variables[during.variable] if during.variable else during.relative
    if type(text) is str and is_relative_period(text):
        return relative_period(text, clock.now, clock.zone)
    bounds = period(text, clock.zone) if type(text) is str else None
    if bounds is None:
        hint = say("write it as 2026, 2026-Q1, 2026-01, 2026-W03, 2026-01-31 or last month")
        raise SourceError(say("${variable} is not a period", variable=UserText(during.variable)), hint=hint)
    return bounds


def is_relative(bound: Moment | None, variables: Mapping[str, Value]) -> bool:
    """Tell whether a bound depends on the time of the run."""
    if bound is None or bound.microseconds is not None:
        return False
    value = variables[bound.variable] if bound.variable else bound.relative
    return type(value) is str and is_relative_moment(value)


def _moment(bound: Moment | None, variables: Mapping[str, Value], clock: Clock) -> int | None:
    """Return a bound of a window in microseconds; a variable has a date or seconds since 1970."""
    if bound is None or bound.microseconds is not None:
        return None if bound is None else bound.microseconds
    value = variables[bound.variable] if bound.variable else bound.relative
    if type(value) in NUMBERS and abs(seconds := cast(float, value)) < BEYOND:
        return int(seconds * 1_000_000)
    if type(value) is str and is_relative_moment(value):
        read = relative_moment(value, clock.now, clock.zone)
        if read is None:
            raise SourceError(
                say("{moment} is before the year 1", moment=UserText(value)), hint=say("such as 7 days ago")
            )
        return read
    read = moment(value, clock.zone) if type(value) is str else None
    if read is None:
        hint = say("write it as 2026-01-31, 2026-01-31T06:00Z or 7 days ago")
        raise SourceError(say("${variable} is not a date", variable=UserText(bound.variable)), hint=hint)
    return read


def newest_of(part: SourcePlan, variables: Mapping[str, Value]) -> int | None:
    """Return how many of the latest objects a source asks for, None for all. Raises SourceError."""
    if part.newest is None:
        return None
    value = part.newest.value if isinstance(part.newest, plan.Constant) else None
    if isinstance(part.newest, plan.RunVariable):
        value = variables[part.newest.name]
        value = (
            int(value) if type(value) is str and value.isdecimal() and len(value) <= MOST_DIGITS else value
        )
    if type(value) is not int or value < 0:
        raise SourceError(say("newest takes a whole number"), hint=say("such as newest 10"))
    return value
