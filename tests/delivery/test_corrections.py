"""Closed periods and their corrections, `--reconcile`: what is new, changed or deleted since it was delivered."""

from __future__ import annotations

import csv
import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.changing_platform import START, ChangingPlatform
from support.cli import command
from support.deliveries import Client, client
from support.platforms import Response

KILLING = str(Path(__file__).parents[1] / "support/killing.py")
DAY = 86_400
FIELDS = "id, total_energy, end_date_time"
QUERY = f"cdrs only {FIELDS} during 2026-01-04 | {{id, total_energy}}"
NAME = "{module}_{from}_{to}.csv"
FIRST = "cdrs_20260104T000000Z_20260105T000000Z"


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[Client]:
    """A platform with five CDRs of 4 January, which is over."""
    platform = ChangingPlatform(modules=("cdrs",), size=5, now=START + DAY)
    with client(tmp_path, platform, query=QUERY, options=("--state", "d")) as found:
        yield found


def run(found: Client, *words: str) -> list[dict[str, str]]:
    """Run; return the rows of the new file, none if there is no new file."""
    before = set(found.files())
    done = found.run(*words, name=NAME)
    assert (done.code, done.err) == (0, "")
    new = [path for path in found.files() if path not in before]
    assert len(new) <= 1
    return [row for path in new for row in csv.DictReader(path.read_text().splitlines())]


def change(found: Client, name: str, **fields: object) -> None:
    """Change an object, or delete it; without a new last_updated if that is among the fields."""
    platform = found.platform
    item = platform._current[name]
    if not fields:
        del platform._current[name]
        return
    platform._current[name] = item | {"last_updated": "2026-01-06T00:00:00Z"} | fields


def names(found: Client) -> list[str]:
    return [path.name for path in found.files()]


def test_a_period_and_its_corrections(closed: Client) -> None:
    first = run(closed)
    assert first == [{"id": f"C{n:06}", "total_energy": str(n)} for n in range(1, 6)]
    assert run(closed) == []
    change(closed, "C000002", total_energy=7)
    change(closed, "C000004")
    closed.platform._current["C9"] = closed.platform._current["C000001"] | {"id": "C9"}
    assert run(closed) == [
        {"id": "C9", "total_energy": "1", "_change": "new"},
        {"id": "C000002", "total_energy": "7", "_change": "changed"},
        {"id": "C000004", "total_energy": "", "_change": "deleted"},
    ]
    assert run(closed) == []
    change(closed, "C000002", total_energy=8)
    assert run(closed) == [{"id": "C000002", "total_energy": "8", "_change": "changed"}]
    assert names(closed) == [f"{FIRST}.csv", f"{FIRST}_corr1.csv", f"{FIRST}_corr2.csv"]
    shown = command(closed.home, ["state", "show", "d"]).out.decode()
    assert "2026-01-04T00:00:00Z to 2026-01-05T00:00:00Z, 2 corrections" in shown
    assert "remembers           5 objects" in shown


def test_a_hidden_part_is_no_correction(closed: Client) -> None:
    run(closed)
    change(closed, "C000002", meter_id="other", cdr_token={"uid": "x"})
    assert run(closed) == []


def test_an_object_that_leaves_the_period_is_deleted_from_it(closed: Client) -> None:
    run(closed)
    change(closed, "C000003", end_date_time="2026-01-05T00:00:00Z")
    assert run(closed) == [{"id": "C000003", "total_energy": "", "_change": "deleted"}]


def test_each_period_has_corrections_of_its_own(closed: Client) -> None:
    closed.query = f"cdrs only {FIELDS} during $day | {{id, total_energy}}"
    for day in ("2026-01-04", "2026-01-03", "2026-01-04", "2026-01-03"):
        run(closed, "--arg", "day", day)
    change(closed, "C000001", end_date_time="2026-01-03T10:00:00Z")
    assert [row["_change"] for row in run(closed, "--arg", "day", "2026-01-03")] == ["new"]
    assert [row["_change"] for row in run(closed, "--arg", "day", "2026-01-04")] == ["deleted"]
    assert names(closed) == [
        "cdrs_20260103T000000Z_20260104T000000Z.csv",
        "cdrs_20260103T000000Z_20260104T000000Z_corr1.csv",
        f"{FIRST}.csv",
        f"{FIRST}_corr1.csv",
    ]


