"""The gate: the only package that opens page bytes, and builds of them only what the query's view shows."""

from __future__ import annotations

from ocpiq.privacy.body_paging import BodyPaging, PagingMembers
from ocpiq.privacy.envelope import framing
from ocpiq.privacy.gate import Gate, Opened, gate
from ocpiq.privacy.keys import Repeats
from ocpiq.privacy.shapes import Row, Shape, Slot
from ocpiq.privacy.window import Window

__all__ = [
    "BodyPaging",
    "Gate",
    "Opened",
    "PagingMembers",
    "Repeats",
    "Row",
    "Shape",
    "Slot",
    "Window",
    "framing",
    "gate",
]
