"""The keys that differ from prompt_toolkit's own."""

from __future__ import annotations

from collections.abc import Callable

from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

from ocpiq.repl.check import Checked


def bindings(look: Callable[[str], Checked]) -> KeyBindings:
    """Return the bindings.

    Enter runs what is not unfinished, takes the suggestion that was chosen among several, and else goes on in a new
    line; Alt-Enter always makes a new line.
    """
    keys = KeyBindings()

    @keys.add("enter")
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        menu = buffer.complete_state
        if menu is not None and menu.current_completion is not None and len(menu.completions) > 1:
            buffer.complete_state = None  # the chosen suggestion stays
        elif look(buffer.text).state == "unfinished":
            buffer.newline(copy_margin=True)
        else:
            buffer.validate_and_handle()

    @keys.add("escape", "enter")
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.newline(copy_margin=True)

    return keys
