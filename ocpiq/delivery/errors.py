"""The errors of states: one line, with the command that helps."""

from __future__ import annotations

from typing import Final

from ocpiq import __version__
from ocpiq.errors import UsageError
from ocpiq.values.terminal import visible

LONGEST: Final = 20  # characters of a version


class StateError(UsageError):
    """The state cannot be used, or is not that of this query."""


def later(name: str, version: object) -> StateError:
    """Return the error for what a later version of ocpiq wrote; `version` is that one, if it is known."""
    if isinstance(version, str) and 0 < len(version) <= LONGEST:
        return StateError(
            f"ocpiq {visible(version)} wrote {name}, this is {__version__}", hint="update ocpiq"
        )
    return StateError(f"a later version of ocpiq wrote {name}", hint="update ocpiq")


def damaged(name: str, reason: str) -> StateError:
    """Return the error for a state that is not as ocpiq wrote it: it is never taken for a first run."""
    return StateError(
        f"the state {name} {reason}",
        hint=f"restore its folder from a backup, or begin again: ocpiq state reset {name}",
    )
