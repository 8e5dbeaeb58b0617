"""The operator's own tables: what their columns hold, and what contradicts itself in them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ocpiq.errors import Message, say
from ocpiq.reports.rules import OWNER, PARTY, Column, Row, Validator, at_most, each_row, unique

WEEKDAYS: Final = 7
HOURS: Final = tuple(f"{hour:02}:00" for hour in range(24))
NO_TARIFF, UNLISTED = "no tariff", "tariff is not listed"
FAULTS: Final = (
    "negative energy",
    "negative cost without credit",
    "ends before it starts",
    "parks longer than it lasts",
    "more energy than 400 kW allow",
    "other energy than its charging periods",
    "other energy than its session",
)


def fault_of_the_numbers(row: Row) -> Iterator[tuple[str, Message]]:
    """Yield the fault if the energy in the row does not have it."""
    energy, of_session = row.number_in("total_energy"), row.number_in("session_kwh")
    fault = row.text("fault")
    if fault == FAULTS[0] and energy is not None and energy >= 0:
        yield "fault", say("is negative energy although total_energy is not negative")
    if fault == FAULTS[-1] and (energy == of_session or of_session is None):
        yield "fault", say("is other energy than its session although both are the same")


def tariff_of_the_problem(row: Row) -> Iterator[tuple[str, Message]]:
    """Yield the id of a tariff where the problem is that there is none, and where it is missing."""
    has_id = row.text("tariff_id") != ""
    if row.text("problem") == NO_TARIFF and has_id:
        yield "tariff_id", say("has an id, and the problem is no tariff")
    if row.text("problem") == UNLISTED and not has_id:
        yield "tariff_id", say("is empty, and the problem is a tariff that is not listed")


CONCESSION: Final = Validator(
    about="Concession: indicators by city, as numerators and denominators",
    columns=(
        Column(name="city"),
        Column(name="evses", type="integer", minimum=1),
        Column(name="sessions", type="integer", minimum=0),
        Column(name="failed", type="integer", minimum=0),
        Column(name="kwh", type="number", decimals=1, filled=False),
        Column(name="connected_hours", type="number", minimum=0, decimals=1, filled=False),
        Column(name="charging_hours", type="number", minimum=0, decimals=1, filled=False),
        Column(name="available_hours", type="number", minimum=0),
    ),
    checks=(
        at_most("failed", "sessions"),
        at_most("connected_hours", "available_hours"),
        unique("city"),
    ),
    only_these=True,
)

OCCUPANCY: Final = Validator(
    about="Occupancy in percent, by weekday and hour",
    columns=(
        Column(name="weekday", type="integer", minimum=1, maximum=WEEKDAYS),
        *(Column(name=hour, type="number", minimum=0, maximum=100, decimals=1) for hour in HOURS),
    ),
    checks=(unique("weekday"),),
    only_these=True,
)

IMPOSSIBLE_CDRS: Final = Validator(
    about="CDRs that cannot be true, by fault",
    columns=(
        Column(name="fault", choices=FAULTS),
        *PARTY,
        Column(name="id", longest=39),
        Column(name="session_id", longest=36, filled=False),
        Column(name="total_energy", type="number"),
        Column(name="session_kwh", type="number", filled=False),
    ),
    checks=(each_row(fault_of_the_numbers), unique("fault", *OWNER, "id", "session_id")),
    only_these=True,
    may_be_empty=True,
)

TARIFFS: Final = Validator(
    about="Connectors without a tariff, or with an unlisted one",
    columns=(
        *PARTY,
        Column(name="location_id", longest=36),
        Column(name="evse_uid", longest=36),
        Column(name="connector_id", longest=36),
        Column(name="problem", choices=(NO_TARIFF, UNLISTED)),
        Column(name="tariff_id", longest=36, filled=False),
    ),
    checks=(
        each_row(tariff_of_the_problem),
        unique(*OWNER, "location_id", "evse_uid", "connector_id", "tariff_id"),
    ),
    only_these=True,
    may_be_empty=True,
)
