"""Two parties of a hub may have objects with the same ids: a report of both is the reports of each, put together."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from support.cli import command
from support.hub import Json, Platform, mine, of_another_party, others, together
from support.platforms import TOKEN, Response, envelope, serving
from support.platforms import Platform as Server
from support.rows import RECIPIENT

from ocpiq import query, sources
from ocpiq.reports import Report, reports

REPORTS = {report.name: report for report in reports()}
VALUES: dict[str, Any] = {
    "period": "2026-03",
    "country": "NLD",
    "network_provider": "acme",
    "project": "p1",
    "provider": "acme",
    "email": "info@example.com",
    "contact": "info@example.com",
    "currency": "EUR",
    "count": 10**6,
    "least": 1,
    "contract": "NL-DEM-C12898354-6",
}
OWN_VALUES: dict[str, Json] = {"uk_reliability": {"country": "GBR"}}
SUMS: dict[str, set[str]] = {  # reports of all parties together, and their columns that are sums
    "average_duration": {"sessions"},
    "nevi_power": {"sessions"},
    "occupancy": {"sessions", "occupied_hours"},
    "occupancy_heat_map": set(),
    "prices_and_durations": {"cdrs"},
    "uk_reliability": {"evses"},
}


def run(report: Report, platform: Platform, **more: Any) -> list[Any]:
    names = [parameter.name for parameter in report.metadata.params]
    given = VALUES | OWN_VALUES.get(report.name, {}) | more
    variables = {name: given[name] for name in names if name in given}
    compiled = query.compile(report.text, variables=list(variables), home=report.path.parent)
    of = {"evses": "locations", "connectors": "locations"}
    whole = sources.memory(platform)
    by_module = {module: whole[of.get(module, module)] for module in compiled.modules}
    return list(compiled.run(sources=by_module, variables=variables, recipient=RECIPIENT))


def counted(rows: list[Any]) -> Counter[str]:
    return Counter(json.dumps(row, sort_keys=True) for row in rows)


def differences(found: list[Any], expected: list[Any]) -> tuple[list[str], list[str]]:
    more, less = counted(found) - counted(expected), counted(expected) - counted(found)
    return list(more)[:3], list(less)[:3]


@pytest.mark.parametrize("name", sorted(REPORTS.keys() - SUMS.keys()))
def test_a_report_of_two_parties_is_those_of_each(name: str) -> None:
    own, of_others = (run(REPORTS[name], platform) for platform in (mine(), others()))
    assert own and of_others
    found = run(REPORTS[name], together(mine(), others()))
    assert differences(found, own + of_others) == ([], [])


@pytest.mark.parametrize("name", SUMS)
def test_a_sum_of_two_parties_counts_both(name: str) -> None:
    """And what is no sum stays as it is, but for rounding and for the steps between the values of a quantile."""
    own = run(REPORTS[name], mine())
    assert own
    found = run(REPORTS[name], together(mine(), of_another_party(mine())))
    assert len(found) == len(own)
    for row, single in zip(found, own, strict=True):
        doubled = {key: 2 * item if key in SUMS[name] else item for key, item in single.items()}
        texts = [
            {key: item for key, item in each.items() if isinstance(item, str)} for each in (row, doubled)
        ]
        assert texts[0] == texts[1]
        assert row == {
            key: pytest.approx(item, rel=0.01, abs=0.1) if type(item) in (int, float) else item
            for key, item in doubled.items()
        }


FORMS_OF_RECIPIENTS = {
    "atlas_ports",
    "atlas_sessions",
    "nevi_outages",
    "nevi_sessions",
    "nevi_uptime_months",
    "nobil_status",
}
BY_NAME = {"afir_summary", "city_month", "concession", "power_classes"}  # of the operator or the city


@pytest.mark.parametrize("name", sorted(REPORTS.keys() - SUMS.keys() - FORMS_OF_RECIPIENTS - BY_NAME))
def test_a_row_says_whose_it_is(name: str) -> None:
    """The same objects of two parties make rows that differ."""
    own, of_others = (
        counted(run(REPORTS[name], platform)) for platform in (mine(), of_another_party(mine()))
    )
    assert own and not own.keys() & of_others.keys()


NAMED = "NL-XEM LOC00002"  # which other parties have, too


@pytest.mark.parametrize(
    "name", ["atlas_ports", "concession", "nevi_power", "nevi_sessions", "occupancy_heat_map"]
)
def test_a_station_is_chosen_by_its_party_or_of_all(name: str) -> None:
    hub = together(mine(), others())
    of_others = run(REPORTS[name], others(), stations="LOC00002")
    assert of_others and run(REPORTS[name], hub, stations=NAMED) == of_others
    assert run(REPORTS[name], hub, stations="LOC00002") != of_others


@pytest.mark.parametrize(("name", "parameter"), [("nevi_uptime", "excluded"), ("uk_reliability", "closed")])
def test_a_time_that_does_not_count_is_that_of_one_party(name: str, parameter: str) -> None:
    log = mine()["statuses"]
    evse = next(entry for entry in log if name == "nevi_uptime" or entry["country_code"] == "GB")
    lines = "evse_uid,from,until\n{}" + evse["evse_uid"] + ",2026-03-02T10:00:00Z,2026-03-02T12:00:00Z\n"
    party = f"{evse['country_code']}-{evse['party_id']} "
    for platform, prefix, changes in (
        (mine(), "", True),
        (mine(), party, True),
        (of_another_party(mine()), "", True),
        (of_another_party(mine()), party, False),
    ):
        found = run(REPORTS[name], platform, **{parameter: lines.format(prefix)})
        assert (found != run(REPORTS[name], platform)) is changes, prefix


def test_the_id_of_a_station_at_nobil_is_that_of_one_party() -> None:
    hub = together(mine(), of_another_party(mine()))
    rows = run(REPORTS["nobil_status"], hub, ids="NL-XEM LOC00001,NOR_1\nLOC00001,NOR_2")
    found = Counter(row["nobilId"] for row in rows if row["nobilId"])
    assert found["NOR_1"] == found["NOR_2"] == len(mine()["locations"][0]["evses"])


SERVED = (
    "afir_completeness",
    "connectors_without_tariff",
    "dot_nl",
    "elaadnl_transactions",
    "impossible_cdrs",
    "qualicharge_quality",
)


@pytest.mark.parametrize("name", SERVED)
def test_the_check_accepts_the_report_of_a_hub(name: str, tmp_path: Path) -> None:
    """Through HTTP and the command line: the pull keeps both objects, the report both rows, and no two are the same."""
    modules = ("locations", "sessions", "cdrs", "tariffs")
    hub = together(mine(), others())
    pages = {
        module: Response(envelope(hub[module]), headers={"X-Total-Count": str(len(hub[module]))})
        for module in modules
    }
    special = {module: lambda request, page=page: page for module, page in pages.items()}
    expected = len(run(REPORTS[name], mine())) + len(run(REPORTS[name], others()))
    with serving(Server(modules=modules, special=special)) as server:  # type: ignore[arg-type]
        words = ["login", server.versions_url, "--token", TOKEN, "--party", "NL-GOV", "--name", "hub"]
        assert command(tmp_path, words).code == 0
        assert command(tmp_path, ["recipient", "add", "university"]).code == 0
        values = [word for name in REPORTS[name].metadata.params for word in arguments(name.name)]
        recipient = ["--recipient", "university"] if name == "elaadnl_transactions" else []
        file = str(tmp_path / "report.csv")
        done = command(tmp_path, ["report", "-q", name, *values, *recipient, "-o", file])
        assert (done.code, done.err) == (0, "")
    check = REPORTS[name].metadata.check_name
    checked = command(tmp_path, ["check", file, "--as", check])
    assert f"{check} accepts it, {expected:,} rows" in checked.out.decode() + checked.err


def arguments(parameter: str) -> list[str]:
    given = VALUES[parameter]
    return ["--period", given] if parameter == "period" else ["--arg", parameter, given]
