"""What surrounds the objects of a page: OCPI's envelope (section "Response format"), a list, an object with a list."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Final, Literal

from msgspec import UNSET, Raw, Struct, UnsetType

from ocpiq.errors import EMPTY, FieldName, Message, MessagePart, PlatformError, join, say
from ocpiq.values.json.fragments import FIELDS, LIST, NULL, OBJECT, REFUSED, fields, items, value
from ocpiq.values.json.reader import BLANKS, BrokenError
from ocpiq.values.json.scanner import Items, keys

BOM: Final = b"\xef\xbb\xbf"
MARKS: Final = ("data", "status_code", "status_message")
LARGEST_CODE: Final = 999_999_999  # OCPI has four digits
FAILURES: Final = ("error", "errors")  # a list of this name does not hold the objects
MESSAGE, STAMP = 200, 40  # characters kept
NOT_COMPLETE: Final = say("the response is not complete JSON")


class EnvelopeHead(Struct, frozen=True):
    """The members of an envelope beside its data; `status` is None if the page has none."""

    status: int | None = None
    message: str = ""
    timestamp: str = ""

    @property
    def is_success(self) -> bool:
        """Tell whether the response is a success: only then are its objects read."""
        return self.status is None or 1000 <= self.status < 2000


class Envelope(Struct, gc=False):
    """The members that every envelope has, as msgspec reads them; each gate adds its own `data`."""

    status_code: int | str | UnsetType | None = UNSET
    status_message: str | UnsetType | None = UNSET
    timestamp: str | UnsetType | None = UNSET


def envelope_head(status: object, message: object, timestamp: object) -> EnvelopeHead:
    """Return the head of an envelope; its members may have any shape."""
    return EnvelopeHead(status_code(status), printable(message, MESSAGE), printable(timestamp, STAMP))


def status_code(received: object) -> int | None:
    """Return an OCPI status code, which some platforms send as text."""
    if isinstance(received, str) and received.strip().isascii() and received.strip().isdigit():
        return int(received.strip()[:9])
    if isinstance(received, bool) or not isinstance(received, int | float) or received % 1:
        return None
    return int(max(-LARGEST_CODE, min(LARGEST_CODE, received)))


def printable(received: object, longest: int) -> str:
    """Return a text of the platform on one line, cut and without control characters."""
    if not isinstance(received, str):
        return ""
    cut = received if len(received) <= longest else received[: longest - 1] + "…"
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in cut)


Form = Literal["envelope", "list", "wrapped", "object"]
"""The form of a page: OCPI's envelope, a list, another object that contains the list, or a single object."""


class Page(Struct, frozen=True):
    """A page before its objects are read: its head and the slices of its objects."""

    head: EnvelopeHead
    slices: Items
    form: Form = "envelope"


class TwoListsError(PlatformError):
    """The page has `count` lists that could hold the objects; `names` are those with plain names."""

    def __init__(self, names: list[str]) -> None:
        self.count = len(names)
        self.names = tuple(FieldName(name) for name in sorted(names) if FieldName.is_plain(name))
        super().__init__(say("the response has {lists}", lists=too_many_lists(self.count, self.names)))


def too_many_lists(count: int, names: Iterable[MessagePart]) -> Message:
    """Return the part of a message that names the lists."""
    listed = join(names)
    named = say(": {names}", names=listed) if listed else EMPTY
    return say("{count} lists where one belongs{named}", count=count, named=named)


