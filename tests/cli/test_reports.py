"""`ocpiq reports` and `ocpiq report`: the list, a report's help, and the form in which its recipient takes it."""

from __future__ import annotations

import csv
import json
from datetime import datetime
from pathlib import Path

import pytest
from support.cli import Outcome, command

from ocpiq.query.start import Start

DEMO = ["report", "-q", "--demo", "nevi_sessions", "--arg", "network_provider", "acme", "--period", "2026-03"]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def ran(home: Path, *words: str) -> Outcome:
    found = command(home, words)
    assert found.code == 0, found.err
    return found


def test_the_list(home: Path) -> None:
    rows = list(csv.DictReader(ran(home, "reports", "--to", "csv").out.decode().splitlines()))
    assert rows[0].keys() == {"name", "recipient", "purpose", "parameters", "check"}
    by_name = {row["name"]: row for row in rows}
    assert by_name["nevi_sessions"]["check"] == "ev-chart-2"
    assert by_name["nevi_sessions"]["parameters"] == "period, network_provider, stations"
    recipients = [row["recipient"] for row in rows]
    assert recipients == sorted(recipients)


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_the_list_on_a_terminal(columns: int, home: Path) -> None:
    """Recipients are headings, and names are whole: a name that is cut cannot be run."""
    lines = command(home, ["reports"], COLUMNS=str(columns)).out.decode().splitlines()
    rows = list(csv.DictReader(ran(home, "reports", "--to", "csv").out.decode().splitlines()))
    help_line = len(lines) - lines[::-1].index("")
    headings = [line for line in lines[:help_line] if line and line[0] != " "]
    assert headings == list(dict.fromkeys(row["recipient"] for row in rows))
    starts = [line.split()[0] for line in lines if line.startswith("  ") and line[2] != " "]
    assert starts == [row["name"] for row in rows]
    assert max(len(line) for line in lines if line not in headings) <= min(columns, 100)


def test_the_saved_query_of_a_report_is_one_to_change(home: Path) -> None:
    printed = ran(home, "reports", "nevi_power").out
    (home / "mine.ocpiq").write_bytes(printed)
    as_file = ran(home, "-q", "--demo", "-f", "mine.ocpiq", "--period", "2026-03", "--to", "csv").out
    assert as_file == ran(home, "report", "-q", "--demo", "nevi_power", "--period", "2026-03").out


@pytest.mark.parametrize("name", ["nevi_uptime_months", "afir_summary"])
def test_a_copy_finds_what_the_report_includes(name: str, home: Path) -> None:
    words = {
        "nevi_uptime_months": ["--period", "2026-10", "--arg", "network_provider", "acme"],
        "afir_summary": [],
    }[name]
    (home / "mine.ocpiq").write_bytes(ran(home, "reports", name).out)
    as_file = ran(home, "-q", "--demo", "-f", "mine.ocpiq", "--to", "csv", *words).out
    assert as_file == ran(home, "report", "-q", "--demo", name, *words).out


def test_other_commands_take_the_name_of_a_report(home: Path) -> None:
    text = ran(home, "explain", "--demo", "-f", "nevi_power", "--period", "2026-Q1").out.decode()
    assert text.startswith("sessions (OCPI 2.2.1)")
    ran(home, "recipient", "add", "doe")
    policy = ran(home, "explain", "--to", "policy", "-f", "nevi_power", "--period", "2026-Q1").out
    (home / "doe.toml").write_bytes(policy)
    ran(home, "policy", "set", "doe", "doe.toml")
    assert ran(home, "policy", "check", "doe", "nevi_power").out.startswith(b"nevi_power: allowed")
    ran(home, "report", "-q", "--demo", "nevi_power", "--period", "2026-03", "--recipient", "doe")
    assert command(home, [*DEMO, "--recipient", "doe"]).code == 7


def test_a_file_of_that_name_goes_first(home: Path) -> None:
    (home / "nevi_power").write_text("1 + 1")
    assert ran(home, "-n", "-f", "nevi_power").out == b"2\n"


