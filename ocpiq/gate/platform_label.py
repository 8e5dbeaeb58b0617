"""The name of a platform in the rows of its objects."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Raw, Struct

from ocpiq.gate.layout import Shape
from ocpiq.gate.records import LazySequence
from ocpiq.privacy.platform_field import PLATFORM


class PlatformLabel(Struct, frozen=True):
    """Adds the `name` of a platform to rows, as the first field of dicts; `shape` is that of the rows.

    It is added if it is a column of the view (`is_column`), or if the query reads it (`is_read`).
    """

    name: str
    shape: Shape | None
    is_column: bool
    is_read: bool

    def added_to(self, rows: Sequence[object]) -> Sequence[object]:
        """Return the rows with the name."""
        if not self.name or not (self.is_column or self.is_read):
            return rows
        if self.shape is not None and PLATFORM not in self.shape.slots:
            return rows  # only other fields are read
        if isinstance(rows, LazySequence):
            return LazySequence(rows.slices, LabelledRow(self, rows).make)
        return [self.labelled(row) for row in rows]

    def labelled(self, row: object) -> object:
        """Return a row with the name."""
        if isinstance(row, dict):
            return {PLATFORM: self.name, **row, **{PLATFORM: self.name}}  # a vendor's own field gives way
        slot = self.shape.slots.get(PLATFORM) if self.shape else None
        if slot is not None:
            setattr(row, slot.attribute, self.name)
        return row


class LabelledRow(Struct, frozen=True):
    """Makes rows with the name of their platform."""

    label: PlatformLabel
    rows: LazySequence

    def make(self, slice_: Raw) -> object:
        """Return the row of a slice."""
        return self.label.labelled(self.rows.make(slice_))