def test_forget_a_period(closed: Client) -> None:
    run(closed)
    done = command(closed.home, ["state", "forget", "d", "2026-01-04"])
    assert (done.code, done.err) == (0, "forgot 2026-01-04: its next run delivers the whole period again\n")
    assert "remembers           0 objects" in command(closed.home, ["state", "show", "d"]).out.decode()
    closed.files()[0].unlink()
    assert len(run(closed)) == 5


FORGET = [
    (("d",), "(ocpiq state forget NAME 2026-01)"),
    (("d", "soon"), "not a period (write it as 2026, 2026-Q1, 2026-01, 2026-W03 or 2026-01-31)"),
    (("d", "2025-01"), "the state d has no such period (ocpiq state show d)"),
    (("e", "2025-01"), "there is no state e"),
]


@pytest.mark.parametrize(("words", "message"), FORGET)
def test_forget_takes_a_period_that_was_delivered(
    closed: Client, words: tuple[str, ...], message: str
) -> None:
    run(closed)
    done = command(closed.home, ["state", "forget", *words])
    assert done.code == 2
    assert message in done.err


WRONG = [
    (QUERY.replace("2026-01-04", "2026-01"), (), 2, "the period of during has not ended yet"),
    (QUERY.replace("2026-01-04", "this year"), (), 2, "the period of during has not ended yet"),
    (QUERY, ("--every", "day"), 2, "--every is for since last; during has a window of its own"),
    (QUERY, ("--all",), 2, "--all is for since last"),
    (QUERY, ("--reconcile",), 2, "--reconcile is for since last"),
    (QUERY.replace("during", "since last during"), (), 3, "a state has one window"),
    (
        "cdrs only total_energy during 2026-01-04",
        (),
        3,
        "the results need id of cdrs (pass it, and put it into",
    ),
    ("cdrs only id during 2026-01-04 | .id", (), 3, "the results need id of cdrs"),
    ("cdrs only id, total_energy during 2026-01-04 | {total_energy}", (), 3, "the results need id of cdrs"),
    ("cdrs only id as prefix(3) during 2026-01-04", (), 3, "the results need id of cdrs"),
    (
        "cdrs only id during 2026-01-04 | aggregate count",
        ("--state-rows",),
        3,
        "(without --state it sees the whole",
    ),
]


@pytest.mark.parametrize(("query", "words", "code", "message"), WRONG)
def test_what_a_state_of_periods_refuses(
    closed: Client, query: str, words: tuple[str, ...], code: int, message: str
) -> None:
    closed.query = query
    done = closed.run(*words, name=NAME)
    assert (done.code, names(closed)) == (code, [])
    assert message in done.err


def test_a_state_has_one_kind(closed: Client) -> None:
    run(closed)
    closed.query = "cdrs only id since last"
    closed.options = ("--state", "d", "--all")
    done = closed.run(name=NAME)
    assert (done.code, "the state d is of during, the query of since last" in done.err) == (2, True)


def test_a_renamed_key_in_a_nested_column(closed: Client) -> None:
    closed.query = "cdrs only id, total_energy during 2026-01-04 | {cdr: {number: .id}, total_energy}"
    run(closed)
    change(closed, "C000004")
    assert run(closed) == [{"cdr.number": "C000004", "total_energy": "", "_change": "deleted"}]


def test_a_correction_that_cannot_be_complete_is_not_written(closed: Client) -> None:
    run(closed)
    change(closed, "C000002", total_energy=7)
    left = [None, *[Response(closed.platform.envelope([]), 200, {"X-Total-Count": "5"})] * 9]
    closed.platform.special = {"cdrs": lambda _: left.pop(0) if left else None}
    assert closed.run(name=NAME).code == 8
    assert not any("deleted" in path.read_text() for path in closed.files())
    closed.platform.special = {}
    for path in closed.files():
        if path.suffix == ".partial":
            path.unlink()
    assert run(closed) == [{"id": "C000002", "total_energy": "7", "_change": "changed"}]


