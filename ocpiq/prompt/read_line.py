"""Reads a line at a prompt: Ctrl-C drops it, and Ctrl-C after Enter cancels what Enter began."""

from __future__ import annotations

from prompt_toolkit import PromptSession
from prompt_toolkit.input import Input
from prompt_toolkit.input.typeahead import get_typeahead, store_typeahead

from ocpiq.prompt.interrupts import Interrupts
from ocpiq.prompt.terminal_mode import mark_pastes
from ocpiq.prompt.typeahead import collect_keys, forget_keys


class LineDropped(Exception):
    """Raised by Ctrl-C at a prompt: its `interrupt_exception`."""


def read_line(prompt: PromptSession[str], interrupts: Interrupts, text: str = "") -> str:
    """Return the line, which begins with `text`.

    Raises LineDropped at Ctrl-C, EOFError at Ctrl-D, and KeyboardInterrupt at Ctrl-C right after Enter.
    """
    app = prompt.app

    def drop() -> None:
        if interrupts.pending and app.is_running and not app.is_done:
            interrupts.take()
            app.exit(exception=LineDropped, style="class:aborting")

    def tell() -> None:
        if app.loop is not None:
            app.loop.call_soon_threadsafe(drop)

    def begin() -> None:
        drop()
        prompt.default_buffer.load_history_if_not_yet_loaded()
        app.create_background_task(press_waiting_keys())  # after the history, in which they may move

    async def press_waiting_keys() -> None:
        if not app.is_done:
            app.key_processor.feed_multiple(list(waiting))
            waiting.clear()
            app.key_processor.process_keys()

    collect(app.input, interrupts)
    waiting = get_typeahead(app.input)
    try:
        with interrupts.told_to(tell):
            line = prompt.prompt(default=text, pre_run=begin, handle_sigint=False)
    finally:
        mark_pastes(on=True)
        store_typeahead(app.input, [*waiting, *get_typeahead(app.input)])
    collect(app.input, interrupts)
    interrupts.check()
    return line


def collect(keyboard: Input, interrupts: Interrupts) -> None:
    """Keep the keys that wait; Ctrl-C among them counts, and one before them drops what was kept earlier."""
    if interrupts.pending:
        forget_keys(keyboard)
    if collect_keys(keyboard):
        interrupts.press()
