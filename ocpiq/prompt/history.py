"""Adapts the history to prompt_toolkit."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from prompt_toolkit.history import History

from ocpiq.prompt.command_syntax import split_command
from ocpiq.prompt.session import Session
from ocpiq.storage import history


class PromptHistory(History):
    """The queries of this and earlier prompts; saved only if the session keeps a history."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session

    def load_history_strings(self) -> Iterable[str]:
        """Return the entries, newest first."""
        with suppress(OSError):
            return reversed(history.load()) if self.session.keeps_history else ()
        return ()

    def store_string(self, string: str) -> None:
        """Save an entry, unless it has the value of a variable or begins with a space."""
        if self.session.keeps_history and not string[:1].isspace() and not _has_value(string):
            with suppress(OSError):
                history.append(string)


def _has_value(string: str) -> bool:
    """Tell whether a command has the value of a variable, which may be private."""
    name, rest = split_command(string) or ("", "")
    return name == ":arg" or (name == ":run" and "=" in rest)
