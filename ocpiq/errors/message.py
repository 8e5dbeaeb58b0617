"""Messages where private data is at hand: a literal template and typed parts, so that no other text can get into one.

A part is a number or one of the types below and in `schema/names.py` and `ocpi/http/address.py`. A type either checks
what it is made of, such as a known module, or is made in the few places that tests/query/test_messages.py lists. Code
that has just read a page has `str` and `bytes`; neither is a part.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Self

LONGEST_NAME: Final = 64  # characters of a name that is shown


class MessagePart(str):
    """A text that may be part of a message."""

    __slots__ = ()


class Message(MessagePart):
    """The result of `say`; it can be part of another message."""

    __slots__ = ()


class FieldName(MessagePart):
    """The path of a field, or the name of a member: plain identifiers with dots between them, never a value."""

    __slots__ = ()

    def __new__(cls, path: str) -> Self:
        """Return the name. ValueError if it is not plain."""
        if not cls.is_plain(path):
            raise ValueError("not a plain name")
        return super().__new__(cls, path)

    @staticmethod
    def is_plain(path: str) -> bool:
        """Return whether a path consists of plain identifiers, so that it may be shown."""
        return path.isascii() and all(
            len(name) <= LONGEST_NAME and name[:1] != "-" and name.replace("-", "_").isidentifier()
            for name in path.split(".")
        )


class UserText(MessagePart):
    """A text that the user entered (a path, a name, a version), with escapes for unprintable characters."""

    __slots__ = ()

    def __new__(cls, text: object) -> Self:
        """Return the text."""
        entered = str(text)
        return super().__new__(cls, entered if entered.isprintable() else ascii(entered)[1:-1])


class Quotation(MessagePart):
    """A platform's own message, or a name that it uses: already truncated, on one line and without the token."""

    __slots__ = ()


class Reason(MessagePart):
    """The error text of the operating system, of TLS or of jq's parser: it contains no data."""

    __slots__ = ()


def say(template: str, /, **parts: MessagePart | int | float) -> Message:
    """Return the message made of a literal template and its parts. TypeError for any other text among them."""
    for name, part in parts.items():
        if not isinstance(part, MessagePart | int | float):
            raise TypeError(f"{name} is not a part of a message")
    return Message(template.format(**parts))


def join(parts: Iterable[MessagePart], separator: str = ", ") -> Message:
    """Return the parts as one, with a literal separator. TypeError for any other text among them."""
    listed = list(parts)
    if not all(isinstance(part, MessagePart) for part in listed):
        raise TypeError("not a part of a message")
    return Message(separator.join(listed))


EMPTY: Final = say("")
