"""The page around the objects: OCPI's envelope, a bare list, or one object (OCPI section "Response format")."""

from __future__ import annotations

from typing import Final, Literal

from msgspec import UNSET, Struct, UnsetType

from ocpiq.errors import PlatformError
from ocpiq.values.json.fragments import LIST, NULL, OBJECT, fields, items, value
from ocpiq.values.json.reader import BLANKS, BrokenError
from ocpiq.values.json.scanner import Items, keys

BOM: Final = b"\xef\xbb\xbf"
MARKS: Final = ("data", "status_code", "status_message")
LARGEST_CODE: Final = 999_999_999  # OCPI has four digits
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


def split(body: bytes) -> tuple[EnvelopeHead, Items]:
    """Return the head of a page and the slices of its objects, in whatever shape they came.

    PlatformError where the page is no JSON.
    """
    try:
        return opened(body)
    except BrokenError as error:
        position = error.position
    raise PlatformError(no_json(body, position))


def opened(body: bytes) -> tuple[EnvelopeHead, Items]:
    """Do what `split` does. BrokenError where the page is no JSON."""
    if body[:1] == LIST:
        return EnvelopeHead(), items(body)
    parts = fields(body)
    if not any(mark in parts for mark in MARKS):
        return EnvelopeHead(), [body] if parts else []
    found = head(*(part(parts, name) for name in ("status_code", "status_message", "timestamp")))
    return found, objects(parts.get("data", NULL)) if found.opens else []


def part(parts: dict[str, bytes], name: str) -> object:
    """Return the value of a member of the envelope; None where it cannot be read."""
    try:
        return value(parts[name]) if name in parts else None
    except BrokenError:
        return None


def objects(data: bytes) -> Items:
    """Return the slices of the objects: an object stands for one, null and an empty object for none."""
    if data[:1] == LIST:
        return items(data)
    if data == NULL or (data[:1] == OBJECT and not fields(data)):
        return []
    return [data]


def no_json(body: bytes, position: int) -> str:
    """Return what is wrong with an answer, without showing any of it: neither a byte nor how many there are."""
    if not body:
        return "the answer is empty"
    if body[:1] == b"<":
        return "the answer is not JSON but HTML or XML"
    if position >= len(body):
        return "the answer is not complete JSON"
    return "the answer is not JSON"


def framing(start: bytes) -> Literal["lines", "page"]:
    """Tell from the first bytes of a file whether it holds a JSON object a line, or one page.

    A first line that is a whole object, and no envelope, makes lines.
    """
    text = start.removeprefix(BOM).lstrip(BLANKS)
    line, newline, _ = text.partition(b"\n")
    if text and (text[:1] != OBJECT or any(key in MARKS for key in keys(line))):
        return "page"
    try:
        if newline:
            fields(line)
    except BrokenError:
        return "page"
    return "lines"
