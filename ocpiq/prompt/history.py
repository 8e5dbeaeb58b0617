"""The history in prompt_toolkit's form."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from prompt_toolkit.history import History

from ocpiq.prompt.command_line import split_command
from ocpiq.prompt.session import Session
from ocpiq.storage import history


class PromptHistory(History):
    """The queries of earlier prompts and this one; kept only where the session remembers."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session

    def load_history_strings(self) -> Iterable[str]:
        """Return the entries, the last one first."""
        with suppress(OSError):
            return reversed(history.load()) if self.session.remembers else ()
        return ()

    def store_string(self, string: str) -> None:
        """Keep an entry, unless it gives a value to a variable or begins with a blank."""
        gives_value = (split_command(string) or ("",))[0] == ":arg"
        if self.session.remembers and not string[:1].isspace() and not gives_value:
            with suppress(OSError):
                history.append(string)
