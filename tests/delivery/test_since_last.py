"""`since last` and `--state`: what is delivered while the platform changes, and what is not delivered again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.changing_platform import START, ChangingPlatform, Rates
from support.cli import command
from support.deliveries import NAME, Client, client, counted, doubled, lost, visible
from support.platforms import Response
from support.typed_files import FORMATS as TYPED
from support.typed_files import TypedFormat

BUSY = Rates(insert=40, update=60, hidden=20)


@pytest.fixture
def quiet(tmp_path: Path) -> Iterator[Client]:
    """A platform that changes only when the test says so."""
    with client(tmp_path, ChangingPlatform(size=6)) as found:
        found.platform.step(60)
        yield found


def answer_second(platform: ChangingPlatform, response: Response, times: int = 1) -> None:
    """Answer the second request for sessions, and those after it, with `response`, `times` times."""
    left = [None, *[response] * times]
    platform.special = {"sessions": lambda _: left.pop(0) if left else None}


def change(platform: ChangingPlatform, number: int, **fields: object) -> None:
    item = platform.current()[number]
    platform.step(120)
    platform._put(platform.now, platform.now, "update", item | fields)


def test_a_run_delivers_what_is_new_or_changed(quiet: Client) -> None:
    first = quiet.run()
    assert (first.code, first.err) == (0, "")
    assert [row["id"] for row in quiet.delivered()] == [f"S{n:06}" for n in range(1, 7)]
    change(quiet.platform, 2, kwh=42)
    quiet.platform.step(120)
    assert quiet.run().code == 0
    assert quiet.delivered()[6:] == [{"id": "S000003", "kwh": 42, "status": "ACTIVE"}]
    assert [path.name for path in quiet.files()] == [
        "sessions_00010101T000000Z_20260105T000000Z.ndjson",
        "sessions_20260105T000000Z_20260105T000400Z.ndjson",
    ]


def test_the_window_overlaps_and_settles(quiet: Client) -> None:
    quiet.run()
    quiet.platform.step(7200)
    quiet.run("--overlap", "30m", "--settle", "10m")
    asked = quiet.platform.pulls()[-1].query
    assert asked["date_from"] == "2026-01-04T23:29:59Z"  # a second earlier: some compare exclusively
    assert asked["date_to"] == "2026-01-05T01:51:00Z"
    quiet.platform.step(7200)
    quiet.run()
    assert quiet.platform.pulls()[-1].query["date_to"] == "2026-01-05T03:51:00Z"  # it is remembered


def test_what_is_hidden_makes_nothing_new(quiet: Client) -> None:
    quiet.run()
    change(quiet.platform, 0, meter_id="other", cdr_token={"uid": "secret"})
    quiet.platform.step(120)
    done = quiet.run()
    assert (done.code, len(quiet.files()), len(quiet.delivered())) == (0, 1, 6)
    change(quiet.platform, 0, kwh=3)  # 1 of 6 has a new visible part
    quiet.platform.step(120)
    quiet.run()
    assert len(quiet.delivered()) == 7


def test_no_file_where_nothing_is_new(quiet: Client) -> None:
    quiet.run()
    for expected, words in ((0, ()), (9, ("--fail-if-empty",))):
        quiet.platform.step(3600)
        assert quiet.run(*words).code == expected
    assert len(quiet.files()) == 1
    shown = command(quiet.home, ["state", "list"]).out.decode()
    assert shown == "d  sessions  delivered up to 2026-01-05T02:00:00Z  6 objects\n"


def test_begin_delivers_what_was_updated_since(quiet: Client) -> None:
    quiet.options = ("--state", "d", "--begin", "2026-01-04T23:57Z")
    quiet.run()
    assert [row["id"] for row in quiet.delivered()] == ["S000004", "S000005", "S000006"]
    quiet.platform.step(60)
    quiet.run()
    assert [row["id"] for row in quiet.delivered()] == ["S000004", "S000005", "S000006"]
    assert quiet.platform.pulls()[-1].query["date_from"] == "2026-01-04T23:56:59Z"  # not before --begin


def test_begin_counts_until_something_was_delivered(quiet: Client) -> None:
    quiet.options = ("--state", "d", "--begin", "2026-01-04T23:57Z")
    answer_second(quiet.platform, Response(b"", 403))  # after the request for the time
    assert quiet.run().code == 6
    quiet.options = ("--state", "d", "--begin", "2026-01-04T23:58Z")
    assert quiet.run().code == 0
    assert quiet.files()[0].name.startswith("sessions_20260104T2357")  # its window was begun
    quiet.options = ("--state", "d", "--begin", "2020-01-01")
    quiet.platform.step(600)
    quiet.run()
    assert [row["id"] for row in quiet.delivered()] == ["S000004", "S000005", "S000006"]


@pytest.mark.parametrize("ahead", [0.0, 120.0, -120.0])
@pytest.mark.parametrize("exclusive", [True, False])
def test_nothing_is_lost_or_doubled_while_it_changes(tmp_path: Path, ahead: float, exclusive: bool) -> None:
    platform = ChangingPlatform(
        seed=3, size=40, cap=10, rates=BUSY, page_seconds=2.0, skew=ahead, exclusive_from=exclusive
    )
    with client(tmp_path, platform) as found:
        for _ in range(12):
            assert found.run().code == 0
            platform.step(900)
        platform.rates = Rates()
        platform._queue.clear()
        settled = platform.now
        platform.step(300)
        found.run()
        rows = found.delivered()
        assert (lost(platform, rows, settled), doubled(rows)) == ([], [])
        assert len(rows) > 250


def test_late_commits_are_found_within_the_overlap(tmp_path: Path) -> None:
    rates = Rates(insert=40, update=40, late=0.3, lateness=2400)
    platform = ChangingPlatform(seed=5, size=20, cap=50, rates=rates)
    with client(tmp_path, platform) as found:
        warnings = ""
        for _ in range(16):
            warnings += found.run().err
            platform.step(900)
        platform._queue.clear()
        settled = platform.now
        platform.step(600)
        found.run()
        rows = found.delivered()
        assert (lost(platform, rows, settled), doubled(rows)) == ([], [])
        assert "warning: objects came later than half of the overlap" in warnings
        assert (
            "(objects came later than half of it)" in command(found.home, ["state", "show", "d"]).out.decode()
        )


def test_evses_have_a_key_of_their_own(tmp_path: Path) -> None:
    platform = ChangingPlatform(modules=("locations",), size=4, now=START + 60)
    with client(tmp_path, platform, query="evses only uid, status since last") as found:
        found.run()
        assert len(found.delivered()) == 12
        platform.step(600)
        platform.set_status("L000002-1", "CHARGING")
        platform.step(600)
        assert found.run().code == 0
        assert found.delivered()[12:] == [{"uid": "L000002-1", "status": "CHARGING"}]
        assert len(found.delivered()) == 13


def test_a_join_reads_its_right_side_whole(tmp_path: Path) -> None:
    platform = ChangingPlatform(size=3, now=START + 60)
    platform.modules = ("sessions", "locations")
    query = "sessions only id, location_id since last | join locations as $l on .location_id == $l.id | {id, l: $l.id}"
    with client(tmp_path, platform, query=query) as found:
        asked: list[dict[str, str]] = []

        def locations(request: object) -> Response:
            asked.append(request.query)  # type: ignore[attr-defined]
            return Response(platform.envelope([{"id": "L1", "country_code": "NL", "party_id": "TST"}]))

        platform.special = {"locations": locations}
        found.run()
        change(platform, 0, status="INVALID", location_id="L2")
        platform.step(120)
        found.run()
        assert [row["l"] for row in found.delivered()] == ["L1", "L1", "L1", None]
        assert all("date_from" not in query for query in asked)


def test_a_shared_list_before_the_source(tmp_path: Path) -> None:
    platform = ChangingPlatform(size=3, now=START + 60)
    platform.modules = ("sessions", "tariffs")
    query = "[tariffs | .id] as $t | sessions only id since last | {id, t: ($t | length)}"
    with client(tmp_path, platform, query=query) as found:
        platform.special = {"tariffs": lambda _: Response(platform.envelope([{"id": "T1"}]))}
        assert found.run().code == 0
        assert found.delivered() == [{"id": f"S{n:06}", "t": 1} for n in range(1, 4)]


def test_until_bounds_the_window(quiet: Client) -> None:
    quiet.query = "sessions only id since last until 2026-01-04T23:57Z"
    quiet.run()
    quiet.platform.step(3600)
    quiet.run()
    assert [row["id"] for row in quiet.delivered()] == ["S000001", "S000002", "S000003"]
    assert "up to 2026-01-04T23:57:00Z" in command(quiet.home, ["state"]).out.decode()


def test_an_incomplete_pull_is_not_committed(quiet: Client) -> None:
    quiet.run()
    change(quiet.platform, 2, kwh=42)
    quiet.platform.step(120)
    answer_second(quiet.platform, Response(quiet.platform.envelope([]), 200, {"X-Total-Count": "5"}), 9)
    done = quiet.run()
    assert done.code == 8, done
    assert len(quiet.delivered()) == 6
    quiet.platform.special = {}
    quiet.platform.step(3600)
    assert quiet.run().code == 0
    assert [row["id"] for row in quiet.delivered() if row["kwh"]] == ["S000003"]
    assert "20260105T000400Z" in "".join(path.name for path in quiet.files())  # the window that was begun


def test_the_clock_is_the_platforms(tmp_path: Path) -> None:
    platform = ChangingPlatform(size=2)
    with client(tmp_path, platform) as found:
        platform.envelope = lambda *words: json.dumps(  # type: ignore[method-assign]
            {"data": words[0], "status_code": 1000}
        ).encode()
        found.run()  # no timestamp: the Date header
        assert found.files()[0].name == "sessions_00010101T000000Z_20260104T235900Z.ndjson"
        platform.now -= 3600
        done = found.run()
        assert done.code == 0
        assert "the platform's clock shows an earlier time" in done.err


def test_what_a_limit_leaves_is_delivered_too(quiet: Client) -> None:
    quiet.query = "sessions only id since last | limit 2"
    quiet.run("--state-rows")
    assert len(quiet.delivered()) == 2
    assert "6 objects" in command(quiet.home, ["state"]).out.decode()


def test_state_rows_lets_stages_see_one_delivery(quiet: Client) -> None:
    quiet.query = "sessions pass kwh since last | aggregate count"
    quiet.run("--state-rows")
    assert quiet.delivered() == [6]


def test_standard_output_is_delivered_once(quiet: Client) -> None:
    words = ["-q", "--state", "d", "--all", quiet.query]
    first = command(quiet.home, words)
    assert (first.code, len(first.out.splitlines())) == (0, 6)
    quiet.platform.step(600)
    assert command(quiet.home, words).out == b""


def test_a_number_for_each_file(quiet: Client) -> None:
    for number in range(3):
        quiet.run(name="{seq}.ndjson")
        quiet.platform.step(3600)
        if number:
            change(quiet.platform, 0, kwh=number)
            quiet.platform.step(3600)
    assert [path.name for path in quiet.files()] == ["000001.ndjson", "000002.ndjson"]


FORMATS = ["csv", "json", "xlsx", "sqlite", "html", "tsv", "md"]


@pytest.mark.parametrize("ending", FORMATS)
def test_every_format_can_be_delivered(quiet: Client, ending: str) -> None:
    if ending == "xlsx":
        pytest.importorskip("xlsxwriter")
    assert quiet.run("--manifest", name=f"x_{{seq}}.{ending}").code == 0
    assert [path.name for path in quiet.files()] == [f"x_000001.{ending}", f"x_000001.{ending}.manifest.json"]
    assert command(quiet.home, ["verify", str(quiet.files()[0])]).code == 0
    assert not list(quiet.folder.glob(".*"))


# ---------------------------------------------------------------- --every


def test_every_hour_has_its_file_also_those_that_were_missed(quiet: Client) -> None:
    quiet.options = ("--state", "d", "--begin", "2026-01-04T22:30Z", "--every", "hour")
    quiet.run()
    assert [path.name for path in quiet.files()] == [
        "sessions_20260104T223000Z_20260104T230000Z.ndjson",
        "sessions_20260104T230000Z_20260105T000000Z.ndjson",
    ]
    quiet.platform.step(2 * 3600 + 1800)
    quiet.run()
    ends = [re.findall(r"T([0-9]{4})00Z", path.name) for path in quiet.files()]
    assert ends == [["2230", "2300"], ["2300", "0000"], ["0000", "0100"], ["0100", "0200"]]
    assert [path.stat().st_size > 0 for path in quiet.files()] == [False, True, False, False]
    assert quiet.run("--fail-if-empty").code == 9


@pytest.mark.parametrize("typed", TYPED, ids=lambda typed: typed.name)
def test_every_hour_has_its_typed_file(quiet: Client, typed: TypedFormat) -> None:
    typed.need()
    quiet.options = ("--state", "d", "--begin", "2026-01-04T22:30Z", "--every", "hour")
    assert quiet.run(name=f"{{from}}_{{to}}{typed.ending}").code == 0
    assert [len(typed.read(path).rows) for path in quiet.files()] == [0, 6]


@pytest.mark.parametrize(
    ("every", "zone", "begin", "ends"),
    [
        ("day", "Europe/Amsterdam", "2026-03-28", ["0327T230000", "0328T230000", "0329T220000"]),
        ("week", "UTC", "2026-03-20", ["0320T000000", "0323T000000", "0330T000000"]),
        ("month", "Europe/Amsterdam", "2026-01-01", ["1231T230000", "0131T230000", "0228T230000"]),
    ],
)
def test_periods_are_those_of_the_zone(
    tmp_path: Path, every: str, zone: str, begin: str, ends: list[str]
) -> None:
    platform = ChangingPlatform(size=1)
    platform.now = START + 84.5 * 86_400  # 2026-03-30 12:00
    options = ("--state", "d", "--begin", begin, "--every", every, "--tz", zone)
    with client(tmp_path, platform, options=options) as found:
        assert found.run().code == 0
        names = [path.name for path in found.files()]
        bounds = [re.findall(r"202[56]([0-9T]+)Z", name) for name in names]
        assert [bounds[0][0], *(end for _, end in bounds)] == ends


def test_all_with_every_begins_with_what_is_before(quiet: Client) -> None:
    quiet.options = ("--state", "d", "--all", "--every", "day")
    quiet.platform.step(3600)
    quiet.run()
    assert [path.name for path in quiet.files()] == ["sessions_00010101T000000Z_20260105T000000Z.ndjson"]


# ---------------------------------------------------------------- without a value in the state

# All longer than what the salts and fingerprints of a state may have by chance.
UID, CONTRACT, METER = "token-uid-3", "NL-TST-C3", "meter-id-3"
MARKERS = ("S000003", "s000003", UID, CONTRACT, METER, "ACTIVE", "31.125", "COMPLETED", "secret-literal")


def test_no_value_and_no_id_in_any_file_of_a_state(quiet: Client) -> None:
    results = "{id, kwh, status, t: .cdr_token.uid}"
    quiet.query = f'sessions pass cdr_token, kwh since last | select(.id != "secret-literal") | {results}'
    token = {"uid": UID, "type": "RFID", "contract_id": CONTRACT}
    change(quiet.platform, 2, cdr_token=token, meter_id=METER)
    quiet.platform.step(120)
    quiet.run()
    assert UID in "".join(map(str, quiet.delivered()))
    change(quiet.platform, 2, kwh=31.125, status="COMPLETED")
    quiet.platform.step(120)
    quiet.run()
    assert "31.125" in "".join(map(str, quiet.delivered()))
    contents = [path.read_bytes() for path in quiet.state.parent.rglob("*") if path.is_file()]
    assert len(contents) == 3
    for marker in MARKERS:
        assert not any(marker.encode() in content for content in contents), marker


def test_only_its_owner_can_read_a_state(quiet: Client) -> None:
    quiet.run()
    assert quiet.state.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in quiet.state.iterdir()} == {0o600}


def test_the_same_rows_whatever_is_hidden(tmp_path: Path) -> None:
    """Non-interference: hidden parts differ between the two platforms, ids and times do not."""
    results = []
    for hidden in ("a", "b"):
        platform = ChangingPlatform(size=6)
        for item in platform.current():
            platform._current[item["id"]] = item | {"meter_id": f"{hidden}{item['id']}", "cdr_token": hidden}
        with client(tmp_path / hidden, platform) as found:
            outcomes = [found.run()]
            for number in range(3):
                change(platform, number, meter_id=f"{hidden}{number}", **({"kwh": 5} if number == 1 else {}))
                platform.step(120)
                outcomes.append(found.run())
            results.append(
                (
                    [(done.code, done.err, done.out) for done in outcomes],
                    [(path.name, path.read_bytes()) for path in found.files()],
                )
            )
    assert results[0] == results[1]
    assert counted(found.delivered())[json.dumps(visible(platform.current()[1]), sort_keys=True)] == 1
    assert NAME
