"""Which deliveries are due, and which rows each of them has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, cast

from ocpiq.app.delivery_job import Job
from ocpiq.app.error_report import write_stderr
from ocpiq.delivery.increment import Increment
from ocpiq.delivery.state_file import StateFile
from ocpiq.delivery.windows import DeliveryWindow, Every, next_windows, settled
from ocpiq.errors import UsageError, WarningIssued, say
from ocpiq.values.times import SECOND, zone


class Due(NamedTuple):
    """A delivery that is due: its window, the number of its closed period, and that of its correction, or 0."""

    window: DeliveryWindow
    period: int = 0
    correction: int = 0


def due(job: Job, file: StateFile, time: int) -> Iterator[Due]:
    """Yield the deliveries of `since last`: the one that was interrupted, those that are due, a comparison."""
    state = file.state
    mark = state.mark
    if state.pending is not None:
        yield Due(DeliveryWindow(state.pending.start, state.pending.end), 0, state.pending.correction)
        mark = state.pending.end
    until = settled(time, state.settle)
    own = job.query.until(job.left.number, job.variables, job.start)
    every = cast("Every | None", job.options.every)
    if mark is not None and until < mark:
        job.progress(
            WarningIssued(say("the platform's clock shows an earlier time than at the last delivery"))
        )
    windows = next_windows(mark, until if own is None else min(until, own), every, zone(job.query.zone))
    if not windows and state.pending is None and not job.settings.quiet:
        write_stderr(f"{job.module}: nothing is due yet")
    yield from map(Due, windows)
    state = file.state
    if (job.options.reconcile or state.reconciles) and state.mark is not None:
        yield Due(DeliveryWindow(state.begin, state.mark), 0, state.corrections + 1)


def due_periods(job: Job, file: StateFile, time: int) -> Iterator[Due]:
    """Yield the closed periods to deliver, or to correct: one that was interrupted, then that of the query.

    Raises UsageError if it has not ended.
    """
    pending = file.state.pending
    bounds = job.query.windows(job.variables, job.start)[job.left.number].during
    assert bounds is not None
    window = DeliveryWindow(*bounds)
    if window.end > settled(time, file.state.settle):
        raise UsageError(
            "the period of during has not ended yet, so a state cannot close it",
            hint="such as during last month; without --state, any period",
        )
    if pending is not None and (pending.start, pending.end) != window:
        yield Due(DeliveryWindow(pending.start, pending.end), pending.period, pending.correction)
    periods = file.state.periods
    record = next((record for record in periods if (record.start, record.end) == window), None)
    if record is not None:
        yield Due(window, record.number, record.corrections + 1)
    else:
        yield Due(window, max((record.number for record in periods), default=0) + 1)


def increment_for(job: Job, file: StateFile, due: Due) -> Increment:
    """Return what selects the rows of a delivery, or compares all of a period or of the state."""
    number, secret, state = job.left.number, file.secret, file.state
    if due.period:
        period = (due.window.start or 0, due.window.end)
        seen = file.seen(due.period)
        return Increment(number, None, secret, seen, period=period, compares=due.correction > 0)
    if due.correction:  # without an end: an object that was updated since is not gone
        return Increment(number, (state.begin, None), secret, file.seen(), compares=True)
    return increment_of(job, file, due.window)


def increment_of(job: Job, file: StateFile, window: DeliveryWindow) -> Increment:
    """Return what selects the rows of a window, which is pulled from an overlap before it."""
    state = file.state
    since, late_before = window.start, None
    if since is not None and state.runs:
        since -= state.overlap * SECOND
        late_before = window.start - state.overlap * SECOND // 2 if window.start is not None else None
    if since is not None and state.begin is not None:
        since = max(since, state.begin)
    return Increment(job.left.number, (since, window.end), file.secret, file.seen(), late_before)
