"""Lines that arrive together are pasted text, also from a terminal that does not mark it as such."""

from __future__ import annotations

from collections import deque
from typing import Final

from prompt_toolkit.key_binding.key_processor import KeyPress, KeyPressEvent
from prompt_toolkit.keys import Keys

from ocpiq.prompt.typeahead import KeyTypedAhead, is_ready

SPACES: Final = {Keys.ControlM: "\n", Keys.ControlJ: "\n", Keys.ControlI: "\t"}


def pasted_rest(event: KeyPressEvent) -> str:
    """Take the text that arrived together with this Enter, and return it; "" if the user pressed Enter.

    Nobody types that fast: with a text after it, a newline is one of pasted lines, unless the Enter was pressed before
    the prompt was there. On Windows prompt_toolkit tells.
    """
    if isinstance(event.key_sequence[-1], KeyTypedAhead):
        return ""
    waiting = event.key_processor.input_queue
    while is_ready(event.app.input):  # a paste that is longer than one read
        pressed = event.app.input.read_keys()
        if not pressed:
            break
        waiting.extend(pressed)
    rest = _leading_text(waiting)
    if not rest.strip():
        return ""
    while waiting and _character(waiting[0]):
        waiting.popleft()
    return rest


def _leading_text(pressed: deque[KeyPress]) -> str:
    """Return the text of the keys up to the first that is no text."""
    text = []
    for press in pressed:
        character = _character(press)
        if not character:
            break
        text.append(character)
    return "".join(text)


def _character(press: KeyPress) -> str:
    """Return the text that a key inserts, "" for any other key."""
    if not isinstance(press.key, Keys):
        return press.data
    return SPACES.get(press.key, "")