class Framing(Struct, frozen=True):
    """How the objects of one module are found in a page.

    `fields` are the names of the module's own fields in all versions, `key` those that identify an object.
    """

    fields: frozenset[str]
    key: frozenset[str]

    def is_envelope(self, names: Collection[str]) -> bool:
        """Tell whether an object with members of these names is an envelope.

        It is an object if a field of the module stands beside `data`: then `data` is a vendor's field, and may be
        private. Beside `status_code`, only a field of the key counts: some platforms add a `status`.
        """
        if not any(mark in names for mark in MARKS):
            return False
        return (self.key if "status_code" in names else self.fields).isdisjoint(names)

    def split(self, body: bytes) -> Page:
        """Return the page in slices, whatever its form.

        PlatformError if it is not JSON, TwoListsError if two lists could hold the objects.
        """
        try:
            return self.split_json(body)
        except BrokenError as error:
            position = error.position
        raise PlatformError(not_json_message(body, position))

    def split_json(self, body: bytes) -> Page:
        """Do what `split` does. BrokenError if the page is not JSON."""
        if body[:1] == LIST:
            return Page(EnvelopeHead(), items(body), "list")
        parts = fields(body)
        if not self.is_envelope(parts):
            list_name = self.list_in(parts)
            if list_name is not None:
                return Page(EnvelopeHead(), items(parts[list_name]), "wrapped")
            return Page(EnvelopeHead(), [body], "object") if parts else Page(EnvelopeHead(), [])
        head = envelope_head(
            *(member_value(parts, name) for name in ("status_code", "status_message", "timestamp"))
        )
        return Page(head, self.objects(parts) if head.is_success else [])

    def objects(self, envelope: dict[str, bytes]) -> Items:
        """Return the slices of the objects in an envelope.

        `data` may be an object, or an object that contains the list; null and an empty object stand for no objects.
        """
        data = envelope.get("data", NULL)
        if data[:1] == LIST:
            return items(data)
        if data == NULL:
            list_name = self.list_in(envelope)
            return [] if list_name is None else items(envelope[list_name])
        if data[:1] != OBJECT:
            return [data]
        parts = fields(data)
        list_name = self.list_in(parts)
        if list_name is not None:
            return items(parts[list_name])
        return [data] if parts else []

    def list_in(self, parts: Mapping[str, bytes | Raw]) -> str | None:
        """Return the name of the only list among the members of an object: it holds the objects.

        None if there is no list, or if the object has fields of the module and so is one itself. TwoListsError for two.
        """
        if not self.fields.isdisjoint(parts):
            return None
        lists = [name for name, raw in parts.items() if memoryview(raw)[:1] == LIST]
        if len(lists) > 1:
            raise TwoListsError(lists)
        return lists[0] if lists and lists[0] not in FAILURES else None

    def file_form(self, start: bytes) -> Literal["lines", "page"]:
        """Tell from the first line of a file whether it has one JSON object on each line, or is one page.

        It has lines if the first one is an object that is neither an envelope nor contains a list of objects.
        """
        line = start.removeprefix(BOM).lstrip(BLANKS)
        if line[:1] != OBJECT:
            return "page" if line else "lines"
        try:
            parts = members(line)
        except BrokenError:  # it continues on the next line, or was cut
            return "page" if line.endswith(b"\n") or self.is_envelope(set(keys(line))) else "lines"
        return "page" if self.is_envelope(parts) or self.has_list(parts) else "lines"

    def has_list(self, parts: Mapping[str, bytes | Raw]) -> bool:
        """Tell whether an object contains a list of objects, or several that could be it."""
        try:
            return self.list_in(parts) is not None
        except TwoListsError:
            return True


def members(raw: bytes) -> Mapping[str, bytes | Raw]:
    """Return the members of an object, if possible without copies. BrokenError if `raw` is not an object."""
    try:
        return FIELDS.decode(raw)
    except REFUSED:
        pass
    return fields(raw)


def member_value(parts: dict[str, bytes], name: str) -> object:
    """Return the value of a member of the envelope; None if it cannot be read."""
    try:
        return value(parts[name]) if name in parts else None
    except BrokenError:
        return None


def not_json_message(body: bytes, position: int) -> Message:
    """Return what is wrong with a response, without any of its bytes or its length."""
    if not body:
        return say("the response is empty")
    if body[:1] == b"<":
        return say("the response is not JSON but HTML or XML")
    if position >= len(body):
        return NOT_COMPLETE
    return say("the response is not JSON")
