"""Keys of objects, sealed: what tells one object from another leaves the gate as a hash and nothing else.

A hash has 8 bytes and is keyed with a secret that each process makes for itself, so it says nothing outside of
it. Identifiers are compared without case (OCPI section "CiString type").
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from typing import Final

from msgspec import Raw

from ocpiq.values.json.fragments import fields, value
from ocpiq.values.json.reader import BrokenError

Repeats = Callable[[Sequence[int | None]], Sequence[int]]
"""Takes the sealed keys of a page's objects, None for one without a key, and returns the places of those that are to be
left out because they came before."""

Identifier = str | int | None
"""What the parts of a key are decoded as; an object with another shape there is read the tolerant way."""

OWNER: Final = ("country_code", "party_id")
SECRET: Final = secrets.token_hex(8)
BREAK: Final = "\n"
BETWEEN: Final = BREAK + SECRET
LONGEST: Final = 1 << 63  # integers beyond this, and fractions, are not identifiers
SCALARS: Final = b'"-0123456789'


class ObjectKey:
    """The natural key of a module's objects: the names of its parts."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        # Who owns an object may go unsaid, as in 2.1.1, as long as it has an identifier of its own.
        alone = any(name.endswith("id") for name in names if name not in OWNER)
        self._optional = [alone and name in OWNER for name in names]

    def of_columns(self, columns: Sequence[Sequence[object]]) -> Sequence[int | None]:
        """Return the sealed key of each object, given by part the parts of all keys; None where it has none."""
        try:
            if not any("" in column for column in columns):
                whole = BETWEEN.join(map("\0".join, zip(*columns, strict=True)))
                sealed = list(map(hash, f"{SECRET}{whole}".casefold().split(BREAK)))
                if len(sealed) == len(columns[0]):
                    return sealed
        except TypeError:
            pass  # something in them is not a text
        return [self.of_parts(parts) for parts in zip(*columns, strict=True)]

    def of_parts(self, parts: Sequence[object]) -> int | None:
        """Return the sealed key that its parts make; None where they make none."""
        texts = [identifier(part) for part in parts]
        if not all(text or free for text, free in zip(texts, self._optional, strict=True)):
            return None
        return hash(SECRET + "\0".join(texts).casefold())

    def of_slice(self, raw: bytes) -> int | None:
        """Return the sealed key of a slice; None where it has none."""
        try:
            parts = fields(raw)
        except BrokenError:
            return None
        return self.of_parts([Raw(parts[name]) if name in parts else None for name in self.names])


def identifier(part: object) -> str:
    """Return a part of a key as text, whether it was decoded or is a slice; nothing where it is not an identifier."""
    if isinstance(part, str):
        return part
    if isinstance(part, Raw):
        raw = bytes(part)
        try:
            return identifier(value(raw)) if raw[:1] and raw[:1] in SCALARS else ""
        except BrokenError:
            return ""
    if isinstance(part, float) and part.is_integer():
        part = int(part)
    if isinstance(part, int) and not isinstance(part, bool) and -LONGEST < part < LONGEST:
        return str(part)
    return ""
