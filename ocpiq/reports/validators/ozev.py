"""The Public Charge Point Regulations 2023 (UK), regulation 7: rapid charge points are reliable for 99 % of a year."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ocpiq.errors import Message, say
from ocpiq.reports.rules import Column, Row, Validator, at_most, each_row, unique

TARGET: Final = 99  # percent of the time, regulation 7(1); and of the year that must be observed to prove it
MISSED, PROVEN, BETWEEN, OPEN = "missed", "met", "between the bounds", "not proven"


def verdict_of_the_numbers(row: Row) -> Iterator[tuple[str, Message]]:
    """Yield the verdict if the bounds and the observed share of the year lead to another."""
    low, high, observed = (row.number_in(name) for name in ("uptime_low", "uptime_high", "observed"))
    verdict = row.text("verdict")
    if observed is None:
        return
    if verdict in (PROVEN, MISSED, BETWEEN) and observed < TARGET:
        yield "verdict", say("is certain although less than {target} percent were observed", target=TARGET)
    if verdict == PROVEN and (low is None or low < TARGET):
        yield "verdict", say("is met although uptime_low is below {target}", target=TARGET)
    if verdict == MISSED and (high is None or high >= TARGET):
        yield "verdict", say("is missed although uptime_high is not below {target}", target=TARGET)


def percent(name: str, *, filled: bool) -> Column:
    """Return a column of percentages."""
    return Column(name=name, type="number", minimum=0, maximum=100, decimals=3, filled=filled)


RELIABILITY: Final = Validator(
    about="UK, Public Charge Point Regulations 2023: reliability of rapid charge points by year",
    columns=(
        Column(name="period", pattern=r"\d{4}", form="a calendar year"),
        Column(name="evses", type="integer", minimum=1),
        percent("uptime_low", filled=False),
        percent("uptime_high", filled=False),
        percent("observed", filled=True),
        Column(name="verdict", choices=(PROVEN, MISSED, BETWEEN, OPEN)),
    ),
    checks=(at_most("uptime_low", "uptime_high"), each_row(verdict_of_the_numbers), unique("period")),
    only_these=True,
)
