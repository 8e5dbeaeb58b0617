"""Asks the user for a line: a missing parameter, or whether to replace a file."""

from __future__ import annotations

from collections.abc import Callable
from shutil import get_terminal_size

from ocpiq.values.terminal import wrap_words

Ask = Callable[[str], str]


def ask_terminal(question: str) -> str:
    """Return the answer, which is kept nowhere. Raises KeyboardInterrupt for Ctrl-C and Ctrl-D."""
    from prompt_toolkit import PromptSession  # noqa: PLC0415 - suggestions need no terminal

    shown = wrap_words(question, get_terminal_size().columns)
    session: PromptSession[str] = PromptSession(shown, reserve_space_for_menu=0)
    try:
        return session.prompt().strip()
    except EOFError:
        raise KeyboardInterrupt from None
