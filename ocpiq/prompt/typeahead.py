"""Keys that were pressed before anything could read them: they act as if they were pressed afterwards."""

from __future__ import annotations

import select
import sys

from prompt_toolkit.input import Input
from prompt_toolkit.input.typeahead import get_typeahead, store_typeahead
from prompt_toolkit.key_binding.key_processor import KeyPress
from prompt_toolkit.keys import Keys


class KeyTypedAhead(KeyPress):
    """A key that was pressed before the prompt was there: an Enter among these keys does not belong to a paste."""


def collect_keys(keyboard: Input) -> bool:
    """Read the keys that wait, and keep them for the next prompt; tell whether Ctrl-C is among them.

    It is when the terminal did not make a signal of it yet, and it drops what was pressed before it.
    """
    pressed = get_typeahead(keyboard)
    while is_ready(keyboard):
        more = keyboard.read_keys()
        if not more:
            break
        pressed += more
    pressed += keyboard.flush_keys()  # an Escape that nothing follows
    places = [place for place, press in enumerate(pressed) if press.key == Keys.ControlC]
    store_typeahead(keyboard, [_ahead(press) for press in (pressed[places[-1] + 1 :] if places else pressed)])
    return bool(places)


def forget_keys(keyboard: Input) -> None:
    """Drop the keys that were kept."""
    get_typeahead(keyboard)


def is_ready(keyboard: Input) -> bool:
    """Tell whether more keys can be read without waiting."""
    if sys.platform != "win32" and not keyboard.closed:
        try:
            return bool(select.select([keyboard.fileno()], [], [], 0)[0])
        except (OSError, ValueError, NotImplementedError):
            return False
    return False


def _ahead(press: KeyPress) -> KeyTypedAhead:
    if press.key == Keys.ControlJ:  # Enter, before ocpiq had the terminal
        return KeyTypedAhead(Keys.ControlM, "\r")
    return KeyTypedAhead(press.key, press.data)
