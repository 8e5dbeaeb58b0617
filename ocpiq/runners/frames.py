"""Messages between a run and its worker processes: four bytes of length, then the message."""

from __future__ import annotations

from typing import BinaryIO

LENGTH = 4  # bytes


def write_frame(stream: BinaryIO, data: bytes) -> None:
    """Write a message. Raises OSError."""
    stream.write(len(data).to_bytes(LENGTH, "big"))
    stream.write(data)
    stream.flush()


def read_frame(stream: BinaryIO) -> bytes | None:
    """Return the next message; None at the end, also in the middle of a message."""
    head = stream.read(LENGTH)
    if len(head) < LENGTH:
        return None
    size = int.from_bytes(head, "big")
    data = stream.read(size)
    return data if len(data) == size else None
