"""The tables of Atlas Public Policy's EV Charging Use Data Specification 1.0: default fields and valid entries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ocpiq.errors import Message, say
from ocpiq.reports.rules import Column, Row, Validator, each_row, in_order, unique

PLUGS: Final = frozenset(("CCS", "CHAdeMO", "J1772", "NACS"))


def money(name: str, *, required: bool) -> Column:
    """Return a column of amounts with two decimals; NULL where nothing is charged."""
    return Column(name=name, type="number", minimum=0, decimals=2, filled=False, must_exist=required)


def known_plugs(row: Row) -> Iterator[tuple[str, Message]]:
    """Yield the connectors if one of them has no name in the specification."""
    if not PLUGS.issuperset(row.text("connector_type").split(",")):
        yield "connector_type", say("has a plug other than CCS, CHAdeMO, J1772 and NACS")


SESSIONS: Final = Validator(
    about="US EV Charging Use Data Specification, table 4: sessions",
    columns=(
        Column(name="session_id"),
        Column(name="port_id"),
        Column(name="plug_start_datetime", type="time", utc=True),
        Column(name="plug_end_datetime", type="time", utc=True),
        Column(name="charge_start_datetime", type="time", utc=True),
        Column(name="charge_end_datetime", type="time", utc=True),
        Column(name="energy_kwh", type="number", minimum=0),
        Column(name="peak_kw", type="number", minimum=0),
        money("total_fee_charged", required=True),
        money("energy_fee", required=True),
        money("session_fee", required=False),
        money("time_fee", required=False),
        Column(name="payment_type", must_exist=False, filled=False),
    ),
    checks=(
        in_order("plug_start_datetime", "plug_end_datetime"),
        in_order("charge_start_datetime", "charge_end_datetime"),
        in_order("charge_end_datetime", "plug_end_datetime"),
        unique("session_id"),
    ),
)

PORTS: Final = Validator(
    about="US EV Charging Use Data Specification, table 3: ports",
    columns=(
        Column(name="port_id"),
        Column(name="project_id"),
        Column(name="station_id"),
        Column(name="data_provider_org"),
        Column(name="data_provider_poc_email", type="email"),
        Column(name="is_active", type="boolean"),
        Column(name="power_level_kw", type="number", minimum=0),
        Column(
            name="port_latitude", type="number", minimum=-90, maximum=90, pattern=r"-?\d+\.\d{4,}", form="four decimals"
        ),
        Column(
            name="port_longitude",
            type="number",
            minimum=-180,
            maximum=180,
            pattern=r"-?\d+\.\d{4,}",
            form="four decimals",
        ),
        Column(name="station_activation_date", type="date"),
        Column(name="charger_type", choices=("level_1", "level_2", "DCFC")),
        Column(name="connector_type"),
        Column(name="operating_hours", type="number", minimum=0, maximum=24, filled=False, must_exist=False),
    ),
    checks=(each_row(known_plugs), unique("port_id")),
)  # fmt: skip
