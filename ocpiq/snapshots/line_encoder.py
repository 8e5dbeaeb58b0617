"""Lines: objects as JSON, written so that the gate reads the same values again.

A line has what the view of the pull shows. Of a blanked field it has a number, since only its presence is shown; a
value that was blanked for its form, or because it could not be read, is `!`, which nobody can read: the gate blanks it
again. Numbers that JSON does not have are written as the gate reads them: `NaN`, `Infinity`.
"""

from __future__ import annotations

from math import isnan
from typing import Final, cast

import orjson
from msgspec.structs import replace

from ocpiq.privacy.view import ViewNode
from ocpiq.snapshots.columns import IN_COLUMN, PLACE
from ocpiq.snapshots.stored_view import blank_paths, shown_paths
from ocpiq.values.blank import NA, Blank
from ocpiq.values.json.codec import NULL, encode_read, may_hold_nan, with_leaves
from ocpiq.values.numbers import LARGEST_WRITTEN, LiteralNumber
from ocpiq.values.types import Value

PRINTED_BLANK: Final = f'"{NA}"'.encode()
PRESENT: Final = LiteralNumber(0.0, "0")
UNREADABLE: Final = LiteralNumber(0.0, "!")
INEXACT: Final = UNREADABLE.text.encode()  # in a text it does no harm
OTHER_NUMBERS: Final = {LARGEST_WRITTEN.text: "Infinity", f"-{LARGEST_WRITTEN.text}": "-Infinity"}
"""Numbers that print as others than they are read from."""
LARGEST: Final = LARGEST_WRITTEN.text.encode()


class LineEncoder:
    """Encodes the values of a view as lines, which are read as the same values again.

    `inexact` are the fields of which a value was blanked although the view shows them.
    """

    def __init__(self, view: ViewNode) -> None:
        self._shown = frozenset(shown_paths(view))
        self._blanked = frozenset(blank_paths(view))
        self._inexact: set[str] = set()

    @property
    def inexact(self) -> tuple[str, ...]:
        """The paths of these fields, of all lines so far."""
        return tuple(sorted(self._inexact))

    def encode(self, row: Value) -> bytes:
        """Return the line of a value. Blanks of `view_of_numbers` cost no function of Python's."""
        line = encode_read(row, orjson.OPT_APPEND_NEWLINE, self._number)
        if (
            INEXACT in line
            or (b"#" in line and PRINTED_BLANK in line)  # a text that reads so, or a blank of another view
            or (b"+" in line and LARGEST in line)  # one byte is found much faster
            or (NULL(line) and may_hold_nan(row))
        ):
            return encode_read(with_leaves(row, self._written), orjson.OPT_APPEND_NEWLINE)
        return line

    def _written(self, leaf: Value) -> Value:
        """Return the number that a line has in place of what JSON does not have."""
        if isinstance(leaf, Blank):
            return self._number(leaf)
        if type(leaf) is float and isnan(leaf):
            return LiteralNumber(leaf, "NaN")
        if type(leaf) is LiteralNumber and leaf.text in OTHER_NUMBERS:
            return LiteralNumber(leaf, OTHER_NUMBERS[leaf.text])
        return leaf

    def _number(self, blank: Blank) -> LiteralNumber:
        if blank is IN_COLUMN:
            return PLACE
        if blank.path in self._blanked:
            return PRESENT
        self._inexact.add(self._known(blank.path))
        return UNREADABLE

    def _known(self, path: str) -> str:
        """Return the nearest field of the view: those that OCPI does not have stay in the lines."""
        while path and path not in self._shown:
            path = path.rpartition(".")[0]
        return path


def view_of_numbers(node: ViewNode) -> ViewNode:
    """Return a view whose blanks print as the numbers that lines have for them, and whose numbers keep their digits.

    In a field that is text by the specification, `-0` is 0 unless a query passes the field.
    """
    field = node.field
    if field is not None and node.visibility == "plain":
        field = replace(field, mark="decimal")
    number = PRESENT if node.visibility == "blank" else UNREADABLE
    printed = cast(str, number.printed)  # which only the encoder of lines sees
    children = {name: view_of_numbers(child) for name, child in node.children.items()}
    blank = Blank(node.blank.module, node.blank.path, printed)
    return replace(node, blank=blank, children=children, field=field)
