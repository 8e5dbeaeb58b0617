"""The page around the objects: OCPI's envelope (section "Response format"), a list, what holds one, or an object."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Final, Literal

from msgspec import UNSET, Raw, Struct, UnsetType

from ocpiq.errors import PlatformError
from ocpiq.values.json.fragments import FIELDS, LIST, NULL, OBJECT, REFUSED, fields, items, value
from ocpiq.values.json.reader import BLANKS, BrokenError
from ocpiq.values.json.scanner import Items, keys

BOM: Final = b"\xef\xbb\xbf"
MARKS: Final = ("data", "status_code", "status_message")
LARGEST_CODE: Final = 999_999_999  # OCPI has four digits
FAILURES: Final = ("error", "errors")  # what holds a list of these holds no objects
NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
MESSAGE, STAMP = 200, 40  # characters kept


class EnvelopeHead(Struct, frozen=True):
    """What an envelope says beside its data; `status` is None where the page has none."""

    status: int | None = None
    message: str = ""
    timestamp: str = ""

    @property
    def opens(self) -> bool:
        """Tell whether the answer is a success: only then are its objects opened."""
        return self.status is None or 1000 <= self.status < 2000


class Envelope(Struct, gc=False):
    """What every envelope has in common, as msgspec reads it; each gate adds its own `data`."""

    status_code: int | str | UnsetType | None = UNSET
    status_message: str | UnsetType | None = UNSET
    timestamp: str | UnsetType | None = UNSET


def head(status: object, message: object, timestamp: object) -> EnvelopeHead:
    """Return the head of an envelope, whatever shapes its members have."""
    return EnvelopeHead(status_code(status), printable(message, MESSAGE), printable(timestamp, STAMP))


def status_code(sent: object) -> int | None:
    """Return an OCPI status code, which some platforms send as text."""
    if isinstance(sent, str) and sent.strip().isascii() and sent.strip().isdigit():
        return int(sent.strip()[:9])
    if isinstance(sent, bool) or not isinstance(sent, int | float) or sent % 1:
        return None
    return int(max(-LARGEST_CODE, min(LARGEST_CODE, sent)))


def printable(sent: object, longest: int) -> str:
    """Return a text of the platform on one line: cut, and free of characters that a terminal would act on."""
    if not isinstance(sent, str):
        return ""
    cut = sent if len(sent) <= longest else sent[: longest - 1] + "…"
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in cut)


Form = Literal["envelope", "list", "wrapped", "object"]
"""What a page is: OCPI's envelope, a list, another object that holds one, or a single object."""


class Page(Struct, frozen=True):
    """A page before its objects are opened: its head and their slices."""

    head: EnvelopeHead
    slices: Items
    form: Form = "envelope"


class TwoListsError(PlatformError):
    """Two lists or more lie where the objects belong; `lists` says which, where they have plain names."""

    def __init__(self, names: list[str]) -> None:
        plain = sorted(name for name in names if NAME.fullmatch(name))
        self.lists = f"{len(names)} lists where one belongs" + (f": {', '.join(plain)}" if plain else "")
        super().__init__(f"the answer has {self.lists}")


class Framing(Struct, frozen=True):
    """How the objects of one module are framed.

    `fields` are the names of the module's own fields in all versions, `key` those that identify an object.
    """

    fields: frozenset[str]
    key: frozenset[str]

    def is_envelope(self, names: Collection[str]) -> bool:
        """Tell whether an object with members of these names is an envelope.

        It is an object if a field of the module stands beside `data`: `data` is a vendor's field then, and what is in
        it may be private. Beside `status_code` it takes a field of the key: some platforms add a `status`.
        """
        if not any(mark in names for mark in MARKS):
            return False
        return (self.key if "status_code" in names else self.fields).isdisjoint(names)

    def split(self, body: bytes) -> Page:
        """Return a page in slices, in whatever shape it came.

        PlatformError if it is not JSON, TwoListsError where it is not clear which list holds the objects.
        """
        try:
            return self.opened(body)
        except BrokenError as error:
            position = error.position
        raise PlatformError(no_json(body, position))

    def opened(self, body: bytes) -> Page:
        """Do what `split` does. BrokenError if the page is not JSON."""
        if body[:1] == LIST:
            return Page(EnvelopeHead(), items(body), "list")
        parts = fields(body)
        if not self.is_envelope(parts):
            held = self.list_in(parts)
            if held is not None:
                return Page(EnvelopeHead(), items(parts[held]), "wrapped")
            return Page(EnvelopeHead(), [body], "object") if parts else Page(EnvelopeHead(), [])
        found = head(*(part(parts, name) for name in ("status_code", "status_message", "timestamp")))
        return Page(found, self.objects(parts) if found.opens else [])

    def objects(self, envelope: dict[str, bytes]) -> Items:
        """Return the slices of the objects in an envelope.

        An object stands for one, or for the list that it holds; null and an empty object stand for none.
        """
        data = envelope.get("data", NULL)
        if data[:1] == LIST:
            return items(data)
        if data == NULL:
            held = self.list_in(envelope)
            return [] if held is None else items(envelope[held])
        if data[:1] != OBJECT:
            return [data]
        parts = fields(data)
        held = self.list_in(parts)
        if held is not None:
            return items(parts[held])
        return [data] if parts else []

    def list_in(self, parts: Mapping[str, bytes | Raw]) -> str | None:
        """Return the name of the only list among the members of an object, which holds the objects then.

        None where there is no list, or the object has fields of the module: it is one itself. TwoListsError for two.
        """
        if not self.fields.isdisjoint(parts):
            return None
        lists = [name for name, raw in parts.items() if memoryview(raw)[:1] == LIST]
        if len(lists) > 1:
            raise TwoListsError(lists)
        return lists[0] if lists and lists[0] not in FAILURES else None

    def of_file(self, start: bytes) -> Literal["lines", "page"]:
        """Tell from the first line of a file whether it holds a JSON object a line, or one page.

        A whole object that is neither an envelope nor holds a list of objects makes lines.
        """
        line = start.removeprefix(BOM).lstrip(BLANKS)
        if line[:1] != OBJECT:
            return "page" if line else "lines"
        try:
            parts = members(line)
        except BrokenError:  # it goes on in the next line, or was cut
            return "page" if line.endswith(b"\n") or self.is_envelope(set(keys(line))) else "lines"
        return "page" if self.is_envelope(parts) or self.has_list(parts) else "lines"

    def has_list(self, parts: Mapping[str, bytes | Raw]) -> bool:
        """Tell whether an object holds a list of objects, or two that could be it."""
        try:
            return self.list_in(parts) is not None
        except TwoListsError:
            return True


def members(raw: bytes) -> Mapping[str, bytes | Raw]:
    """Return the members of an object, not copied if that can be. BrokenError where `raw` is none."""
    try:
        return FIELDS.decode(raw)
    except REFUSED:
        pass
    return fields(raw)


def part(parts: dict[str, bytes], name: str) -> object:
    """Return the value of a member of the envelope; None where it cannot be read."""
    try:
        return value(parts[name]) if name in parts else None
    except BrokenError:
        return None


def no_json(body: bytes, position: int) -> str:
    """Return what is wrong with an answer, without showing any of it: neither a byte nor how many there are."""
    if not body:
        return "the answer is empty"
    if body[:1] == b"<":
        return "the answer is not JSON but HTML or XML"
    if position >= len(body):
        return "the answer is not complete JSON"
    return "the answer is not JSON"
