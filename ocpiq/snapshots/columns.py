"""The columns of a page file: the lines of its objects, and beside them a column for each list of objects in these.

A query that does not read a list, such as the charging periods of a CDR, does not even decompress it. In the line of an
object, `0e0` stands in place of such a list, a number that ocpiq writes as `0` wherever it reads it; its line in the
column is an object with this list alone, `{}` without one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, cast

from ocpiq.schema import module
from ocpiq.snapshots.stored_view import StoredField
from ocpiq.values.blank import Blank
from ocpiq.values.numbers import LiteralNumber
from ocpiq.values.types import Value

Columns = tuple[bytes, ...]
"""The line of an object, and its line in each column of a list."""

NONE: Final = b"{}\n"
PLACE: Final = LiteralNumber(0.0, "0e0")
IN_COLUMN: Final = Blank(text=cast(str, PLACE.printed))  # the fastest object to encode


def list_names(name: str, version: str, view: StoredField) -> tuple[str, ...]:
    """Return the lists of objects that a stored view of a module shows."""
    shown = ((field, view.child(field.name)) for field in module(name, version).root.children.values())
    return tuple(
        field.name
        for field, stored in shown
        if field.many and not field.leaf and stored is not None and stored.visibility != "blank"
    )


class ColumnEncoder:
    """Encodes objects as lines in columns, for the lists of these `names`."""

    def __init__(self, names: Sequence[str], encode: Callable[[Value], bytes]) -> None:
        self._names = names
        self._encode = encode

    def encode(self, row: object) -> Columns:
        """Return the lines of an object."""
        fields = cast("dict[str, Value]", row)
        rest, lines = fields.copy(), []
        for name in self._names:
            if name in fields:
                rest[name] = cast(Value, IN_COLUMN)
                lines.append(self._encode({name: fields[name]}))
            else:
                lines.append(NONE)
        return (self._encode(rest), *lines)


def joined(names: Sequence[str], columns: Sequence[Iterable[bytes]]) -> Iterator[bytes]:
    """Yield the lines of objects, with these lists from their columns again; the first column has the lines."""
    places = [b'"%b":%b' % (name.encode(), PLACE.text.encode()) for name in names]
    for line, *lists in zip(*columns, strict=True):
        text = line
        for place, part in zip(places, lists, strict=True):
            if part != NONE:
                text = text.replace(place, part[1:-2], 1)
        yield text
