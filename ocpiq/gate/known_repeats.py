"""The repeats on a page that is opened twice: for what a query reads, and for all that its view shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ocpiq.gate.keys import Repeats


class OtherKeysError(Exception):
    """Raised when a page that is opened again has other keys."""


class KnownRepeats:
    """The repeats on a page, which is opened twice although they can be asked for only once."""

    def __init__(self, repeats: Repeats) -> None:
        self._repeats = repeats
        self._keys: list[int | None] = []
        self._repeated: list[int] = []

    def __call__(self, keys: Sequence[int | None]) -> Sequence[int]:
        """Return the positions of the repeats."""
        self._keys, self._repeated = list(keys), list(self._repeats(keys))
        return self._repeated

    def again(self, keys: Sequence[int | None]) -> Sequence[int]:
        """Return the same positions for the same keys. Raises OtherKeysError."""
        if list(keys) != self._keys:
            raise OtherKeysError
        return self._repeated
