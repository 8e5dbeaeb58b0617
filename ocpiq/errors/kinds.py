"""The error classes, one for each exit code, and the span of query text that an error points at."""

from __future__ import annotations

from typing import ClassVar

from msgspec import Struct


class Span(Struct, frozen=True):
    """A stretch of query text: `start` up to `end`, counted in characters from 0."""

    start: int
    end: int


class OcpiqError(Exception):
    """Whatever ends a run.

    `message` is one line for a person and never holds a value that the query does not pass, nor a token;
    `span` is the place in the query; `hint` says how to fix it; `exit_code` is the process's.
    """

    exit_code: ClassVar[int] = 5

    def __init__(self, message: str, *, span: Span | None = None, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.span = span
        self.hint = hint


class UsageError(OcpiqError):
    """The command line, a file, or a platform that is not there."""

    exit_code = 2


class CompileError(OcpiqError):
    """The query does not compile."""

    exit_code = 3


class QuerySyntaxError(CompileError):
    """The query is not a sentence of the language."""


class UnsupportedError(CompileError):
    """The language has it, this version does not compile it yet."""


class RunError(OcpiqError):
    """The query failed on a value. `value` is what jq's `catch` receives."""

    exit_code = 5

    def __init__(self, value: object, *, message: str = "", span: Span | None = None, hint: str = "") -> None:
        super().__init__(message or (value if isinstance(value, str) else ""), span=span, hint=hint)
        self.value = value


class HaltError(OcpiqError):
    """`halt_error`: the query ends itself with an exit code of its own. `value` is what it has to say."""

    def __init__(self, value: object, code: int) -> None:
        super().__init__("the query ended itself")
        self.value = value
        self.code = code


class FormError(OcpiqError):
    """A result does not fit the form that results are written in."""

    exit_code = 5


class InputError(RunError):
    """What a file or standard input holds is not JSON. jq's `catch` receives the message of jq's own parser."""


class PlatformError(OcpiqError):
    """The platform: network, credentials, OCPI status."""

    exit_code = 6


class PrivacyError(OcpiqError):
    """Refused: the query uses what it does not pass."""

    exit_code = 7


class IncompleteError(OcpiqError):
    """The run ended well, but a pull did not get everything."""

    exit_code = 8
