"""What a national access point lacks: mandatory elements of article 20(2) of Regulation (EU) 2023/1804 (AFIR)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ocpiq.errors import Message, say
from ocpiq.reports.rules import OWNER, PARTY, Column, Row, Validator, each_row, unique

ELEMENTS: Final = (
    "name of the operator",
    "contact of the operator",
    "owner",
    "address",
    "coordinates",
    "opening hours",
    "time zone",
    "share of renewable energy",
    "id of the charge point",
    "status",
    "means of payment",
    "access for disabled drivers and parking",
    "connector",
    "current, AC or DC",
    "maximum power",
    "ad hoc price",
)
OPERATOR: Final = Column(name="operator", filled=False)  # which may be what is missing
ELEMENT: Final = Column(name="element", choices=ELEMENTS)


def counts_add_up(row: Row) -> Iterator[tuple[str, Message]]:
    """Yield the number of EVSEs if it is not that of complete and missing ones."""
    counts = [row.number_in(name) for name in ("evses", "complete", "missing")]
    if None not in counts and counts[0] != (counts[1] or 0) + (counts[2] or 0):
        yield "evses", say("is not the sum of complete and missing")


def name_is_missing(row: Row) -> Iterator[tuple[str, Message]]:
    """Yield the operator if it has the name that the row lists as missing."""
    if row.text("operator") and row.text("element") == ELEMENTS[0]:
        yield "operator", say("has a name, which the row lists as missing")


COMPLETENESS: Final = Validator(
    about="EU, AFIR: list of the mandatory elements that are missing, by EVSE",
    columns=(
        OPERATOR,
        *PARTY,
        Column(name="location_id", longest=36),
        Column(name="evse_uid", longest=36),
        ELEMENT,
    ),
    checks=(
        each_row(name_is_missing),
        unique(*OWNER, "location_id", "evse_uid", "element"),
    ),
    only_these=True,
    may_be_empty=True,
)

SUMMARY: Final = Validator(
    about="EU, AFIR: how complete each mandatory element is, by operator",
    columns=(
        OPERATOR,
        ELEMENT,
        Column(name="evses", type="integer", minimum=1),
        Column(name="complete", type="integer", minimum=0),
        Column(name="missing", type="integer", minimum=0),
    ),
    checks=(each_row(counts_add_up), unique("operator", "element")),
    only_these=True,
)
