"""`ocpiq state`: what deliveries with a state remember, and how to correct it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Final

from msgspec.structs import replace

from ocpiq.app.commands import STATE_ACTIONS
from ocpiq.app.error_report import write_stderr
from ocpiq.app.progress import quantity
from ocpiq.app.settings import Settings
from ocpiq.delivery import state_file
from ocpiq.delivery.commit import remove_unfinished
from ocpiq.delivery.database_address import is_address
from ocpiq.delivery.errors import StateError
from ocpiq.delivery.state import State
from ocpiq.delivery.state_file import StateFile
from ocpiq.delivery.windows import date_text
from ocpiq.errors import UsageError, choices
from ocpiq.values.times import SECOND, moment, period, zone


def run(settings: Settings) -> int:
    """Do an action on states. Raises UsageError."""
    action, *words = settings.words or ("list",)
    if action not in STATE_ACTIONS:
        raise UsageError("unknown action of ocpiq state", hint=choices(action, STATE_ACTIONS))
    if settings.mark is not None and action != "set":
        raise UsageError(f"ocpiq state {action} has no option --mark")
    if action == "list":
        if words:
            raise UsageError("ocpiq state list takes no name", hint=f"ocpiq state show {words[0]}")
        return list_all()
    if action == "forget":
        return _forget(words, settings)
    if len(words) != 1:
        raise UsageError(f"ocpiq state {action} takes one name", hint=f"ocpiq state {action} NAME")
    if is_address(words[0]):
        if action != "accept":
            raise UsageError(f"ocpiq state {action} is for states of files", hint="ask the database")
        from ocpiq.app import database_delivery

        return database_delivery.accept(words[0])
    with state_file.locked(words[0]):
        return COMMANDS[action](words[0], settings)


def list_all() -> int:
    """List the states with their marks; one that cannot be used with the reason."""
    names = state_file.names()
    if not names:
        write_stderr("no states yet (ocpiq --state NAME --begin DATE … QUERY)")
    width = max(map(len, names), default=0)
    for name in names:
        sys.stdout.write(f"{name:<{width}}  {_summary(name)}\n")
    return 0


def _summary(name: str) -> str:
    try:
        with state_file.locked(name), state_file.opened(name) as file:
            state = file.state
    except StateError as error:
        return error.message
    pending = "  delivery in progress" if state.pending else ""
    count = quantity(*((len(state.periods), "period") if state.kind == "report" else (state.count, "object")))
    return f"{state.origin.module}  delivered up to {date_text(state.mark)}  {count}{pending}"


def show(name: str, settings: Settings) -> int:
    """Print what a state remembers; of the objects, their number."""
    with state_file.opened(name) as file:
        lines = list(_description(file))
    width = max(len(label) for label, _ in lines) + 2
    sys.stdout.writelines(f"{label:<{width}}{text}\n" for label, text in lines)
    return 0


def set_mark(name: str, settings: Settings) -> int:
    """Move the mark, where the next window begins."""
    mark = None if settings.mark is None else moment(settings.mark, zone(settings.query.zone or "UTC"))
    if mark is None:
        raise UsageError("ocpiq state set takes a date", hint=f"ocpiq state set {name} --mark 2026-01-01")
    with state_file.opened(name) as file:
        if file.state.kind != "since last":
            raise StateError(
                f"the state {name} is of closed periods, which have no mark",
                hint=f"to deliver a period anew: ocpiq state forget {name} 2026-01",
            )
        _check_not_complete(file)
        state = replace(file.state, mark=mark // SECOND * SECOND, pending=None)
        if state.begin is not None and state.begin > mark:
            state = replace(state, begin=state.mark)
        file.save(state)
    write_stderr(f"the next window of {name} begins at {date_text(state.mark)}")
    return 0


def _check_not_complete(file: StateFile) -> None:
    """Raise StateError if a delivery is complete but not committed; one that is not complete can be given up."""
    if file.state.pending is not None and file.state.pending.sha256:
        raise StateError(
            f"a delivery of {file.state.name} was interrupted after its file was complete",
            hint="run it once more first, which ends that delivery",
        )


def accept(name: str, settings: Settings) -> int:
    """Let the next run have another query, recipient key or platform."""
    with state_file.opened(name) as file:
        file.save(replace(file.state, accepts=True))
    write_stderr(f"the next run sets what {name} is of: query, parameters, recipient, zone and platform")
    return 0


def reconcile(name: str, settings: Settings) -> int:
    """Let the next run compare everything that was delivered."""
    with state_file.opened(name) as file:
        if file.state.kind != "since last":
            raise StateError(
                f"the state {name} is of closed periods, which each run compares",
                hint="run its query again for the period",
            )
        file.save(replace(file.state, reconciles=True))
    write_stderr(
        f"the next run of {name} compares everything it delivered (now: add --reconcile to its command)"
    )
    return 0


def _forget(words: list[str], settings: Settings) -> int:
    """Forget a closed period: its next run delivers it anew. Raises UsageError."""
    if len(words) != 2:
        raise UsageError(
            "ocpiq state forget takes a name and a period", hint="ocpiq state forget NAME 2026-01"
        )
    name, text = words
    with state_file.locked(name), state_file.opened(name) as file:
        _check_not_complete(file)
        bounds = period(text, zone(settings.query.zone or file.state.zone))
        if bounds is None:
            raise UsageError(
                "not a period", hint="write it as 2026, 2026-Q1, 2026-01, 2026-W03 or 2026-01-31"
            )
        numbers = [record.number for record in file.state.periods if (record.start, record.end) == bounds]
        if not numbers:
            raise StateError(f"the state {name} has no such period", hint=f"ocpiq state show {name}")
        file.forget(numbers[0])
        if file.state.pending is not None and file.state.pending.period == numbers[0]:
            file.save(replace(file.state, pending=None))
    write_stderr(f"forgot {text}: its next run delivers the whole period again")
    return 0


def reset(name: str, settings: Settings) -> int:
    """Remove a state; damaged ones, too, of which it is not known what they left unfinished."""
    state = None
    with suppress(StateError), state_file.opened(name) as file:
        state = file.state
    state_file.remove(name)
    if state is not None:
        remove_unfinished(state)
    write_stderr(f"removed the state {name}; the next run needs --begin DATE or --all")
    return 0


COMMANDS: Final[dict[str, Callable[[str, Settings], int]]] = {
    "show": show,
    "set": set_mark,
    "accept": accept,
    "reconcile": reconcile,
    "reset": reset,
}


def _description(file: StateFile) -> Iterator[tuple[str, str]]:
    state = file.state
    yield "name", state.name
    yield "of", state.kind
    yield "module", f"{state.origin.module}, OCPI {state.origin.version}"
    yield "platform", state.origin.address
    if state.origin.party:
        yield "party", state.origin.party
    if state.kind == "since last":
        yield "begins", date_text(state.begin)
    else:
        yield from _periods(state)
    yield "delivered up to", date_text(state.mark)
    if state.kind != "report":
        yield "overlap", f"{state.overlap} s{' (objects came later than half of it)' if state.late else ''}"
    yield "settle", f"{state.settle} s"
    yield "deliveries", f"{state.runs:,}"
    if state.kind != "report":
        yield "remembers", quantity(state.count, "object")
    yield from _files(state)
    for label, text in zip(state.fingerprint.__struct_fields__, _hashes(state), strict=True):
        yield f"hash of {label}", text[:16]
    if state.reconciles:
        yield "reconciles", "at the next run"
    if state.accepts:
        yield "accepts", "the next run's query"
    if state.version:
        yield "written by", f"ocpiq {state.version}"
    yield "folder", str(file.folder)


def _periods(state: State) -> Iterator[tuple[str, str]]:
    for record in state.periods:
        corrections = f", {quantity(record.corrections, 'correction')}" if record.corrections else ""
        yield "period", f"{date_text(record.start)} to {date_text(record.end)}{corrections}"


def _hashes(state: State) -> list[str]:
    return [getattr(state.fingerprint, name) for name in state.fingerprint.__struct_fields__]


def _files(state: State) -> Iterator[tuple[str, str]]:
    if state.pending is not None:
        pending = state.pending
        progress = "complete, not yet committed" if pending.sha256 else "to be pulled again"
        yield "in progress", f"{date_text(pending.start)} to {date_text(pending.end)}, {progress}"
    if state.open is not None:
        yield (
            "open file",
            f"{state.open.path} ({quantity(state.open.rows, 'row')}), until {date_text(state.open.end)}",
        )
    for file in reversed(state.files):
        window = f"{date_text(file.start)} to {date_text(file.end)}"
        digest = f", SHA-256 {file.sha256}" if file.path else ""
        yield "delivered", f"{file.path or 'standard output'}, {window}, {quantity(file.rows, 'row')}{digest}"
