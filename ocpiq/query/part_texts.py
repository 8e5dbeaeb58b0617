"""Results that the parts of a run have written as JSON themselves, so that they need not be sent as values."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from ocpiq.sinks.json import JsonStyle, encode_function
from ocpiq.values.types import Value


class TextBlock(Struct, frozen=True, array_like=True):
    """The JSON of `count` results; `is_false` tells whether the last one is false or null."""

    data: bytes
    count: int
    is_false: bool

    def __repr__(self) -> str:
        return "TextBlock(…)"


class BlockWriter:
    """Writes the results of a part."""

    def __init__(self, style: JsonStyle) -> None:
        self._encode = encode_function(style)
        self._texts: list[bytes] = []
        self._last: Value = True

    def add(self, values: Iterator[Value]) -> None:
        """Add values; those before an error stay. Raises what `values` raise."""
        append, encode = self._texts.append, self._encode
        for value in values:
            append(encode(value))
            self._last = value

    def block(self) -> TextBlock:
        """Return what was added."""
        return TextBlock(b"".join(self._texts), len(self._texts), self._last is None or self._last is False)
