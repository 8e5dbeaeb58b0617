"""What a run says beside its results: warnings, and how far a pull has come. Who shows them is not known here."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct


class Warned(Struct, frozen=True):
    """Something the user should know although the run goes on; one line, free of personal values."""

    message: str


class PageRead(Struct, frozen=True):
    """A page of a pull was read. Counts are sums since the pull began; `total` is what the platform announced."""

    module: str
    pages: int
    objects: int
    total: int | None


class Requested(Struct, frozen=True):
    """A request was answered, or not: HTTP `status` is 0 then; `objects` is None where none were looked for.

    `path` is free of tokens and of all parameters but those of paging.
    """

    subject: str
    path: str
    status: int
    objects: int | None
    seconds: float


class PullEnded(Struct, frozen=True):
    """A pull is over; `complete` is False where the platform had more to give."""

    module: str
    pages: int
    objects: int
    complete: bool


class Speaks(Struct, frozen=True):
    """The query itself is about to write to standard error (`debug`, `stderr`)."""


class Halts(Struct, frozen=True):
    """The query ends its own run with `halt`."""


Notice = Warned | PageRead | PullEnded | Requested | Speaks | Halts
Notify = Callable[[Notice], None]


def ignore(notice: Notice) -> None:
    """Say nothing."""
