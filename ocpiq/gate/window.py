"""Windows on `last_updated` and on the end of charging: the gate reads these even if the query does not pass them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum, auto
from typing import NamedTuple, TypeVar

from msgspec import Raw, Struct

from ocpiq.gate.keys import Identity
from ocpiq.gate.list_order import ListOrder
from ocpiq.schema import ENDED, UPDATED
from ocpiq.values.blank import NA
from ocpiq.values.json.fragments import LIST, OBJECT, value
from ocpiq.values.json.reader import BLANKS, BrokenError
from ocpiq.values.times import epoch_us, number_us

T = TypeVar("T")


class Verdict(Enum):
    """Whether an object lies in a window."""

    IN = auto()
    OUT = auto()
    UNDATED = auto()  # kept, because its `last_updated` cannot be read
    UNENDED = auto()  # left out, because its end of charging cannot be read


class WindowedRecords(NamedTuple):
    """Rows in the window.

    `undated` counts the rows whose `last_updated` cannot be read; `unended` the objects left out because their end of
    charging cannot be read. For a state, `identities` has that of each row.
    """

    rows: Sequence[object]
    undated: int = 0
    unended: int = 0
    identities: Sequence[Identity] = ()


class Window(Struct, frozen=True):
    """Bounds on `last_updated` (`since`, `until`) and on the end of charging (`completed`).

    In microseconds since 1970; the end is exclusive; None means unbounded. `order` is told each `last_updated`.
    """

    since: int | None
    until: int | None
    completed: tuple[int, int] | None = None
    order: ListOrder | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        """The fields that the window reads."""
        dated = self.is_bounded or self.order is not None
        return (UPDATED,) * dated + ENDED * (self.completed is not None)

    @property
    def is_bounded(self) -> bool:
        """Whether it bounds `last_updated`."""
        return self.since is not None or self.until is not None

    def judge(self, values: Sequence[object]) -> Verdict:
        """Return the verdict on an object with these values of `keys`."""
        verdict = Verdict.IN
        updated: int | None = None
        if self.is_bounded or self.order is not None:
            updated, *values = (moment(values[0]), *values[1:])
        if self.order is not None:
            self.order.add(updated)
        if self.is_bounded:
            if updated is None:
                verdict = Verdict.UNDATED
            elif (self.since is not None and updated < self.since) or (
                self.until is not None and updated >= self.until
            ):
                return Verdict.OUT
        if self.completed is None:
            return verdict
        ends = [end for end in map(read_value, values) if not is_absent(end)]
        ended = next((time for end in ends if (time := moment(end)) is not None), None)
        if ended is None:
            return Verdict.UNENDED if ends else Verdict.OUT
        return verdict if self.completed[0] <= ended < self.completed[1] else Verdict.OUT


def within_window(items: Iterable[T], verdicts: Sequence[Verdict]) -> tuple[list[T], int, int]:
    """Return the items in the window, the number of undated ones, and the number left out as unended."""
    inside = (Verdict.IN, Verdict.UNDATED)
    kept = [item for item, verdict in zip(items, verdicts, strict=True) if verdict in inside]
    return kept, verdicts.count(Verdict.UNDATED), verdicts.count(Verdict.UNENDED)


def read_value(received: object) -> object:
    """Return a scalar, decoded or from its slice; `...` for any other value that is not empty."""
    if not isinstance(received, Raw | bytes):
        return received
    raw = bytes(received)
    if raw[:1] in (LIST, OBJECT):
        return None if len(raw.translate(None, BLANKS)) == len("[]") else ...
    try:
        return value(raw)
    except BrokenError:
        return ...


def is_absent(received: object) -> bool:
    """Tell whether a value stands for none: null, an empty text, list or object, or a blank of saved results."""
    return received is None or received == [] or (isinstance(received, str) and received.strip() in ("", NA))


def moment(received: object) -> int | None:
    """Return the time that a value or its slice holds, in microseconds since 1970; None if it holds none."""
    read = read_value(received)
    if isinstance(read, str):
        return epoch_us(read)
    return number_us(read) if isinstance(read, int | float) and not isinstance(read, bool) else None