def test_its_help(home: Path) -> None:
    text = ran(home, "report", "nevi_sessions", "--help").out.decode()
    titles = [line for line in text.splitlines() if line and not line.startswith(" ")]
    assert [title for title in titles if not title.endswith((".", "in"))][-7:] == [
        "Recipient",
        "Source",
        "Usage",
        "Parameters",
        "What OCPI does not know",
        "Privacy",
        "Check the file: ocpiq check FILE --as ev-chart-2",
    ]
    assert "ocpiq report nevi_sessions --period PERIOD --arg network_provider STRING [OPTIONS]" in text


def test_it_is_written_in_the_recipients_form(home: Path) -> None:
    text = ran(home, *DEMO).out.decode()
    assert text.startswith("station_id,port_id,network_provider,")


def test_into_a_folder_it_gets_the_recipients_name(home: Path) -> None:
    (home / "quarter").mkdir()
    found = ran(home, *DEMO, "-o", "quarter/")
    assert list(found.saved) == ["quarter/ev-chart_module-2_2026-03.csv"]
    assert ran(home, *DEMO, "-o", "quarter").saved == found.saved


def test_the_name_has_no_folder_of_a_parameter(home: Path) -> None:
    words = ["report", "-q", "--demo", "irve_static", "--arg", "country", "NLD", "--arg", "contact", "a@b.nl"]
    assert list(ran(home, *words, "-o", ".").saved) == ["irve-statique.csv"]


