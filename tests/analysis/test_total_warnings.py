"""Misleading totals: which queries are warned about, with what fix, and which are not."""

from __future__ import annotations

import pytest

from ocpiq import query, sources
from ocpiq.analysis.explanation import explain
from ocpiq.analysis.total_warnings import total_warnings
from ocpiq.errors import Notice, WarningIssued

CREDITS = "credit CDRs and the CDRs they cancel are counted as charging sessions (use `cdrs net …{}`)"
ACTIVE = (
    "sessions that are still ACTIVE count too"
    ' (pass status and select(.status == "COMPLETED"), or write sessions during …)'
)
CURRENCIES = 'the {} may have several currencies (group by .currency, or select(.currency == "EUR"))'
AVERAGES = "a small group weighs as much as a large one (take {} over all values, in one aggregate)"

# the query, and the warnings without their place
WARNED = {
    # credit CDRs
    "cdrs | aggregate count": [f"count: {CREDITS.format('')}"],
    "cdrs pass total_energy | aggregate {n: count, kwh: sum(.total_energy)} by .currency": [
        f"count, sum(.total_energy): {CREDITS.format('')}"
    ],
    "cdrs pass total_energy | {kwh: .total_energy} | sort by .kwh | aggregate avg(.kwh * 2)": [
        f"avg(.kwh * 2): {CREDITS.format('')}"
    ],
    "cdrs pass end_date_time, start_date_time | aggregate"
    " median(duration_hours(.end_date_time; .start_date_time))": [
        f"median(duration_hours(.end_date_time; .start_date_time)): {CREDITS.format('')}"
    ],
    "cdrs pass total_cost, currency | aggregate avg(.total_cost.excl_vat) by .currency": [
        f"avg(.total_cost.excl_vat): {CREDITS.format('')}"
    ],
    "cdrs pass total_energy_cost | aggregate sum(.total_energy_cost.excl_vat) by .currency": [
        f"sum(.total_energy_cost.excl_vat): {CREDITS.format('')}"
    ],
    "cdrs | aggregate count_distinct(.id)": [f"count_distinct(.id): {CREDITS.format('')}"],
    'def f(s): s | aggregate count; f(cdrs | select(.currency == "EUR"))': [f"count: {CREDITS.format('')}"],
    "cdrs pass total_energy, charging_periods | .charging_periods[] | aggregate count": [
        f"count: {CREDITS.format('')}"
    ],
    "[cdrs pass total_energy | .total_energy] | add": [f"add: {CREDITS.format(' | aggregate sum(…)')}"],
    "[cdrs] | length": [f"length: {CREDITS.format(' | aggregate count')}"],
    "reduce (cdrs pass total_energy) as $c (0; . + $c.total_energy)": [
        f"the sum of reduce: {CREDITS.format(' | aggregate sum(…)')}"
    ],
    "sessions | join each (cdrs pass total_energy) as $c | aggregate sum($c.total_energy)": [
        "sum($c.total_energy): credit CDRs and the CDRs they cancel are counted as charging sessions"
        " (count objects with .credit as negative)"
    ],
    # several currencies
    "cdrs net pass total_cost | aggregate sum(.total_cost.excl_vat)": [
        f"sum(.total_cost.excl_vat): {CURRENCIES.format('cdrs')}"
    ],
    "cdrs pass total_cost | aggregate sum(.total_cost | excl_vat)": [
        f"sum(.total_cost | excl_vat): {CURRENCIES.format('cdrs')}"
    ],
    "sessions during 2026 pass total_cost | aggregate max(.total_cost.incl_vat)": [
        f"max(.total_cost.incl_vat): {CURRENCIES.format('sessions')}"
    ],
    "tariffs pass min_price | aggregate avg(.min_price.excl_vat)": [
        f"avg(.min_price.excl_vat): {CURRENCIES.format('tariffs')}"
    ],
    # sessions that go on
    "sessions pass kwh | aggregate sum(.kwh)": [f"sum(.kwh): {ACTIVE}"],
    "sessions pass kwh, start_date_time | aggregate avg(.kwh) by {month: (.start_date_time | month)}": [
        f"avg(.kwh): {ACTIVE}"
    ],
    # amounts of several units
    "cdrs net pass charging_periods | .charging_periods[].dimensions[] | aggregate sum(.volume)": [
        'sum(.volume): kWh, hours and amperes are mixed (group by .type, or select(.type == "ENERGY"))'
    ],
    'tariffs pass elements | select(.currency == "EUR") | .elements[].price_components[] | aggregate avg(.price)': [
        "avg(.price): prices of a kWh, of an hour and of a session are mixed"
        ' (group by .type, or select(.type == "ENERGY"))'
    ],
    # a total and what it includes
    "cdrs net pass total_time, total_parking_time | aggregate sum(.total_time + (.total_parking_time // 0))": [
        "total_time + total_parking_time: total_time includes total_parking_time (use total_time alone)"
    ],
    "cdrs net pass total_time, total_parking_time | aggregate {h: (sum(.total_parking_time) + sum(.total_time))}": [
        "total_time + total_parking_time: total_time includes total_parking_time (use total_time alone)"
    ],
    "cdrs pass total_time, total_parking_time | .total_time as $t | .total_parking_time + $t": [
        "total_time + total_parking_time: total_time includes total_parking_time (use total_time alone)"
    ],
    "cdrs pass total_cost, total_energy_cost | (.total_cost | excl_vat) + .total_energy_cost.excl_vat": [
        "total_cost + total_energy_cost: total_cost includes total_energy_cost (use total_cost alone)"
    ],
    "sessions pass total_cost | .total_cost | .excl_vat + .incl_vat": [
        "incl_vat + excl_vat: incl_vat includes excl_vat (use incl_vat alone)"
    ],
    # averages of averages
    "sessions during 2026 pass kwh | aggregate avg(.kwh) by .country_code | aggregate avg(.avg_kwh)": [
        f"avg(.avg_kwh): {AVERAGES.format('avg')}"
    ],
    "sessions during 2026 pass kwh | aggregate {m: (median(.kwh) | round(1))} by .country_code"
    " | select(.m > 1) | sort by .m | aggregate avg(.m)": [f"avg(.m): {AVERAGES.format('median')}"],
    "tokens pass contract_id | aggregate {n: count_distinct(.contract_id)} by .type | aggregate sum(.n)": [
        "sum(.n): a value in several groups counts several times"
        " (take count_distinct over all values, in one aggregate)"
    ],
}
SILENT = [
    "cdrs net | aggregate count",
    "cdrs net pass total_energy | aggregate {n: count, kwh: sum(.total_energy)}",
    "cdrs pass total_energy | select(.credit != true) | aggregate sum(.total_energy)",
    "cdrs | aggregate count by .credit",
    "cdrs | select(.credit_reference_id == null) | aggregate count",
    "cdrs pass total_cost | aggregate sum(.total_cost.excl_vat) by .currency",
    "cdrs pass total_cost | {cost: (.total_cost | excl_vat), currency} | aggregate sum(.cost) by .currency",
    "cdrs pass total_energy | aggregate max(.total_energy)",
    "cdrs | aggregate count_distinct(.session_id)",
    "cdrs | distinct by .session_id | aggregate count",
    "cdrs pass total_energy | top 3 by .total_energy",
    "cdrs | .id",
    "sessions | join each cdrs as $c | aggregate count",
    "reduce cdrs as $c ({}; . + {($c.id): 1})",
    "[cdrs | .id] as $ids | sessions | aggregate count",
    'cdrs pass total_cost | select(.currency == "EUR") | aggregate sum(.total_cost.excl_vat)',
    "sessions | aggregate count",
    "sessions pass kwh during 2026 | aggregate sum(.kwh)",
    "sessions pass kwh, status | aggregate sum(.kwh) by .status",
    "sessions pass kwh, end_date_time | select(.end_date_time) | aggregate sum(.kwh)",
    "sessions pass kwh | aggregate max(.kwh)",
    'cdrs net pass charging_periods | .charging_periods[].dimensions[] | select(.type == "ENERGY")'
    " | aggregate sum(.volume)",
    "cdrs pass total_time, total_parking_time | .total_time - .total_parking_time",
    "cdrs pass total_energy_cost, total_time_cost | .total_energy_cost.excl_vat + .total_time_cost.excl_vat",
    "sessions pass kwh during 2026 | aggregate avg(.kwh) by .country_code | aggregate max(.avg_kwh)",
    "sessions pass kwh during 2026 | aggregate {n: count} by .country_code | aggregate avg(.n)",
    "[.[] | .total_energy] | add, length",
]


