"""EV-ChART, the reporting tool of the US Joint Office of Energy and Transportation for 23 CFR 680.112.

Written from its Data Format and Preparation Guidance and the limits that its input template states.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ocpiq.errors import Message, say
from ocpiq.reports.rules import OWNER, PARTY, Column, Row, Validator, at_most, each_row, in_order, unique

ID: Final = 36  # characters of a station, port, session or connector
TEXT: Final = 255

STATION: Final = (
    Column(name="station_id", longest=ID),
    Column(name="port_id", longest=ID),
    Column(name="network_provider", longest=TEXT),
)
SESSION: Final = (
    "session_id",
    "session_start",
    "session_end",
    "session_error",
    "energy_kwh",
    "power_kw",
    "payment_method",
)
"""What a row with a session must have; a port without sessions has a row where all of it is empty."""
OPTIONAL: Final = ("charger_id", "connector_id", "error_other", "payment_other")


def whole_or_empty(row: Row) -> Iterator[tuple[str, Message]]:
    """Yield what is missing of a session, unless the row stands for a port without sessions."""
    if not any(row.text(column) for column in (*SESSION, *OPTIONAL)):
        return
    for column in SESSION:
        if not row.text(column):
            yield column, say("is empty in a row with a session")


def both_or_none(row: Row) -> Iterator[tuple[str, Message]]:
    """Yield the id or the duration of an outage if the row has only the other."""
    names = ("outage_id", "outage_duration")
    for name, other in (names, names[::-1]):
        if row.text(other) and not row.text(name):
            yield name, say("is empty in a row with an outage")


MODULE_2: Final = Validator(
    about="US EV-ChART, module 2: charging sessions",
    columns=(
        *STATION,
        Column(name="charger_id", longest=ID, must_exist=False, filled=False),
        Column(name="session_id", longest=ID, filled=False),
        Column(name="connector_id", longest=ID, must_exist=False, filled=False),
        Column(name="session_start", type="time", utc=True, filled=False),
        Column(name="session_end", type="time", utc=True, filled=False),
        Column(name="session_error", longest=TEXT, filled=False),
        Column(name="error_other", longest=TEXT, must_exist=False, filled=False),
        Column(name="energy_kwh", type="number", minimum=0, digits=7, decimals=2, filled=False),
        Column(name="power_kw", type="number", minimum=0, digits=7, decimals=2, filled=False),
        Column(name="payment_method", longest=TEXT, filled=False),
        Column(name="payment_other", longest=TEXT, must_exist=False, filled=False),
    ),
    checks=(
        each_row(whole_or_empty),
        in_order("session_start", "session_end"),
        unique("station_id", "port_id", "network_provider", "session_id"),
    ),
    only_these=True,
)

MODULE_3: Final = Validator(
    about="US EV-ChART, module 3: uptime",
    columns=(
        *STATION,
        Column(name="uptime_reporting_start", type="time", utc=True),
        Column(name="uptime_reporting_end", type="time", utc=True),
        Column(name="uptime", type="number", minimum=0, digits=5, decimals=2, filled=False),
        Column(name="total_outage", type="number", minimum=0, digits=8, decimals=2),
        Column(name="total_outage_excl", type="number", minimum=0, digits=8, decimals=2),
    ),
    checks=(
        in_order("uptime_reporting_start", "uptime_reporting_end"),
        unique("station_id", "network_provider", "uptime_reporting_start", "uptime_reporting_end", "port_id"),
    ),
    only_these=True,
)

MODULE_4: Final = Validator(
    about="US EV-ChART, module 4: outages",
    columns=(
        *STATION,
        Column(name="outage_id", type="time", utc=True, filled=False),
        Column(name="outage_duration", type="number", minimum=0.01, digits=8, decimals=2, filled=False),
    ),
    checks=(each_row(both_or_none), unique("station_id", "network_provider", "port_id", "outage_id")),
    only_these=True,
)

POWER: Final = Validator(
    about="US EV-ChART, module 2: where power_kw comes from",
    columns=(
        Column(name="power_from", choices=("MAX_POWER", "energy and time", "no time and no energy: 0")),
        Column(name="sessions", type="integer", minimum=1),
    ),
    checks=(unique("power_from"),),
    only_these=True,
)

COVERAGE: Final = Validator(
    about="US EV-ChART, module 3: share of the twelve months that was observed",
    columns=(
        *PARTY,
        *STATION[:2],
        Column(name="coverage", type="number", minimum=0, maximum=100, decimals=2),
        *(
            Column(name=name, type="number", minimum=0, decimals=2)
            for name in ("outage_least", "outage_most", "outage_excl", "unobserved")
        ),
    ),
    checks=(
        at_most("outage_least", "outage_most"),
        at_most("outage_excl", "outage_most"),
        unique(*OWNER, "station_id", "port_id"),
    ),
    only_these=True,
)