@pytest.mark.parametrize(
    ("relative", "now", "zone", "label"),
    [
        ("last quarter", "2026-04-01T00:30:00+00:00", "UTC", "2026-Q1"),
        ("last quarter", "2026-04-01T00:30:00+00:00", "America/New_York", "2025-Q4"),
        ("last month", "2026-04-15T12:00:00+00:00", "UTC", "2026-03"),
        ("this year", "2026-04-15T12:00:00+00:00", "UTC", "2026"),
        ("last week", "2026-04-15T12:00:00+00:00", "UTC", "2026-W15"),
        ("yesterday", "2026-04-15T12:00:00+00:00", "UTC", "2026-04-14"),
    ],
)
def test_a_relative_period_for_cron(
    relative: str, now: str, zone: str, label: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = int(datetime.fromisoformat(now).timestamp() * 1_000_000)
    monkeypatch.setattr("ocpiq.query.start.begin", lambda: Start(moment))
    found = ran(home, "report", "-q", "--demo", "nevi_power", "--period", relative, "--tz", zone, "-o", ".")
    assert list(found.saved) == [f"power_{label}.csv"]
    assert (
        found.saved
        == ran(home, "report", "-q", "--demo", "nevi_power", "--period", label, "--tz", zone, "-o", ".").saved
    )


def test_a_folder_that_does_not_exist(home: Path) -> None:
    found = command(home, [*DEMO, "-o", "nowhere/"])
    assert (found.code, found.saved) == (2, {})
    assert "nowhere/ does not exist (mkdir nowhere/)" in found.err


@pytest.mark.parametrize(
    ("words", "first"),
    [
        pytest.param(["--to", "ndjson"], b'{"station_id":"LOC00001"', id="--to"),
        pytest.param(["--csv", "semicolon"], b"station_id;port_id", id="--csv"),
        pytest.param(["-o", "x.csv"], b"station_id,port_id", id="its own ending"),
        pytest.param(["-o", "x.json"], b"[", id="another ending"),
        pytest.param(["-o", "x.txt", "--to", "csv"], b"station_id,port_id", id="both"),
    ],
)
def test_options_ask_for_another_form(words: list[str], first: bytes, home: Path) -> None:
    found = ran(home, *DEMO, *words)
    [data] = found.saved.values() or [found.out]
    assert data.startswith(first)


def test_a_list_of_funded_stations(home: Path) -> None:
    (home / "funded").write_text("LOC00002\nLOC00004\n")
    rows = csv.DictReader(ran(home, *DEMO, "--rawfile", "stations", "funded").out.decode().splitlines())
    assert {row["station_id"] for row in rows} == {"LOC00002", "LOC00004"}


@pytest.mark.parametrize(
    ("words", "err"),
    [
        (["report"], "ocpiq report takes one report (ocpiq reports lists them)"),
        (["report", "nevi_session"], "unknown report nevi_session (did you mean nevi_sessions?)"),
        (["reports", "a", "b"], "ocpiq reports takes one report"),
        (["report", "nevi_power", "--demo"], "the query needs period: which quarter (--period 2026-01)"),
        (
            ["report", "nevi_power", "--demo", "--period", "last month", "--tz", "Atlantis"],
            "unknown time zone",
        ),
        (
            ["report", "nevi_power", "--demo", "--period", "last decade"],
            'period: "last decade" is not a period (--period 2026-01)',
        ),
        (["report", "irve_dynamic", "--demo", "--period", "2026"], "the query has no parameter period"),
    ],
)
def test_what_it_is_called_with(words: list[str], err: str, home: Path) -> None:
    found = command(home, words)
    assert found.code == 2
    assert err in found.err


@pytest.mark.parametrize(
    ("head", "message"),
    [
        ("output: 1", "output in the metadata must be {to, csv, file}"),
        ('output: {form: "csv"}', "output in the metadata must be {to, csv, file}"),
        ("recipient: 1", "recipient in the metadata must be a string"),
    ],
)
def test_metadata_that_are_wrong(head: str, message: str, home: Path) -> None:
    found = command(home, ["-n", f"module {{{head}}}; 1"])
    assert found.code == 3
    assert message in found.err


def test_ids_of_another_register_are_given_in_a_file(home: Path) -> None:
    (home / "ids.csv").write_text("LOC00001,NOR_00171\nLOC00002,NOR_00172\n")
    words = ["nobil_status", "--arg", "country", "NLD", "--arg-file", "ids", "ids.csv"]
    rows = [json.loads(line) for line in ran(home, "report", "-q", "--demo", *words).out.splitlines()]
    assert {row["nobilId"] for row in rows} == {"NOR_00171", "NOR_00172", None}
    assert rows[0] == {"nobilId": "NOR_00171", "evseUId": "EVSE00000", "status": "AVAILABLE"}


def test_pseudonyms_need_a_recipient_and_are_its_own(home: Path) -> None:
    words = ["report", "-q", "--demo", "elaadnl_transactions", "--period", "2026-03"]
    assert command(home, words).code != 0
    tables = []
    for name in ("university", "institute", "university"):
        command(home, ["recipient", "add", name])
        found = ran(home, *words, "--recipient", name).out.decode()
        tables.append(list(csv.DictReader(found.splitlines())))
    first, other, again = tables
    assert first == again
    assert [row["TransactionId"] for row in first] == [row["TransactionId"] for row in other]
    for column in ("StartCard", "ChargePoint"):
        assert not {row[column] for row in first} & {row[column] for row in other}
        assert len({row[column] for row in first}) == len({row[column] for row in other}) > 100


def test_excluded_outages_count_as_uptime(home: Path) -> None:
    (home / "excluded.csv").write_text(
        "evse_uid,from,until\nEVSE00002,2026-08-01T00:00:00Z,2026-10-30T00:00:00Z\n"
    )
    words = ["nevi_uptime_months", "--period", "2026-10", "--arg", "network_provider", "acme"]
    with_it = ran(home, "report", "-q", "--demo", *words, "--arg-file", "excluded", "excluded.csv").out
    rows = {row["port_id"]: row for row in csv.DictReader(with_it.decode().splitlines())}
    assert [rows["EVSE00002"][name] for name in ("uptime", "total_outage", "total_outage_excl")] == [
        "100.00",
        "5015.00",
        "5015.00",
    ]
    assert rows["EVSE00001"]["total_outage_excl"] == "0.00"


def test_a_recipient_and_its_policy_hold_for_reports(home: Path) -> None:
    ran(home, "recipient", "add", "doe")
    (home / "doe.toml").write_text(ran(home, "explain", "--to", "policy", "locations only id").out.decode())
    ran(home, "policy", "set", "doe", "doe.toml")
    found = command(home, [*DEMO, "--recipient", "doe"])
    assert (found.code, found.out) == (7, b"")


def test_the_audit_trail_names_the_report(home: Path) -> None:
    ran(home, *DEMO, "--audit", "trail", "-o", "x.csv")
    [entry] = map(json.loads, ran(home, "audit", "--audit", "trail", "--to", "ndjson").out.splitlines())
    assert entry["query_file"].endswith("nevi_sessions.ocpiq")
