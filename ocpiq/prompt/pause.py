"""Tells a key in a row of keys from a pause: work that takes long waits for the pause."""

from __future__ import annotations

import asyncio
from typing import Final

from prompt_toolkit.application import get_app
from prompt_toolkit.buffer import Buffer

PAUSE: Final = 0.15  # seconds without a key
LONG: Final = 400  # characters after the cursor, about ten lines


class Pause:
    """Whether typing has paused; the screen is drawn again once it has."""

    def __init__(self) -> None:
        self._typing: str | None = None
        self._timer: asyncio.Task[None] | None = None

    def reached(self, text: str) -> bool:
        """Tell whether `text` has not changed for a while."""
        return self._typing != text

    def defers(self, text: str, cursor: int) -> bool:
        """Tell whether what follows the line of the cursor is looked at later, because it is long."""
        return not self.reached(text) and len(text) - cursor > LONG

    def watch(self, buffer: Buffer) -> None:
        """Note a change of the text."""
        self._typing = buffer.text
        if self._timer is not None:
            self._timer.cancel()
        self._timer = get_app().create_background_task(self._wait(buffer.text))

    async def _wait(self, text: str) -> None:
        await asyncio.sleep(PAUSE)
        if self._typing == text:
            self._typing = None
            get_app().invalidate()
