"""The prompt's loop: reads a query or command, runs it, repeats."""

from __future__ import annotations

import gc
from contextlib import suppress
from typing import Final

from prompt_toolkit import PromptSession

from ocpiq.app.error_report import write_stderr
from ocpiq.errors import OcpiqError
from ocpiq.prompt.command_syntax import commands, split_command
from ocpiq.prompt.commands import QuitPrompt, run_command
from ocpiq.prompt.editor import make_prompt, use_keys
from ocpiq.prompt.read_line import LineDropped, read_line
from ocpiq.prompt.run import run
from ocpiq.prompt.session import Session
from ocpiq.prompt.terminal_mode import waiting_mode
from ocpiq.prompt.typeahead import forget_keys

RARELY: Final = 1000  # collections of younger objects before a whole one
GREETING: Final = "Type :help for help. Tab completes, Ctrl-D quits."


def run_prompt(session: Session) -> int:
    """Run queries and commands until Ctrl-D or `:quit`; return the exit code."""
    prompt = make_prompt(session)
    collect_rarely()
    print(GREETING)  # noqa: T201 - to a person at a terminal
    with session.interrupts.handled(), waiting_mode():
        while True:
            try:
                prompt = take_line(prompt, session)
            except KeyboardInterrupt:  # right after Enter, or of a command or its question
                write_stderr("cancelled")
            except (EOFError, QuitPrompt):
                return 0


def take_line(prompt: PromptSession[str], session: Session) -> PromptSession[str]:
    """Read a query or command and run it; return the prompt for the next one."""
    gc.collect()
    with suppress(OcpiqError):  # of a file of logins that cannot be read now
        session.read_logins()
    text, session.pending = session.pending, ""
    use_keys(prompt, session)
    try:
        text = read_line(prompt, session.interrupts, text)
    except LineDropped:
        return prompt
    if split_command(text) is not None:
        for command in commands(text):
            run_command(session, command)
        if session.history_cleared:
            prompt, session.history_cleared = make_prompt(session), False
    elif text.strip() and run(session, text) == "cancelled":
        forget_keys(prompt.app.input)
    return prompt


def collect_rarely() -> None:
    """Let no key wait for a whole garbage collection, which takes longer than all else; each query begins with one."""
    gc.collect()
    gc.freeze()  # what is loaded by now stays
    first, second, _ = gc.get_threshold()
    gc.set_threshold(first, second, RARELY)
