"""Windows on `last_updated` and on the end of charging, which the gate reads whether the query passes them or not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum, auto
from typing import NamedTuple, TypeVar

from msgspec import Raw, Struct

from ocpiq.schema import ENDED, UPDATED
from ocpiq.values.blank import NA
from ocpiq.values.json.fragments import LIST, OBJECT, value
from ocpiq.values.json.reader import BLANKS, BrokenError
from ocpiq.values.times import epoch_us, number_us

T = TypeVar("T")


class Verdict(Enum):
    """Where an object lies."""

    IN = auto()
    OUT = auto()
    UNDATED = auto()  # in, because its `last_updated` cannot be read
    UNENDED = auto()  # out, because the end that it has cannot be read


class WindowedRecords(NamedTuple):
    """Rows in the window.

    `undated` counts those without a `last_updated` that can be read; `unended` the objects left out because their
    end of charging cannot be.
    """

    rows: Sequence[object]
    undated: int = 0
    unended: int = 0


class Window(Struct, frozen=True):
    """Half-open stretches of time, in microseconds since 1970; None is open.

    `since` and `until` bound `last_updated`, `completed` the end of charging.
    """

    since: int | None
    until: int | None
    completed: tuple[int, int] | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        """The fields that it reads."""
        dated = self.since is not None or self.until is not None
        return (UPDATED,) * dated + ENDED * (self.completed is not None)

    def judge(self, sent: Sequence[object]) -> Verdict:
        """Return where the object lies that was sent with these values of `keys`."""
        verdict = Verdict.IN
        if self.since is not None or self.until is not None:
            at, *sent = (moment(sent[0]), *sent[1:])
            if at is None:
                verdict = Verdict.UNDATED
            elif (self.since is not None and at < self.since) or (
                self.until is not None and at >= self.until
            ):
                return Verdict.OUT
        if self.completed is None:
            return verdict
        ends = [end for end in map(read_value, sent) if not is_absent(end)]
        ended = next((at for end in ends if (at := moment(end)) is not None), None)
        if ended is None:
            return Verdict.UNENDED if ends else Verdict.OUT
        return verdict if self.completed[0] <= ended < self.completed[1] else Verdict.OUT


def kept(items: Iterable[T], verdicts: Sequence[Verdict]) -> tuple[list[T], int, int]:
    """Return the items that lie in a window, how many of them are undated, and how many are out as unended."""
    inside = (Verdict.IN, Verdict.UNDATED)
    found = [item for item, verdict in zip(items, verdicts, strict=True) if verdict in inside]
    return found, verdicts.count(Verdict.UNDATED), verdicts.count(Verdict.UNENDED)


def read_value(sent: object) -> object:
    """Return a scalar as it was decoded, or from its slice; `...` for anything else that is not empty."""
    if not isinstance(sent, Raw | bytes):
        return sent
    raw = bytes(sent)
    if raw[:1] in (LIST, OBJECT):
        return None if len(raw.translate(None, BLANKS)) == len("[]") else ...
    try:
        return value(raw)
    except BrokenError:
        return ...


def is_absent(sent: object) -> bool:
    """Tell whether a value stands for none: null, nothing in a text, list or object, or a blank of saved results."""
    return sent is None or sent == [] or (isinstance(sent, str) and sent.strip() in ("", NA))


def moment(sent: object) -> int | None:
    """Return the moment that a value, or the slice of one, says; None where it says none."""
    read = read_value(sent)
    if isinstance(read, str):
        return epoch_us(read)
    return number_us(read) if isinstance(read, int | float) and not isinstance(read, bool) else None
