"""What every form of results is to those who write them."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from ocpiq.sinks.json import Encoder
from ocpiq.values.types import Value


class Sink(Protocol):
    """Gives the bytes of values one after the other; `end` gives what stands behind the last."""

    def write(self, value: Value) -> bytes:
        """Return what is to be written for the next value; it may be nothing yet. Raises FormError."""

    def flush(self) -> bytes:
        """Return what is held back."""

    def end(self) -> bytes:
        """Return what is held back and what ends the results."""


class Json(Struct, frozen=True):
    """JSON: each value by itself."""

    write: Encoder

    def flush(self) -> bytes:
        """Return nothing."""
        return b""

    def end(self) -> bytes:
        """Return nothing."""
        return b""
