"""Files that are not UTF-8: which encoding they seem to be in, and how to convert them."""

from __future__ import annotations

import codecs
import shlex
from typing import Final, Literal, Self, get_args

from ocpiq.errors import MessagePart

Encoding = Literal["UTF-8", "UTF-16", "UTF-16LE", "UTF-16BE", "UTF-32", "UTF-32LE", "UTF-32BE", "Latin-1"]

STANDARD_INPUT: Final = ("-", "<stdin>", "standard input")
MARKS: Final[tuple[tuple[bytes, Encoding], ...]] = (  # the mark of UTF-32 begins like that of UTF-16
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
UNMARKED: Final[dict[str, Encoding]] = {
    "000x": "UTF-32BE",
    "x000": "UTF-32LE",
    "0x": "UTF-16BE",
    "x0": "UTF-16LE",
}


class EncodingName(MessagePart):
    """The name of an encoding in a message."""

    __slots__ = ()

    def __new__(cls, encoding: Encoding) -> Self:
        """Return the name. ValueError if it is not one of those above."""
        if encoding not in get_args(Encoding):
            raise ValueError("not an encoding")
        return super().__new__(cls, encoding)


def wide_encoding(head: bytes, *, marked: bool = False) -> Encoding | None:
    """Return the encoding of a text whose characters have 2 or 4 bytes; None for all others.

    It is detected by the byte order mark or, unless the text must be `marked`, by zero bytes among the first four
    (RFC 4627, section 3).
    """
    for mark, encoding in MARKS:
        if head.startswith(mark):
            return encoding
    zeros = "" if marked else "".join("x" if byte else "0" for byte in head[:4])
    return UNMARKED.get(zeros) or UNMARKED.get(zeros[:2])


def encoding_of(head: bytes, *, whole: bool = True) -> Encoding:
    """Return the encoding that a text seems to be in; unless it is `whole`, a character may be cut at its end."""
    wide = wide_encoding(head)
    if wide is not None:
        return wide
    try:
        codecs.utf_8_decode(head, "strict", whole)
    except UnicodeDecodeError:
        return "Latin-1"
    return "UTF-8"


def conversion(encoding: Encoding, name: str) -> str:
    """Return a command that prints the file in UTF-8; `name` is a file's, or stands for standard input."""
    file = f" {shlex.quote(name)}" if name not in STANDARD_INPUT else ""
    return f"iconv -f {'ISO-8859-1' if encoding == 'Latin-1' else encoding} -t UTF-8{file}"
