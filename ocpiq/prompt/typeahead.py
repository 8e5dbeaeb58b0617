"""Keys that were pressed before anything could read them."""

from __future__ import annotations

import select
import sys
from typing import Any

from prompt_toolkit.application import Application
from prompt_toolkit.input import Input
from prompt_toolkit.input.typeahead import get_typeahead, store_typeahead
from prompt_toolkit.key_binding.key_processor import KeyPress
from prompt_toolkit.keys import Keys


class LineDropped(Exception):
    """Raised by Ctrl-C at the prompt."""


def is_cancelled(keyboard: Input) -> bool:
    """Tell whether Ctrl-C was pressed right after Enter, when the terminal did not make a signal of it yet.

    What was pressed after it is for the next prompt.
    """
    pressed = get_typeahead(keyboard)
    while is_ready(keyboard):
        more = keyboard.read_keys()
        if not more:
            break
        pressed += more
    places = [place for place, press in enumerate(pressed) if press.key == Keys.ControlC]
    store_typeahead(keyboard, pressed[places[-1] + 1 :] if places else pressed)
    return bool(places)


def interrupt(app: Application[Any]) -> None:
    """End a prompt on Ctrl-C; one that is ending already leaves it for `is_cancelled`."""
    if app.is_running and not app.is_done:
        app.exit(exception=LineDropped, style="class:aborting")
    else:
        store_typeahead(app.input, [KeyPress(Keys.ControlC)])


def is_ready(keyboard: Input) -> bool:
    """Tell whether more keys can be read without waiting."""
    if sys.platform != "win32" and not keyboard.closed:
        try:
            return bool(select.select([keyboard.fileno()], [], [], 0)[0])
        except (OSError, ValueError, NotImplementedError):
            return False
    return False
