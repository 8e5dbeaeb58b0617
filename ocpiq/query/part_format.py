"""The bytes of a part: which run it belongs to, what it read, and what it sends; and the check that all parts came."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Final, Protocol

import msgspec
from msgspec import Raw, Struct

from ocpiq import __version__
from ocpiq.analysis.metadata import Metadata
from ocpiq.analysis.modules import Library
from ocpiq.errors import Notify, SourceError, UserText, say
from ocpiq.gate import FieldReport, Order
from ocpiq.plan.dump import plan_text
from ocpiq.plan.query_plan import QueryPlan
from ocpiq.privacy.recipient import Recipient
from ocpiq.query.start import Start
from ocpiq.runtime import part_codec
from ocpiq.sources.protocol import Source
from ocpiq.values.json.codec import encode
from ocpiq.values.types import Value


class Query(Protocol):
    """What is needed of a compiled query."""

    @property
    def modules(self) -> tuple[str, ...]:
        """The modules that it pulls."""

    @property
    def metadata(self) -> Metadata:
        """The metadata in its text."""

    @property
    def text(self) -> str:
        """Its text."""

    @property
    def library(self) -> Library:
        """Where it finds modules of definitions."""

    def by_module(self, sources: Source | Mapping[str, Source] | None) -> Mapping[str, Source]:
        """Return the source of each module."""

    def plan_for(self, sources: Mapping[str, Source]) -> QueryPlan:
        """Return the resolved query for these sources."""

    def version_of(self, sources: Mapping[str, Source]) -> str:
        """Return the OCPI version of the sources."""

    def check_recipient(self, recipient: Recipient | None) -> None:
        """Raise UsageError if a run needs a recipient and there is none."""

    def warn_of_totals(self, query_plan: QueryPlan, notify: Notify, sources: Mapping[str, Source]) -> None:
        """Warn of totals that may not be what the user means."""


FORMAT: Final = 2
"""The version of the bytes of a part."""


class PageCount(Struct, frozen=True, array_like=True):
    """What a part says of a page: counts, and the positions of items that are no objects."""

    count: int
    bad: tuple[int, ...]
    undated: int
    unended: int
    repeated: int


class SourceCount(Struct, frozen=True, array_like=True):
    """What a part says of a source: its module, its pages, the names of fields, whether it was read to the end."""

    module: str
    pages: list[PageCount]
    report: FieldReport
    order: Order
    incomplete: str


class Head(Struct, frozen=True, array_like=True):
    """The start of the bytes of a part, in every version."""

    format: int
    version: str


class Part(Struct, frozen=True, array_like=True):
    """The bytes of a part; `rows` are packed values or groups. `of` is the number of parts, 0 if it is not known.

    `sources` are in the order of the plan; None for one that the part did not read. `credits` are those of `net` that
    wait until all parts were read.
    """

    format: int
    version: str
    fingerprint: str
    number: int
    of: int
    sources: list[SourceCount | None]
    rows: Raw
    credits: Raw


ENCODER: Final = msgspec.msgpack.Encoder()
DECODER: Final = msgspec.msgpack.Decoder(Part)
HEAD_DECODER: Final = msgspec.msgpack.Decoder(Head)


def encode_part(
    mark: str,
    number: int,
    of: int,
    sources: list[SourceCount | None],
    rows: object,
    credits: object = None,
) -> bytes:
    """Return the bytes of a part of this version; `mark` is the fingerprint of its run."""
    sent, waiting = Raw(part_codec.encode(rows)), Raw(part_codec.encode(credits))
    return ENCODER.encode(Part(FORMAT, __version__, mark, number, of, sources, sent, waiting))


def parts_in_order(parts: Iterable[bytes], mark: str) -> Iterator[Part]:
    """Yield the parts. Raises UsageError if they are not all the parts of the query, each once, in their order."""
    expected = of = 0
    for data in parts:
        part = _decoded(data, expected)
        if part is None:
            raise SourceError(
                say("part {number} was made by another version of ocpiq", number=expected),
                hint=say("use the same version everywhere: this is {version}", version=UserText(__version__)),
            )
        if part.fingerprint != mark:
            raise SourceError(
                say("part {number} is of another query", number=expected),
                hint=say(
                    "the text, the variables, the time zone, the recipient and the start must be the same"
                ),
            )
        if part.number != expected:
            text = say("part {number} comes where {expected} is due", number=part.number, expected=expected)
            raise SourceError(text, hint=say("merge takes every part once, in order"))
        yield part
        of, expected = part.of, expected + 1
    if expected < of:
        raise SourceError(say("{missing} of {of} parts are missing", missing=of - expected, of=of))


def _decoded(data: bytes, number: int) -> Part | None:
    """Return a part, None if another version made it. Raises UsageError."""
    try:
        head = HEAD_DECODER.decode(data)
        return DECODER.decode(data) if (head.format, head.version) == (FORMAT, __version__) else None
    except msgspec.MsgspecError:
        raise SourceError(say("part {number} is damaged", number=number)) from None


def fingerprint(
    query: Query,
    query_plan: QueryPlan,
    variables: Mapping[str, Value],
    recipient: Recipient | None,
    start: Start | None,
) -> str:
    """Return what is the same for all parts of a run: a SHA-256 over all that its results depend on."""
    facts = [
        query.text,
        plan_text(query_plan),
        query_plan.zone,
        encode(dict(sorted(variables.items()))).decode(),
        "" if recipient is None else recipient.key_id,
        "" if start is None else str(start.now),
    ]
    return sha256("\0".join(facts).encode("utf-8", "surrogatepass")).hexdigest()
