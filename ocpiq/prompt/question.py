"""Asks the user for a line: a missing parameter, or whether to replace a file."""

from __future__ import annotations

from collections.abc import Callable
from shutil import get_terminal_size

from ocpiq.prompt.interrupts import Interrupts
from ocpiq.values.terminal import wrap_words

Ask = Callable[[str, Interrupts], str]


def ask_terminal(question: str, interrupts: Interrupts) -> str:
    """Return the answer, which is kept nowhere. Raises KeyboardInterrupt for Ctrl-C and Ctrl-D."""
    from prompt_toolkit import PromptSession  # noqa: PLC0415 - suggestions need no terminal

    from ocpiq.prompt.read_line import LineDropped, read_line  # noqa: PLC0415

    shown = wrap_words(question, get_terminal_size().columns)
    prompt: PromptSession[str] = PromptSession(
        shown, reserve_space_for_menu=0, interrupt_exception=LineDropped
    )
    try:
        return read_line(prompt, interrupts).strip()
    except (EOFError, LineDropped):
        raise KeyboardInterrupt from None
