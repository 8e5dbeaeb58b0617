"""What every output format is to those who write results."""

from __future__ import annotations

from typing import Literal, Protocol

from msgspec import Struct

from ocpiq.sinks.target import Target
from ocpiq.values.blank import NA
from ocpiq.values.types import Value


class Settings(Struct, frozen=True):
    """What the command line says of formats, as one typed value.

    `null` and `na` stand for null and for a blank in cells, `csv` are the words of `--csv`. The others are jq's flags;
    `indent` is one level of it, None where none was asked for; `colors` are jq's escape sequences or none. `array` is
    what JSON does with several results: nothing, an array of two and more, or an array whatever their number.
    """

    sort_keys: bool = False
    null: str = ""
    na: str = NA
    csv: tuple[str, ...] = ()
    raw: bool = False
    join: bool = False
    raw0: bool = False
    ascii_only: bool = False
    seq: bool = False
    compact: bool = False
    indent: str | None = None
    colors: tuple[str, ...] = ()
    array: Literal["never", "several", "always"] = "never"


class Sink(Protocol):
    """Writes values to the target that it was opened with, one after the other.

    A run that succeeds, or is incomplete, ends with `close`; one that fails with `flush` and `discard`.
    """

    def write(self, value: Value) -> None:
        """Take the next value; it may be held back. Raises FormatError where it does not fit, OSError."""

    def flush(self) -> None:
        """Write whatever is held back, so that no result is missing from what can be read."""

    def close(self) -> None:
        """Write what is held back and what ends the results, and let go of the target."""

    def discard(self) -> None:
        """Let go of the target without ending the results, also after `close`."""


class Encoder(Protocol):
    """A format that is bytes from the first value to the last, and for which it makes no difference where they go."""

    def write(self, value: Value) -> bytes:
        """Return what is to be written for the next value; it may be nothing yet. Raises FormatError."""

    def flush(self) -> bytes:
        """Return what is held back."""

    def end(self) -> bytes:
        """Return what is held back and what ends the results."""


class StreamSink:
    """The sink of an encoder: writes its bytes to the target's stream."""

    def __init__(self, target: Target, encoder: Encoder) -> None:
        self._put = target.stream.write
        self._encode = encoder.write
        self._encoder = encoder

    def write(self, value: Value) -> None:
        """Write the bytes of a value."""
        self._put(self._encode(value))

    def flush(self) -> None:
        """Write what the encoder holds back."""
        self._put(self._encoder.flush())

    def close(self) -> None:
        """Write what ends the results."""
        self._put(self._encoder.end())

    def discard(self) -> None:
        """Do nothing: the stream belongs to its opener."""
