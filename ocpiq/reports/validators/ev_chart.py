"""EV-ChART, the reporting tool of the US Joint Office of Energy and Transportation for 23 CFR 680.112.

Written from its Data Format and Preparation Guidance and the limits that its input template states.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ocpiq.errors import Message, say
from ocpiq.reports.rules import Column, Row, Validator, each_row, unique

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


def in_order(row: Row) -> Iterator[tuple[str, Message]]:
    """Yield a session's end if it is before its start."""
    start, end = row.text("session_start"), row.text("session_end")
    if start and end and end < start:
        yield "session_end", say("is before session_start")


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
        each_row(in_order),
        unique("station_id", "port_id", "network_provider", "session_id"),
    ),
    only_these=True,
)
