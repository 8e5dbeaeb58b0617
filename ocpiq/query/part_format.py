"""The bytes of a part: which run it belongs to, what it read, and what it sends; and the check that all parts came."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Final, Protocol
from zlib import crc32

import msgspec
from msgspec import Raw, Struct

from ocpiq import __version__
from ocpiq.analysis.metadata import Metadata
from ocpiq.analysis.modules import Library
from ocpiq.errors import EMPTY, Message, Notify, SourceError, UserText, join, say
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


FORMAT: Final = 4
"""The version of the bytes of a part."""
SHOWN: Final = 10  # numbers of missing parts in a message


class PageCount(Struct, frozen=True, array_like=True):
    """What a part says of a page: counts, the positions of items that are not objects, whether it `continues` lines."""

    count: int
    bad: tuple[int, ...]
    undated: int
    unended: int
    repeated: int
    continues: bool


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
    """A part; `rows` are packed values or groups. `of` is the number of parts, 0 if it is not known.

    `sources` are in the order of the plan; None for one that the part did not read. `credits` are those of `net` that
    wait until all parts were read.
    """

    fingerprint: str
    number: int
    of: int
    sources: list[SourceCount | None]
    rows: Raw
    credits: Raw


class Envelope(Struct, frozen=True, array_like=True):
    """What the bytes of a part are in this version: the part, and its CRC-32."""

    format: int
    version: str
    checksum: int
    part: Raw


ENCODER: Final = msgspec.msgpack.Encoder()
DECODER: Final = msgspec.msgpack.Decoder(Part)
ENVELOPE_DECODER: Final = msgspec.msgpack.Decoder(Envelope)
HEAD_DECODER: Final = msgspec.msgpack.Decoder(Head)
ALL_PARTS: Final = say("merge takes what query.partial returned for every part, each once, in order")


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
    part = ENCODER.encode(Part(mark, number, of, sources, sent, waiting))
    return ENCODER.encode(Envelope(FORMAT, __version__, crc32(part), Raw(part)))


def parts_in_order(parts: Iterable[bytes], mark: str) -> Iterator[Part]:
    """Yield the parts. Raises UsageError if they are not all the parts of the query, each once, in their order."""
    expected = of = 0
    for data in parts:
        part = _decoded(data, expected)
        if part.fingerprint != mark:
            raise SourceError(
                say("part {number} is of another query", number=expected),
                hint=say(
                    "the text, the variables, the time zone, the recipient and the start must be the same"
                ),
            )
        if part.number != expected:
            raise SourceError(_misplaced(part.number, expected), hint=ALL_PARTS)
        if expected and part.of != of:
            raise SourceError(
                say(
                    "part {number} is one of {of}, and those before it of {others}",
                    number=expected,
                    of=part.of,
                    others=of,
                ),
                hint=say("the parts of one run have the same `of`"),
            )
        yield part
        of, expected = part.of, expected + 1
    if expected < of:
        numbers = join(
            [say("{number}", number=number) for number in range(expected, min(of, expected + SHOWN))]
        )
        raise SourceError(
            say(
                "{missing} of {of} parts are missing: {numbers}{more}",
                missing=of - expected,
                of=of,
                numbers=numbers,
                more=say(", …") if of - expected > SHOWN else EMPTY,
            ),
            hint=ALL_PARTS,
        )


def _misplaced(number: int, expected: int) -> Message:
    if number < expected:
        return say("part {number} comes twice, or too late", number=number)
    return say("part {number} comes where part {expected} belongs", number=number, expected=expected)


def _decoded(data: bytes, number: int) -> Part:
    """Return a part. Raises UsageError."""
    if not isinstance(data, bytes | bytearray | memoryview):
        raise SourceError(say("part {number} is not bytes", number=number), hint=ALL_PARTS)
    again = say("make it again with query.partial, and keep its bytes as they are")
    try:
        head = HEAD_DECODER.decode(data)
        if (head.format, head.version) != (FORMAT, __version__):
            raise SourceError(
                say("part {number} was made by another version of ocpiq", number=number),
                hint=say("use the same version everywhere: this is {version}", version=UserText(__version__)),
            )
        envelope = ENVELOPE_DECODER.decode(data)
        if crc32(envelope.part) == envelope.checksum:
            return DECODER.decode(envelope.part)
    except msgspec.MsgspecError:
        pass
    raise SourceError(say("part {number} is damaged", number=number), hint=again)


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
