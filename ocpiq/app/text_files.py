"""Small text files: queries and the values of variables, in UTF-8 with or without a byte order mark."""

from __future__ import annotations

from pathlib import Path

from ocpiq.errors import UsageError
from ocpiq.values.encodings import conversion, encoding_of


def read(name: str, purpose: str) -> str:
    """Return the text of a file; `purpose` tells what it contains. Raises UsageError."""
    return decoded(read_bytes(name, purpose), name, purpose)


def read_bytes(name: str, purpose: str) -> bytes:
    """Return the bytes of a file. Raises UsageError."""
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise UsageError(f"could not read {purpose}{name}: {error.strerror}") from None


def decoded(data: bytes, name: str, purpose: str = "") -> str:
    """Decode UTF-8. Raises UsageError, which names the encoding that the bytes seem to have."""
    encoding = encoding_of(data)
    if encoding != "UTF-8":
        raise UsageError(
            f"could not read {purpose}{name}: it is {encoding}, not UTF-8", hint=conversion(encoding, name)
        )
    return data.decode("utf-8-sig")
