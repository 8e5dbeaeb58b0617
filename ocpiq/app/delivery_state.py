"""The state of a delivery: made at the first run, recovered, and compared with the query of this one."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from ocpiq.app.delivery_job import Job
from ocpiq.app.error_report import write_stderr
from ocpiq.app.recipient import stored_recipient
from ocpiq.app.settings import Settings
from ocpiq.delivery import commit, fingerprint, state_file
from ocpiq.delivery.errors import StateError
from ocpiq.delivery.state import SETTLE, DeliveredFile, Fingerprint, Kind, Origin, State
from ocpiq.delivery.state_file import StateFile
from ocpiq.delivery.windows import settled
from ocpiq.errors import UsageError
from ocpiq.plan.query_plan import QueryPlan
from ocpiq.values.relative_times import is_relative_moment, relative_moment
from ocpiq.values.times import SECOND, moment, zone
from ocpiq.values.types import Value


def create_state(job: Job, time: int) -> None:
    """Create the state of a first run. Raises UsageError."""
    state_file.create(first_state(job, job.options.name, time))


def first_state(job: Job, name: str, time: int) -> State:
    """Return the state of a first run. Raises UsageError."""
    state = State(
        name,
        job.kind,
        _origin(job),
        Fingerprint("", "", "", ""),
        beginning(job),
        beginning(job),
        accepts=True,  # its secret, which the fingerprint needs, is made with it
    )
    if state.begin is not None and state.begin >= settled(time, job.options.settle or SETTLE):
        raise UsageError("--begin is in the future of the platform")
    return state


def beginning(job: Job) -> int | None:
    """Return where the first window begins, None for everything. Raises UsageError."""
    text, zone_ = job.options.begin, zone(job.query.zone)
    if text is None:
        return None
    is_relative = is_relative_moment(text)
    found = relative_moment(text, job.start.now, zone_) if is_relative else moment(text, zone_)
    if found is None:
        raise UsageError("--begin takes a date", hint="such as 2026-01-01, 2026-01-01T06:00Z or 7 days ago")
    return found // SECOND * SECOND


def check_origin(job: Job, file: StateFile) -> None:
    """Raise StateError if the state is not that of this query on this platform."""
    check_same(file.state, job.kind, _fingerprint(job, file), _origin(job))


def check_same(state: State, kind: Kind, new: Fingerprint, now: Origin) -> None:
    """Raise StateError if a state is of another kind of delivery, or has another fingerprint or origin."""
    if state.kind != kind:
        raise StateError(
            f"the state {state.name} is of {state.kind}, the query of {kind}", hint="use another state"
        )
    if state.accepts:
        return
    changed = fingerprint.differences(state.fingerprint, new)
    words = ("the platform", "the party", "the OCPI version", "the module")
    pairs = zip(words, state.origin.__struct_fields__, strict=True)
    changed += [word for word, field in pairs if getattr(state.origin, field) != getattr(now, field)]
    if changed:
        name = state.name
        raise StateError(
            f"the query is not that of the state {name}: {' and '.join(changed)} changed",
            hint=f"compare with ocpiq state show {name}; to go on with it: ocpiq state accept {name}",
        )


def _origin(job: Job) -> Origin:
    module = job.module
    return Origin(job.platform.address, job.platform.party, job.platform.version, module)


def _fingerprint(job: Job, file: StateFile) -> Fingerprint:
    values = job.query.values(job.variables)
    return fingerprint_of(job.settings, job.query.plan_for(job.sources), values, file.secret)


def fingerprint_of(
    settings: Settings, query: QueryPlan, values: Mapping[str, Value], secret: bytes
) -> Fingerprint:
    """Return the fingerprint of a run with its recipient. Raises UsageError."""
    stored = stored_recipient(settings)
    recipient = None if stored is None else (stored.name, stored.key_id)
    return fingerprint.fingerprint(query, values, recipient, secret)


def adjusted_state(job: Job, file: StateFile) -> State:
    """Return the state with what the options change, and the fingerprint that it accepts."""
    state, options = file.state, job.options
    state = replace(
        state,
        overlap=_chosen(options.overlap, state.overlap),
        settle=_chosen(options.settle, state.settle),
        origin=_origin(job),
        fingerprint=_fingerprint(job, file),
        accepts=False,
        zone=job.query.zone,
    )
    if not state.runs and state.pending is None and (options.begin or options.everything):
        state = replace(state, begin=beginning(job), mark=beginning(job))
    return state


def _chosen(option: int | None, stored: int) -> int:
    return stored if option is None else option


def recover(file: StateFile, *, quiet: bool) -> DeliveredFile | None:
    """End an interrupted delivery, also in the audit trail; return its file if it was complete."""
    recovered = commit.recover(file)
    if file.state.audited is not None:
        from ocpiq.app.audit import end_recovered

        end_recovered(file.state.audited)
    if recovered is not None and not quiet:
        write_stderr(f"{recovered.path or 'standard output'}: the interrupted delivery is complete")
    return recovered
