"""The events that a run reports besides its results: warnings and the progress of a pull. A callback receives them."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from ocpiq.errors.message import Message, MessagePart


class WarningIssued(Struct, frozen=True):
    """A problem that does not end the run: one line that `say` made."""

    message: Message

    def __post_init__(self) -> None:
        if not isinstance(self.message, Message):
            raise TypeError("a warning is made by say()")


class PageRead(Struct, frozen=True):
    """A page was read. Counts are totals of the pull; `total` is the number that the platform announced.

    Of objects that were read from a snapshot, `snapshot` is the moment that it is of.
    """

    module: str
    pages: int
    objects: int
    total: int | None
    snapshot: str = ""


class RequestEnded(Struct, frozen=True):
    """A request ended. HTTP `status` is 0 without a response; `objects` is None if they were not counted.

    `path` contains no token and no parameters except those for paging.
    """

    subject: str
    path: MessagePart
    status: int
    objects: int | None
    seconds: float


class PullEnded(Struct, frozen=True):
    """A pull ended; `complete` is False if the platform had more objects.

    Of objects that were read from a snapshot, `snapshot` is the moment that it is of.
    """

    module: str
    pages: int
    objects: int
    complete: bool
    snapshot: str = ""


class StderrWrite(Struct, frozen=True):
    """The query is about to write to standard error (`debug`, `stderr`)."""


class QueryHalted(Struct, frozen=True):
    """The query ends the run with `halt`."""


Notice = WarningIssued | PageRead | PullEnded | RequestEnded | StderrWrite | QueryHalted
Notify = Callable[[Notice], None]


def ignore(notice: Notice) -> None:
    """Ignore an event."""
