"""A gate that opens a page only as far as the next request depends on it; another process reads its rows.

Pages are counted, objects that came before are found by their keys, and windows are compared, all as in the gate that
reads the rows: what a page tells about the pull is the same.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import overload

from msgspec import Struct
from msgspec.structs import replace

from ocpiq.errors import SourceError, say
from ocpiq.gate.gate import Gate, OpenedPage
from ocpiq.gate.keys import KeySeal, Repeats
from ocpiq.gate.records import BatchRecords
from ocpiq.gate.treated import with_treatments
from ocpiq.gate.window import Window
from ocpiq.privacy.demand import Demand
from ocpiq.privacy.recipient import Recipient
from ocpiq.privacy.view import ViewNode
from ocpiq.schema import DEFAULT_VERSION


class PageCounts(Struct, frozen=True, array_like=True):
    """What the opening of a page has counted; whoever opens it again must count the same."""

    count: int
    bad: int
    undated: int
    unended: int
    repeated: int


class PageOwner(Struct, frozen=True, array_like=True):
    """The platform of a page: the name of its login, and its OCPI version."""

    name: str
    version: str


class PageBody(Struct, frozen=True, array_like=True):
    """The bytes of a page, with the positions of the objects to leave out: they came before."""

    body: bytes
    left_out: tuple[int, ...]
    counts: PageCounts
    owner: PageOwner

    def __repr__(self) -> str:
        return "PageBody(…)"


class UnopenedRows(Sequence[object]):
    """The rows of a page that is opened elsewhere: there are none here."""

    def __init__(self, page: PageBody) -> None:
        self.page = page

    def __len__(self) -> int:
        return 0

    @overload
    def __getitem__(self, index: int) -> object: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[object]: ...
    def __getitem__(self, index: int | slice) -> object | Sequence[object]:
        return ()[index]

    def __repr__(self) -> str:
        return "UnopenedRows()"


class ForwardingGate(Gate):
    """A gate whose pages have UnopenedRows.

    The first pages are opened whole, for the field report. After them a page is opened by the gate `_counting`, which
    reads of an object its key, the dates of the window, and the fields that no object had so far.
    """

    def __init__(
        self, view: ViewNode, demand: Demand, window: Window | None, key: tuple[str, ...], version: str
    ) -> None:
        super().__init__(view, demand, window, key, version)
        self._counting: Gate | None = None
        self._owner = PageOwner("", version)

    def of_platform(self, name: str, version: str, party: Mapping[str, str] | None = None) -> ForwardingGate:
        """Return this gate for the objects of one platform."""
        gate = super().of_platform(name, version, party)
        assert isinstance(gate, ForwardingGate)
        gate._owner = PageOwner(name, version)
        gate._counting = None
        return gate

    def page(
        self,
        body: bytes,
        repeats: Repeats | None = None,
        *,
        first: bool = False,
        left_out: Collection[int] = (),
    ) -> OpenedPage:
        """Open a page as far as the pull needs it. PlatformError if it is not JSON."""
        positions: list[int] = []

        def keep(keys: Sequence[int | None]) -> Sequence[int]:
            positions[:] = repeats(keys) if repeats else ()
            return positions

        sift = keep if repeats else None
        opened = None
        counting = self._counting_gate()
        if counting is not None:
            opened = counting.page_at_once(body, sift)
        if opened is None:
            opened = super().page(body, sift, first=first, left_out=left_out)
        page = PageBody(body, tuple(positions), counts_of(opened), self._owner)
        return replace(opened, rows=UnopenedRows(page))

    def _counting_gate(self) -> Gate | None:
        """Return the gate that counts; None if pages must be opened whole."""
        missing = self._survey.report.missing
        if self._survey.remaining or (missing and not isinstance(self._inner, BatchRecords)):
            return None
        if self._counting is None:
            looked_for = demand_of(self._demand, [tuple(field.path.split(".")) for field in missing])
            key = self._key.names if self._key else ()
            gate = Gate(self._view, looked_for, self._window, key, self._owner.version)
            self._counting = gate.with_report_of(self)
        return self._counting


def demand_of(demand: Demand, paths: Sequence[tuple[str, ...]]) -> Demand:
    """Return the part of a demand that reads the fields at `paths`."""
    if not paths:
        return Demand()
    if () in paths or demand.whole:
        return demand
    inner: dict[str, list[tuple[str, ...]]] = {}
    for name, *below in paths:
        inner.setdefault(name, []).append(tuple(below))
    return Demand(fields={name: demand_of(demand.fields[name], below) for name, below in inner.items()})


def forwarding_gate(
    view: ViewNode,
    demand: Demand,
    *,
    window: Window | None = None,
    key: tuple[str, ...] = (),
    version: str = DEFAULT_VERSION,
    recipient: Recipient | None = None,
    seal: KeySeal | None = None,
    as_version: str = "",
) -> ForwardingGate:
    """Return the gate that lets the pages through which `gate` would open. Neither for a state nor for other forms."""
    assert seal is None and not as_version, "these are opened here"
    return ForwardingGate(with_treatments(view, recipient), demand, window, key, version)


def counts_of(opened: OpenedPage) -> PageCounts:
    """Return what the opening of a page has counted."""
    return PageCounts(opened.count, len(opened.bad), opened.undated, opened.unended, opened.repeated)


def reopened(gate: Gate, page: PageBody) -> OpenedPage:
    """Open a page that a ForwardingGate has let through. Raises SourceError if anything is counted otherwise."""
    opened = gate.page(page.body, left_out=page.left_out)
    if counts_of(opened) != page.counts:
        raise SourceError(
            say("a page of the platform cannot be read by another process"), hint=say("leave out --jobs")
        )
    return opened
