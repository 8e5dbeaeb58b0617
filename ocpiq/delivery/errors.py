"""The errors of states: one line, with the command that helps."""

from __future__ import annotations

from ocpiq.errors import UsageError


class StateError(UsageError):
    """The state cannot be used, or is not that of this query."""


def damaged(name: str, reason: str) -> StateError:
    """Return the error for a state that is not as ocpiq wrote it: it is never taken for a first run."""
    return StateError(
        f"the state {name} {reason}",
        hint=f"restore its folder from a backup, or begin again: ocpiq state reset {name}",
    )
