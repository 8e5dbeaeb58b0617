"""The interface of a source: it returns the pages of a module, opened by the gate."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Final, Protocol, cast, runtime_checkable

from msgspec import Struct

from ocpiq.errors import Notify
from ocpiq.gate import Gate, OpenedPage

if TYPE_CHECKING:
    from ocpiq.gate import Window
    from ocpiq.plan.query_plan import SourcePlan
    from ocpiq.privacy.recipient import Recipient
    from ocpiq.privacy.view import ViewNode

CLOCKS_DIFFER: Final = 86_400_000_000
"""Microseconds: a platform's clock may be a day behind, so an object may be dated a day before its charging ended."""


class Ask(Struct, frozen=True):
    """What a source is asked for: a module, and bounds of `last_updated` (OCPI DateTimes that end in Z).

    The bounds, and the number of the `newest` objects at the end of the list, only let a platform send less: the gate
    compares the bounds again, and the caller counts again. A `strict` pull is incomplete if fewer objects come than are
    announced for the bounds, which some platforms ignore when they count.
    """

    module: str
    since: str | None = None
    until: str | None = None
    newest: int | None = None
    strict: bool = False


class Source(Protocol):
    """A place that modules are read from; `version` is the OCPI version of its objects.

    A source that `repeats` may receive an object twice, and leaves it out by its key if the gate has one.
    """

    @property
    def version(self) -> str:
        """The OCPI version."""

    @property
    def repeats(self) -> bool:
        """Whether it may receive an object twice."""

    def pages(self, ask: Ask, gate: Gate, notify: Notify) -> Iterator[OpenedPage]:
        """Yield each page as it is read, opened by the gate.

        `notify` receives a PageRead for each, warnings, and a PullEnded at the end. Raises PlatformError or
        UsageError if nothing can be read, IncompleteError after the last page if there was more to read.
        """


@runtime_checkable
class Platform(Source, Protocol):
    """A source whose objects are dated by a clock of its own: a platform."""

    @property
    def address(self) -> str:
        """The address of the platform, without a token: what tells one platform from another."""

    @property
    def party(self) -> str:
        """The party that is asked, or several with commas; empty if requests name none."""

    def time(self, module: str, notify: Notify) -> int:
        """Return the time of the platform in microseconds since 1970. Raises PlatformError."""


@runtime_checkable
class HasOwner(Protocol):
    """A source that may know whose objects it has."""

    @property
    def owner(self) -> Mapping[str, str] | None:
        """The country_code and party_id that the objects belong to, if they are known from elsewhere."""


def owner_of(source: Source) -> Mapping[str, str] | None:
    """Return the party that a source's objects belong to; None if it is not known."""
    return source.owner if isinstance(source, HasOwner) else None


class PlannedPull(Struct, frozen=True):
    """A pull as a run has planned it: `part` of the query, for the objects in a `window`, of a run that begins `now`.

    `newest` is the number of the newest objects to return. A window `is_relative` if a bound of it is a time before
    now. `key` identifies an object of a source that repeats. The source has objects of OCPI `version`, which are read
    in the form of `as_version`, if that is set.
    """

    part: SourcePlan
    window: Window | None
    newest: int | None
    is_relative: bool
    now: int
    key: tuple[str, ...]
    version: str
    as_version: str
    recipient: Recipient | None

    @property
    def form(self) -> str:
        """The OCPI version in whose form objects are read."""
        return self.as_version or self.version


Keep = Callable[[Source, PlannedPull], Source]
"""Returns what a pull reads in place of a source: rows that are kept, or the source, whose rows are then kept."""


class StoredObjects(Protocol):
    """The objects of a snapshot, which a gate reads with another view than that of the query."""

    @property
    def time(self) -> str:
        """The moment that the snapshot is of, in RFC 3339."""

    def reading(
        self, part: SourcePlan, window: Window | None, recipient: Recipient | None
    ) -> tuple[ViewNode, Window | None]:
        """Return view and window for the gate. Raises PrivacyError if the query asks for more than is stored."""


def stored_objects(source: Source) -> StoredObjects | None:
    """Return the snapshot that a source reads, whatever is done for each of its pages; None for other sources."""
    return cast("StoredObjects | None", getattr(source, "snapshot", None))