@pytest.mark.parametrize("step", ["journal", "stage", "publish", "commit"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_killed_correction(closed: Client, step: str, when: str) -> None:
    """The period that was interrupted is delivered first, also if the query is of another one by then."""
    closed.query = f"cdrs only {FIELDS} during $day | {{id, total_energy}}"
    closed.options = ("--state", "d", "--arg", "day", "2026-01-04")
    closed.run(name=NAME)
    change(closed, "C000002", total_energy=7)
    change(closed, "C000004")
    process = closed.process(KILLING, step, when, name=NAME)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    closed.options = ("--state", "d", "--arg", "day", "2026-01-03")
    assert closed.run(name=NAME).code == 0
    if (step, when) == ("journal", "before"):
        closed.options = ("--state", "d", "--arg", "day", "2026-01-04")
        assert closed.run(name=NAME).code == 0
    text = (closed.folder / f"{FIRST}_corr1.csv").read_text()
    assert text.split() == ["id,total_energy,_change", "C000002,7,changed", "C000004,,deleted"]
    assert not list(closed.folder.glob(".*"))


# ---------------------------------------------------------------- --reconcile


@pytest.fixture
def sites(tmp_path: Path) -> Iterator[Client]:
    platform = ChangingPlatform(modules=("locations",), size=4, now=START + DAY)
    query = "locations only id, name, evses.status since last"
    with client(tmp_path, platform, query=query) as found:
        yield found


def rows_of(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_reconcile_finds_children_and_deletions(sites: Client) -> None:
    assert sites.run().code == 0
    sites.platform.step(600)
    sites.platform.set_status("L000002-1", "CHARGING", moves_parent=False)
    del sites.platform._current["L000003"]
    sites.platform.step(600)
    assert sites.run().code == 0
    assert len(sites.files()) == 1  # nothing that a window could find
    assert sites.run("--reconcile").code == 0
    (file,) = [path for path in sites.files() if "_corr1" in path.name]
    changed, deleted = rows_of(file)
    assert (changed["id"], changed["_change"]) == ("L000002", "changed")
    assert deleted == {"id": "L000003", "_change": "deleted"}
    sites.platform.step(600)
    assert sites.run("--reconcile").code == 0
    assert len(sites.files()) == 2
    assert "remembers           3 objects" in command(sites.home, ["state", "show", "d"]).out.decode()


def test_the_command_reconciles_at_the_next_run(sites: Client) -> None:
    sites.run()
    del sites.platform._current["L000003"]
    assert command(sites.home, ["state", "reconcile", "d"]).code == 0
    assert (
        "\nreconciles          at the next run\n" in command(sites.home, ["state", "show", "d"]).out.decode()
    )
    sites.platform.step(600)
    sites.run()
    assert [path.name for path in sites.files() if "_corr1" in path.name]
    assert "\nreconciles " not in command(sites.home, ["state", "show", "d"]).out.decode()


def test_reconcile_does_not_take_what_was_just_updated_for_gone(sites: Client) -> None:
    """An object that is updated while everything is compared is beyond the mark, not gone."""
    sites.run()
    sites.platform.step(30)
    sites.platform.set_status("L000002-1", "CHARGING")
    assert sites.run("--reconcile").code == 0
    (file,) = [path for path in sites.files() if "_corr" in path.name]
    assert [(row["id"], row["_change"]) for row in rows_of(file)] == [("L000002", "changed")]
    sites.platform.step(600)
    sites.run()
    assert len(sites.files()) == 2  # it was delivered


def test_reconcile_needs_the_key_in_the_results(sites: Client) -> None:
    sites.query = "locations only id, name since last | {name}"
    done = sites.run("--reconcile")
    assert (done.code, sites.files()) == (3, [])
    assert "the results need id of locations" in done.err


def test_periods_need_no_reconciling(closed: Client) -> None:
    run(closed)
    done = command(closed.home, ["state", "reconcile", "d"])
    assert (done.code, "which each run compares (run its query again for the period)" in done.err) == (
        2,
        True,
    )


def test_no_id_in_clear_in_the_state_of_periods(closed: Client) -> None:
    run(closed)
    contents = [path.read_bytes() for path in closed.state.parent.rglob("*") if path.is_file()]
    for marker in ("C000002", "c000002", "NL-TST-C", "TST"):
        assert not any(marker.encode() in content for content in contents), marker
