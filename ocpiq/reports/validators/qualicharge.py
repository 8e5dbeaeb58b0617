"""QualiCharge, the French collection of sessions and statuses: what its interface takes, and rules on a file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from ocpiq.errors import Message, say
from ocpiq.reports.rules import PARTY, Column, Row, Validator, each_row, in_order, no_overlap, unique
from ocpiq.reports.validators.irve import ID, ID_FORM

LONGEST: Final = timedelta(days=7)
MOST_KWH: Final = 1000
ABOVE, BACKWARDS, NEGATIVE = "11 energy above 1000 kWh", "14 ends before it starts", "negative energy"
QUALITY_RULES: Final = (
    ABOVE,
    "13 more than 60 sessions a day",
    BACKWARDS,
    "15 longer than seven days",
    "17 twice",
    "38 abnormal energy",
    "40 energy in no time",
    "41 excessive energy",
    NEGATIVE,
    "overlaps the one before",
)
CHARGE_POINT: Final = Column(name="id_pdc_itinerance", pattern=ID, form=ID_FORM)


def at_most_a_week(row: Row) -> Iterator[tuple[str, Message]]:
    """Yield the end of a session that lasts longer than seven days."""
    try:
        start, end = (datetime.fromisoformat(row.text(name)) for name in ("start", "end"))
    except ValueError:
        return
    if end - start > LONGEST:
        yield "end", say("is more than seven days after start")


def consistent(row: Row) -> Iterator[tuple[str, Message]]:
    """Yield the occupation of a charge point that is occupied but does not work (rule 37)."""
    if row.text("occupation_pdc") == "occupe" and row.text("etat_pdc") != "en_service":
        yield "occupation_pdc", say("is occupe although etat_pdc is not en_service")


def rule_of_the_numbers(row: Row) -> Iterator[tuple[str, Message]]:
    """Yield the rule if the times or the energy in the row do not break it."""
    rule, kwh = row.text("rule"), row.number_in("kwh")
    if rule == ABOVE and kwh is not None and kwh <= MOST_KWH:
        yield "rule", say("is about energy above {most} kWh, and kwh is not", most=MOST_KWH)
    if rule == NEGATIVE and kwh is not None and kwh >= 0:
        yield "rule", say("is about negative energy, and kwh is not")
    if rule == BACKWARDS and row.text("end") >= row.text("start"):
        yield "rule", say("is about an end before the start, and end is not")


SESSIONS: Final = Validator(
    about="France, QualiCharge: sessions",
    is_json=True,
    columns=(
        CHARGE_POINT,
        Column(name="start", type="time", utc=True),
        Column(name="end", type="time", utc=True),
        Column(name="energy", type="number", minimum=0, maximum=MOST_KWH),
    ),
    checks=(
        in_order("start", "end"),
        each_row(at_most_a_week),
        unique("start", "end", "id_pdc_itinerance"),
        no_overlap("id_pdc_itinerance", "start", "end"),
    ),
)

STATUSES: Final = Validator(
    about="France, QualiCharge: statuses",
    is_json=True,
    columns=(
        CHARGE_POINT,
        Column(name="etat_pdc", choices=("en_service", "hors_service", "inconnu")),
        Column(name="occupation_pdc", choices=("libre", "occupe", "reserve", "inconnu")),
        Column(name="horodatage", type="time"),
    ),
    checks=(each_row(consistent), unique("id_pdc_itinerance", "horodatage")),
)

QUALITY: Final = Validator(
    about="France, QualiCharge: sessions that break its quality rules",
    columns=(
        Column(name="rule", choices=QUALITY_RULES),
        *PARTY,
        Column(name="id", longest=36),
        Column(name="evse_uid", longest=36),
        Column(name="start", type="time", utc=True),
        Column(name="end", type="time", utc=True),
        Column(name="kwh", type="number"),
    ),
    checks=(each_row(rule_of_the_numbers),),
    only_these=True,
    may_be_empty=True,
)
