"""What is missing for DOT-NL of NDW: five elements that are optional in OCPI 2.2.1 and mandatory there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ocpiq.errors import Message, say
from ocpiq.reports.rules import OWNER, PARTY, Column, Row, Validator, each_row, unique

LEVELS: Final = {  # the object that has each element: how many of the ids below the location's a row needs
    "opening_times": 0,
    "energy_mix": 0,
    "parking_restrictions": 1,
    "max_electric_power": 2,
    "tariff_ids": 2,
}
IDS: Final = ("evse_uid", "connector_id")


def ids_of_the_object(row: Row) -> Iterator[tuple[str, Message]]:
    """Yield the ids that the object of the missing element does not have, and those that it lacks."""
    level = LEVELS.get(row.text("element"))
    if level is None:
        return
    for number, name in enumerate(IDS):
        if number < level and not row.text(name):
            yield name, say("is empty, and the element is one of an EVSE or a connector")
        if number >= level and row.text(name):
            yield name, say("has an id, and the element belongs to the object above it")


COMPLETENESS: Final = Validator(
    about="Netherlands, DOT-NL: list of the mandatory elements that are missing",
    columns=(
        *PARTY,
        Column(name="location_id", longest=36),
        Column(name="evse_uid", longest=36, filled=False),
        Column(name="connector_id", longest=36, filled=False),
        Column(name="element", choices=tuple(LEVELS)),
    ),
    checks=(
        each_row(ids_of_the_object),
        unique(*OWNER, "location_id", "evse_uid", "connector_id", "element"),
    ),
    only_these=True,
    may_be_empty=True,
)
