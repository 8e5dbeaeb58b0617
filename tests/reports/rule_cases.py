"""Rows that break one rule over columns or rows each, and rows that just keep it."""

from __future__ import annotations

from whole_rows import WHOLE, Row

from ocpiq.reports.rules import OWNER
from ocpiq.reports.validators import validator

Problems = list[tuple[str, str, str]]


def wrong(name: str, column: str, text: str, /, **cells: str) -> tuple[str, list[Row], Problems]:
    """Return a case: a row with these cells, and the one problem in it."""
    number = "1" if validator(name).is_json else "2"
    return name, [WHOLE[name] | cells], [(number, column, text)]


def twice(name: str, *columns: str) -> tuple[str, list[Row], Problems]:
    """Return a case: the same row again."""
    first = 1 if validator(name).is_json else 2
    text = f"row {first} has the same {', '.join(columns)}"
    return name, [WHOLE[name], WHOLE[name]], [(str(first + 1), columns[-1], text)]


QUALITY = "qualicharge-quality"
OWN_RULES: list[tuple[str, list[Row], Problems]] = [
    wrong("uk-reliability", "uptime_low", "is more than uptime_high", uptime_low="99.2"),
    wrong("uk-reliability", "verdict", "is met although uptime_low is below 99", uptime_low="98.9"),
    wrong("uk-reliability", "verdict", "is missed although uptime_high is not below 99", verdict="missed"),
    wrong(
        "uk-reliability", "verdict", "is certain although less than 99 percent were observed", observed="24.6"
    ),
    ("uk-reliability", [WHOLE["uk-reliability"] | {"observed": "24.6", "verdict": "not proven"}], []),
    (
        "uk-reliability",
        [WHOLE["uk-reliability"] | {"uptime_low": "98", "uptime_high": "98.5", "verdict": "missed"}],
        [],
    ),
    twice("uk-reliability", "period"),
    wrong(
        "afir-completeness",
        "operator",
        "has a name, which the row lists as missing",
        element="name of the operator",
    ),
    (
        "afir-completeness",
        [WHOLE["afir-completeness"] | {"element": "name of the operator", "operator": ""}],
        [],
    ),
    twice("afir-completeness", *OWNER, "location_id", "evse_uid", "element"),
    wrong("afir-summary", "evses", "is not the sum of complete and missing", missing="3"),
    twice("afir-summary", "operator", "element"),
    wrong(
        "dot-nl",
        "connector_id",
        "is empty, and the element is one of an EVSE or a connector",
        connector_id="",
    ),
    wrong(
        "dot-nl",
        "connector_id",
        "has an id, and the element belongs to the object above it",
        element="parking_restrictions",
    ),
    ("dot-nl", [WHOLE["dot-nl"] | {"element": "energy_mix", "evse_uid": "", "connector_id": ""}], []),
    twice("dot-nl", *OWNER, "location_id", "evse_uid", "connector_id", "element"),
    wrong("nobil-status", "nobilId", "is not an id of NOBIL such as NOR_23314", nobilId="23314"),
    twice("nobil-status", "nobilId", "evseUId"),
    wrong("elaadnl-transactions", "StartCard", "is not a pseudonym", StartCard="04E2B6D2A15C80"),
    wrong("elaadnl-transactions", "ChargeTime", "is more than ConnectedTime", ChargeTime="2.1"),
    wrong(
        "elaadnl-transactions",
        "UTCTransactionStop",
        "is before UTCTransactionStart",
        UTCTransactionStop="2026-01-01T09:00:00Z",
    ),
    twice("elaadnl-transactions", *OWNER, "TransactionId"),
    wrong("concession", "failed", "is more than sessions", failed="118"),
    wrong("concession", "connected_hours", "is more than available_hours", connected_hours="60000"),
    twice("concession", "city"),
    twice("occupancy-heat-map", "weekday"),
    wrong(
        "impossible-cdrs",
        "fault",
        "is negative energy although total_energy is not negative",
        fault="negative energy",
    ),
    wrong(
        "impossible-cdrs",
        "fault",
        "is other energy than its session although both are the same",
        total_energy="81.29",
    ),
    twice("impossible-cdrs", "fault", *OWNER, "id", "session_id"),
    wrong(
        "connectors-without-tariff", "tariff_id", "has an id, and the problem is no tariff", tariff_id="T1"
    ),
    wrong(
        "connectors-without-tariff",
        "tariff_id",
        "is empty, and the problem is a tariff that is not listed",
        problem="tariff is not listed",
    ),
    twice("connectors-without-tariff", *OWNER, "location_id", "evse_uid", "connector_id", "tariff_id"),
    twice("ev-chart-power", "power_from"),
    wrong("ev-chart-coverage", "outage_least", "is more than outage_most", outage_least="321.00"),
    wrong("ev-chart-coverage", "outage_excl", "is more than outage_most", outage_excl="321.00"),
    twice("ev-chart-coverage", *OWNER, "station_id", "port_id"),
    wrong(QUALITY, "rule", "is about energy above 1000 kWh, and kwh is not", rule="11 energy above 1000 kWh"),
    wrong(QUALITY, "rule", "is about negative energy, and kwh is not", rule="negative energy"),
    wrong(
        QUALITY, "rule", "is about an end before the start, and end is not", rule="14 ends before it starts"
    ),
]
