"""The error classes, one for each exit code, and the span of query text that an error points at."""

from __future__ import annotations

from typing import ClassVar

from msgspec import Struct

from ocpiq.errors.message import EMPTY, Message

MADE_BY_SAY = "a message near the data is made by say()"


class Span(Struct, frozen=True, gc=False):
    """A range of the query text: `start` up to but not including `end`, in characters from 0."""

    start: int
    end: int


class OcpiqError(Exception):
    """The base class of all errors that end a run.

    `message` is one line, and never contains a token or a value that the query does not pass; `span` is the place in
    the query, `hint` the fix, `exit_code` the exit code of the process.
    """

    exit_code: ClassVar[int] = 5

    def __init__(self, message: str, *, span: Span | None = None, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.span = span
        self.hint = hint


class UsageError(OcpiqError):
    """An error on the command line, or a file or platform that does not exist."""

    exit_code = 2


class CompileError(OcpiqError):
    """The query does not compile."""

    exit_code = 3


class QuerySyntaxError(CompileError):
    """The query does not parse."""


class OtherVersionError(CompileError):
    """The query reads a field that the platform's OCPI version lacks; `version` is the latest that has it."""

    def __init__(self, message: str, version: str, *, span: Span | None = None, hint: str = "") -> None:
        super().__init__(message, span=span, hint=hint)
        self.version = version


class UnsupportedError(CompileError):
    """The language has this construct, but this version does not support it yet."""


class RunError(OcpiqError):
    """The query failed on a value. `value` is what jq's `catch` receives."""

    exit_code = 5

    def __init__(self, value: object, *, message: str = "", span: Span | None = None, hint: str = "") -> None:
        super().__init__(message or (value if isinstance(value, str) else ""), span=span, hint=hint)
        self.value = value


class HaltError(OcpiqError):
    """The query ended the run with `halt_error`; `value` is its error message, `code` its exit code."""

    def __init__(self, value: object, code: int) -> None:
        super().__init__("the query ended itself")
        self.value = value
        self.code = code


class FormatError(OcpiqError):
    """A result cannot be written in the output format."""

    exit_code = 5


class InputError(RunError):
    """A file or standard input is not valid JSON. `problem`, which `catch` receives, is the message of jq's parser."""

    message: Message

    def __init__(self, problem: Message, *, message: Message = EMPTY) -> None:
        if not isinstance(problem, Message) or not isinstance(message, Message):
            raise TypeError(MADE_BY_SAY)
        super().__init__(str(problem), message=message or problem)
        self.problem = problem


class NearDataError(OcpiqError):
    """The base class of the errors where private data is at hand; `say` made message and hint, so they have none."""

    message: Message
    hint: Message

    def __init__(self, message: Message, *, hint: Message = EMPTY) -> None:
        if not isinstance(message, Message) or not isinstance(hint, Message):
            raise TypeError(MADE_BY_SAY)
        super().__init__(message, hint=hint)


class SourceError(NearDataError, UsageError):
    """A file, an address or an option that nothing can be read from."""


class DamagedError(NearDataError):
    """A file of a snapshot is not as it was written, or is missing."""

    exit_code = 5


class PlatformError(NearDataError):
    """An error of the platform: network, credentials, OCPI status."""

    exit_code = 6


class PrivacyError(OcpiqError):
    """The query uses a value that it does not pass."""

    exit_code = 7


class IncompleteError(NearDataError):
    """The run succeeded, but a pull is incomplete."""

    exit_code = 8