def warnings(text: str, version: str = "2.2.1") -> list[str]:
    return [each.message for each in total_warnings(query.compile(text, version=version).plan, version)]


@pytest.mark.parametrize(("text", "expected"), WARNED.items(), ids=WARNED)
def test_a_misleading_total_is_warned_about(text: str, expected: list[str]) -> None:
    assert warnings(text) == expected


@pytest.mark.parametrize("text", SILENT)
def test_what_the_query_handles_is_not(text: str) -> None:
    assert warnings(text) == []


@pytest.mark.parametrize(("version", "warned"), [("2.1.1", 0), ("2.2", 1), ("2.2.1", 1), ("2.3.0", 1)])
def test_credits_are_of_the_versions_that_have_them(version: str, warned: int) -> None:
    assert len(warnings("cdrs | aggregate count", version)) == warned


def test_a_warning_is_a_notice_and_an_entry_of_explain_and_changes_no_result() -> None:
    heard: list[Notice] = []
    compiled = query.compile("cdrs | aggregate count")
    found = sources.memory(
        {"cdrs": [{"id": "C1"}, {"id": "C2", "credit": True, "credit_reference_id": "C1"}]}
    )
    assert list(compiled.run(sources=found, notify=heard.append)) == [2]
    [warning] = [notice.message for notice in heard if isinstance(notice, WarningIssued)]
    assert (warning,) == explain(compiled.plan, "2.2.1").warnings == (f"count: {CREDITS.format('')}",)


@pytest.mark.parametrize("module", ["sessions", "cdrs"])
def test_a_total_of_whole_objects_is_explained(module: str) -> None:
    warnings(f"{module} pass . | [.id, .] | add")
