"""The interface of every output format."""

from __future__ import annotations

from typing import Literal, Protocol

from msgspec import Struct

from ocpiq.sinks.target import Target
from ocpiq.values.blank import NA
from ocpiq.values.types import Value

StoredType = Literal["boolean", "integer", "number", "decimal", "time", "text", "json"]
"""How a typed format stores a column.

`integer` has 64 bits, `number` is a double, `decimal` has a fixed number of digits, `time` is a moment in UTC, and
`json` is an array or object as JSON text.
"""


class ColumnOption(Struct, frozen=True):
    """The type of a column that an option sets: `--type`, `--text`, or `--decimal` with its digits."""

    name: str
    type: StoredType
    precision: int = 0
    scale: int = 0


class FormatSettings(Struct, frozen=True):
    """The options of the output formats.

    `null` and `na` are the texts for null and for a blank in cells; `csv` are the words of `--csv`; `explode` is the
    field of `--explode`; `column_types` are those of `--type`, `--text` and `--decimal`. The others are jq's options:
    `indent` is one level, None if the format decides; `colors` are jq's escape sequences or none; `array` tells when
    JSON results become one array: never, if there are several, or always. `read` says that all numbers in the results
    were read, none computed. With `lines_if_cut`, a table some of whose columns do not fit becomes one field per line.
    """

    sort_keys: bool = False
    explode: str = ""
    column_types: tuple[ColumnOption, ...] = ()
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
    title: str = ""
    array: Literal["never", "several", "always"] = "never"
    read: bool = False
    lines_if_cut: bool = False


class Sink(Protocol):
    """Writes values, one by one, to the target that it was opened with.

    A run that succeeds or is incomplete ends with `close`; one that fails, with `flush` and `discard`.
    """

    def write(self, value: Value) -> None:
        """Take the next value, which may be held back. Raises FormatError if it does not fit, OSError."""

    def flush(self) -> None:
        """Write everything that is held back."""

    def close(self) -> None:
        """Write what is held back and the end of the results, and release the target."""

    def discard(self) -> None:
        """Release the target without ending the results; may follow `close`."""


class Encoder(Protocol):
    """A format that is a stream of bytes, wherever they go."""

    def write(self, value: Value) -> bytes:
        """Return the bytes for the next value, which may be none yet. Raises FormatError."""

    def flush(self) -> bytes:
        """Return what is held back."""

    def end(self) -> bytes:
        """Return what is held back, and the end of the results."""


class StreamSink:
    """The sink of an encoder: writes its bytes to the target's stream."""

    def __init__(self, target: Target, encoder: Encoder) -> None:
        self._write_bytes = target.stream.write
        self._encode = encoder.write
        self.encoder = encoder

    def write(self, value: Value) -> None:
        """Write the bytes of a value."""
        self._write_bytes(self._encode(value))

    def flush(self) -> None:
        """Write what the encoder holds back."""
        self._write_bytes(self.encoder.flush())

    def close(self) -> None:
        """Write the end of the results."""
        self._write_bytes(self.encoder.end())

    def discard(self) -> None:
        """Do nothing: the stream belongs to its opener."""
