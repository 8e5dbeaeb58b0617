"""The results of a period that is not over, for a format that cannot grow: a line each, from which the file is made.

A line is the JSON array of a value and of the paths to its blanks, which JSON does not have.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from ocpiq.values.blank import BLANK, Blank
from ocpiq.values.json.codec import decode, encode
from ocpiq.values.types import Value

Keys = list[Value]
"""The names and positions that lead to a part of a value."""


class PartLines:
    """Writes values as lines."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def write(self, value: Value) -> None:
        """Write a value."""
        self._stream.write(encode([value, cast(Value, list(paths_to_blanks(value)))]) + b"\n")

    def flush(self) -> None:
        """Do nothing: nothing is held back."""

    def close(self) -> None:
        """Do nothing: there is no end."""

    def discard(self) -> None:
        """Do nothing: the stream belongs to its opener."""


def values_of_lines(path: Path) -> Iterator[Value]:
    """Yield the values of a file of lines. Raises OSError."""
    with path.open("rb") as lines:
        for line in lines:
            value, paths = cast(tuple[Value, list[Keys]], decode(line))
            for keys in paths:
                value = _with_blank(value, keys)
            yield value


def paths_to_blanks(value: Value) -> Iterator[Keys]:
    """Yield the path to each blank in a value."""
    remaining: list[tuple[Keys, Value]] = [([], value)]
    while remaining:
        keys, part = remaining.pop()
        if isinstance(part, Blank):
            yield keys
        elif isinstance(part, dict):
            remaining += (([*keys, name], inner) for name, inner in part.items())
        elif isinstance(part, list):
            remaining += (([*keys, position], inner) for position, inner in enumerate(part))


def _with_blank(value: Value, keys: Keys) -> Value:
    """Return a value with a blank at a path; what is inside it is changed."""
    if not keys:
        return BLANK
    holder = value
    for key in keys[:-1]:
        holder = holder[key]  # type: ignore[index]
    holder[keys[-1]] = BLANK  # type: ignore[index]
    return value
