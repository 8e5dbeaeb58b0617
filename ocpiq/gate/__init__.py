"""The gate: the only package that reads page bytes. It builds only the fields that the query's view shows."""

from __future__ import annotations

from ocpiq.gate.body_paging import BodyPaging, PagingMembers
from ocpiq.gate.envelope import BOM, NOT_COMPLETE, Framing, TwoListsError, too_many_lists
from ocpiq.gate.field_report import FieldReport
from ocpiq.gate.forwarding import ForwardingGate, PageBody, PageOwner, UnopenedRows, forwarding_gate, reopened
from ocpiq.gate.gate import Gate, OpenedPage, framing_of, gate
from ocpiq.gate.keys import KEY_BYTES, Identity, KeySeal, Repeats, cipher, keyed_hasher
from ocpiq.gate.layout import COMPANION, Companion, Row, SealedNumber, Shape, Slot
from ocpiq.gate.list_order import ListOrder, Order
from ocpiq.gate.window import Window

__all__ = [
    "BOM",
    "COMPANION",
    "KEY_BYTES",
    "NOT_COMPLETE",
    "BodyPaging",
    "Companion",
    "FieldReport",
    "ForwardingGate",
    "Framing",
    "Gate",
    "Identity",
    "KeySeal",
    "ListOrder",
    "OpenedPage",
    "Order",
    "PageBody",
    "PageOwner",
    "PagingMembers",
    "Repeats",
    "Row",
    "SealedNumber",
    "Shape",
    "Slot",
    "TwoListsError",
    "UnopenedRows",
    "Window",
    "cipher",
    "forwarding_gate",
    "framing_of",
    "gate",
    "keyed_hasher",
    "reopened",
    "too_many_lists",
]
