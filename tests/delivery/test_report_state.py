"""`ocpiq report NAME --state STATE`: the report of a closed period once, and again as a whole if it changed."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.changing_platform import START, ChangingPlatform
from support.cli import Outcome, command
from support.deliveries import Client, client
from support.platforms import Request, Response

KILLING = str(Path(__file__).parents[1] / "support/killing.py")
DAY = 86_400
HEAD = "country_code,party_id,tariff,currency,cdrs,kwh,revenue"
FIRST = [HEAD, "NL,TST,,EUR,5,15,15"]
PERIOD = ("--period", "2026-01-04")


@pytest.fixture
def found(tmp_path: Path) -> Iterator[Client]:
    """A platform with five CDRs of 4 January, which is over, and a client that reports the revenue of a day."""
    platform = ChangingPlatform(modules=("cdrs",), size=5, now=START + DAY)
    with client(tmp_path, platform) as made:
        yield made


def words(found: Client, *more: str, folder: bool = True) -> list[str]:
    out = ("-o", str(found.folder)) if folder else ()
    return ["report", "-q", "tariff_revenue", "--state", "d", *out, *more]


def run(found: Client, *more: str) -> Outcome:
    return command(found.home, words(found, *more))


def files(found: Client) -> dict[str, list[str]]:
    return {path.name: path.read_text().splitlines() for path in found.files()}


def change(found: Client, name: str, **fields: object) -> None:
    """Change an object, or delete it."""
    current = found.platform._current
    if fields:
        current[name] = current[name] | fields
    else:
        del current[name]


def refused(found: Client, *more: str, code: int = 2) -> str:
    """Run, and return the error; there is no new file."""
    before = found.files()
    done = run(found, *more)
    assert (done.code, found.files()) == (code, before), done.err
    return done.err


def test_a_period_and_its_corrections(found: Client) -> None:
    assert run(found, *PERIOD).code == 0
    assert run(found, *PERIOD).code == 0
    assert files(found) == {"revenue_2026-01-04.csv": FIRST}
    change(found, "C000002", total_energy=7)
    assert run(found, *PERIOD).code == 0
    change(found, "C000004")
    assert run(found, *PERIOD).code == 0
    assert run(found, *PERIOD).code == 0
    assert files(found) == {
        "revenue_2026-01-04.csv": FIRST,
        "revenue_2026-01-04_corr1.csv": [HEAD, "NL,TST,,EUR,5,20,15"],
        "revenue_2026-01-04_corr2.csv": [HEAD, "NL,TST,,EUR,4,16,11"],
    }
    shown = command(found.home, ["state", "show", "d"]).out.decode()
    assert "of                  report" in shown
    assert "2026-01-04T00:00:00Z to 2026-01-05T00:00:00Z, 2 corrections" in shown
    assert "remembers" not in shown
    assert "delivered up to 2026-01-05T00:00:00Z  1 period\n" in (
        command(found.home, ["state", "list"]).out.decode()
    )


def test_exit_9_if_nothing_is_new(found: Client) -> None:
    assert run(found, *PERIOD, "--fail-if-empty").code == 0
    assert run(found, *PERIOD, "--fail-if-empty").code == 9
    change(found, "C000004")
    assert run(found, *PERIOD, "--fail-if-empty").code == 0


@pytest.mark.parametrize("format", ["csv", "json", "xlsx", "html"])
def test_a_format_that_names_the_time_of_the_run_is_no_change(format: str, found: Client) -> None:
    for _ in range(2):
        name = found.folder / f"revenue_{{from}}_{{to}}.{format}"
        assert run(found, *PERIOD, "-o", str(name)).code == 0
    assert [path.name for path in found.files()] == [f"revenue_20260104T000000Z_20260105T000000Z.{format}"]


def test_each_period_has_its_own_file(found: Client) -> None:
    for day in ("2026-01-03", "2026-01-04", "2026-01-03"):
        assert run(found, "--period", day).code == 0
    assert files(found) == {"revenue_2026-01-03.csv": [HEAD], "revenue_2026-01-04.csv": FIRST}


def test_a_forgotten_period_is_delivered_again(found: Client) -> None:
    run(found, *PERIOD)
    assert command(found.home, ["state", "forget", "d", "2026-01-04"]).code == 0
    assert "already exists; a delivery never replaces a file" in refused(found, *PERIOD)
    (found.folder / "revenue_2026-01-04.csv").unlink()
    assert run(found, *PERIOD).code == 0
    assert files(found) == {"revenue_2026-01-04.csv": FIRST}


@pytest.mark.parametrize("step", ["journal", "complete", "stage", "publish", "commit"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_killed_delivery(found: Client, step: str, when: str) -> None:
    """The period that was interrupted is delivered first, also if the next run is of another."""
    found.words = lambda *_, name="": words(found, *PERIOD)  # type: ignore[method-assign]
    process = found.process(KILLING, step, when)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    assert run(found, "--period", "2026-01-03").code == 0
    if (step, when) == ("journal", "before"):
        assert run(found, *PERIOD).code == 0
    assert files(found) == {"revenue_2026-01-03.csv": [HEAD], "revenue_2026-01-04.csv": FIRST}
    assert not list(found.folder.glob(".*"))
    assert run(found, *PERIOD, "--fail-if-empty").code == 9, "what was delivered is remembered"


def test_an_incomplete_pull_is_no_delivery(found: Client) -> None:
    def second_page_is_missing(request: Request) -> Response | None:
        return Response(b"", 404) if request.query.get("offset", "0") != "0" else None

    found.platform.cap = 2
    found.platform.special = {"cdrs": second_page_is_missing}
    assert run(found, *PERIOD).code == 8
    found.platform.special = {}
    for path in found.files():
        path.unlink()
    assert run(found, *PERIOD).code == 0
    assert files(found) == {"revenue_2026-01-04.csv": FIRST}


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--period", "2026-01-06"], "the period 2026-01-06 has not ended yet, so a state cannot close it"),
        (["--period", "2026"], "(such as --period 'last month'; without --state, any period)"),
        (["--period", "sometime"], "period is not a period (such as 2026-Q1"),
        ([], "a report with a state needs its period (such as --period 'last month')"),
    ],
)
def test_periods_that_it_refuses(more: list[str], message: str, found: Client) -> None:
    assert message in refused(found, *more)
    assert not found.state.exists()


def test_a_period_has_ended_for_a_while(found: Client) -> None:
    found.platform.now = START + 30
    assert "has not ended yet" in refused(found, *PERIOD)
    assert run(found, *PERIOD, "--settle", "20s").code == 0


def test_outputs_that_it_refuses(found: Client) -> None:
    unnamed = command(found.home, words(found, *PERIOD, folder=False))
    assert (unnamed.code, unnamed.out) == (2, b"")
    assert "written to a file (-o FOLDER gives it the name that the recipient expects)" in unnamed.err
    fixed = refused(found, *PERIOD, "-o", str(found.folder / "x.csv"))
    assert "each delivery needs a file name of its own" in fixed
    table = refused(found, *PERIOD, "-o", f"sqlite:{found.folder}/x.sqlite#t")
    assert "written to a file" in table


def test_reports_that_it_refuses(found: Client) -> None:
    done = command(found.home, ["report", "power_classes", "--state", "d", "-o", str(found.folder)])
    assert done.code == 2
    assert "power_classes has no period that a state could close (leave out --state" in done.err


def test_a_state_is_of_one_report_and_its_parameters(found: Client) -> None:
    run(found, *PERIOD)
    other = command(
        found.home, ["report", "prices_and_durations", *PERIOD, "--state", "d", "-o", str(found.folder)]
    )
    assert "the query is not that of the state d: the query" in other.err
    assert "the time zone changed" in refused(found, "--period", "2026-01-03", "--tz", "Asia/Tokyo")
    query = command(
        found.home, ["--state", "d", "-o", "x_{seq}.csv", "--begin", "2026-01-01", "cdrs only id"]
    )
    assert "the state d is of report, the query of since last (use another state)" in query.err
    for action in (["set", "d", "--mark", "2026-01-01"], ["reconcile", "d"]):
        assert "the state d is of closed periods" in command(found.home, ["state", *action]).err
    assert command(found.home, ["state", "accept", "d"]).code == 0
    assert run(found, "--period", "2026-01-03", "--tz", "Europe/London").code == 0


def test_options_of_other_deliveries_are_refused(found: Client) -> None:
    assert "ocpiq report has no option --begin" in refused(found, *PERIOD, "--begin", "2026-01-01")


def test_the_audit_trail_has_each_delivery(found: Client) -> None:
    trail = str(found.home / "trail")
    run(found, *PERIOD, "--audit", trail)
    run(found, *PERIOD, "--audit", trail)
    listed = command(found.home, ["audit", "--audit", trail, "--to", "ndjson"]).out.splitlines()
    entries = [json.loads(line) for line in listed]
    assert [(entry["query_file"].rsplit("/")[-1], entry["rows"]) for entry in entries] == [
        ("tariff_revenue.ocpiq", 1),
        ("tariff_revenue.ocpiq", 1),
    ]
    assert [bool(entry["sha256"]) for entry in entries] == [True, False]


def test_the_state_holds_no_value_of_the_report(found: Client) -> None:
    change(found, "C000002", currency="XQZ")
    run(found, *PERIOD)
    assert "XQZ" in (found.folder / "revenue_2026-01-04.csv").read_text()
    for path in found.state.iterdir():
        assert b"XQZ" not in path.read_bytes()


def test_a_status_log_needs_no_platform(found: Client, tmp_path: Path) -> None:
    """Reports on `--source statuses=DIR` go by the clock of this machine."""
    log, out = tmp_path / "log", tmp_path / "months"
    out.mkdir()
    found.platform.modules = ("locations",)
    assert command(found.home, ["-q", "--status-log", str(log), "--demo", "locations"]).code == 0
    line = ["report", "-q", "nevi_coverage", "--state", "m", "-o", str(out), "--source", f"statuses={log}"]
    done = command(found.home, [*line, "--period", "2199-01"])
    assert (done.code, list(out.iterdir())) == (2, [])
    assert "has not ended yet" in done.err
    assert command(found.home, [*line, "--period", "2020-01"]).code == 0
    assert [path.name for path in out.iterdir()] == ["coverage_2020-01.csv"]
